"""From a proven run to the remediation plan."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cifix.engine.plan import Patch
from cifix.formats.python.packages import packages
from cifix.model.change import Track
from cifix.model.expect import Revealed
from cifix.model.finding import Fix
from cifix.report import diff
from cifix.report.entry import Entry, Severity, entries
from cifix.report.outcome import Outcome
from cifix.report.page import cause
from cifix.report.proposal import proposals
from cifix.report.remediation.document import Affected, Cause, Evidence, Job, Left, Logs, Remediation
from cifix.report.remediation.evidence import Witness
from cifix.report.remediation.jobs import Jobs
from cifix.report.remediation.logs import first


def remediation(outcome: Outcome, actions: Iterable[str] = (), logs: Logs | None = None) -> Remediation:
    """The plan for what a run has found; `actions` are sentences about what to do afterwards.

    What the logs of a red run tell of comes first.
    """
    before = outcome.proven.plan.before
    jobs, witness = Jobs(before), Witness(before)
    every = list(entries(outcome))
    fixable = sum(len(patch.findings) for patch in outcome.patches)
    causes = tuple(_ordered(_causes(outcome, every[:fixable], jobs, witness), first(logs)))
    left = sorted(_left(outcome, every[fixable:], jobs, witness), key=_urgency)
    return Remediation(
        outcome.base,
        outcome.today,
        outcome.arguments,
        causes,
        tuple(left),
        tuple(_affected(causes, left, jobs)),
        tuple(_packages(outcome)),
        tuple(actions),
        outcome.proven.plan.suppressed,
        tuple(_troubles(outcome)),
        outcome.remarks,
        logs,
    )


def _causes(outcome: Outcome, fixable: Sequence[Entry], jobs: Jobs, witness: Witness) -> Iterator[Cause]:
    """One cause per rule, in the order of the commits."""
    rest = iter(fixable)
    found: dict[str, list[Entry]] = {}
    patches: dict[str, list[tuple[int, Patch]]] = {}
    for number, patch in enumerate(outcome.patches, start=1):
        found.setdefault(patch.rule.id, []).extend(islice(rest, len(patch.findings)))
        patches.setdefault(patch.rule.id, []).append((number, patch))
    for rule, made in patches.items():
        in_the_way = {job for entry in found[rule] for job in _jobs(entry, jobs)}
        yield Cause(
            made[0][1].rule,
            cause(made[0][1].rule),
            tuple(found[rule]),
            _evidence(found[rule], witness),
            tuple(number for number, _ in made),
            tuple(diff.patch(patch.before, patch.after) for _, patch in made),
            dict(Counter(fix.safety for _, patch in made for fix in patch.fixes)),
            tuple(sorted(in_the_way)),
            jobs.waiting(in_the_way),
        )


def _jobs(entry: Entry, jobs: Jobs) -> tuple[Job, ...]:
    """The jobs that fail for a finding, today or from a day that is known."""
    return () if entry.severity is Severity.NOTICE else jobs.of(entry.placed)


def _ordered(causes: Iterable[Cause], red: frozenset[str]) -> Iterator[Cause]:
    """What the logs tell of by the rules in `red`, then files that no commit has, then the gravest and most in the way.

    Files that no commit has are files that nobody can see. What changes a file stays behind the causes whose commits
    change it before.
    """
    left = list(causes)
    while left:
        free = [one for one in left if not any(_builds_on(one, other) for other in left)]
        chosen = min(free, key=lambda one: (one.rule.id not in red, _rank(one)))
        yield chosen
        left.remove(chosen)


def _rank(one: Cause) -> tuple[bool, int, int, int]:
    gravest = min(list(Severity).index(entry.severity) for entry in one.found)
    return not _adds_files(one), gravest, -len(one.jobs) - len(one.waiting), one.commits[0]


def _adds_files(one: Cause) -> bool:
    fixes = [entry.placed.finding.outcome for entry in one.found]
    changes = [part for fix in fixes if isinstance(fix, Fix) for part in (*fix.changes, *fix.expects)]
    return any(isinstance(part, Track | Revealed) for part in changes)


def _builds_on(one: Cause, other: Cause) -> bool:
    return other.commits[0] < one.commits[0] and not _paths(one).isdisjoint(_paths(other))


def _paths(one: Cause) -> set[str]:
    fixes = [entry.placed.finding.outcome for entry in one.found]
    return {change.path for fix in fixes if isinstance(fix, Fix) for change in fix.changes}


def _left(outcome: Outcome, entries_left: Sequence[Entry], jobs: Jobs, witness: Witness) -> Iterator[Left]:
    """What the run leaves; the diff of a fix that it has but may not apply stands at the first finding of it."""
    texts = proposals(outcome, [entry.placed for entry in entries_left])
    for entry, text in zip(entries_left, texts, strict=True):
        yield Left(entry, _evidence([entry], witness), text, _jobs(entry, jobs))


def _urgency(one: Left) -> tuple[int, int]:
    return list(Severity).index(one.entry.severity), -len(one.jobs)


def _evidence(found: Iterable[Entry], witness: Witness) -> tuple[Evidence, ...]:
    """Each command once, with all that it shows of any of the findings."""
    told: dict[str, dict[str, None]] = {}
    for entry in found:
        for one in witness.of(entry.placed):
            told.setdefault(one.command, {}).update(dict.fromkeys(one.shows))
    return tuple(Evidence(command, tuple(shows)) for command, shows in told.items())


def _affected(causes: Sequence[Cause], left: Sequence[Left], jobs: Jobs) -> Iterator[Affected]:
    """Every job with a finding in its way, those first that most others wait for."""
    rules: dict[Job, list[str]] = {}
    for one in causes:
        for job in one.jobs:
            rules.setdefault(job, []).append(one.rule.id)
    remaining = Counter(job for one in left for job in one.jobs)
    every = sorted({*rules, *remaining})
    told = [
        Affected(
            job,
            tuple(rules.get(job, ())),
            remaining[job],
            tuple(other for other in every if job in jobs.waiting([other])),
            jobs.waiting([job]),
        )
        for job in every
    ]
    yield from sorted(told, key=lambda one: (-len(one.waiting), one.job))


def _packages(outcome: Outcome) -> Iterator[str]:
    """The importable packages of which the fixes change a module."""
    plan = outcome.proven.plan
    changed = set(plan.before.differences(plan.after))
    for package in packages(plan.after):
        if not changed.isdisjoint(path for path in package.modules.values() if path is not None):
            yield package.name


def _troubles(outcome: Outcome) -> Iterator[str]:
    for failure in outcome.proven.failures:
        proofs = "; ".join(f"{proof.name}: {proof.detail or 'it does not hold'}" for proof in failure.proofs)
        yield f"The fix of {failure.rule} was thrown away: {proofs}"
    for crash in outcome.crashes:
        yield f"{crash.rule} crashed, the other rules ran: {crash.detail}"
