"""Following the runs before and after a change, to see that artifacts reach the same places."""

from cifix.formats.actions.sameness import differences
from cifix.model.snapshot import Snapshot

PATH = ".github/workflows/a.yml"
OLD = """on: push
jobs:
  a:
    strategy: {matrix: {os: [l, m]}}
    steps:
      - {uses: actions/upload-artifact@v3, with: {name: N, path: x}}
  b:
    needs: a
    steps:
      - {uses: actions/download-artifact@v3, with: {name: N, path: p}}
"""
GOOD = (
    OLD.replace("@v3", "@v4")
    .replace("{name: N, path: x}", '{name: "N-${{ matrix.os }}", path: x}')
    .replace("{name: N, path: p}", "{pattern: N-*, merge-multiple: true, path: p}")
)


def wrong(after: str, before: str = OLD) -> list[str]:
    old, new = (Snapshot.of({PATH: text.encode()}) for text in (before, after))
    return list(differences(old, new, [PATH], {}))


def test_legs_with_names_of_their_own_and_a_pattern_change_nothing() -> None:
    assert wrong(GOOD) == []
    assert wrong(OLD) == []


def test_a_new_ref_alone_collides() -> None:
    (told,) = wrong(OLD.replace("@v3", "@v4"))
    assert told.startswith("name-collision: ")


def test_a_download_that_misses_some_or_puts_them_elsewhere_is_seen() -> None:
    assert "gets 0 uploads in no folder and not 2 uploads in p" in wrong(GOOD.replace("N-*", "M-*"))[0]
    assert (
        "gets 2 uploads in p/N-l, p/N-m and not 2 uploads in p" in wrong(GOOD.replace("merge-multiple: true, ", ""))[0]
    )
    assert "gets 2 uploads in q and not" in wrong(GOOD.replace("path: p", "path: q"))[0]


def test_other_uploads_or_other_workflows_are_seen() -> None:
    assert wrong(GOOD.replace("path: x", "path: y")) == [f"{PATH} uploads other files"]
    assert wrong(GOOD.replace("on: push", "on: workflow_call")) == ["other workflows run"]


def test_an_upload_that_overwrites_may_do_so_if_it_moved() -> None:
    step = "      - {uses: actions/upload-artifact@v3, with: {name: N, path: x}}\n"
    old = f"on: push\njobs:\n  a:\n    steps:\n{step}{step}"
    new = old.replace("@v3", "@v4")
    assert "name-collision" in wrong(new, old)[0]
    assert wrong(new[:-3] + ", overwrite: true}}\n", old) == []


def test_collisions_of_steps_that_did_not_move_are_not_blamed_on_the_change() -> None:
    twice = "      - {uses: actions/upload-artifact@v4, with: {name: M, path: x}}\n"
    assert wrong(GOOD + twice * 2, OLD + twice * 2) == []
