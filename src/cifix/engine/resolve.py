"""Which fixes of one rule can be done together; each one that cannot ends in a refusal."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cifix.engine.suppress import suppressed
from cifix.model.change import collide
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.glob import matches
from cifix.model.snapshot import Snapshot

REFUSALS: Mapping[str, str] = {
    "excluded": "the fix would touch a file that the configuration excludes",
    "locked": "the fix would touch a file that git stores through a filter program, which cifix never runs",
    "overlap": "another fix of the same rule changes the same place; run cifix again after it is merged",
    "suppressed-together": "the fix belongs together with one that a `cifix: ignore` comment turns down",
    "unproven": "the fix was made, but a claim about it did not hold, so it was thrown away",
}
"""The reasons that the engine itself gives, for any rule."""

Locked = Callable[[Iterable[str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Resolution:
    """`fixed` findings have an accepted fix, `remaining` ones a refusal or a fix below the floor."""

    fixes: tuple[Fix, ...]
    fixed: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    suppressed: int


def resolve(
    findings: Sequence[Finding], snapshot: Snapshot, *, floor: Safety, exclude: Sequence[str], locked: Locked
) -> Resolution:
    """Accept fixes in the order of their findings; a fix that collides with an accepted one is refused whole.

    Findings in excluded files, and those that a comment turns down, are not reported at all.
    """
    shown = [finding for finding in findings if not matches(finding.path, exclude)]
    kept = [finding for finding in shown if not suppressed(finding, snapshot)]
    dropped = {id(finding) for finding in findings} - {id(finding) for finding in kept}
    turned_down = {finding.outcome for finding in findings if id(finding) in dropped}
    fixes = dict.fromkeys(finding.outcome for finding in kept if isinstance(finding.outcome, Fix))
    held = locked(sorted({change.path for fix in fixes for change in fix.changes}))
    accepted: list[Fix] = []
    touching: dict[str, list[int]] = {}
    refused: dict[Fix, Refusal] = {}
    for fix in fixes:
        paths = sorted({change.path for change in fix.changes})
        near = sorted({number for path in paths for number in touching.get(path, ())})
        others = [accepted[number] for number in near]
        reason = _reason(fix, paths, near=others, turned_down=turned_down, exclude=exclude, held=held)
        if reason is not None:
            refused[fix] = reason
        elif fix.safety >= max(floor, Safety.REVIEW):
            for path in paths:
                touching.setdefault(path, []).append(len(accepted))
            accepted.append(fix)
    settled = [_settled(finding, refused) for finding in kept]
    done = set(accepted)
    return Resolution(
        tuple(accepted),
        tuple(finding for finding in settled if finding.outcome in done),
        tuple(finding for finding in settled if finding.outcome not in done),
        len(shown) - len(kept),
    )


def _reason(
    fix: Fix,
    paths: Sequence[str],
    *,
    near: Sequence[Fix],
    turned_down: Collection[object],
    exclude: Sequence[str],
    held: Mapping[str, str],
) -> Refusal | None:
    """Why `fix`, which changes files at `paths`, cannot be done after the accepted ones that are `near` to it."""
    outside = [path for path in paths if matches(path, exclude)]
    if outside:
        return Refusal("excluded", f"the fix would change {', '.join(outside)}")
    if fix in turned_down:
        return Refusal("suppressed-together", "one of its places bears a `cifix: ignore` comment")
    if why := "; ".join(f"{path}: {held[path]}" for path in paths if path in held):
        return Refusal("locked", why)
    for other in near:
        if collide(fix.changes, other.changes):
            return Refusal("overlap", f"collides with: {other.title}")
    return None


def _settled(finding: Finding, refused: Mapping[Fix, Refusal]) -> Finding:
    if isinstance(finding.outcome, Fix) and finding.outcome in refused:
        return replace(finding, outcome=refused[finding.outcome])
    return finding
