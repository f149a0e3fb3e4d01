"""Which module runs when: a simulation of Python's import system that executes nothing.

States and messages follow the language reference, https://docs.python.org/3/reference/import.html,
and `from` falling back to `sys.modules` for a submodule that is still running (Python 3.7 and later).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from cifix.formats.python.packages import Package
from cifix.formats.python.programs import Attempt, Bind, Drop, Event, Load, Program, Promise, loads, program
from cifix.model.text import Opaque


@dataclass(frozen=True, slots=True)
class Failure:
    """`importer` at `line` needs `name` of `half`, which is itself still being imported.

    `chain` are the modules that were running, outermost first, with the line each had reached.
    """

    importer: str
    line: int
    half: str
    name: str
    chain: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import leads to: all modules that were loaded, in order, and the failure that ended it, if any."""

    loaded: tuple[str, ...]
    failure: Failure | None


class Order:
    """The import order of one package's modules, as its sources stand in its snapshot.

    Modules outside the package and modules whose source is not there are taken to import well; so are those
    of which the source cannot be read, which `unread` holds once the simulation has met them. `skipped` are lines
    of import statements, by module, that are taken not to run. With `doubtful`, nothing that a `try` guards loads
    a module: what is loaded then is loaded for sure, but nobody should ask such an order for failures.
    """

    def __init__(
        self, package: Package, skipped: Mapping[str, frozenset[int]] | None = None, *, doubtful: bool = False
    ) -> None:
        self.package = package
        self.skipped = skipped or {}
        self.doubtful = doubtful
        self.unread: set[str] = set()
        self._programs: dict[str, Program] = {}
        self._states: dict[str, _State | Failure] = {}

    def program(self, name: str) -> Program:
        """The events of a module; an open one without events if its source cannot be read."""
        if name not in self._programs:
            path = self.package.modules[name]
            try:
                found = Program(open=True) if path is None else self.package.snapshot.derived(path, program)
            except Opaque:
                found = Program(open=True)
                self.unread.add(name)
            self._programs[name] = found
        return self._programs[name]

    def first(self, name: str) -> Outcome:
        """What happens if `name` is the first module of its package that a new process imports."""
        state = self._after(name)
        return Outcome((), state) if isinstance(state, Failure) else Outcome(tuple(state.bound), None)

    def failures(self, entries: Iterable[str] | None = None) -> Mapping[str, Failure]:
        """The modules (of `entries`, or all) that cannot be the first import of a process, each with the reason."""
        wanted = self.package.modules if entries is None else entries
        outcomes = {name: self.first(name).failure for name in sorted(wanted)}
        return {name: failure for name, failure in outcomes.items() if failure is not None}

    def targets(self, module: str, load: Load) -> Iterator[str]:
        """The modules of the package that an import statement of `module` loads, parents excluded."""
        base = self.package.absolute(module, load.level, load.module)
        if base is not None and base in self.package.modules:
            yield base
        for name, _ in load.names or ():
            if (full := f"{base}.{name}") in self.package.modules:
                yield full

    def unsourced(self, module: str) -> frozenset[str]:
        """The names that a module takes from itself as submodules although they have no source here.

        Something builds or hides them; the words in which Python 3.9 to 3.13 report a missing one are
        those of a circular import.
        """
        return frozenset(
            name
            for load in loads(self.program(module).events)
            if self.package.absolute(module, load.level, load.module) == module
            for name, _ in load.names or ()
            if f"{module}.{name}" not in self.package.modules
        )

    def attempted(self, module: str, attempt: Attempt) -> Iterator[str]:
        """The modules of the package whose failure an attempt in `module` would notice."""
        for load in loads(attempt.body):
            yield from self.targets(module, load)

    def closure(self, names: Iterable[str], stop: str) -> frozenset[str]:
        """All modules that importing `names` can load, parents included, without what `stop` imports."""
        seen: set[str] = {stop}
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in seen or name not in self.package.modules:
                continue
            seen.add(name)
            todo.append(name.rpartition(".")[0])
            for load in loads(self.program(name).events):
                todo.extend(self.targets(name, load))
        return frozenset(seen - {stop})

    def _after(self, name: str) -> "_State | Failure":
        if name not in self._states:
            parent = name.rpartition(".")[0]
            before = self._after(parent) if parent else _State(self)
            if isinstance(before, Failure):
                return before
            state = before if name in before.bound else before.fork().importing(name)
            if name in self.package.modules and not self.package.is_package(name):
                return state  # nothing starts from it, and a state can hold the names of the whole package
            self._states[name] = state
        return self._states[name]


class _Stop(Exception):  # noqa: N818 - it is control flow, like ImportError in the program it stands for
    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure


class _State:
    """One process: the names of each module so far, and the modules that are running with the line they are at."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.bound: dict[str, set[str]] = {}
        self.promised: dict[str, set[str]] = {}
        self.running: dict[str, int] = {}

    def fork(self) -> "_State":
        twin = _State(self.order)
        twin.bound = {name: set(bound) for name, bound in self.bound.items()}
        twin.promised = {name: set(promised) for name, promised in self.promised.items()}
        return twin

    def importing(self, name: str) -> "_State | Failure":
        try:
            self.load(name)
        except _Stop as stop:
            return stop.failure
        return self

    def load(self, name: str) -> None:
        parent, _, leaf = name.rpartition(".")
        if name in self.bound or name not in self.order.package.modules:
            return
        if parent:
            self.load(parent)
            if name in self.bound:
                return
        self.bound[name] = set()
        self.running[name] = 0
        try:
            self.run(name, self.order.program(name).events)
        except _Stop:
            del self.bound[name]
            raise
        finally:
            del self.running[name]
        if parent in self.bound:
            self.bound[parent].add(leaf)

    def run(self, name: str, events: tuple[Event, ...]) -> None:
        for event in events:
            match event:
                case Bind(names=names):
                    self.bound[name].update(names)
                case Load(local=True):
                    with suppress(_Stop):
                        self.statement(name, event)
                case Load() if event.line in self.order.skipped.get(name, ()):
                    self.bound[name].update(bound for _, bound in event.names or ())
                case Load():
                    self.running[name] = event.line
                    self.statement(name, event)
                case Promise(names=names):
                    self.promised.setdefault(name, set()).update(names)
                case Drop(names=names):
                    self.bound[name].difference_update(names)
                case Attempt() if self.order.doubtful:
                    self.bound[name].update(bound for load in loads(event.body) for _, bound in load.names or ())
                case Attempt():
                    self.attempt(name, event)

    def attempt(self, name: str, event: Attempt) -> None:
        try:
            self.run(name, event.body)
        except _Stop:
            self.run(name, event.rescue)
        else:
            self.run(name, event.rest)

    def statement(self, name: str, load: Load) -> None:
        base = self.order.package.absolute(name, load.level, load.module) or ""
        self.load(base)
        for taken, bound in load.names or ():
            if taken == "*":
                self.bound[name].update(self.star(base))
            else:
                if base in self.bound:
                    self.take(name, base, taken)
                if not load.local:
                    self.bound[name].add(bound)

    def star(self, base: str) -> set[str]:
        return {name for name in self.bound.get(base, ()) if not name.startswith("_")}

    def take(self, importer: str, base: str, name: str) -> None:
        """`getattr(base, name)`, else the submodule of that name, as `from base import name` does."""
        if name in self.bound[base]:
            return
        program = self.order.program(base)
        answers = "__getattr__" in self.bound[base] or name in self.promised.get(base, ())
        if answers and (entry := program.lazy.get(name)):
            self.resolve(importer, base, entry.module, entry.attribute)
        elif (full := f"{base}.{name}") in self.order.package.modules:
            self.load(full)
        elif base in self.running and self.expects(base, name):
            raise _Stop(Failure(importer, self.running.get(importer, 0), base, name, tuple(self.running.items())))

    def expects(self, base: str, name: str) -> bool:
        """Whether a running module will bind `name` further down, by its own code."""
        program = self.order.program(base)
        answers = "__getattr__" in self.bound[base] and not program.lazy
        return name in program.known and name not in self.order.unsourced(base) and not answers

    def resolve(self, importer: str, base: str, module: str, attribute: str | None) -> None:
        level = len(module) - len(module.lstrip("."))
        target = self.order.package.absolute(base, level, module[level:]) or ""
        if target == base:
            self.load(f"{base}.{attribute}")
        elif target in self.order.package.modules:
            self.load(target)
            if attribute is not None:
                self.take(importer, target, attribute)
