"""The options of `cifix fleet` that ask a forge which repositories there are."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

import click

from cifix.cli.options import chain
from cifix.errors import UsageError
from cifix.fleet.job import Target
from cifix.report.characters import single_line

_FAMILIES = {"github": "github", "gh": "github", "gitlab": "gitlab", "glab": "gitlab", "local": ""}


@dataclass(frozen=True, slots=True)
class Discovery:
    """Which forges to ask, and for what: all of the owners, or whatever has the topics and is found."""

    kind: str = "auto"
    orgs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    search: str = ""
    archived: bool = False
    forks: bool = False

    @property
    def asks(self) -> bool:
        """Whether any forge is to be asked; raises `UsageError` for what has no meaning without one."""
        asking = bool(self.orgs or self.groups or self.topics or self.search)
        if (self.archived or self.forks) and not asking:
            raise UsageError("--archived and --forks are about what a forge lists: add --org, --group, --topic or such")
        return asking

    def found(self) -> Iterator[Target]:
        """The repositories that the forges list, one after the other; notes go to standard error."""
        from cifix.forge.choose import lister  # noqa: PLC0415 - the forges' libraries are slow to import
        from cifix.forge.listing import Inquiry, wanted  # noqa: PLC0415

        inquiry = Inquiry((), self.topics, self.search, archived=self.archived, forks=self.forks)
        for family, owners in self._families():
            ask = lister(family, self.kind, os.environ)
            asked = replace(inquiry, owners=owners)
            for one in wanted(ask(asked, _note), asked, _note):
                yield Target(one.url, one.project)

    def _families(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        named = _FAMILIES.get(self.kind)
        for family, option, owners in (("github", "--org", self.orgs), ("gitlab", "--group", self.groups)):
            if owners and named not in (None, family):
                raise UsageError(f"{option} asks {family}, and --forge names {self.kind}; leave one of them out")
            if owners:
                yield family, owners
        if not (self.orgs or self.groups):
            if not named:
                raise UsageError("--topic and --search look through a whole forge: name it with --forge")
            yield named, ()


def _note(text: str) -> None:
    click.echo(single_line(text), err=True)


_OPTIONS = (
    click.option("--org", "orgs", multiple=True, metavar="NAME", help="All of an organisation or user of GitHub."),
    click.option(
        "--group", "groups", multiple=True, metavar="PATH", help="All of a group of GitLab, subgroups too, or a user."
    ),
    click.option("--topic", "topics", multiple=True, metavar="NAME", help="Of these, or of --forge, those with it."),
    click.option("--search", default="", metavar="TEXT", help="Of these, or of --forge, those that its search finds."),
    click.option(
        "--forge",
        "kind",
        type=click.Choice(("auto", *_FAMILIES)),
        default="auto",
        show_default=True,
        help="Which forge to ask, and how: by a token in the environment, or by gh or glab; `local` asks none.",
    ),
    click.option("--archived", is_flag=True, help="Take archived repositories too; they refuse every push."),
    click.option("--forks", is_flag=True, help="Take forks too."),
)


def discovering(function: Callable[..., None]) -> Callable[..., None]:
    """What to ask the forges, handed to the command as `discovery`."""

    @wraps(function)
    def call(
        *arguments: Any,  # noqa: ANN401 - whatever click hands over
        kind: str,
        orgs: tuple[str, ...],
        groups: tuple[str, ...],
        topics: tuple[str, ...],
        search: str,
        archived: bool,
        forks: bool,
        **others: Any,  # noqa: ANN401
    ) -> None:
        discovery = Discovery(kind, orgs, groups, topics, search, archived=archived, forks=forks)
        function(*arguments, discovery=discovery, **others)

    decorated: Callable[..., None] = chain(*_OPTIONS)(call)
    return decorated
