"""Import the names of a package when somebody asks for them, not with the package.

Why:
    An `__init__.py` that re-exports names runs all modules they come from for every `import pkg`. If one of those
    needs a name of the package that is not there yet, CI stops with "ImportError: cannot import name 'Engine' from
    partially initialized module 'car' (most likely due to a circular import)". A module-level `__getattr__` with a
    table of names cures that on every supported Python; the imports stay under `TYPE_CHECKING`, where type checkers
    and freezers read them.

    Unasked, the rule acts only where importing a package fails: in a cycle through an `__init__.py`, of which it
    moves no more than breaks it, or with "ModuleNotFoundError: No module named 'numpy'" in a plain install, because
    the package loads a module that needs what only an extra brings. Named on the command line, it converts every
    package that gains by it. In each case it plays through the import of every module, before and after, without
    running any: no module may become one that cannot be imported first.

When this is wrong:
    Programs that read `vars(pkg)` see a name only after its first use. A test that patches `pkg.module.name` around
    the very first access of `pkg.name` leaves its mock behind. What is wrong in a submodule shows on first use, not
    at start-up. `importlib.reload(pkg)` keeps the names it has. What an extra brings may be there anyway, as a
    dependency of a dependency. What a module imports by computed names, deeper than one level below the package,
    is an attribute of its parent only once that module is used.

    The `__getattr__` that is written here answers as Python does; lazy_loader 0.6 differs. A missing name is "No pkg
    attribute nope" there, not "module 'pkg' has no attribute 'nope'"; `dir(pkg)` leaves out all names that are not
    lazy; and an AttributeError inside a submodule looks like a missing name, so that `hasattr` says False.

What it will not touch:
    Names that the package itself needs, names whose delay would lose a side effect, and files whose names cannot be
    known without running them. A module that no commit holds is not a cycle, although Python 3.9 to 3.13 say so in
    the very words above: that file must be tracked, see `anchor-gitignore`.

Sources:
    https://peps.python.org/pep-0562/, read 2026-11
    https://peps.python.org/pep-0810/, read 2026-11
    https://scientific-python.org/specs/spec-0001/, read 2026-11
    https://pypi.org/project/lazy-loader/0.6/, tried 2026-11
    https://docs.python.org/3/reference/import.html#submodules, read 2026-11
    https://typing.python.org/en/latest/spec/distributing.html, read 2026-11
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from cifix.formats import python
from cifix.formats.python.circles import glimpses
from cifix.formats.python.glance import Place
from cifix.formats.python.order import Failure, Order
from cifix.formats.python.packages import INIT, Package, packages
from cifix.model.expect import Exports
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.glob import matches
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.lazy_init.draft import Draft, cured, settled
from cifix.rules.lazy_init.extras import Missing, lightened, missing
from cifix.rules.lazy_init.reexports import Init
from cifix.rules.lazy_init.styles import Style, style_of
from cifix.rules.lazy_init.suspicion import entangled

_ELSEWHERE = frozenset({"tests", "test", "docs", "doc", "examples", "fixtures", "vendor", "vendored", "_vendor"})
"""Folders whose packages are not what users import."""

_ANSWERS = (b"\ndef __getattr__", b"\rdef __getattr__", b"__getattr__,", b"lazy from")
"""Signs of modules that load others by names in no import statement."""


@dataclass(frozen=True, slots=True)
class Options:
    """How far the rule goes.

    `selected`: convert every package that gains by it, not only those that cannot be imported; set when the rule is
    named on the command line. `packages`: path patterns that packages must match, such as `src/car/**`; all
    packages without any. `style`: `getattr` writes a `__getattr__`, also beside a `__lazy_modules__` that older
    Pythons ignore; `lazy-loader` calls `lazy_loader.attach` where the project depends on lazy-loader; `pep810`
    writes `lazy from` where it needs Python 3.15, else the list `__lazy_modules__`, which older Pythons ignore;
    `auto` is `pep810` where the project needs Python 3.15, else `lazy-loader` where it depends on that, else
    `getattr`.
    """

    selected: bool = False
    packages: tuple[str, ...] = ()
    style: str = "auto"


@declare(
    __doc__,
    reads=(f"**/{INIT}",),
    needles=(b"import",),
    safety=Safety.REVIEW,
    after=("anchor-gitignore",),
    options=Options,
    refusals={
        "conditional": "the import stands in a condition, a loop, a `with` or a `try`",
        "cycle-remains": "the modules of the cycle need each other's names even if the package is lazy",
        "deep-submodule": "a module further down would no longer be an attribute of its parent",
        "deleted": "the file deletes the name further on",
        "dynamic-all": "`__all__` is computed from the modules",
        "dynamic-namespace": "the file works on `globals()` or `sys.modules` itself",
        "existing-getattr": "the file has a lazy table of its own, or a `__getattr__` that it cannot share",
        "latent-cycle": "a module of the package could no longer be the first import of a process",
        "loaded-anyway": "what must stay loads the same module, so a delay would gain nothing",
        "missing-module": "the module is in no commit; being lazy would only hide that",
        "namespace": "the package lies in a namespace package, whose other parts are not seen",
        "no-star-list": "there is no `__all__`, and what a star import takes depends on conditions",
        "not-expressible": "the style that was asked for has no words for the name",
        "opaque": "the file cannot be read as Python",
        "probed": "a `try` elsewhere imports the package to learn whether it works",
        "rebound": "the name is bound more than once",
        "shadowed-builtin": "a name of the package hides a builtin that the lazy block needs",
        "shared-line": "other statements stand on the same line",
        "side-effect": "the module changes something outside itself when it is imported",
        "star-import": "a star import takes names that are not written down",
        "submodule-clash": "a submodule bears the name, and would take its place once it is imported",
        "used-at-import": "the package needs the name while it is imported",
        "used-in-annotation": "an annotation names it as text, and `typing.get_type_hints` would not find it",
        "used-in-function": "code that runs later uses the name as a global, and cannot import it for itself",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Yield the packages to convert and, of those, the imports that must stay."""
    answering = {*snapshot.containing((b"__getattr__",), (f"**/{INIT}",))}
    answering |= {*snapshot.containing(_ANSWERS, ("**/*.py",))}
    for package in packages(snapshot):
        inits = [name for name in package.modules if _wanted(package, name, options)]
        outer = package.name.rpartition(".")[0]
        if outer and inits and options.selected:
            why = Refusal("namespace", f"its modules import it as {package.name}")
            yield Finding("lazy-init", str(package.modules[inits[0]]), 0, 0, f"{package.name} stays eager", why)
        elif outer:
            continue
        elif inits and options.selected:
            yield from _convert_all(package, inits, options.style)
        elif inits:
            doubtful = not answering.isdisjoint(package.modules.values())
            cures = [one for name in inits for one in _untracked(package, name)]
            cures += _cure_all(package, inits) if doubtful or entangled(Order(package), inits) else []
            found = cures or (_lighten(package, options.style) if package.name in inits else ())
            yield from (replace(one, red_from=ALREADY) for one in found)


def _wanted(package: Package, name: str, options: Options) -> bool:
    path = package.modules[name]
    if path is None or not path.endswith(f"/{INIT}") or _ELSEWHERE.intersection(path.split("/")):
        return False
    return not options.packages or matches(path, options.packages)


def _convert_all(package: Package, inits: Sequence[str], wanted: str) -> Iterator[Finding]:
    """Each conversion starts from the tree that the one before leaves; one that needs a changed file waits its turn."""
    order = Order(package)
    free = dict(_free(package, inits))
    changed: set[str] = set()
    for name in inits:
        if package.modules[name] in changed:
            continue
        try:
            init = replace(_init(order.package, name), older=wanted == "getattr")
        except Opaque as why:
            path = str(package.modules[name])
            yield Finding("lazy-init", path, 0, 0, f"{name} cannot be read", Refusal("opaque", str(why)))
            continue
        if not init.reexports:
            continue
        style = style_of(init, wanted)
        others = {other: lines for other, lines in free.items() if package.modules[other] not in changed}
        others.pop(name, None)
        draft = settled(replace(init, native=style in {Style.KEYWORD, Style.LISTED}), order, style, others)
        if draft.moved:
            fix = _fix(draft, f"Import {_count(draft)} of {name} on first use")
            paths = {change.path for change in fix.changes}
            if changed & paths:
                continue
            changed |= paths
            yield _finding(init, draft.moved[0].statement, f"import {name} runs every module it re-exports from", fix)
            order = Order(package.at(order.package.snapshot.with_changes(fix.changes)))
        yield from _told(draft)


def _free(package: Package, inits: Sequence[str]) -> Iterator[tuple[str, frozenset[int]]]:
    """The lines of the imports in each file that nothing in that file keeps from being lazy."""
    for name in inits:
        with suppress(Opaque):
            init = _init(package, name)
            if init.reexports and not init.file_obstacle():
                yield name, frozenset(each.statement.lineno for each in init.survey()[0])


def _told(draft: Draft) -> Iterator[Finding]:
    for obstacle in draft.kept:
        what = ", ".join(obstacle.names) or draft.init.path
        yield _finding(draft.init, obstacle.statement, f"{what} stays eager", Refusal(obstacle.key, obstacle.detail))


def _cure_all(package: Package, inits: Sequence[str]) -> Iterator[Finding]:
    done: set[str] = set()
    order = Order(package)
    for name in inits:
        failure = order.first(name).failure
        if failure is None or failure.half in done or failure.half not in inits:
            continue
        done.add(failure.half)
        draft = cured(_init(order.package, failure.half), order, failure)
        finding = _cure(draft, name, failure)
        if isinstance(finding.outcome, Fix):
            order = Order(package.at(order.package.snapshot.with_changes(finding.outcome.changes)))
        yield finding


def _cure(draft: Draft, name: str, failure: Failure) -> Finding:
    message = (
        f"import {name} fails: {failure.importer} line {failure.line} needs {failure.name}, "
        f"which {failure.half} has not bound by then"
    )
    if draft.moved:
        fix = _fix(draft, f"Break the import cycle of {failure.half} by importing {_count(draft)} on first use")
        return _finding(draft.init, draft.moved[0].statement, message, fix)
    reason = draft.kept[0]
    return _finding(draft.init, reason.statement, message, Refusal(reason.key, reason.detail))


def _lighten(package: Package, wanted: str) -> Iterator[Finding]:
    """The cure for a package of which a plain install lacks something; its inner packages may be extras by design."""
    order = Order(package)
    found = missing(package, package.name, order)
    if found and order.first(package.name).failure is None:
        init = _init(package, package.name)
        style = style_of(init, wanted)
        draft = lightened(init, order, found, Style.GETATTR if style is Style.LISTED else style)
        yield from _light(draft, found[0])


def _light(draft: Draft, first: Missing) -> Iterator[Finding]:
    message = (
        f"import {draft.init.name} fails without an extra: {first.module} line {first.line} "
        f"needs {first.name}, of {first.distribution}"
    )
    if draft.moved:
        fix = _fix(draft, f"Import {_count(draft)} of {draft.init.name} on first use, so that extras stay optional")
        yield _finding(draft.init, draft.moved[0].statement, message, fix)


def _untracked(package: Package, name: str) -> Iterator[Finding]:
    """The imports of files that are on disk only: Python blames a circular import, and there is none."""
    folder = str(package.modules[name]).removesuffix(INIT)

    def on_disk(names: Iterable[str]) -> list[str]:
        absent = [each for each in names if f"{name}.{each}" not in package.modules]
        return [x for x in absent if {f"{folder}{x}.py", f"{folder}{x}/{INIT}"} & package.snapshot.disk.keys()]

    seen = glimpses(package, name, Place.MARGIN) if package.snapshot.disk else ()
    source = package.source(name) if any(base == name and on_disk(names) for base, names in seen) else None
    for statement in source.tree.body if source else ():
        if not isinstance(statement, ast.ImportFrom):
            continue
        if package.absolute(name, statement.level, statement.module) != name:
            continue
        if disk := on_disk(alias.name for alias in statement.names):
            why = Refusal("missing-module", f"{name}.{disk[0]} is on disk and in no commit: see anchor-gitignore")
            yield _finding(_init(package, name), statement, f"a clean checkout has no {name}.{disk[0]}", why)


def _init(package: Package, name: str) -> Init:
    path = str(package.modules[name])
    return Init(package, name, path, package.snapshot.parsed(path, python.parse))


def _fix(draft: Draft, title: str) -> Fix:
    edits = draft.edits()
    return Fix(title, Safety.REVIEW, edits, tuple(Exports(path) for path in dict.fromkeys(x.path for x in edits)))


def _count(draft: Draft) -> str:
    return f"{len(draft.moved)} names" if len(draft.moved) > 1 else draft.moved[0].name


def _finding(init: Init, statement: ast.stmt, message: str, outcome: Fix | Refusal) -> Finding:
    start, end = init.module.span(statement)
    return Finding("lazy-init", init.path, start, end, message, outcome)
