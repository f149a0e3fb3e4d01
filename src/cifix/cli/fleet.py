"""`cifix fleet`: the same fixes for many repositories."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import Selection, clock
from cifix.cli.fleet_options import Choice, Handling, Publishing, choosing, handling, publishing, state_file
from cifix.cli.fleet_progress import spoken, watched
from cifix.cli.show import deliver
from cifix.errors import Exit, UsageError
from cifix.fleet.campaign import Running, asked_for, known_targets, run
from cifix.fleet.job import Mode, State, Target
from cifix.fleet.pool import executor
from cifix.fleet.publishing import Forges
from cifix.fleet.report import document, junit, markdown, page, text
from cifix.fleet.report.document import Document
from cifix.fleet.state import Campaign, Store
from cifix.forge.pace import Clock, Limits, Pace
from cifix.forge.request import Wish
from cifix.report.summary import counted
from cifix.report.text import Line

FORMS: Mapping[str, Callable[[Document], str]] = {
    "json": document.text,
    "junit": junit.document,
    "markdown": markdown.document,
    "html": page.document,
}
_STUCK = (State.FAILED, State.HELD)
_LOOK = "{wrote} opened or brought up to date, as --canary asked: look at them and their runs, then type it again."

reporting = options.reporting(("text", *FORMS))


@click.group("fleet")
def command() -> None:
    """Fix many repositories at once, and remember how far it came.

    A run can be interrupted or killed at any moment: typed again, it goes on where it stopped.
    """


def _declared(mode: Mode, told: str, more: Callable[[Callable[..., None]], Callable[..., None]]) -> click.Command:
    """`plan` and `apply`, which differ in how far they go; `more` are the options of one alone."""

    @state_file
    @click.option("--branch", metavar="NAME", help="Branch to push.  [default: that of the run before, or cifix/fixes]")
    @choosing(listing=True)
    @more
    @handling
    @options.selection
    @reporting
    def run_all(
        *,
        state: Path,
        branch: str | None,
        choice: Choice,
        how: Handling,
        asked: Selection,
        form: str,
        output: Path | None,
        publish: Publishing | None = None,
    ) -> None:
        listed = choice.listed()
        with closing(Store.open(state)) as store, store.alone():
            wish = replace(publish.wish, kind=choice.kind) if publish else None
            per_hour = publish.per_hour if publish else None
            campaign = asked_for(store, asked, branch, clock(), wish, per_hour=per_hour)
            targets = choice.of(known_targets(store) if listed is None else listed)
            aim = Mode.REQUEST if publish else mode
            stopped = _run(store, campaign, aim, targets, how, canary=publish.canary if publish else None)
            told = _document(store, targets)
        _show(told, form, output)
        click.get_current_context().exit(told["exit_code"] or (Exit.HELD if stopped else Exit.DONE))

    return click.command(mode.value, help=told)(run_all)


command.add_command(
    _declared(
        Mode.PLAN, "Find out what `cifix fleet apply` would do, and remember it; nothing is pushed.", options.chain()
    )
)
command.add_command(
    _declared(
        Mode.APPLY,
        """Commit the fixes in a clone of each repository and push them to a branch of its own.

        The commits are those of `cifix apply`. What was planned before is not looked for again where nothing has
        changed. A branch with commits of others is left alone. With --pr there is one request for each, as `cifix pr`
        makes it, opened no faster than the forge allows.
        """,
        publishing,
    )
)


@command.command("adopt")
@state_file
@click.option("--branch", metavar="NAME", help="Branch that was pushed.  [default: cifix/fixes]")
@choosing(listing=True)
@handling
@reporting
@click.pass_context
def adopt(
    ctx: click.Context,
    *,
    state: Path,
    branch: str | None,
    choice: Choice,
    how: Handling,
    form: str,
    output: Path | None,
) -> None:
    """Make a lost state anew from the branches that were pushed and their requests; nothing else is written."""
    listed = choice.listed()
    with closing(Store.open(state)) as store, store.alone():
        campaign = asked_for(store, Selection(), branch, clock(), Wish(choice.kind))
        targets = choice.of(known_targets(store) if listed is None else listed)
        _run(store, campaign, Mode.ADOPT, targets, how)
        told = _document(store, targets)
    _show(told, form, output)
    ctx.exit(told["exit_code"])


@command.command("status")
@state_file
@choosing(listing=False)
@reporting
def status(*, state: Path, choice: Choice, form: str, output: Path | None) -> None:
    """Show where every repository stands, and how long the rest takes at least."""
    with closing(_known(state)) as store:
        targets = tuple(choice.matching(row.target for row in store.rows()))
        _show(_document(store, targets), form, output, _to_go(store, targets))


@command.command("report")
@state_file
@click.option(
    "--merge",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help="Put together JSON reports of shards instead of reading the state; may be given several times.",
)
@choosing(listing=False)
@options.reporting(("text", *FORMS), default="json")
@click.pass_context
def report(
    ctx: click.Context, *, state: Path, merge: tuple[Path, ...], choice: Choice, form: str, output: Path | None
) -> None:
    """Write the report again, in any form; the exit code is that of the run."""
    if merge:
        told = document.merged([document.read(file.read_bytes(), str(file)) for file in merge])
    else:
        told = _told(state, choice)
    _show(told, form, output)
    ctx.exit(told["exit_code"])


@command.command("retry")
@state_file
@choosing(listing=False)
def retry(*, state: Path, choice: Choice) -> None:
    """Let the next run take up again what failed or was held; everything else stays settled."""
    with closing(_known(state)) as store, store.alone():
        targets = [row.target for row in store.rows() if row.state in _STUCK]
        queued = list(choice.matching(targets))
        store.queue(target.url for target in queued)
        mode = store.mode
    click.echo(f"{len(queued)} queued again. Next: cifix fleet {mode} --state {state}")


@command.command("close")
@state_file
@choosing(listing=False)
@handling
@reporting
@click.pass_context
def close(ctx: click.Context, *, state: Path, choice: Choice, how: Handling, form: str, output: Path | None) -> None:
    """Close the requests and delete the branches that were pushed, where they still stand as we left them."""
    with closing(_known(state)) as store, store.alone():
        campaign = store.campaign
        if campaign is None:
            raise UsageError(f"{state} holds no run; there is nothing to close")
        ours = [row.target for row in store.rows() if row.commits]
        targets = tuple(choice.matching(ours))
        _run(store, campaign, Mode.CLOSE, targets, how)
        told = _document(store, targets)
    _show(told, form, output)
    ctx.exit(told["exit_code"])


def _run(
    store: Store,
    campaign: Campaign,
    mode: Mode,
    targets: Sequence[Target],
    how: Handling,
    *,
    canary: int | None = None,
) -> bool:
    """Go through the repositories while somebody may be watching; tells whether canaries ended it early."""
    forges = None if mode in (Mode.PLAN, Mode.APPLY) else _forges(store, campaign)
    running = Running(
        *(partial(_opened, how), how.jobs, how.tokens, how.history, how.executor == "local"), forges, canary
    )
    wrote = 0
    with watched(len(targets), mode, (lambda: forges.left(_waiting(store, targets))) if forges else None) as tell:
        for target, result in run(store, campaign, mode, targets, running):
            wrote += result.wrote
            tell(target, result)
    stopped = canary is not None and wrote >= canary and store.unfinished
    if stopped:
        click.echo(_LOOK.format(wrote=counted(wrote, "request")), err=True)
    return stopped


def _forges(store: Store, campaign: Campaign) -> Forges | None:
    """Where requests are, if there are to be any."""
    if campaign.wish is None:
        return None
    folder = store.file.absolute().with_name(f"{store.file.name}-requests")
    pace = Pace(store.calls, Limits().hourly(campaign.per_hour), Clock())
    return Forges(campaign.branch, campaign.wish, os.environ, folder, pace)


def _to_go(store: Store, targets: Iterable[Target]) -> str:
    """What a run with requests still has to do, if one was interrupted or stopped."""
    forges = _forges(store, store.campaign) if store.campaign else None
    if forges is None or store.mode is not Mode.REQUEST or not store.unfinished:
        return ""
    left = _waiting(store, targets)
    return f"{counted(len(left), 'repository', 'repositories')} to go, {spoken(forges.left(left))} at least."


def _waiting(store: Store, targets: Iterable[Target]) -> Sequence[Target]:
    """Those that the last run has not settled yet."""
    waiting = store.waiting(store.number)
    return [target for target in targets if target.url in waiting]


def _opened(how: Handling, jobs: int) -> AbstractContextManager[Executor]:
    return executor(how.executor, jobs, how.timeout, how.memory)


def _known(state: Path) -> Store:
    if not state.is_file():
        raise UsageError(f"there is no state {state}; name one with --state, or begin with `cifix fleet plan`")
    return Store.open(state)


def _told(state: Path, choice: Choice) -> Document:
    with closing(_known(state)) as store:
        return _document(store, tuple(choice.matching(row.target for row in store.rows())))


def _document(store: Store, targets: Iterable[Target]) -> Document:
    urls = {target.url for target in targets}
    campaign = store.campaign
    rows = (row for row in store.rows(whole=True) if row.target.url in urls)
    return document.document(rows, store.mode, campaign.branch if campaign else "")


def _show(told: Document, form: str, output: Path | None, more: str = "") -> None:
    report = [*text.lines(told), *([Line(more.encode())] if more else [])] if form == "text" else []
    deliver(report, None if form == "text" else FORMS[form](told).encode(), output)
