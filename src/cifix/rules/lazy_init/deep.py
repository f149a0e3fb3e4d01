"""Modules two or more levels below a package that were attributes of their parents because the package loaded them."""

from collections.abc import Iterable, Iterator

from cifix.formats import python
from cifix.formats.python.lazy import table
from cifix.formats.python.order import Order
from cifix.formats.python.packages import INIT, Package
from cifix.model.change import Edit
from cifix.model.text import Opaque
from cifix.rules.lazy_init.edits import grown
from cifix.rules.lazy_init.reexports import Init


def hidden(name: str, lost: Iterable[str], after: Order) -> Iterator[str]:
    """The modules of `lost` that no longer become attributes of their parents, direct children of `name` left out.

    Importing the parent does not load them; importing `name` did.
    """
    for module in sorted(lost):
        parent = module.rpartition(".")[0]
        if parent != name and parent.startswith(f"{name}.") and module not in after.first(parent).loaded:
            yield module


def barrier(package: Package, module: str) -> str | None:
    """Why the parent of a module cannot import it on first use; None if it can."""
    init = _parent(package, module)
    parent, _, leaf = module.rpartition(".")
    if init is None:
        return f"{parent} has no {INIT} that could import {leaf} on first use"
    if leaf in init.names.bound and leaf not in table(init.module.tree):
        return f"{parent} has another {leaf}"
    if init.closed:
        return f"{parent} has a lazy table of another make"
    obstacle = init.file_obstacle()
    return f"{parent} could not import {leaf} on first use: {obstacle[1]}" if obstacle else None


def revealing(package: Package, modules: Iterable[str], before: frozenset[str]) -> Iterator[Edit]:
    """Entries for `modules` in the files of their parents; `before` are all modules that used to be loaded."""
    families: dict[str, list[str]] = {}
    for module in modules:
        families.setdefault(module.rpartition(".")[0], []).append(module.rpartition(".")[2])
    for parent, leaves in families.items():
        if init := _parent(package, f"{parent}.{leaves[0]}"):
            public = {name for name in init.children if f"{parent}.{name}" in before and not name.startswith("_")}
            yield from grown(init, leaves, public | set(init.star_list()))


def _parent(package: Package, module: str) -> Init | None:
    parent = module.rpartition(".")[0]
    path = package.modules.get(parent)
    if path is None or not path.endswith(f"/{INIT}"):
        return None
    try:
        return Init(package, parent, path, package.snapshot.parsed(path, python.parse))
    except Opaque:
        return None
