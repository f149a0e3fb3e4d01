"""`cifix pr`: apply, push, and open or update one request for it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.deliver import Ask, Place, based, deliver, planned
from cifix.cli.examine import Selection
from cifix.cli.requests import requesting
from cifix.cli.show import deliver as show
from cifix.forge.choose import KINDS, choose
from cifix.forge.delivery import Delivery, document, lines, summary, worst
from cifix.forge.request import WORKFLOWS, Wish
from cifix.vcs.exchange import address_of, exchange
from cifix.vcs.repository import Repository

BRANCH = "cifix/fixes"


@click.command("pr")
@options.target
@click.option("--branch", default=BRANCH, show_default=True, metavar="NAME", help="Branch to push.")
@click.option("--base", metavar="NAME", help="Branch to merge into.  [default: the remote's default branch]")
@click.option("--remote", default="origin", show_default=True, metavar="NAME", help="Remote, or its address.")
@click.option("--title", metavar="TEXT", help="Title of the request.  [default: a conventional one]")
@click.option(
    "--forge", "kind", type=click.Choice(KINDS), default="auto", show_default=True, help="How to reach the forge."
)
@requesting
@click.option("--dry-run", is_flag=True, help="Print the diffs; push nothing, open nothing.")
@options.selection
@options.reporting(("text", "json", "markdown"))
@click.pass_context
def command(
    ctx: click.Context,
    *,
    path: Path,
    branch: str,
    base: str | None,
    remote: str,
    title: str | None,
    kind: str,
    wish: Wish,
    dry_run: bool,
    asked: Selection,
    form: str,
    output: Path | None,
) -> None:
    """Fix what makes CI fail in the repository at PATH, push it, and open or update a request for it.

    The plan is made for the remote's branch, not for the commit that is checked out, and nothing in the repository at
    PATH is touched. There is one request per plan: a second run changes nothing, and one that somebody has closed
    stays closed. Tokens come from GITHUB_TOKEN or GH_TOKEN, CIFIX_APP_ID with CIFIX_APP_KEY_FILE, GITLAB_TOKEN or
    CI_JOB_TOKEN; without one, gh or glab is used if you are logged in there. With --split, workflow files get a branch
    and request of their own.
    """
    usual = {"--branch": (branch, BRANCH), "--base": (base, None), "--remote": (remote, "origin")}
    typed = [part for name, (given, plain) in usual.items() if given and given != plain for part in (name, given)]
    ask = Ask(branch, base, title, replace(wish, kind=kind), dry_run, path, (*asked.arguments, *typed))
    with Repository.open(path) as user:
        address = address_of(user, remote)
        way = choose(address, kind, os.environ, user.common_dir / "cifix" / "requests")
        with exchange(user, address, way.credential) as between:
            place = Place(user, between, way.forge)
            delivered = [deliver(place, *part) for part in _parts(place, ask, asked)]
    _report(delivered, form, output)
    ctx.exit(worst(delivered))


def _parts(place: Place, ask: Ask, asked: Selection) -> Iterator[tuple[Ask, Selection]]:
    """What to deliver: all at once, or the rules that change workflow files apart from the others."""
    if not ask.wish.split:
        yield ask, asked
        return
    _, oid = based(place, ask)
    examined, _ = planned(place, oid, oid, asked)
    found: dict[bool, list[str]] = {False: [], True: []}
    for patch in examined.proven.plan.patches:
        found[any(path.startswith(WORKFLOWS) for path in patch.paths)].append(patch.rule.id)
    if found[False] or not found[True]:
        yield ask, replace(asked, ignore=(*asked.ignore, *found[True]))
    if found[True]:
        yield replace(ask, branch=f"{ask.branch}-workflows"), replace(asked, ignore=(*asked.ignore, *found[False]))


def _report(delivered: list[Delivery], form: str, output: Path | None) -> None:
    if form == "text":
        show(list(lines(delivered)), None, output)
    else:
        show((), (document if form == "json" else summary)(delivered).encode(), output)
