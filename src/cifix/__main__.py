"""`python -m cifix` is the same as `cifix`: the current folder, which may be a stranger's, offers no module."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]

from cifix.cli.main import run

run()
