"""The title and the text of a request."""

from cifix.forge.block import Block
from cifix.report import markdown
from cifix.report.markup import code
from cifix.report.message import SUBJECT, subject
from cifix.report.outcome import Outcome
from cifix.report.summary import counted

LIMIT = 60_000
"""Characters of the report; GitHub takes 65,536 for a body, and people add to it."""


def title(outcome: Outcome) -> str:
    """A conventional title: that of the only commit, or how many findings the commits fix."""
    subjects = [subject(patch) for patch in outcome.patches]
    if len(subjects) == 1:
        return subjects[0]
    kinds = {line.partition(":")[0] for line in subjects}
    found = sum(len(patch.findings) for patch in outcome.patches)
    kind = kinds.pop() if len(kinds) == 1 else "fix(ci)"
    return f"{kind}: fix {counted(found, 'cause')} of failing runs"[:SUBJECT]


def text(outcome: Outcome, branch: str) -> str:
    """What failed and why, what changed, how it was verified, what is left, and how to opt out."""
    report = markdown.document(outcome, LIMIT)
    about = (
        "### About this request",
        "",
        f"- Commits of others on {code(branch)} are kept: cifix then stops, and says so.",
        "- Close this request to turn it down: it stays closed until cifix, its rules or its configuration change.",
        "- Revert one of its commits after the merge, and the rule of that commit stays off just as long.",
        "- Text outside of this part is yours: cifix changes nothing there.",
    )
    return report + "\n" + "\n".join(about) + "\n"


def block(outcome: Outcome, plan: str, titled: str, labels: tuple[str, ...], reviewers: tuple[str, ...]) -> Block:
    """The hidden block for a finished run."""
    tip = outcome.commits[-1] if outcome.commits else ""
    return Block(plan, tip, outcome.base or "none", titled, labels, reviewers)
