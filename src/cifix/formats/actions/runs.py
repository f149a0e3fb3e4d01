"""Which artifact steps a workflow run executes, and under which names: jobs, legs and local calls followed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from cifix.formats.actions.artifacts import DOWNLOAD, LOCAL, UPLOAD, Repository, Site, candidates, site, sites
from cifix.formats.actions.expression import CONSTANT, Lookup, Parts, Result, Unknown, holds, literal, render, spelling
from cifix.formats.actions.matrix import Data, Matrix, at
from cifix.formats.actions.workflow import Job, Step

DEFAULT = "artifact"
"""The name of an upload that gives none."""

CALLS = 10
"""Levels of local calls that are followed; GitHub allows as many."""

STEPS = 20_000
"""Executions of steps after which a run is followed no further: matrices of calls of matrices grow without bounds."""

_SYSTEMS = {"ubuntu": "Linux", "windows": "Windows", "macos": "macOS"}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a local file: its kind (`composite` or `reusable`), and the job, leg and place it is made from."""

    kind: str
    place: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One execution of a site in one leg of a job. `name` is what it uploads or downloads, None for everything.

    `given` are all its inputs by name in lower case, `conditions` those that decide whether it is executed
    and that only a run can tell. `open_axes` are the matrix axes with values only a run can tell, so that it
    stands for several executions; the axis `*` stands for a matrix of unknown shape, and an axis that begins with
    `^` belongs to the job that called this file.
    """

    site: Site
    job: str
    leg: int
    calls: tuple[Call, ...]
    name: Parts | None
    given: Mapping[str, Parts]
    conditions: tuple[str, ...]
    open_axes: frozenset[str]

    @property
    def path(self) -> Parts:
        """The input `path`, which may be empty."""
        return self.given.get("path", ())


@dataclass(slots=True)
class Run:
    """What happens when the workflow, or an action that no workflow calls, at `path` runs.

    `files` are all files that take part. `outside` is true when others start it: their jobs are not known.
    `needs` are the jobs that each job waits for, `steps` counts executions, up to `STEPS`.
    """

    path: str
    outside: bool
    files: set[str] = field(default_factory=set)
    occurrences: list[Occurrence] = field(default_factory=list)
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    steps: int = 0

    @property
    def complete(self) -> bool:
        """Whether the run was followed to its end."""
        return self.steps < STEPS

    def waits(self, job: str, other: str) -> bool:
        """Whether a job surely starts after another one is done; a called job waits like its caller."""
        todo, seen = [job], {job}
        while todo:
            label = todo.pop()
            caller = label.rpartition(" > ")[0]
            for before in (*self.needs.get(label, ()), *self.needs.get(caller, ())):
                if other == before or other.startswith(f"{before} > "):
                    return True
                if before not in seen:
                    seen.add(before)
                    todo.append(before)
        return False


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the walk stands: the job and leg, and the calls that led there."""

    job: str = ""
    label: str = ""
    leg: Mapping[str, Data] = field(default_factory=dict)
    index: int = 0
    system: str = ""
    inputs: Mapping[str, Result] = field(default_factory=dict)
    env: Mapping[str, Result] = field(default_factory=dict)
    calls: tuple[Call, ...] = ()
    conditions: tuple[str, ...] = ()
    open_axes: frozenset[str] = frozenset()


def runs(repository: Repository, about: Collection[str] | None = None) -> Iterator[Run]:
    """Every way in which files of the repository run: by themselves, or called from outside only.

    With `about`, only runs that may come to one of these files are followed.
    """
    every = {*repository.workflows, *repository.actions} if about is None else _callers(repository, about)
    workflows = sorted(every & repository.workflows.keys())
    called: set[str] = set()
    started: list[Run] = []
    for path in workflows:
        if repository.workflows[path].triggers != {"workflow_call"}:
            started.append(_walk(repository, path, outside=False))
            called |= started[-1].files
    for path in (*workflows, *sorted(every & repository.actions.keys())):
        if path not in called:
            started.append(_walk(repository, path, outside=True))
            called |= started[-1].files
    yield from started
    for path in repository.opaque:
        yield Run(path, outside=False, files={path, *_named(repository, path)})


def groups(repository: Repository) -> Iterator[tuple[Run, ...]]:
    """The runs, together where they share a file with artifact steps: such a file changes for all or none."""
    bearing = {path for path in repository.texts if path in repository.opaque or any(sites(repository, path))}
    joined: dict[int, tuple[set[str], list[Run]]] = {}
    owner: dict[str, int] = {}
    for number, run in enumerate(runs(repository)):
        files, members = run.files & bearing, [run]
        if not files - repository.opaque.keys():
            continue
        for other in sorted({owner[path] for path in files if path in owner}):
            near, before = joined.pop(other)
            files, members = files | near, before + members
        owner.update(dict.fromkeys(files, number))
        joined[number] = files, members
    for _, members in joined.values():
        yield tuple(members)


def _callers(repository: Repository, paths: Collection[str]) -> set[str]:
    """The files `paths`, those that call one of them, those that call these, and so on."""
    found, size = set(paths), -1
    while size != len(found):
        size = len(found)
        found |= {path for path, targets in repository.calls.items() if not targets.isdisjoint(found)}
    return found


def _named(repository: Repository, path: str) -> Iterator[str]:
    """The files that an unreadable file seems to call."""
    for found in LOCAL.finditer(repository.texts.get(path, "")):
        yield from candidates(found.group(1))


def _walk(repository: Repository, path: str, *, outside: bool) -> Run:
    run = Run(path, outside)
    if path in repository.workflows:
        _workflow(repository, run, path, _Frame())
    else:
        _action(repository, run, path, _Frame())
    return run


def _workflow(repository: Repository, run: Run, path: str, frame: _Frame) -> None:
    run.files.add(path)
    frame = _with_env(repository, frame, repository.workflows[path].env)
    for job in repository.workflows[path].jobs:
        inner = _conditioned(frame, job.condition)
        if inner is not None:
            _legs(repository, run, path, job, inner)
        if not run.complete:
            return


def _legs(repository: Repository, run: Run, path: str, job: Job, frame: _Frame) -> None:
    """Every leg of a job; one without a step that is followed is only counted."""
    run.needs[_label(frame, job)] = _needed(frame, job)
    if job.uses is None and not any(map(_follows, job.steps)):
        run.steps += len(job.matrix.legs) * (1 + len(job.steps))
        return
    for index, leg in enumerate(job.matrix.legs):
        run.steps += 1
        if not run.complete:
            return
        _job(repository, run, path, job, _entered(frame, job, index, leg))


def _follows(step: Step) -> bool:
    """Whether a step can come to an artifact: by itself, or by what it calls."""
    return step.uses is not None and (step.uses.local is not None or step.uses.slug in {UPLOAD, DOWNLOAD})


def _label(frame: _Frame, job: Job) -> str:
    return f"{frame.label} > {job.id}" if frame.label else job.id


def _needed(frame: _Frame, job: Job) -> tuple[str, ...]:
    """The labels of the jobs that a job waits for."""
    prefix = f"{frame.label} > " if frame.label else ""
    return tuple(f"{prefix}{before}" for before in job.needs)


def _conditioned(frame: _Frame, condition: str | None) -> _Frame | None:
    """The frame behind an `if:`; None if it surely does not hold."""
    found = condition is None or holds(condition, _lookup(frame))
    if found is None:
        return replace(frame, conditions=(*frame.conditions, condition or ""))
    return frame if found else None


def _entered(frame: _Frame, job: Job, index: int, leg: Mapping[str, Data]) -> _Frame:
    label, open_axes = _label(frame, job), frame.open_axes | _open(job.matrix)
    entered = replace(frame, job=job.id, label=label, leg=leg, index=index, open_axes=open_axes)
    system = literal(render(job.runs_on or "", _lookup(entered))) or ""
    return replace(entered, system=_SYSTEMS.get(system.partition("-")[0].lower(), ""))


def _with_env(repository: Repository, frame: _Frame, env: Mapping[str, str]) -> _Frame:
    """The frame with more variables, but for those that a step may set anew."""
    if not env:
        return frame
    fixed = {key: value for key, value in env.items() if not repository.assigns(key)}
    lost = {key.lower(): Unknown(f"env.{key.lower()}") for key in env.keys() - fixed.keys()}
    known = {key.lower(): _one(render(value, _lookup(frame))) for key, value in fixed.items()}
    return replace(frame, env={**frame.env, **lost, **known})


def _open(matrix: Matrix) -> frozenset[str]:
    return frozenset("*") if matrix.unknown is None else matrix.unknown


def _job(repository: Repository, run: Run, path: str, job: Job, frame: _Frame) -> None:
    if job.uses is None:
        _steps(repository, run, path, job.steps, _with_env(repository, frame, job.env))
        return
    if job.uses.local is None or len(frame.calls) == CALLS:
        return
    target = job.uses.local
    if target in repository.opaque:
        run.files.add(target)
    elif target in repository.workflows:
        inputs = {key: _one(render(scalar.value, _lookup(frame))) for key, scalar in job.inputs.items()}
        given = _given(repository.workflows[target].defaults, inputs, frame)
        call = Call("reusable", (frame.label, frame.index))
        _workflow(
            repository,
            run,
            target,
            _Frame(
                label=frame.label,
                inputs=given,
                calls=(*frame.calls, call),
                conditions=frame.conditions,
                open_axes=frozenset(f"^{axis}" for axis in frame.open_axes),
            ),
        )


def _steps(repository: Repository, run: Run, path: str, steps: tuple[Step, ...], frame: _Frame) -> None:
    document = (repository.workflows.get(path) or repository.actions[path]).document
    for step in steps:
        run.steps += 1
        if not run.complete:
            return
        inner = _conditioned(frame, step.condition) if _follows(step) else None
        if step.uses is None or inner is None:
            continue
        inner = _with_env(repository, inner, step.env)
        if step.uses.local is not None:
            _composite(repository, run, step.uses.local, step, inner)
        elif found := site(path, document, step):
            run.occurrences.append(_occurrence(found, inner))


def _occurrence(found: Site, frame: _Frame) -> Occurrence:
    lookup = _lookup(frame)
    given = {key.lower(): render(scalar.value, lookup) for key, scalar in found.step.inputs.items()}
    name = given.get("name") or ((DEFAULT,) if found.upload else None)
    return Occurrence(found, frame.label, frame.index, frame.calls, name, given, frame.conditions, frame.open_axes)


def _composite(repository: Repository, run: Run, local: str, step: Step, frame: _Frame) -> None:
    for target in candidates(local) if len(frame.calls) < CALLS else ():
        if target in repository.opaque:
            run.files.add(target)
        elif target in repository.actions:
            inputs = {key: _one(render(scalar.value, _lookup(frame))) for key, scalar in step.inputs.items()}
            given = _given(repository.actions[target].defaults, inputs, frame)
            call = Call("composite", (frame.label, frame.index, *step.route))
            _action(repository, run, target, replace(frame, inputs=given, calls=(*frame.calls, call)))


def _action(repository: Repository, run: Run, path: str, frame: _Frame) -> None:
    run.files.add(path)
    _steps(repository, run, path, repository.actions[path].steps, frame)


def _given(defaults: Mapping[str, str | None], inputs: Mapping[str, Result], frame: _Frame) -> dict[str, Result]:
    """The inputs of a call, by name in lower case: what the caller gives, else the default, else nothing."""
    filled = {key: _one(render(default or "", _lookup(frame))) for key, default in defaults.items()}
    return {key.lower(): value for key, value in {**filled, **inputs}.items()}


def _one(parts: Parts) -> Result:
    """A rendered text as a single value."""
    text = literal(parts)
    if text is not None:
        return text
    constant = all(isinstance(part, str) or part.constant for part in parts)
    return Unknown(spelling(parts), constant)


def _lookup(frame: _Frame) -> Lookup:
    def value(path: str) -> Result:
        context, _, name = path.partition(".")
        if context == "matrix" and "*" not in frame.open_axes:
            found = at(frame.leg, name)
            return Unknown(path) if isinstance(found, list | dict) else found
        if context == "inputs" and name in frame.inputs:
            return frame.inputs[name]
        if path == "strategy.job-index" and all(axis.startswith("^") for axis in frame.open_axes):
            return float(frame.index)
        if context == "env" and name in frame.env:
            return frame.env[name]
        if path == "github.job" and frame.job:
            return frame.job
        if path == "runner.os" and frame.system:
            return frame.system
        return Unknown(path, constant=path.startswith(CONSTANT))

    return value
