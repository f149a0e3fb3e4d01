"""All trials that were asked for, each in a clean clone and a fresh environment of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.model.snapshot import Snapshot
from cifix.proof.process import Python
from cifix.proof.result import Proof, Ran, Verdict, tried, unknown
from cifix.proof.trial.act import acted
from cifix.proof.trial.install import Install, install, installs_project, uses_pip
from cifix.proof.trial.outside import imported
from cifix.proof.trial.room import Means, Room, room
from cifix.proof.trial.script import LeftOut, Planned, Script


@dataclass(frozen=True, slots=True)
class Trials:
    """What to try: `jobs` as far as they are scripts, `commands` where the project is installed, jobs with `act`.

    `act` is that program, None to do without.
    """

    means: Means
    commands: tuple[str, ...] = ()
    jobs: tuple[Planned, ...] = ()
    act: str | None = None
    acts: tuple[Planned, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The options that asked for them."""
        asked = {"--uv": self.means.uv is not None, "--run": self.commands, "--job": self.jobs, "--act": self.acts}
        return tuple(option for option, given in asked.items() if given)


def tried_out(tip: Snapshot, asked: Trials) -> Iterator[Proof]:
    """One proof or more for each trial; this runs code of the branch. Raises `GitError` and `UsageError`."""
    uv = asked.means.uv is not None
    if asked.commands or (uv and not asked.jobs):
        found = install(tip, asked.jobs, uv=uv)
        with room(asked.means) as made:
            yield from _installed(made, tip, found, asked.commands)
    for job in asked.jobs:
        with room(asked.means) as made:
            yield from _job(made, tip, job, asked.means.python)
    for job in asked.acts:
        if asked.act is not None:
            yield acted(asked.means, job, asked.act)


def _installed(made: Room, tip: Snapshot, found: Install, commands: Sequence[str]) -> Iterator[Proof]:
    """Install the project, import it from outside, and run the commands inside its environment."""
    proof = tried("installed", f"the project can be installed, {found.source}", _sequence(made, found.scripts))
    yield proof
    if proof.verdict is not Verdict.PROVEN:
        if commands:
            yield unknown("commands", "nothing was run, for the project was not installed")
        return
    yield imported(made, tip)
    if commands:
        ran = [made.run(Script(command), inside=True) for command in commands]
        yield tried("commands", f"where it is installed, {_count(ran, 'command')} of yours passes", ran)


def _job(made: Room, tip: Snapshot, job: Planned, python: Python) -> Iterator[Proof]:
    """Run the scripts of a job, and import what it installed."""
    notes = [*(step.words for step in job.steps if isinstance(step, LeftOut)), *job.notes]
    used = ".".join(map(str, python.version))
    others = [version for version in job.pythons if not f"{used}.".startswith(f"{version}.")]
    notes += [f"it sets up Python {version}, and ran with {used}" for version in others]
    if not job.scripts:
        yield unknown("job", f"{job.words} has no step that can be run here", notes)
        return
    ran = _sequence(made, job.scripts)
    waiting = job.scripts[len(ran) :]
    notes += [f"not reached after that: {_count(waiting, 'step')}"] if waiting else []
    proof = tried("job", f"{job.words} passes, {_count(ran, 'step')} of it run here", ran, notes)
    yield proof
    if proof.verdict is Verdict.PROVEN and any(map(installs_project, job.scripts)):
        yield imported(made, tip)


def _sequence(made: Room, scripts: Sequence[Script]) -> list[Ran]:
    """Run scripts up to the first that fails."""
    if any(map(uses_pip, scripts)):
        made.pip()
    ran: list[Ran] = []
    for script in scripts:
        ran.append(made.run(script))
        if not ran[-1].good:
            break
    return ran


def _count(many: Sequence[object], noun: str) -> str:
    return f"{len(many)} {noun}" if len(many) == 1 else f"{len(many)} {noun}s"
