r"""Let `uv sync` install the extras and groups whose tools the job runs.

Why:
    The job stops at its first tool:
    "error: Failed to spawn: `pytest`" with "Caused by: No such file or directory (os error 2)" below it;
    since uv 0.12.14 the second line is "cause: No such file or directory (os error 2)",
    since uv 0.12.22 the first one is "error: Failed to spawn: pytest".
    With `python -m` it is "No module named pytest", without `uv run` it is "pytest: command not found", and for a
    plugin "error: unrecognized arguments: --cov" or "Missing required plugins: pytest-cov".

    `uv sync` installs the dependencies of the project and its default groups, no more. `--dev` means the dependency
    group `dev`: it never reads `[project.optional-dependencies]`, and where no such group is, it does nothing and
    exits with 0. An option of the wrong kind stops uv itself, with
    "error: Extra `dev` is not defined in the project's `optional-dependencies` table", since uv 0.11.29
    "error: Extra `dev` is not defined in the `optional-dependencies` table for `name`", or with
    "error: Group `test` is not defined in the project's `dependency-groups` table".

    The rule follows what the steps of a job do to the environment, leg by leg: what each `uv sync` removes, what `uv
    run` adds, `uv pip install`, local composite actions, variables such as `UV_NO_DEV`, and the folder each command
    runs in. Where a tool is surely missing, the smallest set of `--extra` and `--group` that brings all the tools of
    the job, and the plugins that their options and pytest's `addopts` and `required_plugins` need, is added to the `uv
    sync` that counts, or to `uv run` where none does. `pyproject.toml` and `uv.lock` stay as they are, so `--locked`
    and `--frozen` go on working; only with the option `add_to_dev_group` a tool that the project names nowhere is added
    to its group `dev`, if no lock has to stay as it is. A tool that is started without `uv run` gets `uv run
    --no-sync`.

    The fix is safe if a lock, or the lack of any other dependency, proves that the tool was not there. It must be
    reviewed if a distribution might bring it along unseen, or if the step goes on after a failure: then it was green
    without doing its work, and may find something now.

When this is wrong:
    If something that cannot be seen puts the tool on PATH, as an image of your own does. If an extra is left out on
    purpose because it cannot be built there: then choose another place for the tool.

What it will not touch:
    Jobs in which something unknown may install: scripts, `make` and the like, actions of others whose names say that
    they set something up, expressions in the options of uv. There it is silent. Projects of Poetry, PDM and Hatch keep
    their tables: to move them to `[dependency-groups]` is not a repair of CI.

Sources:
    - https://docs.astral.sh/uv/concepts/projects/sync (read 2026-11)
    - https://docs.astral.sh/uv/concepts/projects/dependencies for extras, groups and defaults (read 2026-11)
    - https://packaging.python.org/en/latest/specifications/dependency-groups (read 2026-11)
    - uv 0.13.9, which the tests of this rule run
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Job, Workflow, workflow
from cifix.formats.yaml import Scalar
from cifix.formats.yaml.edit import place as position
from cifix.model.facts import sheet
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.sync_uv_groups.environment import Lack, Place
from cifix.rules.sync_uv_groups.machine import Machine
from cifix.rules.sync_uv_groups.plan import Plan
from cifix.rules.sync_uv_groups.projects import Projects
from cifix.rules.sync_uv_groups.steps import image, runner, visits


@dataclass(frozen=True, slots=True)
class Options:
    """`add_to_dev_group`: add a tool that the project names nowhere to its dependency group `dev`."""

    add_to_dev_group: bool = False


@declare(
    __doc__,
    reads=(*WORKFLOWS, *ACTIONS),
    needles=(b"uv run", b"uv sync"),
    safety=Safety.SAFE,
    options=Options,
    refusals={
        "opaque": "the file is YAML that cannot be edited safely, or the script is written with escapes or folds",
        "nowhere": "the tool is in no dependency, extra or group of the project: add it to the group `dev`",
        "relock": "the tool is named nowhere, and `--locked` or `--frozen` needs a new `uv.lock` to add it",
        "foreign": "only a table of Poetry, PDM or Hatch names the tool",
        "undefined": "an option of uv names an extra or group that the project does not have",
        "conflict": "the tool is only in an extra or group that conflicts with what the job chooses",
        "kept-out": "the job itself keeps out the group that has the tool",
        "elsewhere": "what could install the tool stands in an action that other jobs may use, or does not sync",
        "alias": "the script is shared, through an anchor, with other steps",
        "image": "the job runs in an image of its own or on a machine of its own, which may have the tool",
    },
    facts=partial(sheet, __name__),
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Find the tools that a job runs and never installs."""
    projects = Projects(snapshot)
    for path in _workflows(snapshot):
        try:
            whole = snapshot.parsed(path, workflow)
        except Opaque as why:
            message = "a job may run a tool that `uv sync` does not install"
            yield Finding("sync-uv-groups", path, 0, 0, message, Refusal("opaque", str(why)))
            continue
        seen: set[Finding] = set()
        for job in whole.jobs:
            for finding in _judged(projects, path, whole, job, declare_tools=options.add_to_dev_group):
                if finding not in seen:
                    seen.add(finding)
                    yield finding


def _workflows(snapshot: Snapshot) -> list[str]:
    """The workflows that call uv, or an action of the repository that does."""
    found = set(rule.candidates(snapshot))
    actions = {path.rpartition("/")[0].encode() for path in found - set(snapshot.matching(WORKFLOWS))}
    callers = snapshot.containing(tuple(sorted(actions)), WORKFLOWS) if actions else ()
    return sorted(found.intersection(snapshot.matching(WORKFLOWS)).union(callers))


def _judged(projects: Projects, path: str, whole: Workflow, job: Job, *, declare_tools: bool) -> Iterator[Finding]:
    """One finding per command that fails, over all legs of the job."""
    plan = Plan(path, job, projects=projects if declare_tools else None)
    strange = ""
    known: set[object] = set()
    for steps in map(tuple, visits(projects.snapshot, path, whole, job)):
        for visit in steps[:1]:
            own = "a machine of its own" if "self-hosted" in runner(visit.leg) else ""
            strange = strange or image(visit.leg) or own
        signature = tuple(visit.signature for visit in steps)
        if signature not in known:
            known.add(signature)
            machine = Machine(projects)
            for lack in (lack for visit in steps for lack in machine.read(visit)):
                plan.add(lack)
    outcomes = plan.outcomes()
    for key, legs in plan.lacks.items():
        outcome: Fix | Refusal = outcomes[key]
        if strange and not legs[0].kind:
            outcome = Refusal("image", f"the job runs in or on {strange}")
        place = legs[0].place
        path, span, about = place.visit.leg.path, _span(place), tuple(_about(legs))
        since = ALREADY if all(leg.sure for leg in legs) else None
        yield Finding("sync-uv-groups", path, *span, _message(legs), outcome, since, about)


def _span(found: Place) -> tuple[int, int]:
    """Where a command stands in the file; the whole script if it is written with escapes."""
    script, document = found.visit.script, found.visit.leg.document
    if not isinstance(script, Scalar):
        return 0, 0
    word = found.command.words[0]
    try:
        return position(document, script, word.start, word.end)
    except Opaque:
        return script.start, script.end


def _about(legs: list[Lack]) -> Iterator[str]:
    """What the log of the job names: the tools, the options that no plugin knows, or the extra or group."""
    for lack in legs:
        yield from (lack.name,) if lack.kind in {"extra", "group"} else ()
        for need in lack.missing:
            yield from dict.fromkeys((need.because, need.distribution))


def _message(legs: list[Lack]) -> str:
    lack = legs[0]
    table = {"extra": "optional-dependencies", "group": "dependency-groups"}
    if lack.kind == "conflict":
        return "uv stops here: what is chosen conflicts by `tool.uv.conflicts`"
    if lack.kind:
        kind = lack.kind.capitalize()
        return f"uv stops here: {kind} `{lack.name}` is not defined in the project's `{table[lack.kind]}` table"
    needs = {need.because: need for one in legs for need in one.missing}
    tools = [name for name, need in needs.items() if not need.plugin]
    given = [name for name, need in needs.items() if need.plugin]
    if tools and any(one.text in {"-m", "--module"} for one in lack.place.arguments) and tools[0] != "coverage":
        where = (
            "this Python is not that of `uv sync`"
            if lack.bare
            else f"nothing that the job installs brings {_listed(legs)}"
        )
        return f"No module named {tools[0]}: {where}"
    if lack.bare:
        return f"{tools[0] if tools else given[0]}: command not found: `uv sync` does not put its environment on PATH"
    if tools:
        return f"Failed to spawn: {tools[0]}: nothing that the job installs brings {_listed(legs)}"
    stop = "unrecognized arguments" if given[0].startswith("-") else "Missing required plugins"
    return f"{stop}: {', '.join(given)}: nothing that the job installs brings {_listed(legs)}"


def _listed(legs: list[Lack]) -> str:
    return " and ".join(dict.fromkeys(need.distribution for lack in legs for need in lack.missing))
