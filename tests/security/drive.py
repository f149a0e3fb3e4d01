"""Run many commands of cifix in one process of their own: `python drive.py ORDERS`, a JSON file; answers go beside it.

Orders hold the folder to start in and the commands. A command that kills the process leaves no answer, so nothing
that goes wrong is overlooked.
"""

import json
import os
import sys
from pathlib import Path

from cifix.cli.main import run


def main(orders: Path) -> None:
    given = json.loads(orders.read_text("utf-8"))
    answers = []
    kept = os.dup(1), os.dup(2)
    for number, arguments in enumerate(given["commands"]):
        os.chdir(os.fsencode(given["folder"]))
        said = [orders.with_name(f"said-{number}-{name}") for name in ("out", "err")]
        for stream, file in zip((1, 2), said, strict=True):
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, stream)
            os.close(opened)
        sys.argv = ["cifix", *arguments]
        try:
            run()
        except SystemExit as ended:
            answers.append(ended.code)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
    for stream, old in zip((1, 2), kept, strict=True):
        os.dup2(old, stream)
    orders.with_name("answers").write_text(json.dumps(answers), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
