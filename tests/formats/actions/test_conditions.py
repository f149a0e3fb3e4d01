"""Conditions of which at most one holds in a run."""

import pytest

from cifix.formats.actions.conditions import exclusive


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("github.event_name == 'push'", "github.event_name == 'pull_request'"),
        ("github.event_name == 'push'", "github.event_name != 'push'"),
        ("${{ github.event_name=='PUSH' && always() }}", "github.event_name != 'push'"),
        ("startsWith(github.ref, 'refs/tags/')", "!startsWith(github.ref, 'refs/tags/')"),
        ("vars.fast == 'a b'", "${{ vars.fast == 'ab' }}"),
        ("!github.event.forced && x", "github.event.forced"),
    ],
)
def test_these_never_hold_together(one: str, other: str) -> None:
    assert exclusive(one, other)
    assert exclusive(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("success()", "failure()"),
        ("env.X == 'a'", "env.X == 'b'"),
        ("inputs.x == 'a'", "inputs.x == 'b'"),
        ("github.ref == 'a'", "github.sha == 'b'"),
        ("github.ref != 'a'", "github.ref != 'b'"),
        ("github.ref == 'a' || x", "github.ref == 'b'"),
        ("!(github.ref == 'a' && (x) && y)", "github.ref == 'b'"),
        ("github.run_number == 1", "github.run_number == 01"),
        ("${{ github.ref == 'a' }} ${{ x }}", "github.ref == 'b'"),
        ("github.ref == 'a'", "github.ref == 'A'"),
        ("!github.ref == 'a'", "github.ref == 'a'"),
    ],
)
def test_these_may_hold_together(one: str, other: str) -> None:
    assert not exclusive(one, other)
