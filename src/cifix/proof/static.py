"""Proofs from the commits alone; nothing of the repository runs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations, product

from cifix.engine.config import Config, choose, load
from cifix.engine.plan import Settings
from cifix.engine.prove import prove
from cifix.engine.registry import Registry, discover
from cifix.engine.resolve import Locked
from cifix.formats.python.order import Failure, Order
from cifix.formats.python.packages import Package, packages
from cifix.model.finding import Fix, Safety
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot
from cifix.proof.result import Difference, Proof, judged, unknown
from cifix.proof.span import Span
from cifix.report.message import digest
from cifix.vcs.branch import copied
from cifix.vcs.ignores import ignored
from cifix.vcs.repository import Repository

_RULES = 10
"""Up to so many rules every selection is tried, to find the one that a plan's digest stands for."""

_OVERRIDES: tuple[dict[str, object], ...] = tuple(
    {field: value for field, value in (("target", target), ("allow_locked", locked)) if value}
    for target, locked in product((None, "v4", "minimal", "latest"), (False, True))
)
"""All that the command line can say about options of rules."""


def trees(repo: Repository, span: Span) -> Proof:
    """Every commit that cifix made holds the tree that its message names, or does the same on another base."""
    moved = [commit for commit in span.ours if commit.trailers["Cifix-Tree"] != commit.tree]
    rebased = [commit for commit in moved if copied(repo, commit)]
    wrong = [
        Difference(f"commit {commit.oid[:12]} {commit.subject}", commit.trailers["Cifix-Tree"], commit.tree)
        for commit in moved
        if commit not in rebased
    ]
    strangers = [commit for commit in span.commits if commit not in span.ours]
    notes = [
        f"commit {one.oid[:12]} {one.subject} is not by cifix; what it does is looked at below" for one in strangers
    ]
    notes += [f"commit {one.oid[:12]} {one.subject} was rebased, and does what its message says" for one in rebased]
    return judged("trees", f"the commits by cifix ({len(span.ours)}) hold the trees they name", wrong, notes)


def rules(span: Span, base: Snapshot, tip: Snapshot, locked: Locked) -> Proof:
    """What the branch applied finds nothing more to fix on it, but for what `apply` would not touch (`locked`)."""
    registry = discover()
    applied = list(dict.fromkeys(one.trailers["Cifix-Rule"] for one in span.ours if "Cifix-Rule" in one.trailers))
    known = [name for name in applied if name in registry.rules]
    notes = [f"rule {name} is not installed here and was not run" for name in applied if name not in known]
    config = load(base)
    found = _settings(span, registry, config)
    notes += [] if found or not known else ["how it was made is not known here; the default settings were used"]
    chosen, settings = found or (tuple(registry.rules.values()), Settings(Safety.SAFE, config))
    again = [rule for rule in chosen if rule.id in known]
    done = prove(tip, again, replace(settings, locked=locked), ignored).plan
    left = [
        Difference(f"{placed.finding.rule} at {placed.finding.path}:{placed.line}", "fixed", placed.finding.message)
        for patch in done.patches
        for placed in patch.findings
    ]
    left += [Difference(f"rule {crash.rule}", "ran", crash.detail) for crash in done.crashes]
    held = sum(isinstance(placed.finding.outcome, Fix) for placed in done.remaining)
    notes += [f"{held} fixes below the safety level of the branch"] if held else []
    names = ", ".join(rule.id for rule in again) or "none"
    return judged("rules", f"the rules it applied ({names}) find nothing left to fix", left, notes)


def order(base: Snapshot, tip: Snapshot, changed: Iterable[str]) -> Iterator[Proof]:
    """Of every package with changed files: what could be the first import of a process still can, by simulation."""
    touched = frozenset(changed)
    after = {(package.root, package.name): package for package in packages(tip)}
    for package in packages(base):
        there = after.get((package.root, package.name))
        paths = {*package.modules.values(), *(there.modules.values() if there else ())}
        if paths & touched:
            yield _ordered(package, there)


def _ordered(before: Package, after: Package | None) -> Proof:
    claim = f"every module of {before.name} that can be imported first on the base can be on the branch"
    was, now = Order(before), Order(after) if after else None
    failed, fails = was.failures(), now.failures() if now else {}
    unread = sorted(was.unread | (now.unread if now else set()))
    if unread:
        return unknown("import-order", f"{', '.join(unread)} cannot be read, or is nested too deeply to be simulated")
    possible = [name for name in before.modules if name not in failed]
    present = after.modules if after else {}
    lost = [
        Difference(f"import {name}", "works", "there is no such module") for name in possible if name not in present
    ]
    lost += [Difference(f"import {name}", "works", _words(fails[name])) for name in possible if name in fails]
    cured = [f"import {name} works on the branch only" for name in failed if name in present and name not in fails]
    return judged("import-order", f"{claim} ({len(possible)} modules)", lost, cured)


def _words(failure: Failure) -> str:
    return f"{failure.importer} line {failure.line} needs {failure.name}, which {failure.half} has not bound by then"


def _settings(span: Span, registry: Registry, config: Config) -> tuple[tuple[Rule, ...], Settings] | None:
    """The rules and settings whose digest the commits carry, if it is one of this version of cifix."""
    wanted = {commit.trailers.get("Cifix-Plan") for commit in span.ours}
    for select in _selections(registry):
        chosen = choose(registry.rules, registry.plugins, config, select=select)
        for floor, overrides in product((Safety.SAFE, Safety.REVIEW), _OVERRIDES):
            settings = Settings(floor, config, frozenset(select), overrides)
            if digest(chosen, settings) in wanted:
                return chosen, settings
    return None


def _selections(registry: Registry) -> Iterator[Sequence[str]]:
    names = list(registry.rules)
    most = len(names) if len(names) <= _RULES else 1
    return chain.from_iterable(combinations(names, size) for size in range(most + 1))
