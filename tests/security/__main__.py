"""`python -m tests.security` runs the tests of this folder and, if all pass, writes the table of SECURITY.md."""

import sys

import pytest

from tests.security.page import PAGE, fresh

code = pytest.main(["-q", str(PAGE.parents[1] / "tests" / "security"), "--deselect", "tests/security/test_page.py"])
if code == pytest.ExitCode.OK:
    PAGE.write_bytes(fresh().encode())
sys.exit(code)
