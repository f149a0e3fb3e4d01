"""The remediation plan: a record that knows nothing of how it was found out, nor of how it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cifix.model.finding import Safety
from cifix.model.rule import Rule
from cifix.report.entry import Entry


@dataclass(frozen=True, slots=True)
class Evidence:
    """A shell command for the root of a checkout, and how lines of its output begin; none if it prints nothing."""

    command: str
    shows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """A job of a workflow by the path of its file; the name is empty for a file whose jobs cannot be read."""

    workflow: str
    name: str


@dataclass(frozen=True, slots=True)
class Cause:
    """A root cause that fixes are ready for: one rule, all that it found, and all that it does.

    `sentence` tells the cause in general. `diffs` are patches, one per commit, and `commits` the places of these
    among the commits that `apply` makes, counted from 1. `levels` counts its fixes by level. `jobs` are those that
    fail for its findings, today or from a day that is known, `waiting` those that wait for one of them.
    """

    rule: Rule
    sentence: str
    found: tuple[Entry, ...]
    evidence: tuple[Evidence, ...]
    commits: tuple[int, ...]
    diffs: tuple[bytes, ...]
    levels: Mapping[Safety, int]
    jobs: tuple[Job, ...]
    waiting: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """A finding that a person has to decide about; `diff` is that of a fix that is shown and not applied."""

    entry: Entry
    evidence: tuple[Evidence, ...]
    diff: bytes
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """A job that findings stand in the way of: the rules with a fix for it, and how many findings are left.

    `after` are the jobs that it waits for and that are affected too, `waiting` all jobs that wait for it.
    """

    job: Job
    rules: tuple[str, ...]
    left: int
    after: tuple[Job, ...]
    waiting: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step that failed: job and step in words, `file:line` of its log, and its exit code if that is known."""

    name: str
    place: str
    exit: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A cause that logs tell of. `lines` are places and texts, of the log or, without a place, about the commit.

    `verdict` says how sure it is, `rules` have findings for it, `instead` contradicts the log, and `advice` is for a
    person where there is no finding.
    """

    title: str
    verdict: str
    lines: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    rules: tuple[str, ...]
    instead: str | None
    advice: str


@dataclass(frozen=True, slots=True)
class Logs:
    """What the logs of a run say.

    `coming` are places and messages of findings that no step has hit yet, `lines` places and texts of what no green log
    has, None if none was given.
    """

    steps: tuple[Step, ...]
    causes: tuple[Seen, ...]
    coming: tuple[tuple[str, str], ...]
    lines: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Remediation:
    """A whole plan. `causes` stand in the order in which to read and merge them: what is in the way of most first.

    `base` is the commit it is about, `today` the day that tells how grave findings are, `arguments` are the words of
    the command line that choose the same findings. `packages` are importable packages that the fixes touch, `actions`
    what to do when the branch is merged.
    `troubles` are rules that broke or whose fix could not be proven. `logs` are there if the plan is for a red run.
    """

    base: str | None
    today: date
    arguments: tuple[str, ...]
    causes: tuple[Cause, ...]
    left: tuple[Left, ...]
    affected: tuple[Affected, ...]
    packages: tuple[str, ...]
    actions: tuple[str, ...]
    suppressed: int
    troubles: tuple[str, ...]
    notes: tuple[str, ...]
    logs: Logs | None = None
