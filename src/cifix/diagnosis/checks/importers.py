"""Who imports a module: own code that needs it, own code that can do without, or nobody here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.insight import Insight
from cifix.formats.python.imports import Import, imports
from cifix.model.text import Opaque


@dataclass(frozen=True, slots=True)
class Importer:
    """A tracked file that imports the module on `line`; `guarded` if it provides for its absence."""

    path: str
    line: int
    guarded: bool

    @property
    def place(self) -> str:
        """File and line in one word."""
        return f"{self.path}:{self.line}"


def importers(checkout: Checkout, module: str) -> list[Importer]:
    """Every import of a dotted name, or of what lies below it, in tracked code; those that need it first."""
    found = sorted(_importers(checkout, module), key=lambda one: (one.guarded, one.path, one.line))
    return list(dict.fromkeys(found))


def needing(checkout: Checkout, module: str) -> Importer | None:
    """The first place that imports the module and does not provide for its absence."""
    return first_needing(importers(checkout, module))


def first_needing(found: Sequence[Importer]) -> Importer | None:
    """The first of some imports that does not provide for the absence of what it imports."""
    return next((one for one in found if not one.guarded), None)


def why_optional(found: Sequence[Importer], module: str) -> Insight | None:
    """Why the absence of a module is no cause: all code that imports it can do without."""
    if not found or first_needing(found):
        return None
    return Insight(
        Verdict.UNCONFIRMED,
        f"{found[0].place} provides for the absence of {module}: it is no reason for the failure",
        "look for another message near it",
    )


def _importers(checkout: Checkout, module: str) -> Iterator[Importer]:
    stems = frozenset(checkout.stems(module))
    leaf = module.rpartition(".")[2].encode()
    for path in checkout.snapshot.containing((leaf,), ("**/*.py",)):
        try:
            text = checkout.snapshot.text(path)
            for one in checkout.snapshot.derived(path, imports):
                if _asks(checkout, path, one, module, stems):
                    yield Importer(path, text.line_column(one.start)[0], one.guarded)
        except Opaque:
            continue


def _asks(checkout: Checkout, path: str, one: Import, module: str, stems: frozenset[str]) -> bool:
    if one.level:
        return any(target.stem in stems for target in checkout.packages.targets(path, one))
    names = {one.module, *(f"{one.module}.{name}" for name in one.names)}
    return any(name == module or name.startswith(f"{module}.") for name in names)
