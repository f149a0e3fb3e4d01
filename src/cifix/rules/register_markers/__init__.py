"""Register the markers that tests use where pytest accepts registered ones only.

Why:
    With `--strict-markers`, in `addopts` or on the command line of a workflow, or with `strict_markers` or `strict`
    set, one `pytest.mark.slow` that is not registered stops the collection of its module: "'slow' not found in
    `markers` configuration option". Where `filterwarnings` makes warnings errors, what stops it is
    "PytestUnknownMarkWarning: Unknown pytest.mark.slow - is this a typo?".

    The marker gets a line in the file that pytest reads: of `pytest.toml`, `pytest.ini`, `pyproject.toml`, `tox.ini`
    and `setup.cfg` the first one in the folder that is for pytest. What the tests do, and which of them run, stays as
    it is.

When this is wrong:
    If the marker is a slip of the pen. One that looks like a known marker is refused for that reason, any other one
    should be read before you merge. The description is a stopgap: put a better one in its place.

What it will not touch:
    Tests, the marks of pytest itself and of plugins, those that a `conftest.py` or a plugin of the repository
    registers, and projects in which an unknown marker is a warning. Where code registers markers that only a run can
    tell, nothing is found. Modules in folders of documentation, examples and test data are taken for no tests.

Sources:
    - https://docs.pytest.org/en/stable/how-to/mark.html#registering-marks (read 2026-11)
    - https://docs.pytest.org/en/stable/reference/customize.html#configuration-file-formats (read 2026-11)
    - https://docs.pytest.org/en/stable/reference/reference.html#confval-strict_markers (read 2026-11)
    - the marks of plugins: `facts.toml` beside the rule
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial

from cifix.formats import python
from cifix.formats.actions.workflow import WORKFLOWS
from cifix.formats.yaml import Scalar, parse
from cifix.model.expect import Route
from cifix.model.facts import sheet
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.register_markers.facts import facts
from cifix.rules.register_markers.marks import Use, name, registered, uses
from cifix.rules.register_markers.settings import NAMES, Settings, register, settings
from cifix.rules.register_markers.tests import modules

_LIKE = 0.85
"""How alike two names must be for one to be a slip of the other, as `difflib` measures it."""

_OPTION = re.compile(r"(?<![\w-])--strict(?:-markers)?(?![\w-])")
_COMMAND = re.compile(rf"\bpy\.?test\b(?:(?!\bpy\.?test\b)[^\n;|&])*{_OPTION.pattern}")
_PLUGIN = re.compile(r"\bpytest[-_](?P<name>[a-z0-9][\w.-]*)", re.IGNORECASE)
_REQUIREMENTS = ("**/pyproject.toml", "**/setup.cfg", "**/setup.py", "**/tox.ini", "**/*requirements*", "**/*.yml")


@declare(
    __doc__,
    reads=(*(f"**/{one}" for one in NAMES), *WORKFLOWS),
    needles=(b"strict", b"filterwarnings"),
    facts=partial(sheet, __name__),
    safety=Safety.SAFE,
    refusals={
        "opaque": "the settings of pytest cannot be read",
        "typo": "the marker looks like a known one that is misspelled",
        "form": "the markers are written in a way that cannot take another line",
        "no-settings": "a workflow asks for registered markers, and no file of settings is there to register them in",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Compare the marks of the tests below each file of settings with those that are registered."""
    found: dict[str, Settings] = {}
    for folder in sorted({path.rpartition("/")[0] for path in snapshot.matching([f"**/{one}" for one in NAMES])}):
        try:
            if here := settings(snapshot, folder):
                found[folder] = here
        except Opaque as why:
            yield from _unreadable(snapshot, folder, str(why))
    asked = _asked(snapshot)
    if asked and "" not in found:
        found[""] = Settings("", (), {})
    strict = [one for folder, one in found.items() if one.strict or one.warned or (asked and not folder)]
    by_code = registered(snapshot) if strict else None
    if by_code is None:
        return
    for one in strict:
        known = frozenset({*facts().known, *by_code, *map(name, one.markers)})
        nested = [folder for folder in found if folder != one.folder and _inside(folder, one.folder)]
        yield from _judged(snapshot, one, _first_uses(snapshot, one, nested, known), known)


def _unreadable(snapshot: Snapshot, folder: str, why: str) -> Iterator[Finding]:
    for one in NAMES:
        path = f"{folder}/{one}" if folder else one
        if path in snapshot and b"strict" in snapshot.read(path):
            yield Finding("register-markers", path, 0, 0, "pytest cannot read its settings", Refusal("opaque", why))
            return


def _asked(snapshot: Snapshot) -> bool:
    """Whether a workflow runs pytest with registered markers only."""
    for path in snapshot.containing((b"--strict",), WORKFLOWS):
        try:
            document = snapshot.parsed(path, parse)
        except Opaque:
            continue
        if any(isinstance(node, Scalar) and _asks(node.value, route) for route, node in document.walk()):
            return True
    return False


def _asks(script: str, route: Route) -> bool:
    """Whether a text of a workflow, at `route` of it, gives pytest the option."""
    line = script.replace("\\\n", " ")
    return bool(_OPTION.search(line) if "PYTEST_ADDOPTS" in route else _COMMAND.search(line))


def _inside(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")


def _first_uses(snapshot: Snapshot, one: Settings, nested: Sequence[str], known: frozenset[str]) -> Mapping[str, Use]:
    """The first use of each mark that nothing registers, by its name."""
    first: dict[str, Use] = {}
    for path in modules(snapshot, one):
        if any(_inside(path, folder) for folder in nested):
            continue
        try:
            found = list(uses(path, snapshot.parsed(path, python.parse)))
        except Opaque:
            continue
        for use in found:
            if use.name not in known:
                first.setdefault(use.name, use)
    plugins = _plugins(snapshot) if first else ()
    return {mark: use for mark, use in first.items() if not any(_brings(plugin, mark) for plugin in plugins)}


def _plugins(snapshot: Snapshot) -> tuple[str, ...]:
    """The plugins of pytest that the repository names, without their prefix."""
    seen: set[str] = set()
    for path in snapshot.containing((b"pytest-", b"pytest_"), _REQUIREMENTS):
        try:
            text = snapshot.text(path).text
        except Opaque:
            continue
        seen |= {found["name"].lower().replace("_", "-").strip(".-") for found in _PLUGIN.finditer(text)}
    return tuple(sorted(seen))


def _brings(plugin: str, mark: str) -> bool:
    """Whether a plugin may register a mark: their names share the first word."""
    return re.split(r"[-_.]", plugin)[0] == mark.lower().split("_")[0]


def _judged(snapshot: Snapshot, one: Settings, first: Mapping[str, Use], known: frozenset[str]) -> Iterator[Finding]:
    wanted: list[Use] = []
    for mark, use in sorted(first.items()):
        alike = get_close_matches(mark, sorted(known), 1, _LIKE)
        if alike:
            yield _finding(one, use, Refusal("typo", f"{mark!r} may be meant to be {alike[0]!r}"))
        elif not one.path:
            yield _finding(one, use, Refusal("no-settings", "pytest runs without a file of settings"))
        else:
            wanted.append(use)
    if wanted:
        outcome = _outcome(snapshot, one, [use.name for use in wanted])
        yield from (_finding(one, use, outcome) for use in wanted)


def _outcome(snapshot: Snapshot, one: Settings, marks: Sequence[str]) -> Fix | Refusal:
    bare = bool(one.markers) and not any(":" in line for line in one.markers)
    lines = [mark if bare else f"{mark}: marks tests as {mark.replace('_', ' ')}" for mark in marks]
    try:
        edits, claims = register(snapshot, one, lines)
    except Opaque as why:
        return Refusal("form", f"{one.path}: {why}")
    several = "markers" if len(marks) > 1 else "marker"
    return Fix(f"Register the {several} {', '.join(marks)} in {one.path}", Safety.SAFE, edits, claims)


def _finding(one: Settings, use: Use, outcome: Fix | Refusal) -> Finding:
    said = f"'{use.name}' not found in `markers` configuration option"
    if one.warned and not one.strict:
        said = f"PytestUnknownMarkWarning: Unknown pytest.mark.{use.name}"
    message = f"pytest stops here: {said}"
    return Finding("register-markers", use.path, use.start, use.end, message, outcome, ALREADY, (use.name,))
