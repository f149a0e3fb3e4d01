"""`cifix rules`: list them, explain one, begin a new one, show how old facts are."""

import sys
from datetime import date
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.examine import clock
from cifix.cli.scaffold import scaffold
from cifix.engine.config import unknown
from cifix.engine.registry import Crash, discover
from cifix.errors import CrashError, UsageError
from cifix.model.facts import STALE, sheet
from cifix.report.page import page
from cifix.report.summary import counted


@click.group("rules")
def command() -> None:
    """List the rules, explain one, show how old their facts are, or begin a new one."""


@command.command("list")
def list_rules() -> None:
    """Print every rule with its best safety level and what it does, in the order they run."""
    registry = discover()
    width = max((len(name) for name in registry.rules), default=0)
    for name, rule in registry.rules.items():
        plugin = " (plugin: runs only with --select)" if name in registry.plugins else ""
        click.echo(f"{name:{width}}  {rule.safety.word:6}  {rule.summary}{plugin}")
    _name(registry.crashes)


@command.command("explain")
@click.argument("rule_id", metavar="ID")
def explain(rule_id: str) -> None:
    """Print the page of a rule: why, when it is wrong, what it refuses, sources."""
    registry = discover()
    if rule_id not in registry.rules:
        _name(tuple(crash for crash in registry.crashes if crash.rule.endswith(rule_id)))
        raise UsageError(unknown(rule_id, registry.rules, "rule"))
    text = page(registry.rules[rule_id])
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415 - only a terminal needs rich
        from rich.markdown import Markdown  # noqa: PLC0415

        Console().print(Markdown(text))
    else:
        click.echo(text, nl=False)


@command.command("facts")
@options.today
def facts(today: date | None) -> None:
    """Print the dated facts of each rule and of `cifix guard`: how many, how old, and where they were read."""
    registry = discover()
    sheets = {name: rule.facts() for name, rule in registry.rules.items() if rule.facts is not None}
    sheets["guard"] = sheet("cifix.guard")
    width = max((len(name) for name in sheets), default=0)
    day = today or clock()
    for name, known in sheets.items():
        age = known.age(day)
        click.echo(f"{name:{width}}  {counted(len(known.rows), 'row')}, checked {known.checked}, {age} days ago")
        for source in known.sources:
            click.echo(f"    {source}")
        if age > STALE:
            click.secho(f"{name}: checked more than {STALE} days ago; look at its sources again", fg="yellow", err=True)
    _name(registry.crashes)


@command.command("new")
@click.argument("rule_id", metavar="ID")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder of the project that gets the rule: a checkout of cifix, or of a plugin.  [default: here]",
)
def new(rule_id: str, into: Path) -> None:
    """Write a small working rule and its first fixture case, to be changed into yours."""
    if rule_id in discover().rules:
        raise UsageError(f"there is a rule {rule_id!r} already")
    for path in scaffold(rule_id, into):
        click.echo(f"wrote {path}")
    click.echo("Next: change the page, the case and `rule`, then run: pytest -k " + rule_id)


def _name(crashes: tuple[Crash, ...]) -> None:
    if crashes:
        raise CrashError("\n".join(f"{crash.rule}: {crash.detail}" for crash in crashes))
