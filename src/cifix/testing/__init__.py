"""Run a rule's fixture cases: for cifix's own rules and for authors of plugins.

    from cifix.testing import cases, check

    @pytest.mark.parametrize("case", cases(FIXTURES), ids=str)
    def test_case(case, tmp_path):
        check(case, rule, tmp_path)

A case is a folder with `before/`, usually `after/`, an earlier commit in `past/` if history matters, and an optional
`case.toml`; `Case` lists its keys.
A path part that begins with a dot is stored as `dot-...`.
"""

from cifix.testing.case import Case, cases, twins
from cifix.testing.check import build, check

__all__ = ["Case", "build", "cases", "check", "twins"]
