r"""Write to the runner's files instead of printing workflow commands that are deprecated or disabled.

Why:
    `::set-env` and `::add-path` stop the step: "The `set-env` command is disabled. Please upgrade to using Environment
    Files or opt into unsecure command execution by setting the `ACTIONS_ALLOW_UNSECURE_COMMANDS` environment variable
    to `true`". `::set-output` and `::save-state` still work, and every run warns: "The `set-output` command is
    deprecated and will be disabled soon. Please upgrade to using Environment Files".

    The runner reads these commands from the output of a step, and files named by `GITHUB_OUTPUT`, `GITHUB_STATE`,
    `GITHUB_ENV` and `GITHUB_PATH` take their place. The line that prints is rewritten in the language of the shell that
    really runs it: the step's, its job's or workflow's default, or that of the system. All commands of a step move
    together or none does, since the file counts after the last printed command.

    A fix is safe where the value is surely one line without escapes: words, hashes of files, dates, ids of the run.
    What a variable or another program says must be reviewed, because a second line or a `%0A` in it would now be
    read differently. Values that a script escapes by hand for several lines are written between two marks.

    Shell and Python scripts in files of their own are rewritten too, if a step of a workflow or composite action
    surely runs them: each `echo`, and each `print` of one text. A person must review that for Python, since the script
    cannot be run any more where the variable is missing. JavaScript is reported: that of an action was often bundled
    with an `@actions/core` older than 1.10, which prints the commands.

When this is wrong:
    On GitHub Enterprise Server with runners older than 2.297, which lack some of the files. A value from strangers that
    may hold the closing mark of a text of several lines needs a random mark.

What it will not touch:
    Commands that other programs print; files that no step runs by name, such as tests and tools that read logs; what
    a script that is run starts in turn; comments and docstrings.

Sources:
    - https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands (read 2026-11)
    - https://github.com/actions/runner: ActionCommand.cs for what the commands decode, FileCommandManager.cs for how
      files are read, ScriptHandler.cs for the default shells (read 2026-11)
    - https://github.blog/changelog/2022-10-11-github-actions-deprecating-save-state-and-set-output-commands
      (read 2026-11)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cifix.formats.actions.shells import family
from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Job, Step, Workflow, action, workflow
from cifix.formats.yaml import Document, Scalar
from cifix.formats.yaml.edit import place
from cifix.formats.yaml.values import Change, changed, edits
from cifix.model.change import Edit
from cifix.model.expect import Value
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.glob import matches
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.workflow_commands import files
from cifix.rules.workflow_commands.command import ANY, Cannot, announced
from cifix.rules.workflow_commands.scripts import commands, rewrites


@dataclass(frozen=True, slots=True)
class _Script:
    """A `run` that prints commands, and every step that runs it, with the job it belongs to."""

    scalar: Scalar
    steps: list[tuple[Step, Job | None]]


@declare(
    __doc__,
    reads=(*WORKFLOWS, *ACTIONS, *files.PROGRAMS),
    needles=(b"set-output", b"save-state", b"set-env", b"add-path"),
    safety=Safety.SAFE,
    refusals={
        "opaque": "the file is YAML that cannot be edited safely",
        "alias": "the script is shared, through an anchor, with steps of another shell or with something else",
        "shell": "it is not known which shell runs the script, or it is none that is understood",
        "inside": "the line is part of a longer command or text, or the script redirects what it prints",
        "compound": "the line does more than to print the command",
        "form": "the command is printed in another form than one text",
        "quoting": "unquoted or nested quoted characters of the value mean something to the shell",
        "escaped": "the value holds escapes, such as `%0A`, that a file does not decode",
        "javascript": "the command is printed by JavaScript",
        "bundle": "an action was bundled with a version of `@actions/core` that prints the commands",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Find the steps that print commands which have a file now."""
    for path in rule.candidates(snapshot):
        if matches(path, files.PROGRAMS):
            yield from files.findings(snapshot, path)
            continue
        try:
            text = snapshot.text(path)
            if not ANY.search(text.text):
                continue
            if path.startswith(".github/workflows/"):
                whole = snapshot.parsed(path, workflow)
                steps = [(step, job) for job in whole.jobs for step in job.steps]
                yield from _judged(path, whole.document, list(_scripts(steps)), whole)
            else:
                called = snapshot.parsed(path, action)
                yield from _judged(path, called.document, list(_scripts([(step, None) for step in called.steps])), None)
        except Opaque as why:
            yield Finding("workflow-commands", path, 0, 0, "an old workflow command", Refusal("opaque", str(why)))


def _scripts(steps: Sequence[tuple[Step, Job | None]]) -> Iterator[_Script]:
    found: dict[int, _Script] = {}
    for step, job in steps:
        scalar = step.node.get("run")
        if isinstance(scalar, Scalar) and any(commands(scalar.value)):
            found.setdefault(scalar.start, _Script(scalar, [])).steps.append((step, job))
    yield from found.values()


def _judged(path: str, document: Document, scripts: Sequence[_Script], whole: Workflow | None) -> Iterator[Finding]:
    for script in scripts:
        outcome = _outcome(path, document, script, whole)
        for start, found in commands(script.scalar.value):
            here = start + found.start()
            name = found["name"]
            span = _place(document, script.scalar, here, len(name))
            yield announced(path, span, name, outcome)


def _place(document: Document, scalar: Scalar, start: int, size: int) -> tuple[int, int]:
    """Where a command stands in the file; the whole script if it is written with escapes."""
    try:
        return place(document, scalar, start, start + 2 + size)
    except Opaque:
        return scalar.start, scalar.end


def _outcome(path: str, document: Document, script: _Script, whole: Workflow | None) -> Fix | Refusal:
    """The fix that all commands of a script share, or why there is none."""
    scalar = script.scalar
    routes = document.routes(scalar)
    if len(routes) != len(script.steps):
        return Refusal("alias", "it is used in another place than the `run` of a step")
    try:
        shells = _families(script, whole)
        if len(shells) > 1:
            return Refusal("alias", "it is run by several shells")
        done = list(rewrites(scalar.value, shells.pop()))
        changes = [change for one in done for change in one.changes]
        made: tuple[Edit, ...] = tuple(edits(path, document, scalar, changes))
    except Cannot as why:
        return Refusal(why.key, why.detail)
    except Opaque as why:
        return Refusal("opaque", str(why))
    names = ", ".join(dict.fromkeys(one.name for one in done))
    safety = Safety.SAFE if all(one.certain for one in done) else Safety.REVIEW
    line, _ = document.text.line_column(scalar.start)
    title = f"Write to the file of {names} in the script on line {line} of {path}"
    return Fix(title, safety, made, tuple(Value(path, route, _new(scalar, changes)) for route in routes))


def _families(script: _Script, whole: Workflow | None) -> set[str]:
    """The shells that run a script; raises `Cannot` if one is not known."""
    try:
        return {family(step, job, whole) for step, job in script.steps}
    except Opaque as why:
        raise Cannot("shell", str(why)) from why


def _new(scalar: Scalar, changes: Sequence[Change]) -> str:
    return changed(scalar.value, changes)
