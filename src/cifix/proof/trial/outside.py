"""Import the packages of a project from outside its sources, as its users do."""

from cifix.formats import toml
from cifix.formats.python.project import normalised
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.proof.result import Difference, Proof, Ran, Verdict, unknown
from cifix.proof.targets import users
from cifix.proof.trial.room import Room
from cifix.proof.trial.script import Script

NAME = "outside-imports"
_PYPROJECT = "pyproject.toml"
_OLD = ("setup.py", "setup.cfg")


def imported(made: Room, snapshot: Snapshot) -> Proof:
    """Every first-party top-level package can be imported where the project was installed.

    One that is not installed at all is no difference, unless the project is called like it, or none is.
    """
    if not _installable(snapshot):
        return unknown(NAME, "nothing of the project is installed: it has no build system")
    names = users(snapshot)
    if not names:
        return unknown(NAME, "the tree has no package to import")
    ran = dict(zip(names, (_import(made, name) for name in names), strict=True))
    absent = [name for name in names if _absent(ran[name], name) and normalised(name) != _own(snapshot)]
    if len(absent) == len(names):
        absent = []
    wrong = [
        Difference(f"import {name}", "works when the project is installed", (one.output or ("it was stopped",))[-1])
        for name, one in ran.items()
        if one.code != 0 and name not in absent
    ]
    good = [name for name, one in ran.items() if one.code == 0]
    notes = [f"{name} is not a part of what is installed" for name in absent]
    claim = f"imported from outside the sources: {', '.join([*good, *(one.subject[7:] for one in wrong)])}"
    return Proof(
        NAME,
        Verdict.DIFFERENT if wrong else Verdict.PROVEN,
        claim,
        tuple(wrong),
        tuple(notes),
        tuple(one for name, one in ran.items() if name not in absent),
    )


def _import(made: Room, name: str) -> Ran:
    empty = made.scratch / "home"
    command = [str(made.project / "python"), "-c", f"import {name}"]
    return made.start(command, Script(f"python -c 'import {name}'"), empty, {}, inside=True)


def _absent(ran: Ran, name: str) -> bool:
    """Whether nothing of that name is installed."""
    top = name.partition(".")[0]
    endings = tuple(f"No module named '{one}'" for one in {top, name})
    return ran.code != 0 and bool(ran.output) and ran.output[-1].endswith(endings)


def _installable(snapshot: Snapshot) -> bool:
    if any(path in snapshot for path in _OLD):
        return True
    data = _data(snapshot)
    return "build-system" in data or _table(data, "tool", "uv").get("package") is True


def _own(snapshot: Snapshot) -> str:
    return normalised(str(_table(_data(snapshot), "project").get("name", "")))


def _data(snapshot: Snapshot) -> dict[str, object]:
    try:
        return dict(snapshot.parsed(_PYPROJECT, toml.parse)) if _PYPROJECT in snapshot else {}
    except Opaque:
        return {}


def _table(data: object, *keys: str) -> dict[str, object]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
