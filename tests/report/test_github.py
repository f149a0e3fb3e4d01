import re
from urllib.parse import unquote

import pytest

from cifix.report.github import document
from cifix.report.outcome import MODES
from tests.report.runs import EVIL, NAMES, ran

COMMAND = re.compile(r"::(error|warning|notice) ([^:\n]*?)::(.*)")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """A command as the runner reads it: the first `::` after the properties ends them."""
    found = COMMAND.fullmatch(line)
    assert found, line
    properties = dict(one.split("=", 1) for one in found[2].split(","))
    return found[1], {name: unquote(value) for name, value in properties.items()}, unquote(found[3])


@pytest.mark.parametrize("mode", MODES)
def test_every_line_but_the_last_is_one_command_of_ours(mode: str) -> None:
    *commands, last = document(ran(mode)).split("\n")[:-1]
    for line in commands:
        name, properties, message = read(line)
        assert name in ("error", "warning", "notice")
        assert set(properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}
        assert message
    assert last.startswith("cifix: Said beforehand. ")
    assert document(ran(mode)) == document(ran(mode))


def test_no_name_or_message_can_write_a_command() -> None:
    text = document(ran("check"))
    for line in text.splitlines()[:-1]:
        assert COMMAND.fullmatch(line)
    assert "\x1b" not in text
    assert "\n::add-mask" not in text
    assert "file=x%0A%3A%3Aerror title=t%3A%3Ay.txt,line=1" in text
    assert "file=p%2Cq%3Ar%25.txt,line=1" in text
    assert "%250A::error::gone%0A::add-mask::x" in text


def test_the_last_line_holds_no_command_of_the_old_form() -> None:
    outcome = ran("check")
    object.__setattr__(outcome, "notes", (EVIL,))
    last = document(outcome).splitlines()[-1]
    assert last.startswith("cifix: %0A::error::gone\\n::add-mask::x ## [error]y")


def test_levels_and_titles_tell_endings_apart() -> None:
    told = [read(line) for line in document(ran("check")).splitlines()[:-1]]
    titles = {(name, properties["title"]) for name, properties, _ in told}
    assert titles == {
        ("error", "turn: fixable (safe)"),
        ("warning", "again: fixable (safe)"),
        ("notice", "again: fixable (safe)"),
        ("error", "add: fixable (safe)"),
        ("notice", "add: fixable (safe)"),
        ("error", "leave: left for a person (hard)"),
        ("warning", "leave: left for a person (hard)"),
        ("notice", "leave: held back (review)"),
        ("error", "lie: left for a person (unproven)"),
        ("error", "cifix: the fix of lie failed its proof"),
        ("error", "cifix: the rule crash crashed"),
    }
    for mode in ("apply", "in-place"):
        assert "::notice file=a.txt,line=1,endLine=1,col=7,endColumn=10,title=turn%3A fixed (safe)::" in document(
            ran(mode)
        )


def test_columns_are_left_out_of_a_span_over_lines() -> None:
    line = next(line for line in document(ran("check")).splitlines() if "title=again" in line)
    assert line.startswith("::warning file=a.txt,line=1,endLine=3,title=again")


def test_a_name_that_is_not_utf_8_gets_a_replacement_character() -> None:
    files = {read(line)[1].get("file") for line in document(ran("check")).splitlines()[:-1]}
    assert "caf\ufffd.txt" in files
    assert len(files - {None}) >= len(NAMES)
