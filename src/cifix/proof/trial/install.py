"""How a project installs itself in its own workflows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from shlex import quote

from cifix.formats.shell import Command
from cifix.model.snapshot import Snapshot
from cifix.proof.trial.script import Planned, Script, every_job

_PIPS = ("pip", "pip3")
_TESTERS = ("pytest", "unittest", "nose", "manage.py test")


@dataclass(frozen=True, slots=True)
class Install:
    """The commands that install a project, and whose they are, in words."""

    scripts: tuple[Script, ...]
    source: str


def install(snapshot: Snapshot, jobs: Sequence[Planned], *, uv: bool) -> Install:
    """What the first of `jobs`, or else a job that tests, or any other, surely does to install the project.

    Where none is sure the project is installed plainly, by uv or by pip; without `uv` no job counts that uses uv.
    """
    for job in (*jobs, *sorted(every_job(snapshot), key=_tests, reverse=True)):
        found = tuple(_installs(job))
        if any(map(installs_project, found)) and (uv or not any(map(uses_uv, found))):
            return Install(found, f"as {job.words} does")
    plain = "uv pip install ." if uv else "python -m pip install ."
    return Install((Script(plain),), "for no job says surely how it installs the project")


def installs_project(script: Script) -> bool:
    """Whether a script installs the project itself."""
    return any(_whole(words) for words in _words(script.commands))


def uses_uv(script: Script) -> bool:
    """Whether a script calls uv."""
    return any(words[0] == "uv" for words in _words(script.commands))


def uses_pip(script: Script) -> bool:
    """Whether a script calls pip itself, which an environment made by uv does not have."""
    return any(words[0] in _PIPS or _python_pip(words) for words in _words(script.commands))


def _installs(job: Planned) -> Iterator[Script]:
    """The commands of a job that install something; nothing if one of them cannot be read surely."""
    found: list[Script] = []
    for script in job.scripts:
        for command in script.commands:
            words = [word.text for word in command.words]
            if not _installing(words):
                continue
            if not _plain(command):
                return
            found.append(replace(script, text=_spelled(script.text, command)))
    yield from found


def _tests(job: Planned) -> bool:
    """Whether a job runs tests, as far as its words tell."""
    return any(word in script.text for script in job.scripts for word in _TESTERS)


def _installing(words: Sequence[str]) -> bool:
    if words[:1] == ["uv"]:
        return words[1:2] == ["sync"] or words[1:3] == ["pip", "install"]
    return (words[:1] != [] and words[0] in _PIPS and words[1:2] == ["install"]) or (
        _python_pip(words) and words[3:4] == ["install"]
    )


def _whole(words: Sequence[str]) -> bool:
    """Whether a command that installs something installs the project in the current folder."""
    if not _installing(words):
        return False
    return "sync" in words[:2] or any(word == "." or word.startswith((".[", "./", "-e.")) for word in words)


def _python_pip(words: Sequence[str]) -> bool:
    return words[1:3] == ["-m", "pip"] and words[0].rpartition("/")[2].startswith("python")


def _plain(command: Command) -> bool:
    literal = all(word.literal or word.text.startswith(".[") for word in command.words)
    return literal and all(one.literal for one in command.env) and not command.inside and command.before != "||"


def _spelled(text: str, command: Command) -> str:
    """A command as it is written, with its own variables in front."""
    variables = "".join(f"{one.name}={quote(one.value)} " for one in command.env)
    return variables + text[command.words[0].start : command.words[-1].end]


def _words(commands: Iterable[Command]) -> Iterator[list[str]]:
    return ([word.text for word in command.words] for command in commands if command.words)
