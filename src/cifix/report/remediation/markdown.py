"""The remediation plan as Markdown, in the order in which somebody who has to act on it reads."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from cifix import __version__
from cifix.model.finding import Safety
from cifix.report.characters import printable
from cifix.report.entry import Entry, Severity
from cifix.report.markup import code, fenced, inline
from cifix.report.remediation import logs
from cifix.report.remediation.document import Affected, Cause, Evidence, Job, Left, Remediation
from cifix.report.summary import counted

BRANCH = "cifix/fixes"
"""The branch that `cifix apply` makes unless it is told another one."""

_RISKS: Mapping[Safety, tuple[str, str]] = {
    Safety.SAFE: ("low", "keeps behaviour, and that is proven: merge without worry"),
    Safety.REVIEW: ("medium", "proven to do what it claims; whether that is wanted is yours to judge: read the diff"),
    Safety.SHOWN: ("yours", "printed and never applied"),
}
_GRAVE: Mapping[Severity, str] = {
    Severity.ERROR: "Runs fail for {}.",
    Severity.WARNING: "From a day that is known, runs will fail for {}.",
    Severity.NOTICE: "No run fails for {} alone.",
}
_COMMANDS = 20
"""Commands that prove one cause; a program finds all of them in the JSON form."""


def document(plan: Remediation) -> str:
    """The whole plan; the same findings give the same text, byte for byte."""
    return "\n".join(_document(plan)).rstrip("\n") + "\n"


def _document(plan: Remediation) -> Iterator[str]:
    yield "# CI remediation plan\n"
    yield from _summary(plan)
    if plan.logs is not None and plan.logs.steps:
        yield from logs.section(plan.logs)
    if plan.causes or plan.left:
        yield from _evidence(plan)
    if plan.causes:
        yield from _causes(plan)
    if plan.left:
        yield from _left(plan)
    if plan.causes or plan.left:
        yield from _validation(plan)
        yield from _risk(plan)
    if plan.actions:
        yield "## Post-fix actions\n"
        yield from (f"{number}. {inline(action)}" for number, action in enumerate(plan.actions, start=1))
        yield ""
    yield f"Written by cifix {__version__}; nothing else was written.\n"


def _summary(plan: Remediation) -> Iterator[str]:
    yield "## Executive summary\n"
    if plan.base is not None:
        yield f"- Looked at: commit {code(plan.base)}, as of {plan.today}."
    yield from (f"- {inline(note)}" for note in plan.notes)
    yield from logs.summary(plan.logs) if plan.logs is not None else ()
    found = sum(len(one.found) for one in plan.causes)
    commits = sum(len(one.commits) for one in plan.causes)
    if not found and not plan.left:
        yield "- Nothing was found: no known cause of red CI is in this commit."
    if found:
        files = {entry.path for one in plan.causes for entry in one.found}
        causes = counted(len(plan.causes), "root cause")
        yield (
            f"- {counted(found, 'finding')} in {counted(len(files), 'file')} "
            f"{_has(found)} {causes}; {counted(commits, 'commit')} {'fixes' if commits == 1 else 'fix'} them."
        )
    if plan.left:
        yield f"- {counted(len(plan.left), 'finding')} {_is(len(plan.left))} left for a person, each with its reason."
    grave = Counter(entry.severity for entry in _every(plan))
    yield from (f"- {words.format(counted(grave[one], 'finding'))}" for one, words in _GRAVE.items() if grave[one])
    if plan.suppressed:
        yield f"- {counted(plan.suppressed, 'finding')} turned down by `cifix: ignore` comments."
    yield from (f"- {inline(trouble)}" for trouble in plan.troubles)
    yield from _reach(plan.affected)
    if len(plan.causes) > 1:
        yield f"- First: {inline(plan.causes[0].rule.summary)} ({code(plan.causes[0].rule.id)})."
    yield ""


def _every(plan: Remediation) -> Iterator[Entry]:
    for cause in plan.causes:
        yield from cause.found
    yield from (one.entry for one in plan.left)


def _reach(affected: Sequence[Affected]) -> Iterator[str]:
    """Which jobs are concerned, and which others can only wait for them."""
    if affected:
        workflows = {one.job.workflow for one in affected}
        what = f"{counted(len(affected), 'job')} of {counted(len(workflows), 'workflow')}"
        yield f"- In the way of {what}: {_named(one.job for one in affected)}."
    for one in affected:
        if one.waiting:
            yield f"- {_job(one.job)} blocks {_named(one.waiting)}: {_they(len(one.waiting))} for it (`needs`)."


def _evidence(plan: Remediation) -> Iterator[str]:
    yield "## Evidence\n"
    yield "Each command is for the root of a checkout of the commit above; below it stands what it prints of this.\n"
    left: dict[str, list[Left]] = {}
    for one in plan.left:
        left.setdefault(one.entry.rule, []).append(one)
    for cause in plan.causes:
        yield from _proofs(cause.rule.id, cause.found, cause.evidence)
    for rule, some in left.items():
        proofs = dict.fromkeys(proof for one in some for proof in one.evidence)
        yield from _proofs(f"{rule}, left", [one.entry for one in some], tuple(proofs))


def _proofs(title: str, found: Iterable[Entry], proofs: Sequence[Evidence]) -> Iterator[str]:
    yield f"### {inline(title)}\n"
    yield from (f"- {code(entry.place)} ({entry.grave}): {inline(entry.message)}" for entry in found)
    yield ""
    if proofs:
        yield fenced("\n".join(_console(proofs[:_COMMANDS])), "console") + "\n"
    if len(proofs) > _COMMANDS:
        yield f"{counted(len(proofs) - _COMMANDS, 'command')} left out.\n"


def _console(proofs: Iterable[Evidence]) -> Iterator[str]:
    for proof in proofs:
        yield f"$ {printable(proof.command)}"
        yield from map(printable, proof.shows)
        if not proof.shows:
            yield "# prints nothing"


def _causes(plan: Remediation) -> Iterator[str]:
    yield "## Root causes and fixes\n"
    yield "What is in the way of most comes first.\n"
    for number, one in enumerate(plan.causes, start=1):
        yield f"### {number}. {inline(one.rule.summary)}\n"
        yield f"- Rule: {code(one.rule.id)} ({_levels(one)}), {_commits(one)}"
        yield f"- Cause: {inline(one.sentence)}"
        yield from (f"- Fix: {inline(answer)}" for answer in dict.fromkeys(entry.answer for entry in one.found))
        if one.jobs:
            yield f"- In the way of: {_named(one.jobs)}"
        if not any(entry.severity is not Severity.NOTICE for entry in one.found):
            yield "- No run fails for this alone."
        if one.waiting:
            yield f"- Waiting for these: {_named(one.waiting)}"
        yield ""
        for text in one.diffs:
            yield _diff(text)


def _left(plan: Remediation) -> Iterator[str]:
    yield "## Left for a person\n"
    for one in plan.left:
        entry = one.entry
        yield f"- {code(entry.place)} ({code(entry.rule)}, {entry.grave}): {inline(entry.message)}"
        yield f"  {inline(entry.ending)}"
        if one.jobs:
            yield f"  In the way of: {_named(one.jobs)}"
    yield ""
    for one in plan.left:
        if one.diff:
            yield f"{inline(one.entry.answer)} ({code(one.entry.rule)}, {one.entry.key}), after the fixes above:\n"
            yield _diff(one.diff)


def _validation(plan: Remediation) -> Iterator[str]:
    yield "## Validation plan\n"
    yield fenced("\n".join(commands(plan)), "sh") + "\n"
    left = f"only the {counted(len(plan.left), 'finding')} left above" if plan.left else "nothing"
    yield f"`cifix check` then finds {left}."
    if plan.causes and plan.packages:
        named = ", ".join(code(package) for package in plan.packages)
        yield f"The last command runs the module-level code of {named}, with stubs for all that is not installed."
    yield ""
    if plan.affected:
        yield "After the merge the causes above are out of the way of these jobs:\n"
        yield "| workflow | job | fixed | left | waits for | unblocks |"
        yield "| --- | --- | --- | --- | --- | --- |"
        yield from (_row(one) for one in plan.affected)
        yield "\nA job with findings left may stay red; what only a run can show, as a failing test, is not here.\n"


def commands(plan: Remediation) -> Iterator[str]:
    """What to type, in order: commit the fixes, prove the branch, look at what is left, import the packages."""
    if not plan.causes:
        yield shlex.join(["cifix", "check", *plan.arguments])
        return
    chosen = [*plan.arguments]
    if "--base" in chosen:
        at = chosen.index("--base")
        del chosen[at : at + 2]
    yield shlex.join(["cifix", "apply", *plan.arguments])
    yield shlex.join(["cifix", "verify", BRANCH])
    yield shlex.join(["cifix", "check", *chosen, "--base", BRANCH])
    if plan.packages:
        named = [part for package in plan.packages for part in ("--package", package)]
        yield shlex.join(["cifix", "verify", BRANCH, "--simulate", *named])


def _row(one: Affected) -> str:
    cells = (
        code(one.job.workflow),
        code(one.job.name) if one.job.name else "all",
        ", ".join(code(rule) for rule in one.rules) or "-",
        str(one.left),
        ", ".join(code(job.name) for job in one.after) or "-",
        ", ".join(code(job.name) for job in one.waiting) or "-",
    )
    return f"| {' | '.join(cells)} |"


def _risk(plan: Remediation) -> Iterator[str]:
    total: Counter[Safety] = Counter()
    for one in plan.causes:
        total.update(one.levels)
    held = Counter(one.entry.key for one in plan.left if one.entry.state == "held back")
    yield "## Risk\n"
    yield "| level | risk | fixes | what that means |"
    yield "| --- | --- | --- | --- |"
    for level in sorted(_RISKS, reverse=True):
        risk, words = _RISKS[level]
        number = total[level] + held[level.word]
        yield f"| {level.word} | {risk} | {number} | {words} |"
    yield ""


def _diff(text: bytes) -> str:
    return fenced(printable(text.decode("utf-8", "replace").rstrip("\n").replace("\r", "")), "diff") + "\n"


def _levels(one: Cause) -> str:
    levels = sorted(one.levels, reverse=True)
    if len(levels) == 1:
        return levels[0].word
    return ", ".join(f"{one.levels[level]} {level.word}" for level in levels)


def _commits(one: Cause) -> str:
    return "commit " + ", ".join(str(number) for number in one.commits)


def _named(jobs: Iterable[Job]) -> str:
    return ", ".join(_job(job) for job in jobs)


def _job(job: Job) -> str:
    name = job.workflow.rpartition("/")[2]
    return f"{code(job.name)} of {code(name)}" if job.name else f"all of {code(name)}"


def _has(number: int) -> str:
    return "has" if number == 1 else "have"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


def _they(number: int) -> str:
    return "it waits" if number == 1 else "they wait"
