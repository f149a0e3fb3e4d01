import pytest

from cifix.model.glob import matches


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
