"""What the rest of the repository does with a module's names: asked many times, read once."""

import re
from collections.abc import Collection, Iterator
from functools import cached_property

from cifix.formats.python.glance import glance
from cifix.formats.python.packages import Package
from cifix.model.text import Opaque
from cifix.rules.break_import_cycle.uses import called

_WORD = rb"[\w\x80-\xff]+"
_TAKES = re.compile(rb"(?<![\w\x80-\xff])(%b)(?:\.(?=(%b))|,\s*(?=[\"'](%b)[\"']))" % (_WORD, _WORD, _WORD))
"""`engine.Wheel`, and `engine, "Wheel"` as `getattr` and `monkeypatch.setattr` have it."""

_ALIAS = re.compile(rb"(?<![\w\x80-\xff])(%b)[ \t]+as[ \t]+(%b)" % (_WORD, _WORD))


_DEFINED = re.compile(rb"\b(?:def|class)[ \t]+(%b)" % _WORD)
_CALLED = re.compile(rb"(?<![\w\x80-\xff])(%b)(?=[ \t]*\()|(?<=[@.])(%b)" % (_WORD, _WORD))


class Surroundings:
    """The files around some `modules` of a package."""

    def __init__(self, package: Package, modules: Collection[str]) -> None:
        self._package = package
        self._modules = frozenset(modules)
        self._leaves = frozenset(name.rpartition(".")[2].encode() for name in modules)

    def taker(self, module: str, path: str, names: Collection[str]) -> str | None:
        """A file other than `path` that takes one of `names` from `module`, or may, as far as its words tell."""
        leaf, (takers, closed) = module.rpartition(".")[2], self._scanned
        found = {user for name in (*names, "*") for user in takers.get((leaf, name), ())}
        return min((found | closed) - {path}, default=None)

    def caller(self, words: Collection[str]) -> str | None:
        """A module of the package that calls one of `words`, or decorates with it, while it is imported."""
        return min((self._callers[word] for word in words if word in self._callers), default=None)

    @cached_property
    def _scanned(self) -> tuple[dict[tuple[str, str], set[str]], set[str]]:
        """The files that take each name of each module, and those that cannot be read."""
        takers: dict[tuple[str, str], set[str]] = {}
        closed: set[str] = set()
        for path in self._package.snapshot.matching(("**/*.py", "**/*.pyi")):
            try:
                data = self._package.snapshot.read(path)
            except Opaque:
                closed.add(path)
                continue
            for pair in self._pairs(data):
                takers.setdefault(pair, set()).add(path)
        return takers, closed

    def _pairs(self, data: bytes) -> Iterator[tuple[str, str]]:
        """Each module, by the last part of its name, and each name that a source takes from it."""
        for module, _, names, _ in glance(data):
            leaf = module.rpartition(".")[2]
            if leaf.encode() in self._leaves:
                yield from ((leaf, name) for name in names)
        aliases = {alias: leaf for leaf, alias in _ALIAS.findall(data) if leaf in self._leaves}
        for owner, dotted, quoted in _TAKES.findall(data):
            if (leaf := aliases.get(owner, owner)) in self._leaves:
                yield leaf.decode(errors="replace"), (dotted or quoted).decode(errors="replace")

    @cached_property
    def _callers(self) -> dict[str, str]:
        """By each word that the modules define: a module of the package that calls it while it is imported."""
        defined = {word for name in self._modules for word in _DEFINED.findall(self._data(name))}
        found: dict[str, str] = {}
        for name, path in self._package.modules.items():
            looks = any(defined & {*words} for words in _CALLED.findall(self._data(name)))
            module = self._package.source(name) if looks else None
            for word in called(module.tree) if module is not None else ():
                found.setdefault(word, str(path))
        return found

    def _data(self, name: str) -> bytes:
        path = self._package.modules[name]
        try:
            return b"" if path is None else self._package.snapshot.read(path)
        except Opaque:
            return b""
