"""Markdown for the body of a pull request or the summary of a step."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from cifix.engine.plan import Patch
from cifix.model.rule import Rule
from cifix.report import diff
from cifix.report.characters import printable
from cifix.report.entry import NEVER, Entry, entries
from cifix.report.markup import code, fenced, inline
from cifix.report.message import subject
from cifix.report.outcome import Outcome
from cifix.report.page import link, why
from cifix.report.proposal import proposals
from cifix.report.summary import counted, following, sentences

LIMIT = 65_000
"""Characters of the whole report; the body of a pull request on GitHub takes 65,536."""
SHARES = ((400, 400), (100, 100), (20, 20), (0, 5))
"""Lines of each diff and rows of each table, from the roomiest report to the tightest."""
CUT = "\n\nThe rest of this report is left out: it is too long.\n"
WIDTH = 400
"""Characters of a line of a diff."""


def document(outcome: Outcome, limit: int = LIMIT) -> str:
    """What was found and fixed and why, what is left, how it was verified, and how to turn it off.

    Diffs and tables are cut, with a count of what is missing, until the report has at most `limit` characters.
    """
    diffs = [diff.patch(patch.before, patch.after) for patch in outcome.patches]
    for lines, rows in SHARES:
        text = "\n".join(_document(outcome, diffs, lines, rows)).rstrip("\n") + "\n"
        if len(text) <= limit:
            return text
    return text[: text.rindex("\n", 0, limit - len(CUT))] + CUT


def _document(outcome: Outcome, diffs: Sequence[bytes], lines: int, rows: int) -> Iterator[str]:
    every = list(entries(outcome))
    yield "## cifix\n"
    yield from (f"- {inline(sentence)}" for sentence in (*outcome.remarks, *sentences(outcome)))
    command = following(outcome)
    yield f"- Next: {code(command)}\n" if command and not outcome.written else ""
    if every:
        yield from _rules(outcome, every)
    rest = iter(every)
    ids = outcome.commits or (None,) * len(outcome.patches)
    for patch, sha, text in zip(outcome.patches, ids, diffs, strict=True):
        yield from _patch(patch, sha, list(islice(rest, len(patch.findings))), rows)
        yield from _diff(text, len(patch.paths), lines)
    left = [entry for entry in every if entry.left]
    if left:
        yield from _left(left, rows)
    yield from _shown(outcome, [entry for entry in left if entry.shown], lines)
    yield from _troubles(outcome)
    if outcome.patches:
        yield from _verified(outcome)
    if every:
        yield from _off(outcome, every)


def _rules(outcome: Outcome, every: Sequence[Entry]) -> Iterator[str]:
    ready = "fixed" if outcome.written else "fixable"
    yield from _table(
        ("rule", "what it does", "found", ready, "left for a person"), [_row(rule, every) for rule in outcome.rules]
    )
    yield "`cifix rules explain ID` prints the page of a rule: when it is wrong, what it refuses, its sources.\n"


def _row(rule: Rule, every: Sequence[Entry]) -> tuple[str, ...]:
    found = [entry for entry in every if entry.rule == rule.id]
    left = sum(entry.left for entry in found)
    return (_linked(rule), inline(rule.summary), str(len(found)), str(len(found) - left), str(left)) if found else ()


def _linked(rule: Rule) -> str:
    address = link(rule)
    return f"[{code(rule.id)}]({address})" if address else code(rule.id)


def _patch(patch: Patch, sha: str | None, found: Sequence[Entry], rows: int) -> Iterator[str]:
    yield f"### {_linked(patch.rule)}: {inline(patch.rule.summary)}\n"
    reason = why(patch.rule)
    if reason:
        yield f"{reason}\n"
    if sha is not None:
        yield f"Commit {code(sha[:12])}: {inline(subject(patch))}\n"
    told = [
        (code(entry.place), entry.grave, inline(entry.message), f"{inline(entry.answer)} ({entry.key})")
        for entry in found
    ]
    yield from _table(("place", "severity", "finding", "fix"), told, rows)


def _diff(text: bytes, files: int, lines: int) -> Iterator[str]:
    every = text.decode("utf-8", "replace").split("\n")[:-1]
    yield f"<details><summary>Diff of {counted(files, 'file')}</summary>\n"
    if every[:lines]:
        yield fenced("\n".join(map(_narrow, every[:lines])), "diff") + "\n"
    if len(every) > lines:
        yield f"{counted(len(every) - lines, 'line')} of the diff left out.\n"
    yield "</details>\n"


def _narrow(line: str) -> str:
    told = printable(line)
    return told if len(told) <= WIDTH else f"{told[:WIDTH]}... ({len(told) - WIDTH} more characters)"


def _left(left: Sequence[Entry], rows: int) -> Iterator[str]:
    yield "### Left for a person\n"
    told = [
        (
            code(entry.place),
            entry.grave,
            code(entry.rule),
            inline(entry.message),
            f"{code(entry.key)}: {inline(entry.answered)}",
        )
        for entry in left
    ]
    yield from _table(("place", "severity", "rule", "finding", "reason"), told, rows)


def _shown(outcome: Outcome, shown: Sequence[Entry], lines: int) -> Iterator[str]:
    """The diffs of fixes that nobody but a person applies."""
    for entry, text in zip(shown, proposals(outcome, [entry.placed for entry in shown]), strict=True):
        if text:
            yield f"{code(entry.place)}, {NEVER}: {inline(entry.answer)}\n"
            yield from _diff(text, text.count(b"\ndiff --git ") + 1, lines)


def _troubles(outcome: Outcome) -> Iterator[str]:
    told = [
        f"- The fix of {code(failure.rule)} was thrown away: {inline(f'{proof.name}: {proof.detail}')}"
        for failure in outcome.proven.failures
        for proof in failure.proofs
    ]
    told += [f"- {code(crash.rule)} crashed, the other rules ran: {inline(crash.detail)}" for crash in outcome.crashes]
    if told:
        yield from ("### What went wrong\n", *told, "")


def _verified(outcome: Outcome) -> Iterator[str]:
    """The proofs by what they claim; the file that a claim is about stands before it and a colon."""
    held = Counter(proof.name.rpartition(": ")[2] for proofs in outcome.proven.proofs for proof in proofs)
    yield "### How it was verified\n"
    yield "Each of these was proven for the fixes above; a fix without its proof is thrown away:\n"
    yield from (f"- {inline(claim)}: {counted(number, 'time')}" for claim, number in held.items())
    yield f"- another round of all rules over the result changes nothing (round {outcome.proven.plan.rounds})\n"


def _off(outcome: Outcome, every: Iterable[Entry]) -> Iterator[str]:
    named = ", ".join(f'"{rule}"' for rule in dict.fromkeys(entry.rule for entry in every))
    yield "### How to turn it off\n"
    yield "- One finding: a comment `# cifix: ignore[rule-id] the reason` on its line, or alone on the line above."
    yield f"- Whole rules: {code(f'ignore = [{named}]')} below `[tool.cifix]` in `pyproject.toml`, or in `cifix.toml`."
    yield '- Files: `exclude = ["vendor/"]` in the same place.'
    if outcome.branch is not None and outcome.command != ("pr",):
        yield f"- All of it: delete the branch {code(outcome.branch)}; nothing else was written."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], limit: int | None = None) -> Iterator[str]:
    told = [row for row in rows if row]
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in told[:limit])
    if limit is not None and len(told) > limit:
        yield f"\n{counted(len(told) - limit, 'row')} left out."
    yield ""
