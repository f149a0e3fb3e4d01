"""What a message names: a file that hides a module, an action that is not checked out, an artifact that nobody makes.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, read 2026-11.
"""

import sys
from collections.abc import Iterator

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checkout import tails
from cifix.diagnosis.insight import Insight, Question
from cifix.formats.actions.workflow import WORKFLOWS, workflow
from cifix.model.text import Opaque


def why_shadowed(question: Question) -> Insight | None:
    """A tracked file is called like a module of the standard library or of a dependency."""
    path = question.checkout.tracked(question.values["file"])
    if path is None:
        return None
    name = path.rpartition("/")[2]
    return Insight(
        Verdict.CONFIRMED,
        f"git has {path}, which is found before the {question.values.get('whose', 'other')} module of that name",
        f"rename {path} and its imports: `git mv {path} {path.removesuffix(name)}own_{name}`",
        f"git ls-files -- {path}",
    )


def why_half_imported(question: Question) -> Insight | None:
    """A tracked file hides a module of the standard library, which is then half of itself."""
    module = question.values["module"]
    if module not in sys.stdlib_module_names:
        return None
    path = next((path for path in question.checkout.snapshot.paths if path.rpartition("/")[2] == f"{module}.py"), None)
    if path is None or question.checkout.packages.importable(path.rpartition("/")[0]):
        return None
    return Insight(
        Verdict.CONFIRMED,
        f"git has {path}, which is found before the module {module} of the standard library",
        f"rename {path} and its imports",
        f"git ls-files -- {path}",
    )


def why_no_action(question: Question) -> Insight | None:
    """A local action: it is in git and was not checked out, or it is not in git."""
    written = question.values["path"]
    for form in tails(written):
        here = next(
            (
                f"{form}/{name}"
                for name in ("action.yml", "action.yaml", "Dockerfile")
                if f"{form}/{name}" in question.checkout.snapshot
            ),
            None,
        )
        if here is not None:
            return _unchecked(question, here)
    place = "/".join(written.split("/")[-3:])
    checkouts = [
        step for site in question.sites for step in site.job.steps if step.uses and "checkout" in step.uses.slug
    ]
    foreign = any({"path", "repository", "ref"} & step.inputs.keys() for step in checkouts)
    return Insight(
        Verdict.CONFIRMED if question.known and not foreign else Verdict.LIKELY,
        f"git has no action at {place}",
        "correct the path after `uses:`, or commit the action",
        "git ls-files -- '*/action.y*ml' 'action.y*ml'",
    )


def _unchecked(question: Question, here: str) -> Insight:
    late = next(_late(question), None)
    if late is None:
        return Insight(
            Verdict.LIKELY,
            f"git has {here}",
            "check out the repository before the step that uses it, at the path that it is used from",
        )
    return Insight(
        Verdict.CONFIRMED if question.known else Verdict.LIKELY,
        f"git has {here}, and {late} uses it before anything is checked out",
        "put actions/checkout before that step",
        f"git grep -n checkout -- {late.rpartition(':')[0]}",
    )


def _late(question: Question) -> Iterator[str]:
    """Each use of a local action that no checkout precedes."""
    for site in question.sites:
        for step in site.job.steps:
            if step.uses is not None and step.uses.slug == "actions/checkout":
                break
            if step.uses is not None and step.uses.local is not None and step.written is not None:
                yield f"{site.path}:{site.line(step.written.start)}"


def why_no_artifact(question: Question) -> Insight | None:
    """Nobody in the workflow of the job uploads an artifact of that name."""
    name = question.values.get("name")
    if name is None or not question.known:
        return None
    steps = [step for site in question.sites for job in site.workflow.jobs for step in job.steps]
    uploads = [step for step in steps if step.uses is not None and step.uses.slug == "actions/upload-artifact"]
    names = [step.inputs["name"].value if "name" in step.inputs else "artifact" for step in uploads]
    calls = any(job.uses is not None for site in question.sites for job in site.workflow.jobs)
    if calls or name in names or any("${{" in one for one in names):
        return None
    told = f": it uploads {', '.join(dict.fromkeys(names))}" if names else ""
    path = question.sites[0].path
    others = any(step.uses is not None and not step.uses.slug.startswith("actions/") for step in steps)
    return Insight(
        Verdict.LIKELY if others else Verdict.CONFIRMED,
        f"no step of {path} uploads an artifact `{name}`{told}",
        "give upload and download the same name",
        f"git grep -n -A4 artifact@ -- {path}",
    )


def why_invalid(question: Question) -> Insight | None:
    """A workflow that is no YAML."""
    for path in question.checkout.snapshot.matching(WORKFLOWS):
        try:
            question.checkout.snapshot.parsed(path, workflow)
        except Opaque as why:
            return Insight(
                Verdict.LIKELY,
                f"{path} cannot be read: {why}",
                f"correct {path}; the run's page names the line",
            )
    return None
