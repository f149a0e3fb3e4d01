"""The options of `cifix fleet`: which repositories, and how to go about them."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

import click

from cifix.cli.fleet_discovery import Discovery, discovering
from cifix.cli.options import chain
from cifix.cli.requests import requesting
from cifix.errors import UsageError
from cifix.fleet.job import Target
from cifix.fleet.targets import chosen, read, united
from cifix.forge.choose import tokens
from cifix.forge.request import Wish

state_file = click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    default="cifix-fleet.db",
    show_default=True,
    metavar="FILE",
    help="Where to remember how far it came.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which repositories: those of a list and of forges, or those that the state knows, that match."""

    repos: Path | None = None
    discovery: Discovery | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    shard: tuple[int, int] | None = None

    def listed(self) -> tuple[Target, ...] | None:
        """All of the list and of the forges, or None if none was named; raises `UsageError` for an unreadable list."""
        asked = self.discovery if self.discovery is not None and self.discovery.asks else None
        if self.repos is None and asked is None:
            return None
        return united(_read(self.repos) if self.repos else (), asked.found() if asked else ())

    @property
    def kind(self) -> str:
        """The way to the forges."""
        return self.discovery.kind if self.discovery else "auto"

    def matching(self, targets: Iterable[Target]) -> Iterator[Target]:
        """Those of `targets` that match."""
        return chosen(targets, self.include, self.exclude, self.shard)

    def of(self, targets: Iterable[Target]) -> tuple[Target, ...]:
        """Those of `targets` that match; raises `UsageError` if none does and this is no shard."""
        found = tuple(self.matching(targets))
        if not found and self.shard is None:
            raise UsageError("no repository is left: the list is empty, or --include and --exclude leave none over")
        return found


@dataclass(frozen=True, slots=True)
class Handling:
    """How to go about it: where and how many at a time, limits, variables with tokens by host, commits to fetch."""

    executor: str
    jobs: int
    timeout: float
    memory: int | None
    tokens: Mapping[str, str]
    history: bool


@dataclass(frozen=True, slots=True)
class Publishing:
    """What requests shall be like, after how many to stop, and how many writes an hour may see."""

    wish: Wish = field(default_factory=Wish)
    canary: int | None = None
    per_hour: int | None = None


def _shard(ctx: click.Context, option: click.Parameter, value: str | None) -> tuple[int, int] | None:
    del ctx
    found = re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", value or "")
    if value is None:
        return None
    if found is None or not 1 <= int(found[1]) <= int(found[2]):
        raise click.BadParameter("give it as I/N, such as 1/4 for the first of four", param=option)
    return int(found[1]), int(found[2])


def _tokens(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> Mapping[str, str]:
    del ctx
    pairs = [value.partition("=") for value in values]
    for host, _, variable in pairs:
        if not host or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
            raise click.BadParameter(
                "give it as HOST=VARIABLE; the token itself stays in the environment", param=option
            )
    return {host: variable for host, _, variable in pairs}


def _read(file: Path) -> tuple[Target, ...]:
    origin = "standard input" if file == Path("-") else str(file)
    try:
        data = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
        return read(data.decode(), origin, Path.cwd())
    except (OSError, UnicodeDecodeError) as why:
        raise UsageError(f"{origin} cannot be read: {why}") from why


_CHOOSING = (
    click.option("--include", multiple=True, metavar="GLOB", help="Only repositories whose path matches, `owner/*`."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="No repositories whose path matches."),
    click.option(
        "--shard", callback=_shard, metavar="I/N", help="Only the I-th of N parts; the same on every machine."
    ),
)
_LISTING = click.option(
    "--repos",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="List of repositories: a path or URL a line, and perhaps a branch to start from; - for standard input.",
)


def choosing(*, listing: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Which repositories, handed to the command as `choice`; with `listing` also from a list and forges."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def call(
            *arguments: Any,  # noqa: ANN401 - whatever click hands over
            include: tuple[str, ...],
            exclude: tuple[str, ...],
            shard: tuple[int, int] | None,
            repos: Path | None = None,
            discovery: Discovery | None = None,
            **others: Any,  # noqa: ANN401
        ) -> None:
            function(*arguments, choice=Choice(repos, discovery, include, exclude, shard), **others)

        decorated: Callable[..., None] = chain(*((_LISTING, discovering) if listing else ()), *_CHOOSING)(call)
        return decorated

    return decorate


def handling(function: Callable[..., None]) -> Callable[..., None]:
    """How to go about it, handed to the command as `how`."""

    @wraps(function)
    def call(
        *arguments: Any,  # noqa: ANN401 - whatever click hands over
        executor: str,
        jobs: int | None,
        timeout: float,
        memory: int | None,
        token: Mapping[str, str],
        history: bool,
        **others: Any,  # noqa: ANN401
    ) -> None:
        known = {**tokens(os.environ), **token}
        how = Handling(executor, jobs or os.cpu_count() or 1, timeout, memory, known, history)
        function(*arguments, how=how, **others)

    decorated: Callable[..., None] = chain(
        click.option("--jobs", type=click.IntRange(1), metavar="N", help="Repositories at a time.  [default: cores]"),
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            default=600,
            show_default=True,
            metavar="SECONDS",
            help="Time for one repository; with Dask, git alone is stopped, when a server falls silent.",
        ),
        click.option("--memory", type=click.IntRange(64), metavar="MIB", help="Address space for one local worker."),
        click.option(
            "--executor",
            default="local",
            show_default=True,
            metavar="NAME",
            help="Who does the work: `local`, or a Dask scheduler, `dask:tcp://HOST:PORT`.",
        ),
        click.option(
            "--token",
            multiple=True,
            callback=_tokens,
            metavar="HOST=VARIABLE",
            help="Send the token in this environment variable to this host, over http(s); may be given several times.",
        ),
        click.option("--history", is_flag=True, help="Fetch all commits, for rules that follow files that were moved."),
    )(call)
    return decorated


def publishing(function: Callable[..., None]) -> Callable[..., None]:
    """Whether and how to open requests, handed to the command as `publish`; None without --pr."""

    @wraps(function)
    def call(
        *arguments: Any,  # noqa: ANN401 - whatever click hands over
        pr: bool,
        wish: Wish,
        canary: int | None,
        per_hour: int | None,
        **others: Any,  # noqa: ANN401
    ) -> None:
        if not pr and (wish, canary, per_hour) != (Wish(), None, None):
            raise UsageError("the options of requests are for `cifix fleet apply --pr`; add --pr, or leave them out")
        function(*arguments, publish=Publishing(wish, canary, per_hour) if pr else None, **others)

    decorated: Callable[..., None] = chain(
        click.option("--pr", is_flag=True, help="Open or update a request for each branch, as `cifix pr` does."),
        requesting,
        click.option(
            "--canary", type=click.IntRange(1), metavar="N", help="Stop after N requests, for a look at them and CI."
        ),
        click.option(
            "--per-hour", type=click.IntRange(1), metavar="N", help="Writes that a forge gets in an hour, at most."
        ),
    )(call)
    return decorated
