"""Guard CI with a hook, a smoke job and a page for contributors.

Why:
    A fix cures what is broken now. The same causes come back with the next ignore pattern, the next import and the
    next copied workflow, unless somebody is told before the push. Three things tell: a pre-commit hook that runs
    `cifix check`, a job that installs the package the way a user does and imports it away from its sources, where a
    file that no commit has is missed, and a section for contributors. Each is added only where nothing does it yet.

When this is wrong:
    The hook installs cifix from the package index that pre-commit uses: where that has no cifix, the hook fails. It
    leaves out the rules that find something no fix is ready for. The smoke job builds the package, which takes long
    where much has to be compiled.

What it will not touch:
    Files and jobs that are there already: it only adds.

Sources:
    https://pre-commit.com/#repository-local-hooks (read 2026-11)
    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax (read 2026-11)
"""

from collections.abc import Iterator, Mapping
from typing import Any

from cifix.guard.contributing import contributing
from cifix.guard.hook import hook
from cifix.guard.smoke import smoke
from cifix.guard.wanted import Part, Wanted
from cifix.model.finding import Finding, Fix, Safety
from cifix.model.rule import NoOptions, Rule
from cifix.model.snapshot import Snapshot

PARTS: Mapping[str, Part] = {"hook": hook, "smoke": smoke, "contributing": contributing}
"""What can be added, by the name that `--only` takes."""

_REFUSALS = {
    "no-pre-commit": "the project has no pre-commit configuration that the hook could be added to",
    "not-installable": "nothing at the root of the repository says how to install it",
    "unclear-package": "it is not clear under which name the installed package is imported",
    "taken": "the files that would hold the job are there already",
    "opaque": "a file that would be added to cannot be read exactly",
}


def guard(wanted: Wanted) -> Rule:
    """A rule that adds what is missing of the parts in `wanted`; it is not one of those that `apply` runs."""

    def find(snapshot: Snapshot, _options: Any) -> Iterator[Finding]:  # noqa: ANN401 - as every rule
        for name in PARTS:
            if name in wanted.parts:
                yield from PARTS[name](snapshot, wanted)

    return Rule("guard", __doc__ or "", ("**",), (), Safety.REVIEW, find, refusals=_REFUSALS)


def missing(snapshot: Snapshot, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """The parts that can be added, each with the title of what adds it."""
    for name in PARTS:
        for finding in guard(Wanted((name,), wanted.left_out, wanted.lessons)).find(snapshot, NoOptions()):
            if isinstance(finding.outcome, Fix):
                yield name, finding.outcome.title
