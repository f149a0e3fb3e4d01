r"""Run pre-commit hooks with a Python that is there, and with scripts that are there.

Why:
    A hook with `language: system` (`unsupported` since pre-commit 4.4) runs what PATH offers. Debian, Ubuntu, Fedora
    and macOS install Python 3 as `python3` only, so that outside an activated environment the hook fails with
    "Executable `python` not found". A script that imports nothing but the standard library gets `language: python`:
    then pre-commit brings the interpreter, on Windows too, and pre-commit.ci can run the hook. Any other script, module
    or piece of code keeps its environment and is called with `python3`: every environment on those systems that has
    `python` has `python3` too, and it is the same program.
    With `language: script` the word `python` is taken for a file of the repository: "Executable `/repo/python` not
    found".
    A script that was moved fails with "can't open file '/repo/tools/names.py': [Errno 2] No such file or directory":
    the entry follows it to where git says it is now, or to the only file that is named alike.
    A program that only an extra of the project provides is named where a workflow runs the hooks without installing it.

When this is wrong:
    For `python3` on Windows, where environments hold `python.exe` only.

What it will not touch:
    Hooks of any other language, interpreters with a version or a folder such as `venv/bin/python`, commands
    inside `bash -c`, and arguments. A hook that looks written for Windows stays as it is. Hooks that are offered to
    others keep their language.

Sources:
    https://pre-commit.com/#supported-languages, read 2026-11
    https://github.com/pre-commit/pre-commit/blob/main/CHANGELOG.md (4.4.0 names `unsupported`), read 2026-11
    https://peps.python.org/pep-0394/, read 2026-11
    https://docs.python.org/3/library/sys.html#sys.stdlib_module_names, read 2026-11
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from cifix.formats.gitignore import Ignores, ignore_files
from cifix.formats.precommit import AS_FILE, CONFIG, MANIFEST, ON_PATH, Hook, Hooks, hooks
from cifix.formats.python.project import normalised
from cifix.formats.yaml import Scalar
from cifix.formats.yaml.edit import replace
from cifix.model.change import Edit
from cifix.model.expect import Value
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.hook_python3.scripts import absent, moved, self_contained, tracked
from cifix.rules.hook_python3.tools import bare_jobs, provider

_PYTHON = re.compile(r"\s*(?P<env>(?:(?:/usr)?(?:/bin/)?env\s+(?:\w+=\S*\s+)*)?)(?P<word>python)(?=\s|\Z)")
_ANY_PYTHON = re.compile(r"\s*python[\d.]*(?=\s|\Z)")
_SCRIPT = re.compile(r"(?:\s+(?:-[XW]\s+\S+|-(?![cmXW]\b)\S*))*\s+(?P<name>[^-\s]\S*)")
_FIRST = re.compile(r"\s*(?P<name>\S+)")
_WINDOWS = re.compile(r".*(?:\\.*|\.(?:exe|bat|cmd|ps1)[\"']?)", re.IGNORECASE)
_SEEN = re.compile(r"""\bentry["']?[ \t]*:[ \t]*["']?python(?=["'\s]|\Z)""")
_ENVIRONMENT = frozenset({"additional_dependencies", "language_version"})
_RULE = "hook-python3"


@declare(
    __doc__,
    reads=(CONFIG, MANIFEST),
    needles=(b"entry",),
    safety=Safety.SAFE,
    refusals={
        "opaque": "The file is YAML that cannot be edited safely",
        "alias": "The entry or language is shared, through an anchor, with a hook that must keep it",
        "windows": "The script is named as on Windows, where the interpreter is called `python`",
        "script": "No commit holds the script, and where it went is not known",
        "tool": "Only an extra or group provides the program, and a job that runs the hooks does not install it",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Find the entries whose program or script is not there."""
    for path in rule.candidates(snapshot):
        try:
            found = snapshot.parsed(path, hooks)
        except Opaque as why:
            yield from _unreadable(snapshot, path, str(why))
            continue
        for hook in found.hooks:
            if hook.entry:
                yield from _findings(snapshot, Site(path, found, hook, hook.entry))


@dataclass(frozen=True, slots=True)
class Site:
    """A hook with an entry, and the file that it is written in."""

    path: str
    found: Hooks
    hook: Hook
    entry: Scalar

    def line(self, scalar: Scalar) -> int:
        """The line on which a value of the file begins."""
        return self.found.document.text.line_column(scalar.start)[0]


def _findings(snapshot: Snapshot, site: Site) -> Iterator[Finding]:
    path, hook, entry = site.path, site.hook, site.entry
    finding = partial(Finding, _RULE, path, entry.start, entry.end, red_from=ALREADY)
    lost = _lost(snapshot, hook, entry)
    outcome = _followed(snapshot, site, *lost) if lost else None
    if lost and outcome:
        message = f"the hook {hook.id!r} runs a script that no commit holds: can't open file {lost[0]!r}"
        yield finding(message, outcome, about=(lost[0],))
        if isinstance(outcome, Fix):
            return  # what else is wrong with the entry is seen when it is right
    word = _PYTHON.match(entry.value)
    if word and hook.speaks in ON_PATH | (AS_FILE if hook.local and "python" not in snapshot else frozenset()):
        message = f"the hook {hook.id!r} needs a program that many systems lack: Executable `python` not found"
        yield finding(message, _outcome(snapshot, site, word), about=("python",))
    elif hook.local and hook.speaks in ON_PATH and (first := _FIRST.match(entry.value)):
        yield from _tool(snapshot, finding, hook, first["name"])


def _lost(snapshot: Snapshot, hook: Hook, entry: Scalar) -> tuple[str, tuple[int, int]] | None:
    """The script that the entry of a local hook names and that is not there, with its place in the entry."""
    if not hook.local or hook.speaks not in ON_PATH | AS_FILE | {"python"}:
        return None
    python = _ANY_PYTHON.match(entry.value)
    script = _SCRIPT.match(entry.value, python.end()) if python else None
    if hook.speaks in AS_FILE and not python:
        script = _FIRST.match(entry.value)
    name = tracked(script["name"]) if script else None
    if script is None or name is None or not absent(snapshot, name):
        return None
    return (name, script.span("name")) if name.endswith((".py", ".sh")) else None


def _followed(snapshot: Snapshot, site: Site, name: str, span: tuple[int, int]) -> Fix | Refusal:
    """The entry with the script's place of today."""
    if name in snapshot.disk:
        match = Ignores.of(ignore_files(snapshot), snapshot.excludes).explain(name)
        hidden = match is not None and not match.pattern.negated
        told = f"{match.source}, line {match.pattern.number}, ignores it" if match and hidden else "it was not added"
        return Refusal("script", f"{name} is on disk and in no commit: {told}")
    now = moved(snapshot, name)
    if now is None:
        commit = snapshot.history.removed.get(name)
        return Refusal("script", f"{name} is not there" + (f", since commit {commit} removed it" if commit else ""))
    return _fix(site, f"Run {now} instead of {name}", Safety.REVIEW, [(site.entry, span, now)])


def _outcome(snapshot: Snapshot, site: Site, word: re.Match[str]) -> Fix | Refusal:
    """The hook with a Python that is there."""
    hook, entry, language = site.hook, site.entry, site.hook.language
    script = _SCRIPT.match(entry.value, word.end("word"))
    name = script["name"] if script else next(iter(hook.args), "") if word.end() == len(entry.value) else ""
    if script and _WINDOWS.fullmatch(name):
        return Refusal("windows", f"{site.path}:{site.line(entry)}: {name} looks written for Windows")
    safety = Safety.SAFE if hook.speaks in ON_PATH else Safety.REVIEW
    if language and _brought(snapshot, site, word, tracked(name)):
        title = f"Let pre-commit bring the Python of {hook.id!r} on line {site.line(entry)} of {site.path}"
        return _fix(site, title, safety, [(language, (0, len(language.value)), "python")])
    changes = [(entry, word.span("word"), "python3")]
    if hook.speaks in AS_FILE and language:
        changes.append((language, (0, len(language.value)), "system"))
    title = f"Call python3 instead of python on line {site.line(entry)} of {site.path}"
    return _fix(site, title, safety, changes)


def _brought(snapshot: Snapshot, site: Site, word: re.Match[str], script: str | None) -> bool:
    """Whether an environment of pre-commit's own is enough for the hook, and no other hook shares the language."""
    hook = site.hook
    free = hook.local and not word["env"] and not hook.keys & _ENVIRONMENT
    shared = hook.language is None or len(site.found.document.routes(hook.language)) > 1
    return free and not shared and script is not None and self_contained(snapshot, script)


def _fix(
    site: Site, title: str, safety: Safety, changes: Sequence[tuple[Scalar, tuple[int, int], str]]
) -> Fix | Refusal:
    edits: list[Edit] = []
    expects: list[Value] = []
    alike = ON_PATH if site.hook.speaks in ON_PATH else {site.hook.speaks}
    meant = {one.route for one in site.found.hooks if one.speaks in alike}
    for scalar, (start, end), new in changes:
        routes = site.found.document.routes(scalar)
        if stray := next((route for route in routes if route[:-1] not in meant), None):
            return Refusal("alias", f"{site.path}:{site.line(scalar)} is used at {'.'.join(map(str, stray))} too")
        try:
            edits.append(replace(site.path, site.found.document, scalar, (start, end), new))
        except Opaque as why:
            return Refusal("opaque", f"{site.path}: {why}")
        value = scalar.value[:start] + new + scalar.value[end:]
        expects += (Value(site.path, route, value) for route in routes)
    return Fix(title, safety, tuple(edits), tuple(expects))


def _tool(snapshot: Snapshot, finding: partial[Finding], hook: Hook, name: str) -> Iterator[Finding]:
    where = provider(snapshot, normalised(name))
    jobs = list(bare_jobs(snapshot)) if where else []
    if jobs:
        message = f"the hook {hook.id!r} needs a program that was not installed: Executable `{name}` not found"
        detail = f"{where} provides {name}, and the job {' and '.join(jobs)} installs pre-commit alone"
        yield finding(message, Refusal("tool", detail), about=(name,))


def _unreadable(snapshot: Snapshot, path: str, reason: str) -> Iterator[Finding]:
    """A file that cannot be parsed yet shows such an entry, or cannot even be read."""
    span = 0, 0
    with suppress(Opaque):
        seen = _SEEN.search(snapshot.text(path).text)
        if seen is None:
            return
        span = seen.span()
    message = "a hook may need a program that many systems lack: Executable `python` not found"
    yield Finding(_RULE, path, *span, message, Refusal("opaque", f"{path}: {reason}"))
