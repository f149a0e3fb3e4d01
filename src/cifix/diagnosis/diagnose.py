"""Failed steps to causes: few of them, the ones that hide others first, each with its evidence."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cifix.diagnosis.catalogue import Known, Verdict, catalogue
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.checks import check
from cifix.diagnosis.checks.modules import why_unbound
from cifix.diagnosis.insight import Insight, Question
from cifix.diagnosis.jobs import tolerant
from cifix.engine.plan import Placed
from cifix.logs.facts import Fact, Failure
from cifix.logs.keylines import KeyLine
from cifix.logs.redact import redact
from cifix.logs.steps import SET_UP
from cifix.model.finding import Fix

_MISSING = {"anchor-gitignore", "missing-first-party-module"}
"""The rules that know what no clean checkout can import."""

_MARKED = re.compile(r"E\s|FAILED |ERROR ")
_RAISED = re.compile(_MARKED.pattern + r"|\s{0,20}ModuleNotFoundError|ImportError: No module")
_PYTEST = re.compile(r"FAILED \S+::|ERROR \S+\.py|=+ .{0,80}\d (?:failed|errors?)\b")

_SHARED = {"artifact-name-taken", "artifact-missing"}
"""Facts of a job that another job of the run causes."""

_CANCELED = "canceled"
_UNKNOWN = "the step fails for a reason that is not known here; what it says last"

UNCHECKED = "hold it against a checkout: run this in the repository, or name it with --repo"

LATER = "A consequence: another step or job had failed before; look at that one first."

QUOTED = 240
"""Characters of a log line that a report quotes."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something to look at: `place` is `file:line` of a log or of the repository, `command` what shows it."""

    place: str
    text: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for red steps, however many of them and however often they say so.

    `id` is the same for the same cause in every run. `findings` are those of the rules that answer it; `instead` is a
    sentence against what the log itself claims. It is `later` if its steps ran, or were cancelled, after another had
    failed.
    """

    id: str
    title: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    steps: tuple[str, ...]
    findings: tuple[Placed, ...] = ()
    advice: str = ""
    instead: str | None = None
    later: bool = False

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The fixes that are ready, each once."""
        outcomes = (placed.finding.outcome for placed in self.findings)
        return tuple(dict.fromkeys(outcome for outcome in outcomes if isinstance(outcome, Fix)))

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that have a fix for it, sorted."""
        fixing = {placed.finding.rule for placed in self.findings if isinstance(placed.finding.outcome, Fix)}
        return tuple(sorted(fixing))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a red run comes down to.

    `failures` are the failed steps; `causes` come with those first that hide the others; `coming` are findings that no
    step has hit yet but that would fail, or be refused, next. `key_lines` are there if a green log was given. `base` is
    the commit that was looked at, None without a checkout.
    """

    failures: tuple[Failure, ...]
    causes: tuple[Cause, ...]
    coming: tuple[Placed, ...] = ()
    key_lines: tuple[KeyLine, ...] | None = None
    checked: bool = False
    base: str | None = None

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that have a fix for a confirmed cause, sorted."""
        return tuple(
            sorted({rule for cause in self.causes if cause.verdict is Verdict.CONFIRMED for rule in cause.rules})
        )

    @property
    def settled(self) -> bool:
        """Whether every cause is confirmed and has a fix."""
        return all(cause.verdict is Verdict.CONFIRMED and cause.fixes for cause in self.causes)


def told_of(told: Diagnosis, rule: str) -> Iterator[str]:
    """What the logs said about the causes that a rule answers, line by line."""
    for cause in told.causes:
        if cause.verdict is Verdict.CONFIRMED and rule in cause.rules:
            yield f"Seen in {'; '.join(cause.steps[:3])}:"
            yield from (f"{one.place}: {one.text}" if one.place else one.text for one in cause.evidence[:3])


def diagnose(
    failures: Sequence[Failure], checkout: Checkout | None, key_lines: Sequence[KeyLine] | None = None
) -> Diagnosis:
    """What the failed steps come down to, held against a checkout if there is one."""
    causes = _cancelled(
        _grouped(cause for failure in _deciding(failures, checkout) for cause in _causes(failure, checkout))
    )
    ranked = sorted(causes, key=_rank)
    answered = {id(placed) for cause in ranked for placed in cause.findings}
    coming = tuple(placed for placed in (checkout.findings if checkout else ()) if id(placed) not in answered)
    return Diagnosis(
        tuple(failures),
        tuple(ranked),
        coming,
        None if key_lines is None else tuple(key_lines),
        checkout is not None,
        checkout.snapshot.base if checkout else None,
    )


def _deciding(failures: Sequence[Failure], checkout: Checkout | None) -> Iterator[Failure]:
    """The failures without those that the workflow lets pass, where the job had another one."""
    passing = [
        failure.step
        for failure in failures
        if checkout is not None and tolerant(checkout.jobs(failure.step.job), failure.step.name)
    ]
    for failure in failures:
        mine = [one.step for one in failures if (one.step.log, one.step.job) == (failure.step.log, failure.step.job)]
        held = [step for step in mine if step not in passing]
        if held and failure.step in held:
            after = failure.step.after and ("" if failure.step is held[0] else held[0].name)
            yield replace(failure, step=replace(failure.step, after=after))
        elif not held:
            yield failure


def where(failure: Failure) -> str:
    """The job and the step in words."""
    return " / ".join(part for part in (failure.step.job, failure.step.name) if part) or failure.step.log


def _causes(failure: Failure, checkout: Checkout | None) -> Iterator[Cause]:
    """The causes that a step states; where no line is known, what it says last, beside what wraps that."""
    stated = list(_stated(failure, checkout))
    words = failure.step.words
    later = bool(failure.step.after)
    last = tuple(_quoted(failure, line.number, line.text) for line in words.last or words.tail)
    raised = tuple(_quoted(failure, line.number, line.text) for line in words.raised)
    for fact, cause in stated:
        beside = last if fact.kind == "wrapper" else raised if fact.name == "test-failed" else ()
        yield replace(cause, evidence=tuple(dict.fromkeys((*cause.evidence, *beside))), later=later)
    if last and not stated:
        yield Cause(
            f"unknown:{last[0].text}",
            _UNKNOWN,
            Verdict.UNCONFIRMED,
            last,
            (where(failure),),
            advice="read on from there",
            later=later,
        )


def _stated(failure: Failure, checkout: Checkout | None) -> Iterator[tuple[Fact, Cause]]:
    stated = {fact.name for fact in failure.facts if fact.kind == "cause"}
    watched = any(fact.name == "test-failed" and _PYTEST.match(fact.text) for fact in failure.facts)
    for fact in failure.facts:
        known = catalogue().get(fact.name)
        if known is None or fact.kind in ("warning", "context"):
            continue
        if known.beside & stated or (fact.kind == "wrapper" and stated) or _repeats(fact, failure):
            continue
        if "test-failed" in stated and (known.stops or not _own(fact, watched=watched)):
            continue
        yield fact, _cause(failure, fact, known, checkout)


def _repeats(fact: Fact, failure: Failure) -> bool:
    """Whether a failed test only repeats, in its summary line, what another fact states."""
    others = (
        other for other in failure.facts if other.name not in ("test-failed", fact.name) and other.kind == "cause"
    )
    return fact.name == "test-failed" and any(_core(other) in fact.text for other in others)


def _own(fact: Fact, *, watched: bool) -> bool:
    """Whether a step with failed tests says it for itself and not one of the programs that they run.

    A module that is missing stands on a line of its own, which pytest marks.
    """
    return fact.name != "module-missing" or (_MARKED if watched else _RAISED).match(fact.text) is not None


def _core(fact: Fact) -> str:
    return fact.text.removeprefix("E").strip()


@dataclass(frozen=True, slots=True)
class _Said:
    """A fact of a step, what is known of its cause, and its values with those that other facts lend."""

    fact: Fact
    known: Known
    values: Mapping[str, str]
    job: str


def _cause(failure: Failure, fact: Fact, known: Known, checkout: Checkout | None) -> Cause:
    lender = _lender(fact, known, failure)
    said = _Said(fact, known, {**(lender.values if lender else {}), **fact.values}, failure.step.job)
    cause = Cause(
        _identity(fact),
        redact(_filled(known.title, said.values)),
        known.otherwise,
        tuple(_quoted(failure, one.number, one.text) for one in (fact, lender) if one is not None),
        (where(failure),),
        advice=redact(_filled(known.advice, said.values)),
    )
    if checkout is not None:
        return _checked(cause, said, checkout)
    return replace(cause, advice=UNCHECKED) if known.answers else cause


def _quoted(failure: Failure, number: int, text: str) -> Evidence:
    return Evidence(f"{failure.step.log}:{number}", redact(text.strip())[:QUOTED])


def _checked(cause: Cause, said: _Said, checkout: Checkout) -> Cause:
    """The cause with what the checkout says about it."""
    verdict, found = _answered(said, checkout)
    insight = _insight(said, checkout, impossible=any(placed.finding.rule in _MISSING for placed in found))
    against = None
    if insight is not None:
        if said.fact.name == "name-missing-while-importing":
            against = f"The interpreter guesses a circular import. There is none: {insight.sentence}."
        shown = Evidence("", redact(insight.sentence), redact(insight.command))
        evidence, advice = (*cause.evidence, shown), redact(insight.advice)
        cause = replace(cause, evidence=evidence, advice=advice, verdict=insight.verdict, findings=insight.findings)
    if verdict is not None:
        cause = replace(cause, verdict=verdict, findings=found, advice="")
    return replace(cause, instead=against)


def _answered(said: _Said, checkout: Checkout) -> tuple[Verdict | None, tuple[Placed, ...]]:
    """The findings of the first rules that know the cause, and how sure that makes it."""
    job = "" if said.fact.name in _SHARED else said.job
    for answer in said.known.answers:
        found = checkout.answering(answer, said.values, job)
        if found:
            return Verdict.CONFIRMED if answer.about else Verdict.LIKELY, tuple(found)
    return None, ()


def _insight(said: _Said, checkout: Checkout, *, impossible: bool) -> Insight | None:
    sites = checkout.jobs(said.job)
    values = {**said.values, "job": said.job}
    question = Question(said.fact.name, values, checkout, sites or checkout.sites, known=bool(sites))
    if said.fact.name == "name-missing-while-importing":
        return why_unbound(question, known=impossible)
    return check(question)


def _lender(fact: Fact, known: Known, failure: Failure) -> Fact | None:
    """The fact of its context that lends it values: the one of the next line, else the last before it."""
    lenders = [other for other in failure.facts if other.name == known.context]
    beside = [other for other in lenders if other.number == fact.number + 1]
    before = [other for other in reversed(lenders) if other.number <= fact.number]
    return next(iter((*beside, *before, *lenders)), None)


def _identity(fact: Fact) -> str:
    return ":".join((fact.name, *(value for _, value in sorted(fact.values.items()) if len(value) < QUOTED)))


def _filled(template: str, values: Mapping[str, str]) -> str:
    return template.format_map(_Unknown(values))


class _Unknown(dict[str, str]):
    """Values of which some may not be known."""

    def __missing__(self, key: str) -> str:
        return f"the {key}"


def _grouped(causes: Iterable[Cause]) -> list[Cause]:
    """One cause for all that the same findings answer, and for all that say the same."""
    found: dict[object, list[Cause]] = {}
    for cause in causes:
        fact = cause.id.partition(":")[0]
        key = tuple(sorted(map(id, cause.findings))) or (
            cause.title if fact in catalogue() and catalogue()[fact].many else cause.id
        )
        found.setdefault(key, []).append(cause)
    return [_merged(some) for some in found.values()]


def _merged(some: Sequence[Cause]) -> Cause:
    return replace(
        some[0],
        verdict=min((one.verdict for one in some), key=list(Verdict).index),
        evidence=tuple(dict.fromkeys(evidence for one in some for evidence in one.evidence)),
        steps=tuple(dict.fromkeys(step for one in some for step in one.steps)),
        instead=next((one.instead for one in some if one.instead), None),
        later=all(one.later for one in some),
    )


def _cancelled(causes: Sequence[Cause]) -> list[Cause]:
    """The causes; where there is another one, a run that was cancelled is a consequence of it."""
    return [replace(cause, later=cause.later or (cause.id == _CANCELED and len(causes) > 1)) for cause in causes]


def _rank(cause: Cause) -> tuple[bool, bool, int, int, str]:
    """What fails first hides what comes after, most of all before the first step; then the surer, then the wider."""
    setting_up = any(step.endswith(SET_UP) for step in cause.steps)
    return not setting_up, cause.later, list(Verdict).index(cause.verdict), -len(cause.steps), cause.id
