r"""Show where a workflow stays green although a check failed.

Why:
    A job protects only while it can turn red. `pytest || true`, `continue-on-error: true` on the step that tests, `set
    +e` around it, and a pipe into `tee` in a shell without `pipefail` all make the run green whatever the program says,
    and nobody is told: "Process completed with exit code 1" never comes. The same is true of a job with `if: always()`
    that other jobs hang on and that does not look at their results, and of a line that reads `$?` in a shell that
    ended before it could be anything but 0.

    What a person might do is shown as a diff, and is never applied: the failures that come to light must be dealt with
    first.

When this is wrong:
    If the failure is meant to pass. A comment or a name that says so, with a word such as "optional", "experimental" or
    "allowed to fail", ends the finding; so does `# cifix: ignore[workflow-security]`.

What it will not touch:
    Anything: cifix neither adds nor removes what hides a failure. Commands that tidy up, count or compare, programs
    that run in the same job a second time with their failure in force, steps whose outcome a later step reads, jobs
    that look at what a program changed or hand results to an action that judges them, and scripts of other shells
    than `bash` and `sh` are not looked at.

Sources:
    - https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax: `continue-on-error`, and the
      options with which each `shell` is started (read 2026-11)
    - https://www.gnu.org/software/bash/manual/html_node/The-Set-Builtin.html (read 2026-11)
    - the programs that are run for their answer: `facts.toml` beside the rule
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from cifix.formats.actions.expression import holds
from cifix.formats.actions.matrix import leg_values
from cifix.formats.actions.workflow import WORKFLOWS, Job, Step, Workflow, workflow
from cifix.formats.yaml import Document, Map, Node, Scalar, leaves
from cifix.formats.yaml.edit import insert, place
from cifix.formats.yaml.removal import claims, remove, without
from cifix.formats.yaml.values import Change, changed, edits
from cifix.model.expect import Route, Value
from cifix.model.facts import sheet
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.workflow_security.facts import facts
from cifix.rules.workflow_security.scripts import Loss, gates, idle, losses
from cifix.rules.workflow_security.shells import ends_at

_CONTINUE = "continue-on-error"
_NEAR = 2
"""Lines above a finding in which a comment may say that it is meant."""

_REPAIRS = re.compile(r"\bgit (?:commit|diff|push)|create-pull-request|auto-commit|add-and-commit")


@dataclass(frozen=True)
class _Place:
    """A job of the workflow at `path`."""

    path: str
    found: Workflow
    job: Job

    @cached_property
    def sound(self) -> frozenset[str]:
        """What the job runs for its answer with the failure in force."""
        return frozenset(_sound(self.found, self.job))

    @cached_property
    def repaired(self) -> bool:
        """Whether the job goes on to look at what a program changed."""
        names = (step.uses.slug if step.uses else step.node.word("run") or "" for step in self.job.steps)
        return any(_REPAIRS.search(name) for name in names)

    @property
    def document(self) -> Document:
        """The workflow as YAML."""
        return self.found.document


@declare(
    __doc__,
    reads=WORKFLOWS,
    needles=(b"||", _CONTINUE.encode(), b"tee", b"set +", b"always()", b"$?", b"{0}"),
    facts=partial(sheet, __name__),
    safety=Safety.SHOWN,
    refusals={
        "status": "a line reads `$?` behind a command whose failure ends the script",
        "off": "the shell goes on after the failure, and the script ends with the status of another command",
        "summary": "a job that others hang on runs always, and looks at no result",
        "form": "what hides the failure is written in a way that has no short cure",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Look at each job that runs something for its answer; a file that cannot be read hides nothing that is known."""
    for path in rule.candidates(snapshot):
        try:
            found = snapshot.parsed(path, workflow)
        except Opaque:
            continue
        for job in found.jobs:
            here = _Place(path, found, job)
            yield from _summary(here)
            if _meant(here, job.node.start, job.id, job.node.word("name") or "") or _judged(job):
                continue
            if job.node.entry(_CONTINUE):
                yield from _passing(here, job.node, job.route, _gate_of(job))
            for step in job.steps:
                yield from _step(here, step)


def _step(here: _Place, step: Step) -> Iterator[Finding]:
    script = step.node.get("run")
    if isinstance(script, Scalar) and (shell := ends_at(step, here.job, here.found)):
        for loss in losses(script.value, stops=shell[0], pipes=shell[1]):
            if loss.how == "status" or (loss.gate not in here.sound and not here.repaired):
                yield from _lost(here, step, script, loss)
    if not step.node.entry(_CONTINUE):
        return
    name = step.node.word("id")
    read = name is not None and f"steps.{name}." in here.document.text.text
    gate = _gate(step)
    if not read and gate not in here.sound and not here.repaired:
        yield from _passing(here, step.node, step.route, gate)


def _lost(here: _Place, step: Step, script: Scalar, loss: Loss) -> Iterator[Finding]:
    try:
        start, _ = place(here.document, script, loss.start, loss.start + 1)
        _, end = place(here.document, script, loss.end - 1, loss.end)
    except Opaque:
        start, end = script.start, script.end
    if _meant(here, start, step.node.word("name") or ""):
        return
    yield Finding(
        "workflow-security",
        here.path,
        start,
        end,
        _MESSAGES[loss.how].format(loss.gate),
        _cure(here, step, script, loss),
    )


_MESSAGES = {
    "or": "{} may fail, and the step passes all the same",
    "pipe": "{} may fail, and the step passes with the status of `tee`",
    "off": "{} may fail, and the step passes with the status of its last command",
    "status": "`$?` is 0 wherever it is read here: the script ends when {} fails",
}


def _cure(here: _Place, step: Step, script: Scalar, loss: Loss) -> Fix | Refusal:
    line, _ = here.document.text.line_column(script.start)
    if loss.how in {"off", "status"}:
        return Refusal(loss.how, f"in the script on line {line}")
    if len(here.document.routes(script)) > 1:
        return Refusal("form", "the script is used more than once")
    try:
        if loss.how == "pipe":
            edit = insert(here.path, here.document, step.node, {"shell": "bash"})
            claim = Value(here.path, (*step.route, "shell"), "bash")
            return Fix(f"Let a failure in the pipe on line {line} count", Safety.SHOWN, (edit,), (claim,))
        change: Change = (loss.end - 1, loss.stop, script.value[loss.end - 1])
        made = tuple(edits(here.path, here.document, script, (change,)))
    except Opaque as why:
        return Refusal("form", str(why))
    claim = Value(here.path, (*step.route, "run"), changed(script.value, (change,)))
    return Fix(f"Let the failure of {loss.gate} count in the script on line {line}", Safety.SHOWN, made, (claim,))


def _passing(here: _Place, holder: Map, route: Route, gate: str | None) -> Iterator[Finding]:
    """A step or job that goes on in every leg although what it runs for its answer failed."""
    entry = holder.entry(_CONTINUE)
    value = holder.word(_CONTINUE)
    if gate is None or entry is None or value is None or not _always(here.job, value):
        return
    if _meant(here, entry.key.start, holder.word("name") or ""):
        return
    what = "step" if "steps" in route else "job"
    start, end = entry.key.start, max(entry.key.end, entry.value.end)
    message = f"{gate} may fail, and the {what} passes all the same"
    yield Finding("workflow-security", here.path, start, end, message, _removed(here, (*route, _CONTINUE)))


def _removed(here: _Place, route: Route) -> Fix | Refusal:
    line, _ = here.document.text.line_column(_start(here.document.at(route[:-1])))
    data = leaves(here.document.text)
    try:
        edit = remove(here.path, here.document, route)
    except Opaque as why:
        return Refusal("form", str(why))
    claimed = claims(here.path, data, without(data, route))
    return Fix(f"Let a failure of what begins on line {line} count", Safety.SHOWN, (edit,), claimed)


def _start(node: Node | None) -> int:
    return node.start if node else 0


def _summary(here: _Place) -> Iterator[Finding]:
    """A job that says that all is well, whatever became of the jobs it waits for."""
    job = here.job
    entry = job.node.entry("if")
    if entry is None or "always()" not in (job.condition or "") or not job.needs or not job.steps:
        return
    silent = all(idle(step.node.word("run") or "") and not step.condition for step in job.steps)
    if silent and not re.search(r"\$\{\{\s*(?!github\.)", here.document.text.text[job.node.start : job.node.end]):
        message = f"the job {job.id} passes whatever became of {', '.join(job.needs)}"
        outcome = Refusal("summary", "a step must fail unless every needed job has the result `success`")
        yield Finding("workflow-security", here.path, entry.key.start, entry.value.end, message, outcome)


def _gate(step: Step) -> str | None:
    """What a step runs for its answer."""
    if step.uses is not None:
        slug = step.uses.slug
        return slug if slug in facts().actions else None
    return next(gates(step.node.word("run") or ""), None)


def _gate_of(job: Job) -> str | None:
    return next((gate for step in job.steps if (gate := _gate(step))), None)


def _sound(found: Workflow, job: Job) -> Iterator[str]:
    """What the steps of a job run for its answer with nothing in the way of its failure."""
    for step in job.steps:
        shell = ends_at(step, job, found)
        script = step.node.word("run") or ""
        if shell is None or step.node.entry(_CONTINUE):
            continue
        lost = [loss.gate for loss in losses(script, stops=shell[0], pipes=shell[1])]
        for gate in gates(script):
            if gate in lost:
                lost.remove(gate)
            else:
                yield gate


def _judged(job: Job) -> bool:
    """Whether an action of the job fails for results that were left to it."""
    return any(step.uses and facts().judges.search(f"{step.uses.slug}/{step.uses.path}") for step in job.steps)


def _always(job: Job, value: str) -> bool:
    """Whether `continue-on-error` holds in every leg of the job."""
    for leg in job.matrix.legs:
        if not holds(value, leg_values(leg, job.matrix)) or value == "false":
            return False
    return bool(job.matrix.legs)


def _meant(here: _Place, offset: int, *names: str) -> bool:
    """Whether a name, or a comment on the line or just above, says that a failure may pass."""
    text = here.document.text
    line, _ = text.line_column(offset)
    lines = [text.text[slice(*text.line_span(number))] for number in range(max(line - _NEAR, 1), line + 1)]
    said = [part for one in lines for part in re.findall(r"(?:^|\s)#.*", one)]
    return any(facts().meant.search(one) for one in (*names, *said))
