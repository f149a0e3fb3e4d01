import pytest

from cifix.logs.lines import Line
from cifix.logs.words import Words


def last(*texts: str) -> list[str]:
    words = Words()
    for number, text in enumerate(texts, 1):
        level = "error" if text.startswith("##[error]") else ""
        words.take(Line(number, text.removeprefix("##[error]"), level))
    return [line.text for line in words.last]


def test_the_last_run_of_errors_counts_from_its_first_line() -> None:
    early = ("ValueError: early, and caught", *["fine"] * 10)
    late = ("error: rim", "fine", "error: spoke", "error: hub", "error: tyre")
    assert last(*early, *late) == ["error: rim", "error: spoke", "error: hub"]


@pytest.mark.parametrize(
    "text",
    [
        "car.errors.WheelError: it does not turn",
        "json.decoder.JSONDecodeError: Expecting value",
        "fatal: not a git repository",
        "[ERROR] the plugin is gone",
        "npm error peer car@1 is not there",
        "cp: cannot stat 'build'",
        "run.sh: line 3: ./tool: Permission denied",
        "Could not load the settings",
        "##[error]Codecov: Failed to properly upload",
    ],
)
def test_what_reads_like_an_error(text: str) -> None:
    assert last("fine", text, "make: *** [Makefile:20: html] Error 2") == [text.removeprefix("##[error]")]


@pytest.mark.parametrize(
    "text",
    [
        "##[error]Process completed with exit code 1.",
        "##[error]The process '/usr/bin/git' failed with exit code 128",
        'The command "tox" exited with 1.',
        "make[1]: *** [Makefile:20: html] Error 2",
        "ERROR: Failed building wheel for car",
        "error: command '/usr/bin/gcc' failed with exit code 1",
        "note: This error originates from a subprocess",
        "npm error A complete log of this run can be found in: x.log",
        "error: could not compile `car` (lib) due to 2 previous errors",
        "Finished with 0 errors",
        "tests/test_a.py::test_error_is_raised PASSED",
        "the word error in a sentence of a program",
    ],
)
def test_what_only_repeats_that_something_failed(text: str) -> None:
    assert last("fine", text) == []


def test_what_tests_raised_is_kept_apart() -> None:
    words = Words()
    told = (
        "E       AssertionError: rim",
        "E         - 3",
        "E       assert 3 == 4",
        "E   car.WheelError: x",
        "E   KeyError: 1",
    )
    for number, text in enumerate(told, 1):
        words.take(Line(number, text))
    assert [line.text for line in words.raised] == [told[0], told[2], told[3]]


def test_a_warning_is_no_last_word() -> None:
    words = Words()
    words.take(Line(1, "error: a thing", "warning"))
    assert words.last == []
