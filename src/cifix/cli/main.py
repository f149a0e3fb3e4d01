"""The command `cifix`, and the only place where errors become messages and exit codes."""

import gc
import importlib
import os
import signal
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

import click

from cifix import __version__
from cifix.errors import CifixError, Exit

_GARBAGE = 100_000, 50, 50
"""How many new objects, and rounds, go by between searches for garbage: syntax trees hold none, and are large."""


class Commands(click.Group):
    """Commands by the name of their module, imported only when one is used: start-up stays fast."""

    modules: Mapping[str, str] = MappingProxyType(
        {
            "apply": "Fix what makes CI fail in the repository at PATH, on a branch of its own.",
            "check": "Report what cifix finds in the repository at PATH; exit with 1 if it finds anything.",
            "diagnose": "Say why the run behind LOG is red, and which of the causes the checkout confirms.",
            "fleet": "Fix many repositories at once, and remember how far it came.",
            "guard": "Keep CI from breaking the same way again.",
            "plan": (
                "Write down what is wrong with the CI of the repository at PATH, the proof of it, every fix, "
                "and what to do next."
            ),
            "pr": "Fix what makes CI fail in the repository at PATH, push it, and open or update a request for it.",
            "rules": "List the rules, explain one, show how old their facts are, or begin a new one.",
            "verify": "Prove again what BRANCH claims: trees, rules and import order; nothing of the repository runs.",
        }
    )
    """What the help page says of each: the first sentence of its own help, so that none has to be imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names for the help page."""
        del ctx
        return list(self.modules)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands on the help page."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(self.modules.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command, after forgetting what a surrounding git left in the environment."""
        del ctx
        if cmd_name not in self.modules:
            return None
        importlib.import_module("cifix.vcs.repository").scrub(os.environ)
        command: click.Command = importlib.import_module(f"cifix.cli.{cmd_name}").command
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cifix")
def cifix() -> None:
    """Turn a red pipeline into a reviewed branch.

    cifix finds mechanical causes of CI failures in a git repository, writes the smallest fix for each,
    proves it, and commits it on a branch. Start with: cifix apply --dry-run
    """


def run() -> NoReturn:
    """Run the command line and end the process with the exit code that the README documents."""
    _open_streams()
    gc.set_threshold(*_GARBAGE)
    os.environ["PYTHONSAFEPATH"] = "1"  # workers of a fleet start in the current folder, perhaps a stranger's
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that temporary folders are removed
    try:
        code = cifix.main(prog_name="cifix", standalone_mode=False)
    except click.ClickException as why:
        why.show()
        code = Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("cifix: interrupted; nothing half-done is left behind.", err=True)
        code = Exit.INTERRUPTED
    except CifixError as why:
        click.secho(f"cifix: {_printable(str(why))}", fg="red", err=True)
        code = why.code
    except OSError as why:
        click.secho(f"cifix: the system refused: {_printable(str(why))}", fg="red", err=True)
        code = Exit.GIT
    sys.exit(int(code or 0))


def _open_streams() -> None:
    """Give a stream that the caller closed to the null device: otherwise the next file opened would take its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - as long as we run


def _printable(text: str) -> str:
    from cifix.report.characters import printable  # noqa: PLC0415 - start-up stays fast

    return printable(text)
