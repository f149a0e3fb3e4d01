r"""Call `python3` instead of `python` in pre-commit hooks that take it from PATH.

Why:
    A hook with `language: system` (`unsupported` since pre-commit 4.4) runs what PATH offers. Debian, Ubuntu, Fedora
    and macOS install Python 3 as `python3` only, so that outside an activated environment the hook fails with
    "Executable `python` not found". Every environment on those systems that has `python` has `python3` too, and it is
    the same program.

When this is wrong:
    On Windows, where environments hold `python.exe` only. If people commit there, `language: python` is better: then
    pre-commit brings the interpreter itself.

What it will not touch:
    Hooks of any other language, interpreters with a version or a folder such as `venv/bin/python`, commands
    inside `bash -c`, and arguments. A hook that looks written for Windows stays as it is.

Sources:
    https://pre-commit.com/#supported-languages, read 2026-11
    https://github.com/pre-commit/pre-commit/blob/main/CHANGELOG.md (4.4.0 names `unsupported`), read 2026-11
    https://peps.python.org/pep-0394/, read 2026-11
"""

import re
from collections.abc import Iterator
from contextlib import suppress

from cifix.formats.precommit import CONFIG, MANIFEST, ON_PATH, Hook, Hooks, hooks
from cifix.formats.yaml import Scalar
from cifix.formats.yaml.edit import replace
from cifix.model.expect import Value
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_PYTHON = re.compile(r"\s*(?:(?:/usr)?(?:/bin/)?env\s+(?:\w+=\S*\s+)*)?(?P<word>python)(?=\s|\Z)")
_SCRIPT = re.compile(r"(?:\s+(?:-[XW]\s+\S+|-(?![cmXW]\b)\S*))*\s+(?P<name>[^-\s]\S*)")
_WINDOWS = re.compile(r".*(?:\\.*|\.(?:exe|bat|cmd|ps1)[\"']?)", re.IGNORECASE)
_SEEN = re.compile(r"""\bentry["']?[ \t]*:[ \t]*["']?python(?=["'\s]|\Z)""")


@declare(
    __doc__,
    reads=(CONFIG, MANIFEST),
    needles=(b"python",),
    safety=Safety.SAFE,
    refusals={
        "opaque": "The file is YAML that cannot be edited safely",
        "alias": "The entry is shared, through an anchor, with a hook that must keep it",
        "windows": "The script is named as on Windows, where the interpreter is called `python`",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Find the entries that begin with the word `python`."""
    for path in rule.candidates(snapshot):
        try:
            found = snapshot.parsed(path, hooks)
        except Opaque as why:
            yield from _unreadable(snapshot, path, str(why))
            continue
        for hook in found.hooks:
            if hook.entry and hook.language in ON_PATH and (word := _PYTHON.match(hook.entry.value)):
                yield _finding(path, found, hook, hook.entry, word.span("word"))


def _finding(path: str, found: Hooks, hook: Hook, entry: Scalar, word: tuple[int, int]) -> Finding:
    message = f"the hook {hook.id!r} needs a program that many systems lack: Executable `python` not found"
    return Finding("hook-python3", path, entry.start, entry.end, message, _outcome(path, found, entry, word), ALREADY)


def _outcome(path: str, found: Hooks, entry: Scalar, word: tuple[int, int]) -> Fix | Refusal:
    line, _ = found.document.text.line_column(entry.start)
    script = _SCRIPT.match(entry.value, word[1])
    if script and _WINDOWS.fullmatch(script["name"]):
        return Refusal("windows", f"{path}:{line}: {script['name']} looks written for Windows")
    routes = found.document.routes(entry)
    meant = {(*hook.route, "entry") for hook in found.hooks if hook.language in ON_PATH}
    if stray := next((route for route in routes if route not in meant), None):
        return Refusal("alias", f"{path}:{line} is used at {'.'.join(map(str, stray))} too")
    try:
        edit = replace(path, found.document, entry, word, "python3")
    except Opaque as why:
        return Refusal("opaque", f"{path}: {why}")
    value = entry.value[: word[0]] + "python3" + entry.value[word[1] :]
    expects = tuple(Value(path, route, value) for route in routes)
    return Fix(f"Call python3 instead of python on line {line} of {path}", Safety.SAFE, (edit,), expects)


def _unreadable(snapshot: Snapshot, path: str, reason: str) -> Iterator[Finding]:
    """A file that cannot be parsed yet shows such an entry, or cannot even be read."""
    span = 0, 0
    with suppress(Opaque):
        seen = _SEEN.search(snapshot.text(path).text)
        if seen is None:
            return
        span = seen.span()
    message = "a hook may need a program that many systems lack: Executable `python` not found"
    yield Finding("hook-python3", path, *span, message, Refusal("opaque", f"{path}: {reason}"))
