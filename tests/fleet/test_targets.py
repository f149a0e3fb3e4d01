"""Lists of repositories: what is taken, what is refused, and which part is whose."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.errors import UsageError
from cifix.fleet.job import Target
from cifix.fleet.targets import chosen, read

HERE = Path("/home/ada")


def slugs(text: str) -> list[str]:
    return [target.slug for target in read(text, "list", HERE)]


def test_paths_urls_comments_and_bases() -> None:
    text = """
    # all of ours
    https://git.example.org/owner/one.git
    ssh://git@git.example.org/owner/two   release/1  # the old one
    git@git.example.org:group/sub/three.git
    file:///srv/four.git
    five
    ../bob/six#6
    """
    assert read(text, "list", HERE) == (
        Target("https://git.example.org/owner/one.git", "owner/one"),
        Target("ssh://git@git.example.org/owner/two", "owner/two", "release/1"),
        Target("git@git.example.org:group/sub/three.git", "group/sub/three"),
        Target("file:///srv/four.git", "srv/four"),
        Target("/home/ada/five", "home/ada/five"),
        Target("/home/bob/six#6", "home/bob/six#6"),
    )


def test_what_is_listed_twice_counts_once() -> None:
    assert slugs("one\n./one\n/home/ada/one\n") == ["home/ada/one"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a b c", "at most a branch"),
        ("--upload-pack=x", "looks like an option"),
        ("a --force", "looks like an option"),
        ("ext::sh", "a program would have to run"),
        ("ext://x", "cifix does not clone by ext"),
        ("https://ada:secret@example.org/x", "holds a credential"),
        ("https://secret@example.org/x", "--token example.org=VARIABLE"),
        ("one\none main", "list:2: /home/ada/one is listed before with another branch"),
    ],
)
def test_what_is_refused(line: str, why: str) -> None:
    with pytest.raises(UsageError, match="list:") as refused:
        read(line, "list", HERE)
    assert why in str(refused.value)
    assert "secret" not in str(refused.value)


def test_globs_choose_by_slug() -> None:
    targets = read("h:o/a\nh:o/b\nh:p/a\n", "list", HERE)
    assert [target.slug for target in chosen(targets, ["o/*", "p/a"], ["*/b"])] == ["o/a", "p/a"]
    assert len(list(chosen(targets, [], []))) == 3


@given(st.lists(st.text("abc/", min_size=1), unique=True), st.integers(1, 7))
def test_shards_are_a_partition(names: list[str], number: int) -> None:
    targets = [Target(name, name) for name in names]
    shards = [list(chosen(targets, [], [], (index, number))) for index in range(1, number + 1)]
    assert sorted(target.url for shard in shards for target in shard) == sorted(names)


def test_a_shard_is_the_same_on_every_machine() -> None:
    targets = [Target(str(number), f"owner/{number}") for number in range(12)]
    assert [target.url for target in chosen(targets, [], [], (1, 3))] == ["0", "1", "2", "4", "5", "9"]
