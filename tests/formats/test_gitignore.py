"""Ignore files: places of patterns, and the same verdicts as the git on this machine."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cifix.formats.gitignore import Ignores, Pattern, ignored, patterns
from cifix.model.text import Text
from cifix.vcs.ignores import ignored as by_git

Explanation = tuple[str, int] | None

FOLDERS = ("", "a", "a/b")
NAMES = ("a", "b", "c", "ab", "a]", "*", "é", "a ", " a", "#a", "!a", "-", "\\", "a\r", "B", "[a", "abcab")
PIECES = (
    *("a", "b", "c", "ab", "*", "**", "***", "?", "[ab]", "[!a]", "[a-c]", "[^b]", "[]a]", "[c-a]", "[a-]", "[\\]a]"),
    *("[[:alpha:]]", "[[:space:]a]", "[[:nope:]]", "[[:alpha]", "[[]", "[a\\-c]", "[a-\\c]", "[!]a]", "[", "[a", "]"),
    *("\\a", "\\*", "\\\\", "\\", "\\ ", " ", "#", "!", "-", "é", "[é]", "[[:]", "[[:punct:]]", "[/]", "\\/", "\r"),
)
GLOBS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(("", "", "", "!", "\\!", "\\#")),
    st.sampled_from(("", "", "/", "**/", "//")),
    st.lists(st.lists(st.sampled_from(PIECES), max_size=3).map("".join), min_size=1, max_size=3).map("/".join),
    st.sampled_from(("", "", "/", "/**", "/*", " ", "  ", "\\ ", "\\  ", "//")),
)
CONTENTS = st.builds(
    lambda bom, lines, last: (bom + "".join(glob + end for glob, end in lines) + last).encode(),
    st.sampled_from(("", "", "", "\ufeff")),
    st.lists(st.tuples(GLOBS, st.sampled_from(("\n", "\n", "\r\n", "\r\r\n", "\r"))), max_size=5),
    st.one_of(st.just(""), GLOBS),
)
PATHS = [
    path
    for first in NAMES
    for path in (
        *(
            f"{first}/x",
            f"a/{first}/c",
            f"a/b/{first}",
            f"c/{first}/b/a",
            f"b/a/{first}",
            f"a/b/c/{first}",
            f"{first}_",
        ),
        *(() if first == "a" else (first,)),
    )
    if path not in FOLDERS
]


class Git:
    """A scratch repository that answers what git ignores."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.work = root / "work"
        (self.work / "a" / "b").mkdir(parents=True)
        self.home.mkdir()
        self.run("init", "-q")
        self.run("config", "core.excludesFile", str(self.home / "excludes"))

    def run(self, *arguments: str, data: bytes = b"") -> bytes:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment = {**kept, "HOME": str(self.home), "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *arguments], cwd=self.work, input=data, capture_output=True, check=False, env=environment
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def explain(self, files: Mapping[str, bytes], excludes: Sequence[bytes], paths: Sequence[str]) -> list[Explanation]:
        for folder in FOLDERS:
            target = self.work / folder / ".gitignore"
            target.unlink(missing_ok=True)
            if folder in files:
                target.write_bytes(files[folder])
        (self.home / "excludes").write_bytes(excludes[0])
        (self.work / ".git" / "info" / "exclude").write_bytes(excludes[1])
        data = b"".join(path.encode() + b"\0" for path in paths)
        fields = self.run("check-ignore", "--no-index", "-v", "-n", "-z", "--stdin", data=data).decode().split("\0")
        sources = {str(self.home / "excludes"): "excludes"}
        return [
            (sources.get(source, source), int(line)) if source else None
            for source, line in zip(fields[0:-1:4], fields[1:-1:4], strict=True)
        ]


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Git:
    return Git(tmp_path_factory.mktemp("ignores"))


def explained(files: Mapping[str, bytes], excludes: Sequence[bytes], paths: Sequence[str]) -> list[Explanation]:
    ignores = Ignores.of(
        {f"{folder}/.gitignore".lstrip("/"): raw for folder, raw in files.items()},
        {"excludes": excludes[0], ".git/info/exclude": excludes[1]},
    )
    found = [ignores.explain(path) for path in paths]
    return [None if match is None else (match.source, match.pattern.number) for match in found]


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(FOLDERS), CONTENTS, min_size=1), st.tuples(CONTENTS, CONTENTS))
@example({"": b"lib/\n!a/lib/\nlib/\n", "a": b"!lib/\n"}, (b"", b""))
@example({"": b"/a**/c\na/a**/b\n"}, (b"", b""))
@example({"": b"*a*a*\n!**/a/**/a\n"}, (b"c\n", b"!c\n"))
def test_explains_every_path_as_git_does(git: Git, files: dict[str, bytes], excludes: tuple[bytes, bytes]) -> None:
    assert explained(files, excludes, PATHS) == git.explain(files, excludes, PATHS)


def read(raw: bytes) -> list[tuple[int, str, str]]:
    text = Text.decode(raw)
    return [
        (pattern.number, text.text[pattern.start : pattern.end], text.text[pattern.end : pattern.stop])
        for pattern in patterns(text)
    ]


def one(written: str) -> Pattern:
    (pattern,) = patterns(Text.decode(written.encode()))
    return pattern


def test_a_pattern_spans_its_characters_without_the_blanks_git_drops_and_its_line_end() -> None:
    assert read(b"# note\nlib/  \r\n\r\n!keep\\ \nlast") == [
        (2, "lib/", "  "),
        (4, "!keep\\ ", ""),
        (5, "last", ""),
    ]


def test_a_byte_order_mark_is_not_part_of_the_first_pattern() -> None:
    assert read(b"\xef\xbb\xbflib/\n") == [(1, "lib/", "")]
    assert read(b"\xef\xbb\xbflib/\n\xff\n") == [(1, "lib/", ""), (2, "\xff", "")]


def test_a_lone_carriage_return_does_not_end_a_line() -> None:
    assert read(b"a\rb\r\r\nc\r") == [(1, "a\rb\r", ""), (2, "c", "")]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *(("lib/", "lib"), ("lib", "lib"), ("**/lib/", "lib"), ("!lib", "lib"), ("\\#a/", "#a"), ("\\!a", "!a")),
        *(
            ("/lib/", None),
            ("a/lib", None),
            ("lib*/", None),
            ("[l]ib/", None),
            ("lib\\", None),
            ("/", None),
            ("!", None),
        ),
    ],
)
def test_a_floating_pattern_names_what_it_matches_at_every_depth(written: str, name: str | None) -> None:
    pattern = one(written)
    assert (pattern.name if pattern.floating else None) == name


def test_a_pattern_with_a_leading_slash_has_a_name_but_does_not_float() -> None:
    assert (one("/lib/").name, one("/lib/").floating, one("/a/lib").name) == ("lib", False, None)


def test_the_pattern_that_names_a_folder_is_found_whether_or_not_it_ignores_it() -> None:
    ignores = Ignores.of({".gitignore": b"lib/\n!lib/\n/lib\na*\n", "c/.gitignore": b"x\n"}, {"global": b"tmp\nlib\n"})
    assert ignores.names == {"lib", "tmp", "x"}
    found = [ignores.naming(path) for path in ("a/lib/b", "tmp/x", "a/lib", "c/x/d", "x/d")]
    assert [match and (match.source, match.pattern.number, match.path) for match in found] == [
        (".gitignore", 3, "a/lib"),
        ("global", 1, "tmp"),
        None,
        ("c/.gitignore", 1, "c/x"),
        None,
    ]


@pytest.mark.parametrize(
    ("written", "anchored"),
    [("lib/", "/lib/"), ("!lib", "!/lib"), ("**/lib/", "/lib/"), ("\\#a/", "/\\#a/"), ("\ufefflib", "\ufeff/lib")],
)
def test_a_slash_in_place_of_the_head_anchors_a_pattern(written: str, anchored: str) -> None:
    start, end = one(written).head
    assert written[:start] + "/" + written[end:] == anchored


def test_all_patterns_that_match_are_told_strongest_first() -> None:
    ignores = Ignores.of({".gitignore": b"lib/\n!lib/\nx\n", "a/.gitignore": b"l*\n"}, {"global": b"/a/lib\n"})
    applying = ignores.applying("a/lib", directory=True)
    assert [(match.source, match.pattern.number) for match in applying] == [
        ("a/.gitignore", 1),
        (".gitignore", 2),
        (".gitignore", 1),
        ("global", 1),
    ]


def test_an_explanation_names_the_outermost_ignored_folder() -> None:
    found = Ignores.of({".gitignore": b"lib/\nx\n"}, {}).explain("a/lib/b/lib/x")
    assert found is not None
    assert (found.path, found.pattern.number) == ("a/lib", 1)


def test_patterns_can_be_left_out_to_see_what_the_others_say() -> None:
    ignores = Ignores.of({".gitignore": b"lib/\nx\n"}, {"global": b"y\n"})
    left = ignores.without({(".gitignore", 1)})
    assert [left.ignored(path) for path in ("lib/a", "x", "y")] == [False, True, False]


def test_reads_bytes_that_are_not_text_as_git_does() -> None:
    files = {".gitignore": b"a\0b\nc\xe9\n\0\n"}
    assert ignored(files, {}, ["a", "ab", "b", "c\udce9"]) == {"a", "c\udce9"}


def test_answers_hostile_patterns_quickly() -> None:
    stars = b"*a" * 40 + b"b\n" + b"**/a/" * 40 + b"b\n" + b"a*" * 40 + b"/" + b"**/*a*/" * 20 + b"c\n"
    deep = "/".join(["a"] * 400)
    assert ignored({".gitignore": stars}, {}, ["a" * 250, deep, f"{'a' * 250}/{deep}"]) == frozenset()


@pytest.mark.parametrize("turn", ["**/a/", "*a", "**/*a*/", "a**/", "**/a**", "**/a/*/", "[ab]*/**/", "**\\/a/"])
def test_wildcards_in_turn_are_judged_as_git_judges_them_and_take_no_time(turn: str) -> None:
    deep = [f"{'a/' * 12}{end}" for end in ("b", "c", "ab", "ba/x")]
    paths = [*deep, "a" * 60, "ab/" * 9 + "b", "b", "a/b"]
    for count in range(4):
        files = {".gitignore": f"{turn * count}b\n".encode()}
        assert ignored(files, {}, paths) == by_git(files, {}, paths)
    start = time.process_time()
    ignored({".gitignore": f"{turn * 40}b\n".encode()}, {}, [f"{'a/' * 300}c", "a" * 900, "ab/" * 200 + "c"])
    assert time.process_time() - start < 2
