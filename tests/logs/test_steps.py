import io
from contextlib import AbstractContextManager, nullcontext
from typing import BinaryIO

import pytest

from cifix.logs.collect import Log
from cifix.logs.lines import Line
from cifix.logs.steps import SET_UP, Step, failed_steps

EXIT = "##[error]Process completed with exit code 2."


def log(*texts: str, job: str = "test", step: str = "", stamp: str = "2026-07-16T20:33:28.4578760Z ") -> Log:
    data = "".join(f"{stamp}{text}\n" for text in texts).encode()

    def opened() -> AbstractContextManager[BinaryIO]:
        return nullcontext(io.BytesIO(data))

    return Log("job.txt", job, step, opened)


def note(step: Step, line: Line) -> None:
    step.notes.append(line.text)


def failed(*logs: Log) -> list[tuple[str, str, int | None, int]]:
    return [(step.job, step.name, step.exit, step.line) for step in failed_steps(logs, note)]


GITHUB = (
    "Current runner version: '2.336.0'",
    "##[group]Run actions/checkout@v4",
    "##[endgroup]",
    "##[group]Run pytest -q",
    "pytest -q",
    "##[endgroup]",
    "E   boom",
)


def test_the_failing_step_is_the_one_with_the_exit_line() -> None:
    (step,) = failed_steps([log(*GITHUB, EXIT, "##[group]Run cleanup", "done")], note)
    assert (step.log, step.job, step.name, step.line, step.exit) == ("job.txt", "test", "pytest -q", 4, 2)
    assert step.notes == ["E   boom", "Process completed with exit code 2."]


def test_every_step_that_the_log_calls_failed_counts() -> None:
    assert failed(log(*GITHUB, EXIT, "##[group]Run other", EXIT)) == [
        ("test", "pytest -q", 2, 4),
        ("test", "other", 2, 9),
    ]


def test_what_a_problem_matcher_marks_is_no_failure() -> None:
    warned = ("##[group]Run flake8 --exit-zero", "##[error]a.py:1:1: E999", "##[group]Run pytest")
    assert failed(log(*warned, EXIT)) == [("test", "pytest", 2, 3)]


def test_without_an_exit_line_the_last_step_with_an_error_failed() -> None:
    assert failed(log("##[group]Run a", "##[error]x", "##[group]Run b", "y")) == [("test", "a", None, 1)]
    assert failed(log("##[group]Run a", "x", "##[group]Run b", "y")) == [("test", "b", None, 3)]


def test_a_failure_before_the_first_step_is_one_of_setting_up() -> None:
    dead = "##[error]This request has been automatically failed because it uses a deprecated version"
    assert failed(log("Current runner version: '2'", "Prepare all required actions", dead)) == [
        ("test", SET_UP, None, 1)
    ]


def test_cleaning_up_is_noise() -> None:
    assert failed(
        log(*GITHUB, EXIT, "Post job cleanup.", "##[error]The process '/usr/bin/git' failed with exit code 1")
    ) == [("test", "pytest -q", 2, 4)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("##[error]The process '/usr/bin/git' failed with exit code 128", 128),
        ("##[error]Bash exited with code '127'.", 127),
        ("##[error]The operation was canceled.", None),
        ("##[error]Process completed with exit code -1073741819.", -1073741819),
    ],
)
def test_other_ends_of_a_failed_step(line: str, code: int | None) -> None:
    assert failed(log("##[group]Run a", line, "##[group]Run b", "fine")) == [("test", "a", code, 1)]


def test_exit_code_zero_is_no_failure() -> None:
    assert failed(log("##[group]Run a", "##[error]Process completed with exit code 0.", "##[group]Run b", EXIT)) == [
        ("test", "b", 2, 3)
    ]


def test_columns_tell_jobs_and_steps_apart() -> None:
    stamp = "2026-07-16T20:33:28.4578760Z "
    texts = [
        f"lint\tRun ruff\t{stamp}F401",
        f"lint\tRun ruff\t{stamp}{EXIT}",
        f"test\tRun pytest\t{stamp}##[group]Run inner group of a composite action",
        f"test\tRun pytest\t{stamp}boom",
        f"test\tRun pytest\t{stamp}{EXIT}",
    ]
    assert failed(log(*texts, job="", stamp="")) == [("lint", "Run ruff", 2, 1), ("test", "Run pytest", 2, 3)]


def test_an_unknown_step_is_cut_at_its_headings() -> None:
    texts = [f"test\tUNKNOWN STEP\t2026-07-16T20:33:28.4578760Z {text}" for text in (*GITHUB, EXIT)]
    assert failed(log(*texts, job="", stamp="")) == [("test", "pytest -q", 2, 4)]


def test_a_file_of_one_step_is_not_cut() -> None:
    assert failed(log("##[group]Run pip install", "##[group]Run inner", EXIT, step="Install")) == [
        ("test", "Install", 2, 1)
    ]


def test_gitlab_tells_at_the_end_how_the_script_ended() -> None:
    texts = (
        "section_start:1:step_script\r\x1b[0KExecuting",
        "\x1b[32;1m$ pytest\x1b[0;m",
        "boom",
        "section_end:2:step_script",
        "section_start:3:cleanup_file_variables",
        "section_end:4:cleanup_file_variables",
        "ERROR: Job failed: exit code 1",
    )
    (step,) = failed_steps([log(*texts, stamp="")], note)
    assert (step.name, step.exit, "boom" in step.notes) == ("step_script", 1, True)


def test_azure_sections_are_steps() -> None:
    texts = ("##[section]Starting: Install", "ok", "##[section]Finishing: Install", "##[section]Starting: Tests")
    assert failed(log(*texts, "##[error]Bash exited with code '1'.")) == [("test", "Tests", 1, 4)]


def test_plain_output_is_one_failed_step() -> None:
    assert failed(log("E   boom", "1 failed", job="", stamp="")) == [("", "", None, 1)]


def test_an_empty_log_has_no_step() -> None:
    assert failed(log()) == []


def test_travis_tells_after_each_command_how_it_ended() -> None:
    failing = log(
        "travis_fold:start:install",
        "travis_time:start:1",
        "\x1b[0K$ pip install .",
        "travis_time:end:1:start=1,finish=2,duration=1",
        "travis_fold:end:install",
        "travis_time:start:2\r\x1b[0K$ flake8",
        "a.py:1:1: F401",
        '\x1b[31;1mThe command "flake8" exited with 1.\x1b[0m',
        "travis_time:start:3\r\x1b[0K$ pytest",
        "fine",
        '\x1b[32;1mThe command "pytest" exited with 0.\x1b[0m',
        "travis_fold:start:after_failure.1",
        "travis_time:start:4\r\x1b[0K$ cat build.log",
        'The command "cat build.log" exited with 1.',
        "Done. Your build exited with 1.",
        stamp="",
    )
    assert failed(failing) == [("test", "flake8", 1, 6)]


def test_travis_stops_at_a_command_that_installs() -> None:
    stopped = (
        "travis_time:start:1",
        "$ pip install .",
        'The command "pip install ." failed and exited with 1 during .',
    )
    assert failed(log(*stopped, "", "Your build has been stopped.", stamp="")) == [("test", "pip install .", 1, 2)]


@pytest.mark.parametrize(
    "ending",
    [
        "No output has been received in the last 10m0s, this potentially indicates a stalled build",
        "The job exceeded the maximum time limit for jobs, and has been terminated.",
    ],
)
def test_travis_ends_what_takes_too_long(ending: str) -> None:
    assert failed(log("travis_time:start:1", "$ pytest", ending, stamp="")) == [("test", "pytest", None, 2)]


@pytest.mark.parametrize("ending", ["Done. Your build exited with 0.", "\x1b[32;1mJob succeeded\x1b[0;m"])
def test_nothing_failed_in_a_log_that_says_so(ending: str) -> None:
    assert failed(log("travis_time:start:1", "$ pytest", "fine", ending, stamp="")) == []


def test_gitlab_names_the_section_that_it_did_not_get_past() -> None:
    early = log(
        "section_start:1:prepare_executor\r\x1b[0KPreparing",
        "section_end:2:prepare_executor",
        "section_start:2:get_sources\r\x1b[0KGetting source",
        "fatal: remote error",
        "section_end:3:get_sources",
        "section_start:3:cleanup_file_variables\r\x1b[0KCleaning up",
        "ERROR: Job failed: exit code 1",
        stamp="",
    )
    assert failed(early) == [("test", "get_sources", 1, 3)]


def test_an_action_that_times_out_failed() -> None:
    assert failed(log("##[group]Run pytest", "##[error]The action 'Run tests' has timed out after 15 minutes.")) == [
        ("test", "pytest", None, 1)
    ]


BEGUN = ("shell: /usr/bin/bash -e {0}", "##[endgroup]")


def test_an_action_fails_with_an_error_alone_and_what_runs_always_comes_later() -> None:
    action = ("##[group]Run owner/upload@v4", "with:", "##[endgroup]", "##[error]Request failed with status code 502")
    first, later = failed_steps([log(*action, "##[group]Run docker compose down", EXIT)], note)
    assert (first.name, first.after) == ("owner/upload@v4", "")
    assert (later.name, later.after) == ("docker compose down", "owner/upload@v4")


def test_an_action_that_goes_on_after_an_error_has_not_failed() -> None:
    action = ("##[group]Run owner/report@v4", "with:", "##[endgroup]", "##[error]one test failed", "written")
    assert [name for _, name, _, _ in failed(log(*action, "##[group]Run pytest", EXIT))] == ["pytest"]


def test_a_failure_before_the_set_up_goes_on_was_tolerated() -> None:
    tolerated = ("##[group]Run mypy src", EXIT, "##[group]Run pip install -e .", "done")
    assert failed(log(*tolerated, "##[group]Run pytest", EXIT)) == [("test", "pytest", 2, 5)]
    assert [name for _, name, _, _ in failed(log(*tolerated))] == ["mypy src"]


def test_what_cleans_up_fails_where_nothing_else_did() -> None:
    green = ("##[group]Run pytest", "2 passed", "Post job cleanup.", "##[error]Failed to save: 503", "done")
    assert failed(log(*green)) == [("test", "Post job cleanup", None, 4)]
    assert [name for _, name, _, _ in failed(log("##[group]Run pytest", EXIT, *green[2:]))] == ["pytest"]


def test_the_script_of_a_step_says_nothing_about_how_it_ended() -> None:
    script = ("##[group]Run cat x || true", "cat x || true", "grep 'fatal: oops' log", *BEGUN, "output", EXIT)
    (step,) = failed_steps([log(*script)], note)
    assert step.notes == ["output", "Process completed with exit code 2."]
    assert step.tolerated == {"cat"}
