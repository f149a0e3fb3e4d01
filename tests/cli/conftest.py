"""Run the command line in this process, as the user's shell would."""

import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cifix.cli.main import run


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cifix = Callable[..., Ran]


@pytest.fixture
def cifix(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Cifix:
    """Run `cifix` with arguments, in the test's own folder unless `cwd` says otherwise, with `stdin` to read."""

    def call(*arguments: str | Path, cwd: Path = tmp_path, stdin: str = "") -> Ran:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        monkeypatch.setattr(sys, "argv", ["cifix", *map(str, arguments)])
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            run()
        os.environ.pop("PYTHONSAFEPATH", None)  # what the test itself starts looks in its folder as usual
        seen = capfdbinary.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, seen.out, seen.err.decode())

    return call
