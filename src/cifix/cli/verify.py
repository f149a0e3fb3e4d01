"""`cifix verify`: prove again what a branch claims, and on request import its packages before and after."""

import sys
from pathlib import Path

import click

from cifix.cli import options
from cifix.cli.apply import BRANCH
from cifix.cli.show import deliver
from cifix.errors import UsageError
from cifix.proof import machine, text
from cifix.proof.process import KNOWS_ITSELF, OLDEST, interpreter
from cifix.proof.span import span
from cifix.proof.verify import Asked, verify
from cifix.vcs.repository import Repository


@click.command("verify")
@click.argument("branch", default=BRANCH)
@click.option(
    "--repo", "path", type=click.Path(path_type=Path), default=Path(), help="Where the repository is.  [default: here]"
)
@click.option("--base", metavar="REV", help="Commit to compare with.  [default: the one the branch starts from]")
@click.option("--import", "imports", is_flag=True, help="RUNS CODE: import the packages on both sides and compare.")
@click.option("--simulate", is_flag=True, help="RUNS CODE: the same, with stubs for all dependencies.")
@click.option("--python", metavar="PATH", help="Interpreter for both; --import needs one with the dependencies.")
@click.option("--package", "packages", multiple=True, metavar="NAME", help="Package to import; may be repeated.")
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Limit for each side; a single import gets a tenth of it.",
)
@options.reporting(("text", "json"))
@click.pass_context
def command(
    ctx: click.Context,
    *,
    branch: str,
    path: Path,
    base: str | None,
    imports: bool,
    simulate: bool,
    python: str | None,
    packages: tuple[str, ...],
    seconds: float,
    form: str,
    output: Path | None,
) -> None:
    """Prove again what BRANCH claims: trees, rules and import order; nothing of the repository runs.

    With --import or --simulate the module-level code of its packages runs, on the base and on BRANCH, in processes
    without your environment but without a sandbox too.
    """
    running = imports or simulate
    if not running and (python or packages):
        raise UsageError("--python and --package say how to run code: add --import or --simulate")
    started = interpreter(python or sys.executable, KNOWS_ITSELF if simulate else OLDEST) if running else None
    asked = Asked(imports, simulate, started, packages, seconds)
    with Repository.open(path) as repository:
        about = span(repository, branch, base)
        if running:
            click.echo(text.warning(branch), err=True)
        told = verify(repository, about, asked)
    report = list(text.lines(told)) if form == "text" else []
    deliver(report, None if form == "text" else machine.document(told).encode(), output)
    ctx.exit(told.exit)
