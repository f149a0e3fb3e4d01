"""`cifix verify`: prove again what a branch claims, and on request run its packages, its commands and its jobs."""

import sys
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.apply import BRANCH
from cifix.cli.show import deliver
from cifix.errors import UsageError
from cifix.model.snapshot import Snapshot
from cifix.proof import machine, markdown, text
from cifix.proof.process import KNOWS_ITSELF, OLDEST, interpreter
from cifix.proof.span import span
from cifix.proof.trial.act import act_program
from cifix.proof.trial.install import uses_uv
from cifix.proof.trial.room import Means, uv_program
from cifix.proof.trial.script import planned
from cifix.proof.trial.trial import Trials
from cifix.proof.verify import Asked, verify
from cifix.report.characters import printable
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source


@click.command("verify")
@click.argument("branch", default=BRANCH)
@click.option(
    "--repo", "path", type=click.Path(path_type=Path), default=Path(), help="Where the repository is.  [default: here]"
)
@click.option("--base", metavar="REV", help="Commit to compare with.  [default: the one the branch starts from]")
@click.option("--import", "imports", is_flag=True, help="RUNS CODE: import the packages on both sides and compare.")
@click.option("--simulate", is_flag=True, help="RUNS CODE: the same, with stubs for all dependencies.")
@click.option("--uv", is_flag=True, help="RUNS CODE: install with uv in a clean clone, and import from outside of it.")
@click.option("--run", "commands", multiple=True, metavar="CMD", help="RUNS CODE: run CMD where BRANCH is installed.")
@click.option("--job", "jobs", multiple=True, metavar="JOB", help="RUNS CODE: run the scripts of a job of a workflow.")
@click.option("--act", "acts", multiple=True, metavar="JOB", help="RUNS CODE: let act run a job, actions included.")
@click.option("--python", metavar="PATH", help="Interpreter to run code with; --import needs the dependencies in it.")
@click.option("--package", "packages", multiple=True, metavar="NAME", help="Package to import; may be repeated.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Limit for each side, job or list of commands; a single import gets a tenth of it.",
)
@options.reporting(("text", "json", "markdown"))
@click.pass_context
def command(
    ctx: click.Context,
    *,
    branch: str,
    path: Path,
    base: str | None,
    imports: bool,
    simulate: bool,
    uv: bool,
    commands: tuple[str, ...],
    jobs: tuple[str, ...],
    acts: tuple[str, ...],
    python: str | None,
    packages: tuple[str, ...],
    seconds: float,
    form: str,
    output: Path | None,
) -> None:
    """Prove again what BRANCH claims: trees, rules and import order; nothing of the repository runs.

    With --import or --simulate the module-level code of its packages runs, on the base and on BRANCH. With --uv, --run,
    --job or --act commands of BRANCH run in a clean clone: the install commands of its workflows, CMD, or the scripts
    of JOB. All that happens in processes without your environment, but without a sandbox too.
    """
    sides, trial = imports or simulate, bool(uv or commands or jobs or acts)
    if not (sides or trial) and python:
        raise UsageError("--python says how to run code: add --import, --simulate, --uv, --run or --job")
    if not sides and packages:
        raise UsageError("--package says what to import: add --import or --simulate")
    started = None
    if sides or trial:
        started = interpreter(python or sys.executable, KNOWS_ITSELF if simulate else OLDEST)
    with Repository.open(path) as repository:
        about = span(repository, branch, base)
        trials = None
        if started and trial:
            means = Means(repository, about, started, _said, seconds, uv_program() if uv else None)
            trials = _trials(means, commands, jobs, acts)
        if sides:
            click.echo(text.warning(branch), err=True)
        if trial:
            click.echo(text.trial_warning(branch), err=True)
        told = verify(repository, about, Asked(imports, simulate, started, packages, seconds, trials))
    documents = {"json": machine.document, "markdown": markdown.document}
    report = list(text.lines(told)) if form == "text" else []
    deliver(report, documents[form](told).encode() if form in documents else None, output)
    ctx.exit(told.exit)


def _trials(means: Means, commands: tuple[str, ...], jobs: tuple[str, ...], acts: tuple[str, ...]) -> Trials:
    """What to try; raises `UsageError` for jobs and programs that are not there."""
    act = act_program() if acts else None
    tip = Snapshot(commit_source(means.repo, means.span.tip))
    wanted = tuple(planned(tip, name) for name in dict.fromkeys(jobs))
    for job in wanted:
        if means.uv is None and any(map(uses_uv, job.scripts)):
            raise UsageError(f"--job {job.job}: it calls uv; add --uv")
    return Trials(means, commands, wanted, act, tuple(planned(tip, name) for name in dict.fromkeys(acts)))


def _said(command: str) -> None:
    click.echo(printable(f"  $ {command}"), err=True)
