"""Modules that import what only an extra of the project installs, and what of an `__init__.py` loads them."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cifix.formats.python.circles import glimpses
from cifix.formats.python.glance import Place
from cifix.formats.python.order import Order
from cifix.formats.python.packages import Package
from cifix.formats.python.project import Project, project_of
from cifix.rules.lazy_init.draft import Draft, gated, whole
from cifix.rules.lazy_init.reexports import Init
from cifix.rules.lazy_init.styles import Style

_MODULES = {
    "beautifulsoup4": "bs4",
    "gitpython": "git",
    "opencv-python": "cv2",
    "pillow": "PIL",
    "pyjwt": "jwt",
    "pyserial": "serial",
    "python-dateutil": "dateutil",
    "python-dotenv": "dotenv",
    "pyyaml": "yaml",
    "pyzmq": "zmq",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
"""Well-known distributions whose module has another name, as their indexes showed in 2026-11."""


@dataclass(frozen=True, slots=True)
class Missing:
    """`module` at `line` imports `name`, which only the distribution `distribution` of an extra brings."""

    module: str
    line: int
    name: str
    distribution: str


def missing(package: Package, name: str, order: Order) -> tuple[Missing, ...]:
    """What `import name` runs into without any extra, in the order of loading; nothing unless that is certain."""
    absent = _absent(project_of(package.snapshot, str(package.modules[name])), package)
    asking = {module for module in package.modules if absent and _seems_to_import(package, module, absent)}
    loaded = order.first(name).loaded if asking else ()
    return tuple(found for module in loaded if module in asking for found in _imports(package, module, absent))


def lightened(init: Init, order: Order, found: tuple[Missing, ...], style: Style) -> Draft:
    """Make lazy all that loads the modules in `found`; nothing moves if the package would still need one of them."""
    heavy = {each.module for each in found}
    free, kept = init.survey()
    draft = Draft(init, (), tuple(kept), frozenset(order.first(init.name).loaded), order, style)
    if obstacle := whole(init, order):
        return replace(draft, kept=(obstacle,))
    loading = [each for each in free if order.closure([each.target], init.name) & heavy]
    trial = gated(replace(draft, moved=tuple(loading)), order)
    if trial.moved and not heavy.intersection(trial.order.first(init.name).loaded):
        return trial
    return replace(draft, kept=(*trial.kept[len(kept) :], *kept))


def _absent(project: Project, package: Package) -> Mapping[str, str]:
    """The modules that a plain install does not bring, with their distributions."""
    if project.required is None:
        return {}
    found = {_MODULES.get(name, name.replace("-", "_")): name for name in project.optional - project.required}
    return {module: name for module, name in found.items() if module != package.name and module.isidentifier()}


def _seems_to_import(package: Package, module: str, absent: Mapping[str, str]) -> bool:
    return any(base.partition(".")[0] in absent for base, _ in glimpses(package, module, Place.MARGIN))


def _imports(package: Package, module: str, absent: Mapping[str, str]) -> Iterator[Missing]:
    source = package.source(module)
    for statement in source.tree.body if source else ():
        match statement:
            case ast.Import(names=aliases):
                tops = [alias.name.partition(".")[0] for alias in aliases]
            case ast.ImportFrom(module=str(base), level=0):
                tops = [base.partition(".")[0]]
            case _:
                continue
        yield from (Missing(module, statement.lineno, top, absent[top]) for top in tops if top in absent)
