"""Which distributions a command line needs: the tool, what it runs in turn, and plugins for its options."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.model.snapshot import Snapshot
from cifix.rules.sync_uv_groups.facts import facts
from cifix.rules.sync_uv_groups.settings import Settings, settings

_PYTHON = re.compile(r"(?:python|py|pypy)(?:\d+(?:\.\d+)?)?t?(?:\.exe)?")
_TAKES_VALUE = {
    "-W",
    "-X",
    "--check-hash-based-pycs",
    "--source",
    "--omit",
    "--include",
    "--rcfile",
    "--data-file",
    "--context",
}
_WRAPPERS = {"env", "exec", "command", "nohup", "xvfb-run", "time", "timeout", "nice", "stdbuf", "sudo", "catchsegv"}
_WRAPPER_VALUES = {"-s", "-n", "--server-args", "--server-num", "-u", "-f", "-e", "-k", "--kill-after", "-w"}
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Need:
    """A distribution that is needed `because` of a command or option; a `plugin` does not start by itself."""

    distribution: str
    because: str
    plugin: bool = False


def peeled(words: Sequence[str | None]) -> int:
    """How many words of a command line only prepare another program, such as `xvfb-run -a` or `env A=b`."""
    position = 0
    while position < len(words) and (words[position] or "").rpartition("/")[2] in _WRAPPERS:
        wrapper, position = words[position], position + 1
        while position < len(words):
            word = words[position] or ""
            number = wrapper == "timeout" and re.fullmatch(r"[\d.]+[smhd]?", word)
            if not (number or word.startswith("-") or (wrapper in {"env", "sudo"} and _ASSIGNED.fullmatch(word))):
                break
            position += 2 if word in _WRAPPER_VALUES else 1
    return position


def needs(words: Sequence[str | None], *, module: bool = False) -> Iterator[Need]:
    """What the program of a command line needs; `module`: the first word names a module, as behind `python -m`."""
    words = words[peeled(words) :]
    if not words or words[0] is None:
        return
    name = words[0].rpartition("/")[2].removesuffix(".exe")
    if not module and _PYTHON.fullmatch(name):
        yield from _python(words[1:])
        return
    found = (facts().modules if module else facts().commands).get(name)
    if found:
        yield Need(found, name)
    if found == "coverage" and "run" in words[1:2]:
        yield from _measured(words[2:])


def options(words: Sequence[str | None], *, module: bool = False) -> Sequence[str | None] | None:
    """The arguments that reach pytest, through whatever runs it; None if nothing does."""
    words = words[peeled(words) :]
    names = facts().modules if module else facts().commands
    if words and not module and _PYTHON.fullmatch((words[0] or "").rpartition("/")[2]):
        position = _module(words[1:])
        return options(words[1:][position:], module=True) if position is not None else None
    found = names.get((words[0] or "").rpartition("/")[2]) if words else None
    if found == "coverage" and "run" in words[1:2]:
        position = _module(words[2:])
        return options(words[2:][position:], module=True) if position is not None else None
    return words[1:] if found == "pytest" else None


def plugins(given: Sequence[str | None], snapshot: Snapshot, folder: str, top: str) -> Iterator[Need]:
    """The plugins that options of pytest need, on the command line or in the settings it reads."""
    words = [word or "" for word in given]
    read = not {"-c", "--config-file", "--rootdir"} & {word.partition("=")[0] for word in words}
    read = read and not any("addopts" in word for word in words)
    known = settings(snapshot, folder, top) if read else Settings()
    written = [*known.options, *words]
    off = {word.removeprefix("no:") for word in written} | {word.removeprefix("-pno:") for word in written}
    for plugin in facts().plugins:
        found = next((word for word in written if _option(word) in plugin.options), None)
        if found and plugin.switch not in off and not _own(snapshot, _option(found)):
            yield Need(plugin.distribution, _option(found), plugin=True)
    for name in known.required:
        yield Need(name, name, plugin=True)


def _option(word: str) -> str:
    """An option without its value."""
    return "-n" if re.fullmatch(r"-n(?:\d+|auto|logical)", word) else word.partition("=")[0]


def _own(snapshot: Snapshot, option: str) -> bool:
    """Whether the project itself adds this option to pytest."""
    needle = (option.encode(),)
    return any(b"addoption" in snapshot.read(path) for path in snapshot.containing(needle, ("**/*.py",)))


def _python(words: Sequence[str | None]) -> Iterator[Need]:
    position = _module(words)
    if position is not None:
        yield from needs(words[position:], module=True)


def _measured(words: Sequence[str | None]) -> Iterator[Need]:
    """What the program needs that `coverage run` measures."""
    position = _module(words)
    if position is not None:
        yield from needs(words[position:], module=True)


def _module(words: Sequence[str | None]) -> int | None:
    """Where the module stands that `-m` names among the options of python or `coverage run`; None without one."""
    position = 0
    while position < len(words):
        word = words[position]
        if word is None or not word.startswith("-"):
            return None
        if word in {"-m", "--module"} or re.fullmatch(r"-[bBdEiIOPqsSuvx]+m", word):
            return position + 1
        position += 2 if word in _TAKES_VALUE else 1
    return None
