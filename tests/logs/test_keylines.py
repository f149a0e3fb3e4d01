import io
import tracemalloc
from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.logs.collect import Log
from cifix.logs.facts import failures
from cifix.logs.keylines import LIMIT, KeyLine, key_lines, known
from tests.logs.synthetic import LOGS


def log(*texts: str, name: str = "a.txt") -> Log:
    data = "".join(f"{text}\n" for text in texts).encode()
    return Log(name, "", "", lambda: nullcontext(io.BytesIO(data)))


def picked(red: Log, green: Log, limit: int = LIMIT) -> list[str]:
    return [line.text for line in key_lines([red], known([green]), limit)]


def test_what_the_green_log_has_is_left_out_whatever_its_numbers() -> None:
    green = log("Collected 12 tests in 0.4 s", "commit 0123abcdef", "at 0x7fff", "passed")
    red = log("Collected 13 tests in 9.1 s", "commit fedcba3210", "at 0xabc", "boom", "passed")
    assert key_lines([red], known([green])) == [KeyLine("a.txt", 4, "boom")]


def test_too_many_lines_are_thinned_to_errors_and_their_neighbours() -> None:
    noise = [f"step {chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)]
    red = log(*noise[:100], "before", "ValueError: boom", "after", *noise[100:])
    found = picked(red, log("x"), 10)
    assert len(found) == 10
    assert [noise[99], "before", "ValueError: boom", "after", *noise[100:103]] == found[:7]
    assert found[7:] == noise[-3:]


def test_lines_that_differ_in_numbers_only_are_shown_once_if_there_are_too_many() -> None:
    red = log(*(f"error {n}" for n in range(50)), "the end")
    assert picked(red, log("x"), 10) == ["error 0", "the end"]


def test_an_early_error_survives_a_long_log() -> None:
    red = log("fatal: early", *("word " * (n % 7) + str(n) + chr(97 + n % 26) * (n % 31) for n in range(5000)))
    assert picked(red, log("x"))[0] == "fatal: early"


@pytest.mark.parametrize("around", [0, 3000], ids=["short", "with thousands of lines around"])
@pytest.mark.parametrize(("lines", "truth"), LOGS.values(), ids=list(LOGS))
def test_what_failed_is_shown_whatever_tool_said_it(lines: list[str], truth: list[str], around: int) -> None:
    noise = [f"step {'abcdefgh'[n % 8] * (n % 90)} of {'xyz'[n % 3] * (n // 90)}" for n in range(around)]
    found = picked(log(*noise, *lines, *noise), log("x"))
    assert sum(line.rstrip() in found for line in truth) >= 0.9 * len(truth)


def test_a_dump_after_the_failure_does_not_hide_it() -> None:
    dump = [f"DEBUG no error in {'abcdef'[n % 6] * (n % 40)}{'uvw'[n % 3]}, nothing failed" for n in range(400)]
    lines, truth = LOGS["pytest"]
    found = picked(log(*lines, *dump), log("x"))
    assert set(truth) <= set(found)


def test_chatter_about_errors_is_no_error() -> None:
    lines, truth = LOGS["gradle"]
    found = picked(log(*lines), log("x"))
    assert sum(line.startswith("Downloading") for line in found) <= 3
    assert set(truth) <= set(found)


def test_the_first_of_many_errors_is_shown_with_the_last() -> None:
    errors = [f"src/{'abcdefgh'[n % 8] * (n % 25 + 1)}.c: error: no {'xyz'[n % 3] * (n // 25 + 1)}" for n in range(200)]
    found = picked(log(*errors), log("x"))
    assert (found[0], found[-1], len(found)) == (errors[0], errors[-1], LIMIT)


def test_memory_does_not_grow_with_the_log() -> None:
    def peak(count: int) -> int:
        data = "".join(
            f"error: {'abcdefgh'[n % 8] * (n % 97)} {'xyz'[n % 3] * (n % 89)}\n" for n in range(count)
        ).encode()
        red = Log("a.txt", "", "", lambda: nullcontext(io.BytesIO(data)))
        tracemalloc.start()
        key_lines([red], frozenset())
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(60_000) < peak(6_000) + 1_000_000


@given(
    st.lists(st.sampled_from(["error: x", "a", "b 1", "b 2", "c", "failed y", "zz"]), max_size=120), st.integers(1, 20)
)
def test_never_more_than_the_limit_always_in_order_known_only_between(texts: list[str], limit: int) -> None:
    found = key_lines([log(*texts)], known([log("a", "b 7")]), limit)
    assert len(found) <= limit
    assert [line.number for line in found] == sorted(line.number for line in found)
    green = {"a", "b 1", "b 2"}
    for line in found:
        if line.text in green:
            assert set(texts[max(0, line.number - 5) : line.number - 1]) - green
            assert set(texts[line.number : line.number + 4]) - green


def test_what_a_test_expected_is_shown_though_the_green_log_has_such_numbers() -> None:
    lines = ("boom in car/rim.py", "Expected:", "    4", "Got:", "    3", "car/rim.py:4: failed")
    assert picked(log(*lines), log("Expected:", "    12", "Got:", "fine")) == [line.rstrip() for line in lines]


def test_what_a_program_always_logs_is_not_shown_for_new_things_and_times() -> None:
    things = [f"{name}{other}" for name in ("oak", "elm", "ash") for other in "abcdefgh"]
    said = [f"12:00:{at} ERROR pool - {thing} failed to connect" for at, thing in enumerate(things, 10)]
    again = [f"13:11:{at} ERROR pool - {thing} failed to connect" for at, thing in enumerate(things, 10)]
    crossed = [f"13:12:{at} ERROR pool - {thing} failed to start" for at, thing in enumerate(things, 10)]
    green = known([log(*said, *(f"12:01 INFO pool - {thing} failed to start" for thing in things), "id=71 done")])
    found = [line.text for line in key_lines([log(*again, *crossed, "E   KeyError: 'rim'", "1 failed")], green, 20)]
    assert "E   KeyError: 'rim'" in found
    assert not any(line in found for line in crossed[:10])


def test_what_pytest_has_caught_comes_after_what_tests_compare() -> None:
    caught = [
        "----------------- Captured stdout call -----------------",
        *(f"ERROR {word}: no" for word in "abcdefghijklmnop"),
    ]
    blocks = [line for word in ("a", "b") for line in (f"____ test_{word} ____", f"E   assert {word} == 1", *caught)]
    found = [line.text for line in key_lines([log(*blocks, "=== 2 failed in 1s ===")], known([log("x")]), 10)]
    assert {"E   assert a == 1", "E   assert b == 1", "=== 2 failed in 1s ==="} <= set(found)
    assert sum(line.startswith("ERROR") for line in found) < 6


def test_lines_of_the_step_that_failed_come_first() -> None:
    def opened() -> list[str]:
        setting = ["##[group]Run pip install .", *(f"Collecting error{'abcdefgh'[n % 8] * (n + 1)}" for n in range(60))]
        noise = [f"building {'xyz'[n % 3] * (n + 1)}" for n in range(60)]
        ended = ["ValueError: rim", "##[error]Process completed with exit code 1.", "Post job cleanup.", "git version"]
        return [*setting, "warning: failed to cache", *noise, "##[group]Run python car.py", "turning", *ended]

    red = log(*opened())
    failed = [failure.step for failure in failures([red])]
    found = [line.text for line in key_lines([red], known([log("x")]), 10, failed)]
    assert found == [
        "warning: failed to cache",
        "Run python car.py",
        "turning",
        "ValueError: rim",
        "Process completed with exit code 1.",
    ]


def test_lines_that_differ_in_numbers_only_stay_near_an_error_of_their_own() -> None:
    noise = [f"word {'abcdefgh'[n % 8] * (n + 1)}" for n in range(100)]
    blocks = [line for n in range(3) for line in (f"    turn({n})", f"car.py:{n}: in turn", f"ValueError: rim {n * n}")]
    found = picked(log(*noise[:50], *blocks, *noise[50:]), log("x"), 20)
    assert [line for line in found if not line.startswith("word")] == [line.rstrip() for line in blocks]
