r"""Replace labels of hosted runners and images that were retired.

Why:
    A job on a retired image does not start. It fails with `This is a scheduled Ubuntu 20.04 retirement. Ubuntu 20.04
    LTS runner will be removed on 2025-04-15` or `The macOS-13 based runner images are now retired`, or it waits until
    `This request was automatically failed because there were no enabled runners online to process the request for
    more than 1 days`.

    The label is replaced in `runs-on`, in the matrix that feeds it (`include` and `exclude` too), and where an
    expression of the job compares the matrix with it. The successor has the same operating system and processor: Intel
    Macs stay Intel Macs. Where the successor is in the matrix already, the retired entry is taken out, so that no leg
    runs twice; that is done only if the remaining legs are exactly the old ones under their new label. A job that needs
    Python 3.7 goes to ubuntu-22.04, the last image that has it, as long as that works.

    In Azure Pipelines the image that `vmImage` names is replaced, also where a matrix, variable or parameter feeds it:
    without it a job stops with `The remote provider was unable to process the request` or with a notice about the
    removed environment. In CircleCI it is the machine image, without which `Job was rejected because resource class
    medium, image ubuntu-1604:202104-01 is not a valid resource class`.

When this is wrong:
    If the job needs the old system: old compilers and libraries are gone with it. Wheels and packages that were built
    on it may need a newer system now. Read what the job does, then merge. Names of checks that contain the label
    change, so a required check must be renamed in the settings of the repository.

What it will not touch:
    Labels that still work on the day `today`; runners of your own; comments, and names that only mention a label; the
    container images of CircleCI that are no longer built, since they can still be pulled.

Sources:
    - https://github.com/actions/runner-images lists the images and announces their end (read 2026-11)
    - https://github.com/actions/runner-images/issues/11101 for Ubuntu 20.04, 13046 for macOS 13, 13518 for macOS 14,
      12045 for Windows 2019 (read 2026-11)
    - https://learn.microsoft.com/azure/devops/pipelines/agents/hosted-deprecation-schedule for Azure Pipelines, and
      https://github.com/actions/runner-images/issues/11486 for its macOS images, which run on Intel (read 2026-11)
    - https://circleci.com/docs/guides/execution-managed/linux-vm-support-policy/ for CircleCI (read 2026-11)
    - https://github.com/actions/setup-python/issues/962 and https://github.com/python/pythoncapi-compat/pull/172
      for Python 3.7 on Ubuntu 24.04 and 22.04 (read 2026-11)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from cifix.errors import UsageError
from cifix.formats import azure, circleci
from cifix.formats.actions.workflow import WORKFLOWS, Workflow, workflow
from cifix.formats.yaml import Document, leaves
from cifix.formats.yaml.edit import replace
from cifix.formats.yaml.removal import Leaves
from cifix.model.change import Edit
from cifix.model.expect import Route
from cifix.model.facts import sheet
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.glob import matches
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.runner_labels import images
from cifix.rules.runner_labels.comparisons import Comparison, comparisons
from cifix.rules.runner_labels.facts import Label, at, facts
from cifix.rules.runner_labels.moves import Move, Uncertain, expected, move, spelled_like
from cifix.rules.runner_labels.obstacles import Obstacle, obstacles
from cifix.rules.runner_labels.sites import Runner, Site, runner

_STRAY = {
    "custom-runner": "it stands beside other labels or in a group, as the labels of self-hosted runners do",
    "indirect": "it reaches `runs-on` through an expression or an input",
}


@dataclass(frozen=True, slots=True)
class Options:
    """`today`: the day (`YYYY-MM-DD`) that decides which labels are retired; by default the day of the run.

    `announced`: also show what would replace labels that still work and have a date for their end.
    """

    today: str = ""
    announced: bool = False

    @property
    def day(self) -> date:
        """`today` as a date; the day on which the facts were checked if nobody said."""
        return date.fromisoformat(self.today) if self.today else facts().checked

    def __post_init__(self) -> None:
        try:
            _ = self.day
        except ValueError as why:
            message = f"option of runner-labels: today must be a day such as 2026-11-24, not {self.today!r}"
            raise UsageError(message) from why


@declare(
    __doc__,
    reads=(*WORKFLOWS, *azure.PIPELINES, *circleci.PIPELINES),
    needles=(
        *(b"-16.04", b"-18.04", b"-20.04", b"-22.04", b"-10.14", b"-10.15", b"-11", b"-12", b"-13", b"-14"),
        *(b"-2016", b"-win2016", b"-2019", b"-1604", b"-2004", b"circleci/classic", b"template:"),
    ),
    safety=Safety.REVIEW,
    after=("quote-versions",),
    options=Options,
    facts=partial(sheet, __name__),
    refusals={
        "opaque": "the file is YAML that cannot be edited safely",
        "alias": "the label is shared, through an anchor, with a place that does not move with it",
        "custom-runner": "the label stands beside other labels or in a group, as those of self-hosted runners do",
        "indirect": "the label reaches `runs-on` through an expression or an input",
        "matrix": "the successor is in the matrix already, and the two cannot be put together with certainty",
        "label-in-expression": "an expression tests the label in a way that would mean something else",
        "label-elsewhere": "a script or setting of the job spells the label itself",
        "container": "the label names a container image too",
        "artifact-name": "an artifact is named after the label, and another job spells that name",
        "old-python": "the job sets up a Python that Ubuntu 24.04 does not have (3.7 and older)",
        "xcode": "the job names a version of Xcode, which the new image may not have",
        "visual-studio": "the pipeline names a version of Visual Studio, which the new image does not have",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Find the labels that do not work on the chosen day, job by job."""
    labels = at(facts().labels, options.day, announced=options.announced)
    words = re.compile(rf"(?i)(?<![\w.-])(?:{'|'.join(map(re.escape, labels))})(?![\w.-])")
    candidates = list(rule.candidates(snapshot))
    yield from images.findings(snapshot, candidates, options.day, announced=options.announced)
    for path in candidates:
        if not matches(path, WORKFLOWS):
            continue
        try:
            text = snapshot.text(path)
            if not words.search(text.text):
                continue
            found, data = snapshot.parsed(path, workflow), snapshot.parsed(path, leaves)
        except Opaque as why:
            message = "a job may name a runner that is retired"
            yield Finding("runner-labels", path, 0, 0, message, Refusal("opaque", str(why)))
            continue
        yield from _judged(path, found, data, _Today(options.day, labels, words))


@dataclass(frozen=True, slots=True)
class _Today:
    """The labels that count on one day, and a pattern that finds one in a text."""

    day: date
    labels: Mapping[str, Label]
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _File:
    """A workflow, how each job of it chooses its runner, and by job and label what keeps it back.

    `older` are by job the labels that the older image must follow, for its Pythons.
    """

    path: str
    workflow: Workflow
    leaves: Leaves
    runners: tuple[Runner, ...]
    held: Mapping[str, Mapping[str, Obstacle]]
    older: Mapping[str, frozenset[str]]


def _judged(path: str, found: Workflow, data: Leaves, today: _Today) -> Iterator[Finding]:
    """One finding per place that makes a job wait, with the fix that its job shares."""
    file = _file(path, found, data, today)
    seen: set[int] = set()
    for one in file.runners:
        outcome: Fix | Refusal | None = None
        for site in _starting(one, today):
            if site.scalar.start in seen:
                continue
            seen.add(site.scalar.start)
            if site.stray:
                yield _finding(path, site, today, Refusal(site.stray, _STRAY[site.stray]))
                continue
            if held := file.held[one.job.id].get(site.label):
                yield _finding(path, site, today, Refusal(held.key, held.detail))
                continue
            outcome = outcome or _outcome(file, one, today)
            yield _finding(path, site, today, outcome)


def _file(path: str, found: Workflow, data: Leaves, today: _Today) -> _File:
    runners = tuple(runner(found, job) for job in found.jobs)
    met = {one.job.id: _obstacles(found, one, today) for one in runners}
    older = {job: _older(every, today) for job, every in met.items()}
    held = {
        job: {why.label: why for why in reversed(every) if not (why.python and why.label in older[job])}
        for job, every in met.items()
    }
    return _File(path, found, data, runners, held, older)


def _starting(one: Runner, today: _Today) -> Iterator[Site]:
    """The places of a job that name a retired label for a leg: `exclude` alone makes none."""
    for site in one.sites:
        excluded = site.route[: len(one.matrix) + 1] == (*one.matrix, "exclude")
        if not excluded and (site.label in today.labels or (site.stray and today.words.search(site.scalar.value))):
            yield site


def _obstacles(found: Workflow, one: Runner, today: _Today) -> list[Obstacle]:
    old = [site.label for site in one.sites if site.label in today.labels and not site.stray]
    return list(obstacles(found, one, list(dict.fromkeys(old))))


def _older(met: Sequence[Obstacle], today: _Today) -> frozenset[str]:
    """The labels that lack nothing but Pythons which the older image has, while that works."""
    if facts().older in at(facts().labels, today.day, announced=False):
        return frozenset()
    lacking = {one.label for one in met if one.python}
    short = {one.label for one in met if one.python and not _has(one.python)}
    return frozenset(lacking - short - {facts().older})


def _has(python: str) -> bool:
    return any(python == one or python.startswith(f"{one}.") for one in facts().pythons)


def _outcome(file: _File, one: Runner, today: _Today) -> Fix | Refusal:
    """The fix of a job for all labels that nothing keeps back, or why there is none."""
    held = file.held[one.job.id]
    old = [site.label for site in _starting(one, today) if not site.stray and site.label not in held]
    older = file.older[one.job.id]
    moved = {label: facts().older if label in older else today.labels[label].successor for label in old}
    path, document = file.path, file.workflow.document
    try:
        tested = _tested(document, one, moved)
        done = move(path, document, one, moved)
        edits = (*done.edits, *_compared(path, document, tested, moved))
    except Uncertain as why:
        return Refusal("matrix", str(why))
    except _Meaning as why:
        return Refusal("label-in-expression", str(why))
    except Opaque as why:
        return Refusal("opaque", str(why))
    values = _values(document, one, tested, moved)
    meant = {test.route for test in tested} | _meant(file, one, done)
    if stray := next((route for route in values if route not in meant), None):
        return Refusal("alias", f"it is used at {'.'.join(map(str, stray))} too")
    new = ", ".join(dict.fromkeys(moved.values()))
    works = any(today.labels[name].retired > today.day for name in moved)
    safety = Safety.SHOWN if works else Safety.REVIEW
    title = f"Move job {one.job.id} of {path} from {', '.join(moved)} to {new}"
    return Fix(title, safety, edits, expected(path, file.leaves, values, done.removed))


def _meant(file: _File, one: Runner, done: Move) -> set[Route]:
    """The routes where the label may change: those of the job, and of others that move as well."""
    moving = [one] if done.removed else file.runners
    return {
        site.route
        for other in moving
        for site in other.sites
        if not site.stray and site.label not in file.held[other.job.id]
    }


class _Meaning(Exception):  # noqa: N818 - it is an answer, not a failure
    """An expression would mean something else: the message says which."""


def _tested(document: Document, one: Runner, moved: Mapping[str, str]) -> list[Comparison]:
    """The comparisons to rewrite; raises `_Meaning` if another test of the axis would come out differently."""
    found: list[Comparison] = []
    for test in comparisons(document, one.job.route, one.axis) if one.axis else ():
        text = test.text.lower()
        if text in moved and test.equal:
            found.append(test)
            continue
        for old, new in moved.items():
            if text and ((text in old) != (text in new) or old in text):
                line = document.text.line_column(test.scalar.start)[0]
                raise _Meaning(
                    f"line {line} tests the label with {test.text!r}, which {old} and {new} answer differently"
                )
    return found


def _compared(path: str, document: Document, tested: list[Comparison], moved: Mapping[str, str]) -> Iterator[Edit]:
    for test in tested:
        yield replace(path, document, test.scalar, (test.start, test.end), spelled_like(test.text, moved))


def _values(document: Document, one: Runner, tested: list[Comparison], moved: Mapping[str, str]) -> dict[Route, str]:
    """The new value at every route that an edit reaches."""
    found: dict[Route, str] = {}
    for site in one.sites:
        if site.label in moved and not site.stray:
            new = spelled_like(site.scalar.value, moved)
            found |= dict.fromkeys(document.routes(site.scalar), new)
    for scalar in dict.fromkeys(test.scalar for test in tested):
        value = scalar.value
        for test in sorted((test for test in tested if test.scalar is scalar), key=lambda test: -test.start):
            value = value[: test.start] + spelled_like(test.text, moved) + value[test.end :]
        found |= dict.fromkeys(document.routes(scalar), value)
    return found


def _finding(path: str, site: Site, today: _Today, outcome: Fix | Refusal) -> Finding:
    found = today.words.search(site.scalar.value)
    name = found.group() if found else site.scalar.value
    label = today.labels[name.lower()]
    message = label.told(name, today.day)
    return Finding("runner-labels", path, site.scalar.start, site.scalar.end, message, outcome, label.retired, (name,))
