"""The cases of a rule as they stand on its page: what each says, and its diff or its refusals."""

from collections.abc import Iterable, Iterator

from cifix.model.snapshot import Memory, Snapshot
from cifix.report.diff import patch
from cifix.testing.case import Case


def examples(cases: Iterable[Case]) -> str:
    """Markdown for all cases: those marked `show` with their diff, then one line for each other one."""
    listed = list(cases)
    shown = [case for case in listed if case.show]
    parts = ["## Examples\n", *(part for case in shown for part in _shown(case)), "## All cases\n"]
    parts += [f"- `{case.name}`: {_says(case)}" for case in listed]
    return "\n".join(parts) + "\n"


def _shown(case: Case) -> Iterator[str]:
    yield f"### {case.name}\n"
    yield f"{_says(case)}\n"
    diff = patch(*_trees(case)).decode("utf-8", "backslashreplace")
    if diff:
        yield f"```diff\n{diff}```\n"


def _trees(case: Case) -> tuple[Snapshot, Snapshot]:
    source = Memory({**case.before, **case.after})
    gone = dict.fromkeys((*case.before, *case.after))
    return Snapshot(source, {**gone, **case.before}), Snapshot(source, {**gone, **case.after})


def _says(case: Case) -> str:
    kind = "" if case.after != case.before or case.safety else "left alone: "
    refused = f" (refused: {', '.join(f'`{key}`' for key in case.refuses)})" if case.refuses else ""
    return f"{kind}{case.says.rstrip('.')}{refused}." if case.says else f"{kind}see the folder{refused}."
