"""SECURITY.md, with the table that the tests of this folder stand for."""

from tests.pages import ROOT, filled
from tests.security.rows import table

PAGE = ROOT / ".github" / "SECURITY.md"


def fresh() -> str:
    """The text that it must have."""
    return filled(PAGE.read_text("utf-8"), "attacks", table())
