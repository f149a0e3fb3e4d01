"""`cifix diagnose`: from a red log to its causes, each held against the checkout, and on request to their fixes."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.apply import BRANCH
from cifix.cli.examine import Selection, examine
from cifix.cli.logs import named
from cifix.cli.options import Writing
from cifix.cli.show import deliver
from cifix.cli.transaction import written
from cifix.diagnosis import machine, markdown, text
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.diagnose import Diagnosis, diagnose, told_of
from cifix.errors import Exit, GitError, UsageError
from cifix.logs.collect import Log, collect
from cifix.logs.facts import failures
from cifix.logs.keylines import key_lines, known
from cifix.report.outcome import Outcome
from cifix.vcs.repository import Repository
from cifix.vcs.scratch import scratch
from cifix.vcs.source import commit_source


@click.command("diagnose")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="LOG...")
@click.option("--run", metavar="ID", help="Download the log of this run, by its id or address, with gh.")
@click.option("--repo", "path", type=click.Path(path_type=Path), help="The checkout.  [default: here, if it is one]")
@click.option("--base", default="HEAD", show_default=True, metavar="REV", help="The commit that failed.")
@click.option(
    "--baseline", multiple=True, type=click.Path(path_type=Path), metavar="LOG", help="A green log of the same job."
)
@click.option("--apply", "applies", is_flag=True, help="Commit the fixes of the confirmed causes on a branch.")
@click.option("--branch", default=BRANCH, show_default=True, metavar="NAME", help="Branch to commit on.")
@options.safety("safe")
@options.today
@options.reporting(("text", "json", "markdown"))
@click.pass_context
def command(
    ctx: click.Context,
    *,
    logs: tuple[Path, ...],
    run: str | None,
    path: Path | None,
    base: str,
    baseline: tuple[Path, ...],
    applies: bool,
    branch: str,
    safety: str,
    today: date | None,
    form: str,
    output: Path | None,
) -> None:
    """Say why the run behind LOG is red, and which of the causes the checkout confirms.

    LOG is a job's log, a folder of logs, the archive of a run, what `gh run view --log` prints, or - for standard
    input. Nothing in it is run. With --apply the rules that answer a confirmed cause commit their fixes, down to
    --safety, one commit each, with the lines of the log in its message.
    """
    with scratch() as folder, _opened(path) as repository:
        red = list(named(logs, run, folder))
        if not red:
            raise UsageError("name a log: a file, a folder, a run's archive, - for standard input, or --run ID")
        if applies and repository is None:
            raise UsageError("--apply needs the repository: go there, or name it with --repo")
        told = _diagnosed(red, baseline, repository, base, today)
        outcome = None
        if applies and repository is not None and told.rules:
            how = Writing(dry_run=False, in_place=False, branch=branch, base=base, arguments=())
            outcome = _applied(repository, told, path or Path(), how, Selection(told.rules, safety=safety, today=today))
    again = shlex.join(["cifix", "apply", *_arguments(told, path, base)])
    documents = {
        "json": lambda: machine.document(told, outcome),
        "markdown": lambda: markdown.document(told, again, outcome),
    }
    report = list(text.lines(told, again, outcome)) if form == "text" else []
    deliver(report, documents[form]().encode() if form in documents else None, output)
    ctx.exit(_exit(told, outcome))


def _diagnosed(
    red: list[Log], baseline: Sequence[Path], repository: Repository | None, base: str, today: date | None
) -> Diagnosis:
    found = list(failures(red))
    green = [log for place in baseline for log in collect(place)]
    lines = key_lines(red, known(green), failed=[one.step for one in found]) if green else None
    if repository is None:
        return diagnose(found, None, lines)
    examined = examine(repository, commit_source(repository, base), Selection(safety="review", today=today))
    return diagnose(found, Checkout(examined.proven.plan), lines)


def _applied(repository: Repository, told: Diagnosis, path: Path, how: Writing, asked: Selection) -> Outcome:
    """What became of the fixes; the lines of the log go into the message of the commit that answers them."""
    examined = examine(repository, commit_source(repository, how.base or "HEAD"), asked)
    evidence: Mapping[str, tuple[str, ...]] = {rule: tuple(told_of(told, rule)) for rule in told.rules}
    return written(repository, examined, path, asked.arguments, how, proven=evidence)


def _opened(path: Path | None) -> AbstractContextManager[Repository | None]:
    """The checkout: the one that is named, else the one around the current folder, else none."""
    if path is not None:
        return Repository.open(path)
    try:
        return Repository.open(Path())
    except GitError:
        return nullcontext()


def _arguments(told: Diagnosis, path: Path | None, base: str) -> Iterator[str]:
    for rule in told.rules:
        yield from ("--select", rule)
    if any(fix.safety.word == "review" for cause in told.causes for fix in cause.fixes):
        yield from ("--safety", "review")
    if base != "HEAD":
        yield from ("--base", base)
    if path is not None:
        yield str(path)


def _exit(told: Diagnosis, outcome: Outcome | None) -> Exit:
    """Done if nothing failed, or if all that has a fix is committed and nothing is left for a person."""
    if not told.failures:
        return Exit.DONE
    if outcome is None:
        return Exit.FOUND if told.rules else Exit.REMAIN
    return Exit.REMAIN if outcome.exit is Exit.DONE and not told.settled else outcome.exit
