import re
import time
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.model.glob import joined, matches


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        (".gitignore", "**/.gitignore", True),
        ("a/b/.gitignore", "**/.gitignore", True),
        ("a/x.gitignore", "**/.gitignore", False),
        (".github/workflows/ci.yml", ".github/workflows/*.{yml,yaml}", True),
        (".github/workflows/ci.yaml", ".github/workflows/*.{yml,yaml}", True),
        (".github/workflows/old/ci.yml", ".github/workflows/*.{yml,yaml}", False),
        ("a/b.py", "**/*.py", True),
        ("b.py", "**/*.py", True),
        ("b.pyi", "**/*.py", False),
        ("vendor/x/y.py", "vendor/", True),
        ("vendor/x/y.py", "vendor", True),
        ("vendor.py", "vendor/", False),
        ("vendored/y.py", "vendor", False),
        ("a1.py", "a?.py", True),
        ("a+b.py", "a+b.py", True),
        ("src/x/data/a.py", "src/**/data", True),
        ("docs/x.md", "/docs/*.md", True),
        ("deep/er/x", "deep/**", True),
        ("a/vendor/x", "vendor/", False),
        ("a/vendor/x", "**/vendor/", True),
        ("a/b.yml", "*.yml", False),
        ("docs/x.md", "./docs/", True),
        ("./x", "x", False),
        ("line\nfeed/a.py", "**/*.py", True),
        ("line\nfeed/a.py", "line?feed", True),
        ("ab", "a[bc]", True),
        ("ad", "a[bc]", False),
        ("ad", "a[!bc]", True),
        ("a7", "a[0-9]", True),
        ("a-", "a[0-]", True),
        ("a]", "a[]]", True),
        ("a^", "a[^b]", True),
        ("a\\", "a[\\]", True),
        ("a/b", "a[!x]b", False),
        ("a/b", "a[+-9]b", False),
        ("a5", "a[9-0]", False),
        ("a[b", "a[b", True),
        ("{a,b", "{a,b", True),
        ("a", "{a,b", False),
        ("a", "a{,b}", True),
    ],
)
def test_globs(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, [pattern]) is expected


def test_no_pattern_matches_nothing() -> None:
    assert not matches("x", [])


TOKENS = {"?": "[^/]"}
ADVERSARIAL = ("*a", "**/", "**a/", "a**/", "**", "[ab]*", "?", "a/", "/", "b")


def plainly(parts: tuple[str, ...], path: str) -> bool:
    """Whether parts match a path, by the definition of each and in steps that cannot explode."""
    here = {0}
    for part in parts:
        match part:
            case "*":
                here = {end for at in here for end in range(at, len(path) + 1) if "/" not in path[at:end]}
            case "**":
                here = set(range(min(here, default=len(path) + 1), len(path) + 1))
            case "**/":
                here |= {end for at in here for end in range(at, len(path) + 1) if path[at:end].endswith("/")}
            case _:
                here = {at + 1 for at in here if at < len(path) and (path[at] == part or part == "?" != path[at])}
                here = here if part == "/" else {at for at in here if path[at - 1] != "/"}
    return len(path) in here


@given(
    st.lists(st.sampled_from(["*", "**", "**/", "a", "b", "/", "?"]), max_size=9),
    st.text(alphabet="ab/", max_size=12),
)
@settings(max_examples=600, deadline=None)
def test_what_is_tried_at_its_first_place_only_is_never_missed(parts: list[str], path: str) -> None:
    tokens: list[str] = []
    for part in parts:
        wide = part == "**/" and tokens and tokens[-1] not in ("/", "**/")
        tokens += ["**", "/"] if wide else [part]
    assert (re.fullmatch(joined([TOKENS.get(one, one) for one in tokens]), path) is not None) == plainly(
        tuple(tokens), path
    )


@pytest.mark.parametrize("turn", [*product(ADVERSARIAL, repeat=2), ("**/", "a", "**"), ("**", "/a", "**/")])
def test_no_pattern_takes_longer_than_its_length_times_that_of_the_path(turn: tuple[str, ...]) -> None:
    pattern = "".join(turn) * 12 + "x"
    paths = ["a/" * 300 + "b", "a" * 600, "ab/" * 200, "/" * 600]
    start = time.process_time()
    for path in paths:
        matches(path, [pattern])
    assert time.process_time() - start < 1
