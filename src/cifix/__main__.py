"""`python -m cifix` is the same as `cifix`."""

from cifix.cli.main import run

run()
