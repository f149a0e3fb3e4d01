"""What of an `__init__.py` becomes lazy: all that gains by it, or the little that breaks a cycle."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cifix.formats.python.effects import Effect, Effects
from cifix.formats.python.names import has_dunder_all
from cifix.formats.python.order import Failure, Order
from cifix.formats.python.programs import Attempt, Event
from cifix.model.change import Edit, inverse, origin
from cifix.rules.lazy_init.edits import lazy_edits
from cifix.rules.lazy_init.reexports import Init, Obstacle, Reexport

_TRIES = 8
"""How many statements are tried at each step of keeping a module importable."""


@dataclass(frozen=True)
class Draft:
    """A conversion in the making: what moves, what stays and why, and which modules are loaded today."""

    init: Init
    moved: tuple[Reexport, ...]
    kept: tuple[Obstacle, ...]
    before: frozenset[str]

    @cached_property
    def order(self) -> Order:
        """The import order with the conversion done."""
        package = self.init.package
        return Order(package.at(package.snapshot.with_changes(self._plain)))

    @cached_property
    def _plain(self) -> tuple[Edit, ...]:
        return lazy_edits(self.init, self.moved) if self.moved else ()

    def reached(self, failure: Failure) -> int:
        """The line of the file, as it stands today, that was running when an import failed; 0 if none was."""
        line = dict(failure.chain).get(self.init.name, 0)
        if not line:
            return 0
        text = self.order.package.snapshot.text(self.init.path)
        offset = origin(text.line_starts[line - 1], inverse(self.init.module.text.text, self._plain))
        return self.init.module.text.line_column(offset)[0]

    @cached_property
    def lost(self) -> frozenset[str]:
        """The modules that the package no longer loads."""
        return self.before - set(self.order.first(self.init.name).loaded)

    def edits(self) -> tuple[Edit, ...]:
        """The conversion, with an entry for each submodule that used to be loaded along.

        Where modules are imported by computed names, that is taken to be each submodule there is.
        """
        every = {name for name in self.init.children if not name.startswith("__")}
        along = every if self.computed else self._children(self.lost)
        public = {name for name in self._children(self.before) if not name.startswith("_")}
        bound = set(self.init.names.bound)
        return lazy_edits(self.init, self.moved, along - bound, public | set(self.init.star_list()))

    @cached_property
    def computed(self) -> bool:
        """Whether a module that is no longer loaded imports others by names that are not in its source."""
        effects = Effects(self.init.package)
        return any(effects.computes_imports(name) for name in self.lost)

    def _children(self, modules: Iterable[str]) -> set[str]:
        return {name for name in self.init.children if f"{self.init.name}.{name}" in modules}

    def keeping(self, held: Iterable[Reexport], key: str, detail: str) -> "Draft":
        """The draft with some names left where they are."""
        stay = tuple(held)
        told = [
            Obstacle(statement, key, tuple(each.name for each in stay if each.statement is statement), detail)
            for statement in dict.fromkeys(each.statement for each in stay)
        ]
        return replace(self, moved=tuple(x for x in self.moved if x not in stay), kept=(*self.kept, *told))

    def of(self, statement: ast.stmt) -> list[Reexport]:
        """The names that move out of one statement."""
        return [each for each in self.moved if each.statement is statement]

    @property
    def statements(self) -> list[ast.ImportFrom]:
        """The statements that lose names, from the top."""
        return list(dict.fromkeys(each.statement for each in self.moved))


def settled(init: Init, order: Order) -> Draft:
    """Everything in one file that can be lazy and gains by it; the rest is kept, each with its reason.

    `order` is the import order of the tree as it stands.
    """
    free, kept = init.survey()
    draft = Draft(init, tuple(free), tuple(kept), frozenset())
    if not free:
        return draft
    first = order.first(init.name)
    before = order.closure([init.name], "") if first.failure else frozenset(first.loaded)
    draft = replace(draft, before=before)
    if obstacle := _whole(init, order):
        return replace(draft, moved=(), kept=(obstacle,))
    draft = _worthwhile(_without_effects(draft, order))
    return _listed(_worthwhile(_importable(draft, order)))


def cured(init: Init, order: Order, failure: Failure) -> Draft:
    """The fewest names, statement by statement along the failing chain, whose delay lets the package import.

    Nothing moves if that does not cure it for good; then the first of `kept` says why.
    """
    draft = Draft(init, (), (), order.closure([init.name], ""))
    free, kept = init.survey()
    missing = [obstacle for obstacle in kept if obstacle.key == "missing-module"]
    if reason := next(iter(missing), None) or _whole(init, order):
        return replace(draft, kept=(reason,))
    current: Failure | None = failure
    while current:
        line = draft.reached(current)
        more = [each for each in free if each.statement.lineno == line and each not in draft.moved]
        if not more:
            return _stuck(draft, [obstacle for obstacle in kept if obstacle.statement.lineno == line], current)
        draft = replace(draft, moved=(*draft.moved, *more))
        current = draft.order.first(init.name).failure
    return _proven(draft)


def _whole(init: Init, order: Order) -> Obstacle | None:
    found = init.file_obstacle() or _probe(init, order)
    return Obstacle(init.reexports()[0], found[0], (), found[1]) if found else None


def _listed(draft: Draft) -> Draft:
    """Nothing moves if a star import takes submodules, for want of `__all__`, that computed names keep secret."""
    if not draft.moved or has_dunder_all(draft.init.module.tree) or not draft.computed:
        return draft
    detail = "there is no __all__, and modules are imported by computed names"
    return draft.keeping(draft.moved, "no-star-list", detail)


def _probe(init: Init, order: Order) -> tuple[str, str] | None:
    for name in order.package.modules:
        inside = f"{name}.".startswith(f"{init.name}.")
        if not inside and any(init.name in _attempted(order, name, event) for event in order.program(name).events):
            return "probed", f"{name} tries to import {init.name} and does something else if that fails"
    return None


def _attempted(order: Order, name: str, event: Event) -> set[str]:
    return set(order.attempted(name, event)) if isinstance(event, Attempt) else set()


def _without_effects(draft: Draft, order: Order) -> Draft:
    """Keep, for each effect that would be lost, the statement that loads it and the fewest modules."""
    effects = Effects(draft.init.package)
    while draft.moved and (effect := _first_effect(effects, draft.lost)):
        reach = {x: order.closure([each.target for each in draft.of(x)], draft.init.name) for x in draft.statements}
        loading = [x for x in draft.statements if effect.module in reach[x]] or draft.statements
        smallest = min(loading, key=lambda x: (len(reach[x]), x.lineno))
        draft = draft.keeping(draft.of(smallest), "side-effect", _described(effect))
    return draft


def _first_effect(effects: Effects, lost: Iterable[str]) -> Effect | None:
    return next((effect for module in sorted(lost) if (effect := effects.of(module))), None)


def _described(effect: Effect) -> str:
    return f"{effect.module}, line {effect.line}, {effect.what}"


def _worthwhile(draft: Draft) -> Draft:
    """Leave alone what gets loaded with the package whether it is lazy or not."""
    still = draft.before - draft.lost
    held = [each for each in draft.moved if each.target in still]
    return draft.keeping(held, "loaded-anyway", "what must stay eager loads the same module") if held else draft


def _importable(draft: Draft, order: Order) -> Draft:
    """Keep statements until every module that could be imported first still can."""
    allowed = set(order.failures())
    while draft.moved and (broken := _broken(draft, allowed)):
        module, failure = next(iter(broken.items()))
        detail = f"{module} could not be imported first: {failure.importer} needs {failure.name} of {failure.half}"
        trials = [draft.keeping(draft.of(x), "latent-cycle", detail) for x in _likely(draft, order, failure)]
        best = min(trials, key=lambda trial: len(_broken(trial, allowed)))
        stuck = len(_broken(best, allowed)) >= len(broken)
        draft = draft.keeping(draft.moved, "latent-cycle", detail) if stuck else best
    return draft


def _broken(draft: Draft, allowed: set[str]) -> dict[str, Failure]:
    return {name: failure for name, failure in draft.order.failures().items() if name not in allowed}


def _likely(draft: Draft, order: Order, failure: Failure) -> Sequence[ast.ImportFrom]:
    def reaches(statement: ast.ImportFrom) -> bool:
        return failure.half in order.closure([each.target for each in draft.of(statement)], draft.init.name)

    return ([x for x in draft.statements if reaches(x)] or draft.statements)[:_TRIES]


def _stuck(draft: Draft, here: Sequence[Obstacle], failure: Failure) -> Draft:
    detail = f"{failure.importer} line {failure.line} needs {failure.name} of {failure.half} before it is bound"
    own = Obstacle(draft.init.reexports()[0], "cycle-remains", (), detail)
    return replace(draft, moved=(), kept=(*here, own))


def _proven(draft: Draft) -> Draft:
    """The draft, if each name it moves can be had first and no effect is lost; else nothing moves."""
    failures = draft.order.failures({each.target for each in draft.moved})
    if failures:
        return _stuck(draft, [], next(iter(failures.values())))
    if effect := _first_effect(Effects(draft.init.package), draft.lost):
        return draft.keeping(draft.moved, "side-effect", _described(effect))
    return draft
