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


def hidden(name: str, today: Order, after: Order) -> Iterator[str]:
    """The modules that no longer become attributes of their parents once `name` is lazy, its own children left out.

    Importing some package loads them today, and no longer does; nor does importing their parents.
    """
    for package in packages_loading(name, today):
        lost = set(today.first(package).loaded) - set(after.first(package).loaded)
        for module in sorted(lost):
            parent, _, leaf = module.rpartition(".")
            if parent == name or not f"{parent}.".startswith(f"{package}."):
                continue
            if leaf not in after.program(parent).lazy and module not in after.first(parent).loaded:
                yield module


def packages_loading(name: str, order: Order) -> Iterator[str]:
    """The packages whose import runs the package `name`, that itself included."""
    for package, path in order.package.modules.items():
        if path and path.endswith(f"/{INIT}") and name in order.first(package).loaded:
            yield package


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


def revealing(modules: Iterable[str], today: Order, worst: Order) -> Iterator[Edit]:
    """Entries for `modules` in the files of their parents, with all that `worst` says those may lose as well."""
    families: dict[str, set[str]] = {}
    for module in modules:
        families.setdefault(module.rpartition(".")[0], set()).add(module.rpartition(".")[2])
    for parent, leaves in families.items():
        loaded = today.first(parent).loaded
        if init := _parent(today.package, f"{parent}.{min(leaves)}"):
            fading = set(loaded) - set(worst.first(parent).loaded)
            more = {name for name in init.children if f"{parent}.{name}" in fading} - set(init.names.bound)
            public = {name for name in init.children if f"{parent}.{name}" in loaded and not name.startswith("_")}
            yield from grown(init, leaves | more - set(table(init.module.tree)), public | set(init.star_list()))


def _parent(package: Package, module: str) -> Init | None:
    parent = module.rpartition(".")[0]
    path = package.modules.get(parent)
    if path is None or not path.endswith(f"/{INIT}"):
        return None
    try:
        return Init(package, parent, path, package.snapshot.parsed(path, python.parse))
    except Opaque:
        return None
