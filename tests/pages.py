"""Generated pages: each rule's README beside its fixtures, and the tables of the README.

`python -m tests.pages` writes them; a test compares.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cifix.engine.registry import discover
from cifix.engine.resolve import REFUSALS
from cifix.report.page import page, table
from cifix.testing import cases
from cifix.testing.examples import examples
from tests.original import original

ROOT = Path(__file__).parents[1]


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated file with the text it must have."""
    rules = discover(points=()).rules
    for rule in rules.values():
        folder = ROOT / "fixtures" / rule.id
        yield folder / "README.md", f"{page(rule)}\n{examples(cases(folder))}"
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    text = filled(text, "rules", table(rules.values()))
    text = filled(text, "refusals", _refusals())
    text = filled(text, "original", _original())
    yield readme, filled(text, "preview", f"```text\n{preview()}```\n")


def preview() -> str:
    """What a dry run prints for the repository of the original case."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = original(Path(scratch) / "quant")
        plain = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "XDG_CONFIG_HOME": scratch}
        environment = {**os.environ, **plain, "PYTHONPATH": str(ROOT / "src")}
        command = [sys.executable, "-m", "cifix", "apply", "--dry-run"]
        done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, check=False)
        return done.stdout.decode()


@dataclass(frozen=True)
class Item:
    """An item of the original plan, the rule or command that answers it, and the case or test that proves it."""

    plan: str
    proof: str
    rule: str = ""
    command: str = ""


def items() -> tuple[Item, ...]:
    """The items in the order of the file that lists them."""
    told = tomllib.loads((ROOT / "fixtures" / "original-plan.toml").read_text("utf-8"))
    return tuple(Item(**item) for item in told["item"])


def _original() -> str:
    rows = []
    for item in items():
        path, _, name = item.proof.partition("::")
        place = "/".join((item.rule, path.rpartition("/")[2])) if item.rule else name
        rows.append(f"| {item.plan} | `{item.rule or item.command}` | [`{place}`]({path}) |")
    return "\n".join(("| item | answered by | proven by |", "| --- | --- | --- |", *rows)) + "\n"


def _refusals() -> str:
    rows = [f"| `{key}` | {line} |" for key, line in sorted(REFUSALS.items())]
    return "\n".join(("| reason | meaning |", "| --- | --- |", *rows)) + "\n"


def filled(text: str, name: str, content: str) -> str:
    head, rest = text.split(f"<!-- {name} -->\n")
    tail = rest.split(f"<!-- /{name} -->\n")[1]
    return f"{head}<!-- {name} -->\n{content}<!-- /{name} -->\n{tail}"


def main() -> None:
    """Write all of them."""
    for path, text in pages():
        path.write_bytes(text.encode())


if __name__ == "__main__":
    main()
