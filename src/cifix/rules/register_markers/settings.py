"""The configuration that pytest reads for the tests below a folder, and how to register a marker in it."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cifix.formats import ini_places as ini
from cifix.formats import toml
from cifix.formats.toml_places import add, append, places
from cifix.model.change import Edit, splice
from cifix.model.expect import Route, Value
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
"""The section of each ini file that pytest reads."""

TOML: Mapping[str, tuple[Route, ...]] = {
    "pytest.toml": (("pytest",),),
    ".pytest.toml": (("pytest",),),
    "pyproject.toml": (("tool", "pytest", "ini_options"), ("tool", "pytest")),
}
"""The tables of each TOML file that pytest reads, the first one that is there."""

NAMES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""The files that pytest looks for in a folder; the first one that is for it wins."""

_ABOUT = re.compile(r"Pytest(?:UnknownMark|Collection)?Warning|Unknown pytest\\?\.mark|:\s*(?:User)?Warning\b")
_ALWAYS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")


@dataclass(frozen=True, slots=True)
class Settings:
    """What pytest reads in the file at `path`, at `route` of it if it is TOML: options as lines or words."""

    path: str
    route: Route
    options: Mapping[str, object]

    @property
    def folder(self) -> str:
        """The folder of the file, which is the root of the tests."""
        return self.path.rpartition("/")[0]

    def words(self, name: str) -> tuple[str, ...]:
        """An option made of words."""
        value = self.options.get(name, "")
        if isinstance(value, list):
            return tuple(str(item) for item in value)
        try:
            return tuple(shlex.split(str(value)))
        except ValueError:
            return tuple(str(value).split())

    @property
    def markers(self) -> tuple[str, ...]:
        """The lines of the option `markers`."""
        return self._lines("markers")

    @property
    def strict(self) -> bool:
        """Whether markers that are not registered are errors."""
        if {"--strict-markers", "--strict"} & set(self.words("addopts")):
            return True
        chosen = self.options.get("strict_markers", self.options.get("strict", ""))
        return str(chosen).strip().lower() in {"true", "1", "yes", "on"}

    @property
    def warned(self) -> bool:
        """Whether warnings are errors, and among them the one about a marker that is not registered."""
        error = False
        for line in self._lines("filterwarnings"):
            action, _, rest = line.partition(":")
            message, _, kind = rest.partition(":")
            if _ABOUT.search(rest) or not (message.strip() or kind.strip()):
                error = action.strip() == "error"
        return error

    def _lines(self, name: str) -> tuple[str, ...]:
        value = self.options.get(name, "")
        lines = value if isinstance(value, list) else str(value).splitlines()
        return tuple(str(line).strip() for line in lines if str(line).strip())


def settings(snapshot: Snapshot, folder: str) -> Settings | None:
    """What pytest reads in a folder; None if no file there is for it. Raises `Opaque` if one cannot be read."""
    for name in NAMES:
        path = f"{folder}/{name}" if folder else name
        found = _read(snapshot, path, name) if path in snapshot else None
        if found is not None:
            return found
    return None


def register(snapshot: Snapshot, found: Settings, lines: Sequence[str]) -> tuple[tuple[Edit, ...], tuple[Value, ...]]:
    """The edits that register markers by their lines, and what they claim; raises `Opaque` for odd forms."""
    if not found.route:
        return (_in_ini(snapshot, found, lines),), ()
    edits = _in_toml(snapshot, found, lines)
    listed = isinstance(found.options.get("markers", []), list)
    return edits, _claims(snapshot.text(found.path), found, edits, len(lines) if listed else None)


def _read(snapshot: Snapshot, path: str, name: str) -> Settings | None:
    if name in INI:
        section = snapshot.parsed(path, ini.parse).section(INI[name])
        if section is None:
            return Settings(path, (), {}) if name in _ALWAYS else None
        return Settings(path, (), {option.name: "\n".join(option.lines) for option in section.options})
    document = snapshot.parsed(path, toml.parse)
    for route in TOML[name]:
        table: object = document
        for key in route:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and (table or route[-1] == "ini_options"):
            return Settings(path, route, table)
    return Settings(path, TOML[name][0], {}) if name in _ALWAYS else None


def _in_ini(snapshot: Snapshot, found: Settings, lines: Sequence[str]) -> Edit:
    file = snapshot.parsed(found.path, ini.parse)
    section = file.section(INI[found.path.rpartition("/")[2]])
    if section is None:
        raise Opaque("it has no section for pytest")
    option = section.option("markers")
    return (
        ini.extend(found.path, file, option, lines) if option else ini.add(found.path, file, section, "markers", lines)
    )


def _in_toml(snapshot: Snapshot, found: Settings, lines: Sequence[str]) -> tuple[Edit, ...]:
    file = snapshot.parsed(found.path, places)
    route = (*found.route, "markers")
    value = file.value(route)
    if value is None:
        table = file.table(found.route)
        if table is None or "markers" in found.options:
            raise Opaque("its options for pytest are not written below a header of their own")
        return (add(found.path, file, table, "markers", [f'"{line}"' for line in lines]),)
    source = file.text.text[value.start : value.end]
    if value.items is not None:
        last = file.text.text[value.items[-1].start] if value.items else '"'
        return append(found.path, file, value, [f"{last}{line}{last}" for line in lines])
    if source[:3] not in {'"""', "'''"} or "\n" not in source:
        items = "".join(f', "{one}"' for one in lines)
        return Edit(found.path, value.start, value.start, "["), Edit(found.path, value.end, value.end, f"{items}]")
    end = value.start + len(source[:-3].rstrip())
    start = file.text.line_span(file.text.line_column(end)[0])[0]
    line = file.text.text[start:end]
    margin = line[: len(line) - len(line.lstrip())] if start > value.start else ""
    newline = file.text.newline_at(value.start)
    return (Edit(found.path, end, end, "".join(f"{newline}{margin}{one}" for one in lines)),)


def _claims(text: Text, found: Settings, edits: Sequence[Edit], count: int | None) -> tuple[Value, ...]:
    after: object = toml.parse(Text.decode(splice(text.text, edits).encode()))
    route = (*found.route, "markers")
    for key in route:
        after = after.get(key) if isinstance(after, dict) else None
    if not isinstance(after, list):
        return (Value(found.path, route, str(after)),)
    first = 0 if count is None else len(after) - count
    return tuple(Value(found.path, (*route, first + index), str(item)) for index, item in enumerate(after[first:]))
