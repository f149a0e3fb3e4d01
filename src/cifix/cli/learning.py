"""What earlier runs learned of the files of a repository, for as long as those stay as they are."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from cifix.cli.cache import Cache
from cifix.model.learned import Learned
from cifix.vcs.source import Checkout, Stored

KEPT = 20
"""Repositories of which something is kept."""


@contextmanager
def learning(place: str, source: Checkout | Stored) -> Iterator[Learned]:
    """What is known of the files of `source`, to be added to; it is kept for the next run unless this one fails."""
    cache = Cache.of("files", KEPT)
    if cache is None:
        yield Learned()
        return
    key = place, type(source).__name__
    stamps = source.stamps
    learned, known = _recalled(cache.read(*key), stamps, source)
    yield learned
    if learned.fresh or known != stamps:
        facts = {
            name: {path: value for path, value in told.items() if path in stamps}
            for name, told in learned.facts.items()
        }
        cache.write(pickle.dumps((stamps, facts, learned.finds), pickle.HIGHEST_PROTOCOL), *key)


def _recalled(kept: bytes | None, stamps: Any, source: Checkout | Stored) -> tuple[Learned, Any]:  # noqa: ANN401
    try:
        known, facts, finds = _Plain(BytesIO(kept or b"")).load()
    except (pickle.UnpicklingError, EOFError):
        return Learned(), None
    stale = frozenset(path for path in source.modes if path not in stamps or known.get(path) != stamps[path])
    fresh = {path for path in known if path in stamps and path not in stale}
    left = {name: {path: value for path, value in told.items() if path in fresh} for name, told in facts.items()}
    return Learned(left, before=finds, stale=stale), known


class _Plain(pickle.Unpickler):
    """Makes nothing but what cifix itself defines."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class
        if not module.startswith("cifix."):
            raise pickle.UnpicklingError(f"{module}.{name} is no fact")
        return super().find_class(module, name)
