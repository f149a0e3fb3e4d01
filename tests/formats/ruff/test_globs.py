"""Globs match as `globset` matches, and none can stall its reader."""

import time

import pytest

from cifix.formats.ruff.globs import applies, excludes, includes

CASES = [
    ("a/**/b", "a/b", True),
    ("a/**/b", "a/x/y/b", True),
    ("a/**/b", "a/xb", False),
    ("**/b", "b", True),
    ("**/b", "xb", False),
    ("a/**", "a/b/c", True),
    ("a/*b*c", "a/x/b/y/c", True),
    ("a/*a", "a/aab", False),
    ("a/{b,c{d,e}}.py", "a/ce.py", True),
    ("a/[!b]", "a/c", True),
    ("a/[!b]", "a/b", False),
    ("a/[b", "a/[b", True),
    ("a/[z-a]", "a/b", False),
    ("a/\\*", "a/*", True),
    ("a/\\*", "a/b", False),
    ("/a/b", "a/b", False),
    ("", "a", False),
]


@pytest.mark.parametrize(("glob", "path", "matched"), CASES)
def test_a_glob_matches_a_path(glob: str, path: str, matched: bool) -> None:
    assert excludes([glob], "", path) is matched
    assert includes([glob], "", path) is matched
    assert applies(glob, "", path) is matched
    assert applies(f"!{glob}", "", path) is not matched


@pytest.mark.parametrize("glob", ["*a" * 40 + "b/c", "**/a/" * 40 + "b", "{a,b}" * 40 + "/c"])
def test_no_glob_takes_long(glob: str) -> None:
    start = time.process_time()
    assert not excludes([glob], "", "a/" * 300 + "a" * 300)
    assert time.process_time() - start < 1
