"""One fixture case: how it is stored, and its twins."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cifix.model.snapshot import EXECUTABLE, REGULAR, File
from cifix.model.text import Opaque, Text

Tree = Mapping[str, File]

_BOM = "\ufeff".encode()
_KEYS = {"says", "show", "options", "safety", "refuses", "selected", "force", "loose", "twins"}


@dataclass(frozen=True, slots=True)
class Case:
    """One example: the tree before and after, and what `case.toml` says about it.

    `after` equals `before` for a case that must stay untouched. `refuses` are the refusal keys that
    must occur, all and only these; `safety` the level of every fix: if that is `shown`, `after` is what the fixes would
    make, since they are never applied. `force` are the paths that are tracked although they are ignored, `loose` those
    that are on disk but not tracked although nothing ignores them.
    `past` is what an earlier commit tracked, from a folder of that name; empty if there was none.
    """

    name: str
    before: Tree
    after: Tree
    says: str = ""
    show: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    safety: str = ""
    refuses: tuple[str, ...] = ()
    selected: bool = False
    force: tuple[str, ...] = ()
    loose: tuple[str, ...] = ()
    twins: bool = True
    past: Tree = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def cases(folder: Path) -> list[Case]:
    """Every case below `folder`, sorted by name; raises `ValueError` for a case with an unknown key."""
    return [_case(inner) for inner in sorted(folder.iterdir()) if (inner / "before").is_dir()]


def twins(case: Case) -> Iterator[Case]:
    """The same case with other line ends, with a byte order mark, and without final newlines.

    Files that the rule itself creates are not changed.
    """
    for name, turn in (("crlf", _crlf), ("bom", _bom), ("unfinished", _unfinished)):
        before = {path: File(turn(path, file.data), file.mode) for path, file in case.before.items()}
        after = {
            path: File(turn(path, file.data), file.mode) if path in case.before else file
            for path, file in case.after.items()
        }
        past = {path: File(turn(path, file.data), file.mode) for path, file in case.past.items()}
        if before != case.before:
            yield replace(case, name=f"{case.name}~{name}", before=before, after=after, past=past)


def _case(folder: Path) -> Case:
    spec = folder / "case.toml"
    told = tomllib.loads(spec.read_text("utf-8")) if spec.exists() else {}
    if set(told) - _KEYS:
        raise ValueError(f"{spec}: unknown keys {sorted(set(told) - _KEYS)}")
    told |= {key: tuple(told[key]) for key in ("refuses", "force", "loose") if key in told}
    before = _tree(folder / "before")
    after = _tree(folder / "after") if (folder / "after").is_dir() else before
    return Case(folder.name, before, after, past=_tree(folder / "past"), **told)


def _tree(root: Path) -> Tree:
    files: dict[str, File] = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            parts = [_real(part) for part in path.relative_to(root).parts]
            files["/".join(parts)] = File(path.read_bytes(), EXECUTABLE if os.access(path, os.X_OK) else REGULAR)
    return dict(sorted(files.items()))


def _real(part: str) -> str:
    return "." + part.removeprefix("dot-") if part.startswith("dot-") else part


def _crlf(_path: str, data: bytes) -> bytes:
    return data if b"\r" in data or b"\0" in data else data.replace(b"\n", b"\r\n")


def _bom(path: str, data: bytes) -> bytes:
    """A mark in front of UTF-8 text; TOML forbids it, and a PEP 263 cookie may contradict it."""
    try:
        text = Text.decode(data, cookie=path.endswith((".py", ".pyi")))
    except Opaque:
        return data
    if text.bom or text.encoding != "utf-8" or path.endswith(".toml") or data.startswith(b"#!"):
        return data
    return _BOM + data


def _unfinished(_path: str, data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")
