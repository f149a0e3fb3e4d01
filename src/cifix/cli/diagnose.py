"""`cifix diagnose`: from a red log to its causes, each held against the checkout."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from cifix.cli import options
from cifix.cli.examine import Selection, examine
from cifix.cli.show import deliver
from cifix.diagnosis import machine, markdown, text
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.diagnose import Diagnosis, diagnose
from cifix.errors import Exit, GitError, UsageError
from cifix.logs.collect import Log, collect
from cifix.logs.download import download
from cifix.logs.facts import failures
from cifix.logs.keylines import key_lines, known
from cifix.vcs.repository import Repository
from cifix.vcs.source import commit_source

STDIN = Path("-")


@click.command("diagnose")
@click.argument("logs", nargs=-1, type=click.Path(path_type=Path, allow_dash=True), metavar="LOG...")
@click.option("--run", metavar="ID", help="Download the log of this run, by its id or address, with gh.")
@click.option("--repo", "path", type=click.Path(path_type=Path), help="The checkout.  [default: here, if it is one]")
@click.option("--base", default="HEAD", show_default=True, metavar="REV", help="The commit that failed.")
@click.option("--baseline", type=click.Path(path_type=Path), metavar="LOG", help="A green log of the same job.")
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
    baseline: Path | None,
    today: date | None,
    form: str,
    output: Path | None,
) -> None:
    """Say why the run behind LOG is red, and which of the causes the checkout confirms.

    LOG is a job's log, a folder of logs, the archive of a run, what `gh run view --log` prints, or - for standard
    input. Nothing in it is run, and nothing is changed.
    """
    with TemporaryDirectory(prefix="cifix-") as folder:
        places = [*([download(run, Path(folder))] if run else []), *(_readable(place, Path(folder)) for place in logs)]
        red = [log for place in places for log in collect(place)]
        if not red:
            raise UsageError("name a log: a file, a folder, a run's archive, - for standard input, or --run ID")
        told = _diagnosed(red, baseline, path, base, today)
    again = shlex.join(
        ["cifix", "apply", *(["--safety", "review"] if _needs_review(told) else []), *_named(told, path)]
    )
    documents = {"json": lambda: machine.document(told), "markdown": lambda: markdown.document(told, again)}
    report = list(text.lines(told, again)) if form == "text" else []
    deliver(report, documents[form]().encode() if form in documents else None, output)
    ctx.exit(_exit(told))


def _diagnosed(red: list[Log], baseline: Path | None, path: Path | None, base: str, today: date | None) -> Diagnosis:
    found = list(failures(red))
    lines = None if baseline is None else key_lines(red, known(collect(baseline)))
    with _opened(path) as repository:
        if repository is None:
            return diagnose(found, None, lines)
        examined = examine(repository, commit_source(repository, base), Selection(safety="review", today=today))
        return diagnose(found, Checkout(examined.proven.plan), lines)


def _opened(path: Path | None) -> AbstractContextManager[Repository | None]:
    """The checkout: the one that is named, else the one around the current folder, else none."""
    if path is not None:
        return Repository.open(path)
    try:
        return Repository.open(Path())
    except GitError:
        return nullcontext()


def _readable(place: Path, folder: Path) -> Path:
    """A log that can be read more than once: standard input is kept in a file."""
    if place != STDIN:
        return place
    kept = folder / "standard-input.log"
    with kept.open("wb") as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream)
    return kept


def _needs_review(told: Diagnosis) -> bool:
    return any(fix.safety.word == "review" for cause in told.causes for fix in cause.fixes)


def _named(told: Diagnosis, path: Path | None) -> Iterator[str]:
    for rule in told.rules:
        yield from ("--select", rule)
    if path is not None:
        yield str(path)


def _exit(told: Diagnosis) -> Exit:
    if not told.failures:
        return Exit.DONE
    return Exit.FOUND if told.rules else Exit.REMAIN
