"""What of an `__init__.py` becomes lazy: all that gains by it, or the little that breaks a cycle."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from cifix.formats.python.effects import Effect, Effects
from cifix.formats.python.names import has_dunder_all
from cifix.formats.python.order import Failure, Order
from cifix.formats.python.programs import Attempt, Event
from cifix.model.change import Edit, inverse, origin
from cifix.rules.lazy_init.deep import barrier, hidden, revealing
from cifix.rules.lazy_init.edits import lazy_edits
from cifix.rules.lazy_init.reexports import Init, Obstacle, Reexport, Statement
from cifix.rules.lazy_init.styles import Style, inexpressible, styled

_TRIES = 8
"""How many statements are tried at each step of keeping a module importable."""


@dataclass(frozen=True)
class Draft:
    """A conversion in the making: what moves, what stays and why, and which modules are loaded today.

    `today` is the order of imports as it stands, if the package can be imported, so that programs may rely on all
    that it loads; `others` are the lines, by module, of imports elsewhere that may become lazy too.
    """

    init: Init
    moved: tuple[Reexport, ...]
    kept: tuple[Obstacle, ...]
    before: frozenset[str]
    today: Order | None = None
    style: Style = Style.GETATTR
    others: Mapping[str, frozenset[int]] = field(default_factory=dict)

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

    @cached_property
    def endangered(self) -> frozenset[str]:
        """Those that it no longer loads for sure: what else does may fail first, in a `try` that forgives it."""
        sure = Order(self.order.package, doubtful=True).first(self.init.name).loaded
        moved = Order(self.init.package).closure([each.target for each in self.moved], self.init.name)
        return self.lost | ((self.before - set(sure)) & moved)

    def edits(self) -> tuple[Edit, ...]:
        """The conversion, with an entry for each submodule that used to be loaded along.

        Where modules are imported by computed names, that is taken to be each submodule there is.
        """
        every = {name for name in self.init.children if not name.startswith("__")}
        worst = Order(self.order.package, self.others) if self.others else self.order
        fading = self.before - set(worst.first(self.init.name).loaded)
        along = every if self.computed else self.children(fading | self.endangered)
        public = {name for name in self.children(self.before) if not name.startswith("_")}
        bound = set(self.init.names.bound)
        public |= set(self.init.star_list())
        deep = revealing(self.hidden, self.today, worst) if self.today else ()
        return (*styled(self.style, self.init, self.moved, along - bound, public), *deep)

    @cached_property
    def hidden(self) -> tuple[str, ...]:
        """The modules, this package's own children left out, that would no longer be attributes of their parents."""
        found = hidden(self.init.name, self.today, self.order) if self.today and self.moved else ()
        return tuple(dict.fromkeys(found))

    @cached_property
    def computed(self) -> bool:
        """Whether a module that is no longer loaded imports others by names that are not in its source."""
        return any(self.init.effects.computes_imports(name) for name in self.lost)

    def children(self, modules: Iterable[str]) -> set[str]:
        """Those of some modules that are submodules of this package, by their last parts."""
        return {name for name in self.init.children if f"{self.init.name}.{name}" in modules}

    def keeping(self, held: Iterable[Reexport], key: str, detail: str) -> "Draft":
        """The draft with some names left where they are, and with them all others of the same star."""
        some = tuple(held)
        stars = [each.statement for each in some if each.statement.names[0].name == "*"]
        stay = tuple(each for each in self.moved if each in some or each.statement in stars)
        told = [
            Obstacle(statement, key, tuple(each.name for each in stay if each.statement is statement), detail)
            for statement in dict.fromkeys(each.statement for each in stay)
        ]
        return replace(self, moved=tuple(x for x in self.moved if x not in stay), kept=(*self.kept, *told))

    def of(self, statement: ast.stmt) -> list[Reexport]:
        """The names that move out of one statement."""
        return [each for each in self.moved if each.statement is statement]

    @property
    def statements(self) -> list[Statement]:
        """The statements that lose names, from the top."""
        return list(dict.fromkeys(each.statement for each in self.moved))


def settled(init: Init, order: Order, style: Style, others: Mapping[str, frozenset[int]]) -> Draft:
    """Everything in one file that can be lazy and gains by it; the rest is kept, each with its reason.

    `order` is the import order of the tree as it stands, `others` what may become lazy in other files.
    """
    free, kept = init.survey()
    draft = Draft(init, tuple(free), tuple(kept), frozenset(), style=style, others=others)
    if not free:
        return draft
    first = order.first(init.name)
    before = order.closure([init.name], "") if first.failure else frozenset(first.loaded)
    draft = replace(draft, before=before, today=None if first.failure else order)
    if obstacle := whole(init, order):
        return replace(draft, moved=(), kept=(obstacle,))
    return gated(draft, order)


def gated(draft: Draft, order: Order) -> Draft:
    """The draft without what cannot move for the sake of other modules, or gains nothing; each with its reason."""
    draft = _worthwhile(_without_effects(_undisturbed(_expressible(draft), order), order))
    draft = _worthwhile(_reachable(_worthwhile(_importable(draft, order)), order))
    return _open(_listed(_worthwhile(_expressible(draft))))


def _expressible(draft: Draft) -> Draft:
    """Keep the names that the style has no words for; others of `__lazy_modules__` may have to stay with them."""
    while held := list(inexpressible(draft.style, draft.init, draft.moved)):
        why = held[0][1]
        draft = draft.keeping([each for each, reason in held if reason == why], "not-expressible", why)
    return draft


def cured(init: Init, order: Order, failure: Failure) -> Draft:
    """The fewest names, statement by statement along the failing chain, whose delay lets the package import.

    Nothing moves if that does not cure it for good; then the first of `kept` says why.
    """
    draft = Draft(init, (), (), order.closure([init.name], ""))
    free, kept = init.survey()
    missing = [obstacle for obstacle in kept if obstacle.key == "missing-module"]
    if reason := next(iter(missing), None) or whole(init, order):
        return replace(draft, kept=(reason,))
    current: Failure | None = failure
    while current:
        line = draft.reached(current)
        more = [each for each in free if each.statement.lineno == line and each not in draft.moved]
        if not more:
            return _stuck(draft, [obstacle for obstacle in kept if obstacle.statement.lineno == line], current)
        draft = replace(draft, moved=(*draft.moved, *more))
        current = draft.order.first(init.name).failure
    return _open(_proven(draft))


def whole(init: Init, order: Order) -> Obstacle | None:
    """Why nothing in a file can be lazy, if that is so."""
    found = init.file_obstacle() or _probe(init, order)
    return Obstacle(init.reexports[0], found[0], (), found[1]) if found else None


def _open(draft: Draft) -> Draft:
    """Nothing moves into a lazy table of another make."""
    if not draft.moved or not draft.init.closed:
        return draft
    return draft.keeping(draft.moved, "existing-getattr", "the file has a lazy table of another make")


def _listed(draft: Draft) -> Draft:
    """Nothing moves if a star import takes submodules, for want of `__all__`, that computed names keep secret."""
    if not draft.moved or has_dunder_all(draft.init.module.tree):
        return draft
    if not draft.computed and not _reached_by_name(draft):
        return draft
    detail = "there is no __all__, and modules are imported by computed names"
    return draft.keeping(draft.moved, "no-star-list", detail)


def _reached_by_name(draft: Draft) -> bool:
    """Whether a module that gets loaded may import, by a name in some string, a submodule that nothing else loads."""
    init = draft.init
    unseen = init.children - draft.children(draft.before) - set(init.star_list())
    importing = [name for name in sorted(draft.before) if unseen and init.effects.computes_imports(name)]
    sources = [found.text.text for name in importing if (found := init.package.source(name))]
    if any(
        "pkgutil" in source or f"{quote}{name}{quote}" in source
        for source in sources
        for name in unseen
        for quote in "'\""
    ):
        return True
    dotted = [f"{quote}{parent}.{name}{quote}" for name in unseen for parent in ("", init.name) for quote in "'\""]
    return bool(importing) and init.package.mentions([word.encode() for word in dotted])


def _probe(init: Init, order: Order) -> tuple[str, str] | None:
    for name in order.package.modules:
        inside = f"{name}.".startswith(f"{init.name}.")
        if not inside and any(init.name in _attempted(order, name, event) for event in order.program(name).events):
            return "probed", f"{name} tries to import {init.name} and does something else if that fails"
    return None


def _attempted(order: Order, name: str, event: Event) -> set[str]:
    return set(order.attempted(name, event)) if isinstance(event, Attempt) else set()


def _undisturbed(draft: Draft, order: Order) -> Draft:
    """Keep statements that load a submodule of a name that the file gives to something else as well."""
    while draft.moved:
        others = set(draft.init.names.bound) - {each.name for each in draft.moved}
        name = min(
            (name for name in others & draft.init.children if f"{draft.init.name}.{name}" in draft.lost), default=""
        )
        if not name:
            break
        detail = f"the file binds {name} itself, and importing the submodule of that name replaces it"
        held = _smallest(draft, order, f"{draft.init.name}.{name}")
        draft = draft.keeping(held, "submodule-clash", detail)
    return draft


def _without_effects(draft: Draft, order: Order) -> Draft:
    """Keep, for each effect that would be lost, the statement that loads it and the fewest modules."""
    while draft.moved and (effect := _first_effect(draft.init.effects, draft.endangered)):
        draft = draft.keeping(_smallest(draft, order, effect.module), "side-effect", _described(effect))
    return draft


def _smallest(draft: Draft, order: Order, module: str) -> list[Reexport]:
    """The names of the one statement that loads a module and the fewest others."""
    reach = {x: order.closure([each.target for each in draft.of(x)], draft.init.name) for x in draft.statements}
    loading = [x for x in draft.statements if module in reach[x]] or draft.statements
    return draft.of(min(loading, key=lambda x: (len(reach[x]), x.lineno)))


def _reachable(draft: Draft, order: Order) -> Draft:
    """Keep statements that make a module further down an attribute of a parent that cannot import it later."""
    while found := next(((x, why) for x in draft.hidden if (why := barrier(draft.init.package, x))), None):
        draft = draft.keeping(_smallest(draft, order, found[0]), "deep-submodule", found[1])
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


def _likely(draft: Draft, order: Order, failure: Failure) -> Sequence[Statement]:
    """The statements that load the half-imported module, those first that load the fewest others."""
    reach = {x: order.closure([each.target for each in draft.of(x)], draft.init.name) for x in draft.statements}
    loading = [x for x in draft.statements if failure.half in reach[x]] or draft.statements
    return sorted(loading, key=lambda x: (len(reach[x]), x.lineno))[:_TRIES]


def _stuck(draft: Draft, here: Sequence[Obstacle], failure: Failure) -> Draft:
    detail = f"{failure.importer} line {failure.line} needs {failure.name} of {failure.half} before it is bound"
    own = Obstacle(draft.init.reexports[0], "cycle-remains", (), detail)
    return replace(draft, moved=(), kept=(*here, own))


def _proven(draft: Draft) -> Draft:
    """The draft, if each name it moves can be had first and no effect is lost; else nothing moves."""
    failures = draft.order.failures({each.target for each in draft.moved})
    if failures:
        return _stuck(draft, [], next(iter(failures.values())))
    if effect := _first_effect(draft.init.effects, draft.lost):
        return draft.keeping(draft.moved, "side-effect", _described(effect))
    return draft
