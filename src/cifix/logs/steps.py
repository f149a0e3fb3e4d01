"""Lines of a log as the steps that ran, and which of them failed.

Sources: actions/runner, `ExecutionContext.cs`, `ScriptHandler.cs` and `JobRunner.cs`; the toolkit's `exec`;
https://docs.gitlab.com/ci/jobs/job_logs/; the Azure agent, from which the runner was forked; travis-ci/travis-build,
`lib/travis/build/bash`; read 2026-11.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from cifix.logs.collect import Log
from cifix.logs.lines import Line, lines
from cifix.logs.scripts import Heading, tolerated
from cifix.logs.words import Words

SET_UP = "Set up job"
"""The name of what happens before the first step."""

_EXITS = (
    re.compile(r"Process completed with exit code (?P<code>-?\d+)"),
    re.compile(r"The process '.*' failed with exit code (?P<code>-?\d+)"),
    re.compile(r"[\w.]+ exited with code '(?P<code>-?\d+)'"),
    re.compile(r"Job failed: exit (?:code|status) (?P<code>-?\d+)"),
    re.compile(r'The command ".*" (?:failed and )?exited with (?P<code>-?\d+)'),
)
_ENDED = re.compile(
    r"The operation was cancell?ed"
    r"|The job (?:running on (?:runner|agent) .* )?(?:has exceeded|ran longer|was cancell?ed)"
    r"|Job failed|The action .* has timed out|No output has been received in|The job exceeded the maximum"
)
_STARTING = re.compile(r"Starting: (?P<name>.+)")
_UNKNOWN = "UNKNOWN STEP"
_PREPARING = ("Current runner version:", "Requested labels:", "Job defined at:")
_SCRIPTS = ("step_script", "build_script")
"""GitLab's sections for the job's own commands; how they ended is told at the end of the log."""

_CLEANING = ("cleanup_file_variables", "upload_artifacts_on_failure", "after_script", "archive_cache_on_failure")
"""GitLab's sections that come after the one that failed."""

_JOB_FAILED = "ERROR: Job failed"
_TELLING = (_JOB_FAILED, 'The command "', "No output has been received in", "The job exceeded the maximum")
"""How lines begin that tell an ending without a marker: GitLab's last one, and those of Travis CI."""

_PASSED = ("Job succeeded", "Done. Your build exited with 0.")
_CLEAN_UP = "Post job cleanup."
_ACTION = re.compile(r"(?:[\w.-]+/[\w./-]+@|\./|docker://)\S+$")
_ORDINARY = re.compile(
    r"actions/(?:checkout|setup-\w+|cache)@|.{0,200}\b(?:pip|uv|npm|poetry|apt-get|conda) (?:install|ci|sync)\b"
)
"""Steps that nobody lets run after a failure: if one did, the failure before was tolerated."""

_POST = "Post job cleanup"
_RUN = "Run "
_AFTERWARDS = ("travis_fold:start:after_", "travis_fold:start:before_cache", "travis_fold:start:cache.2")
_TIMED = "travis_time:start:"

Scan = Callable[["Step", Line], None]
"""Looks at each line of a step as it passes by, and may note what it sees in the step."""


@dataclass(slots=True)
class Step:
    """One step of one job: where its lines begin in which log (`line`) and stop (`end`), and how it ended.

    `exit` is its exit code where the log tells it. `failed` is True only for a step that the log calls failed, or,
    in a log that calls none failed, for the last one that ran. `after` is the step of the same job that had failed
    before, if one had. `broken` tells that its last line is an error. `tolerated` are the programs whose failure its
    script passes over. `quoting` is for who scans its lines: whether those that come now quote what something else
    has printed.
    """

    log: str
    job: str
    name: str
    line: int
    exit: int | None = None
    end: int = 0
    failed: bool = False
    errors: int = 0
    broken: bool = False
    after: str = ""
    tolerated: frozenset[str] = frozenset()
    quoting: bool = False
    notes: list[object] = field(default_factory=list)
    words: Words = field(default_factory=Words)

    def take(self, line: Line) -> None:
        """See whether a line says that the step failed."""
        self.broken = line.level == "error"
        if self.broken or line.text.startswith(_TELLING):
            self.errors += not line.text.endswith("exited with 0.")
            code = next((match["code"] for pattern in _EXITS if (match := pattern.match(_bare(line.text)))), None)
            if code is not None:
                self.exit = int(code)
            self.failed |= bool(self.exit) or _ENDED.match(_bare(line.text)) is not None


def failed_steps(logs: Iterable[Log], scan: Scan) -> Iterator[Step]:
    """The steps that failed, in order; `scan` has seen every line of them.

    A job whose log names no failed step gives the last step with an error, or else its last step: the log of a red
    run was asked about.
    """
    for log in logs:
        with log.open() as stream:
            for job in _jobs(log, lines(stream), scan):
                yield from job


def _jobs(log: Log, source: Iterator[Line], scan: Scan) -> Iterator[list[Step]]:
    """The failed steps of each job of a log; only those with `gh`'s columns hold several jobs."""
    reader: _Reader | None = None
    for line in source:
        if reader is None or (line.job and line.job != reader.job):
            if reader is not None:
                yield reader.failed()
            reader = _Reader(log.name, line.job or log.job, log.step)
        reader.take(line, scan)
    if reader is not None:
        yield reader.failed()


class _Reader:
    """Cuts the lines of one job into steps: by what the log's place says, by columns, by sections, or by headings."""

    def __init__(self, log: str, job: str, step: str) -> None:
        self.job = job
        self._log = log
        self._given = step
        self._failed: list[Step] = []
        self._tolerated: list[Step] = []
        self._suspect: Step | None = None
        self._script: Step | None = None
        self._now = Step(log, job, step, 1)
        self._post = Step(log, job, _POST, 0)
        self._heading: Heading | None = None
        self._over = False
        self._passed = False
        self._timed = False

    def take(self, line: Line, scan: Scan) -> None:
        """Put one line into its step, opening the step if the line begins one."""
        name = self._begins(line)
        if name is not None:
            self._open(name, line)
        self._over |= line.text == _CLEAN_UP or line.text.startswith(_AFTERWARDS)
        self._passed |= line.text in _PASSED
        if self._script is not None and line.text.startswith(_JOB_FAILED):
            self._script.take(line)
        elif not self._over:
            self._now.end = line.number
            if not self._heads(line):
                self._now.take(line)
                scan(self._now, line)
        elif line.level == "error" and not self._failed:
            self._post.line = self._post.line or line.number
            self._post.end = line.number
            self._post.take(line)
            scan(self._post, line)

    def failed(self) -> list[Step]:
        """The steps of this job that failed, or the one that most likely did; each knows which failed before it."""
        self._close()
        if self._script is not None and self._script.failed:
            return [self._script]
        found = self._failed or self._tolerated[-1:] or ([] if self._passed else self._likely())
        for step in found[1:]:
            step.after = found[0].name
        return found

    def _likely(self) -> list[Step]:
        """The step that must have failed in a job that calls none failed: the last error tells."""
        suspect = self._post if self._post.errors and not (self._suspect and self._suspect.errors) else self._suspect
        if suspect is None:
            return []
        suspect.failed = True
        return [suspect]

    def _open(self, name: str, line: Line) -> None:
        self._close()
        if self._failed and _ORDINARY.match(name):
            self._tolerated, self._failed = self._failed, []
        self._now = Step(self._log, self.job, name, line.number)
        self._heading = None
        if line.level == "section-start" and self._answers(name):
            self._script = self._now

    def _heads(self, line: Line) -> bool:
        """Whether the line only tells what the step is going to run."""
        if line.level == "group" and line.text.startswith(_RUN):
            self._heading = Heading(line.text.removeprefix(_RUN))
            return True
        if self._heading is None or not self._heading.take(line):
            return False
        self._now.tolerated = tolerated(self._heading.script) if not self._heading.open else frozenset()
        return True

    def _answers(self, section: str) -> bool:
        """Whether the last line of GitLab's log is about this section: the script, or where it did not get as far."""
        return section in _SCRIPTS or (
            section not in _CLEANING and (self._script is None or self._script.name not in _SCRIPTS)
        )

    def _close(self) -> None:
        """Keep a finished step if it failed, or if it is the best guess so far: the last one, or one with an error."""
        if self._now.failed or (self._now.broken and self._heading is not None and _ACTION.match(self._heading.title)):
            self._now.failed = True
            self._failed.append(self._now)
        elif self._suspect is None or self._now.errors or not self._suspect.errors:
            self._suspect = self._now

    def _begins(self, line: Line) -> str | None:
        """The name of the step that starts with this line."""
        if self._given:
            return None
        if line.step and line.step != _UNKNOWN:
            return line.step if line.step != self._now.name else None
        if not self._now.name and line.text.startswith(_PREPARING):
            return SET_UP
        timed, self._timed = self._timed, line.text.startswith(_TIMED)
        if timed and line.text.startswith("$ "):
            return line.text.removeprefix("$ ")
        return _heading(line)


def _heading(line: Line) -> str | None:
    if line.level == "group" and line.text.startswith(_RUN):
        return line.text.removeprefix(_RUN)
    if line.level == "section" and (match := _STARTING.match(line.text)):
        return match["name"]
    if line.level == "section-start":
        return line.text
    return None


def _bare(text: str) -> str:
    return text.removeprefix("ERROR: ")
