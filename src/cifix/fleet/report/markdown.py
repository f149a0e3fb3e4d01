"""A fleet as Markdown, for a summary or an issue: names and messages of strangers show as they are and do nothing."""

from collections import Counter
from collections.abc import Iterator

from cifix.fleet.report.document import Document, fixed, remaining
from cifix.fleet.report.text import said, summary
from cifix.report.markup import code, inline


def document(told: Document) -> str:
    """Counts, a row per repository, and the findings by rule."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Document) -> Iterator[str]:
    yield f"# Fleet: {inline(told['branch'])}\n\n{summary(told)}\n"
    yield "| repository | state | fixed | left | what there is to know |\n| --- | --- | ---: | ---: | --- |"
    for repository in told["repositories"]:
        row = (fixed(repository), remaining(repository), inline(said(repository)))
        yield f"| {code(repository['slug'])} | {repository['state']} | {' | '.join(map(str, row))} |"
    rules = Counter(finding["rule"] for repository in told["repositories"] for finding in repository["findings"])
    if rules:
        yield "\n| rule | findings | repositories |\n| --- | ---: | ---: |"
        for rule, number in sorted(rules.items()):
            yield f"| {code(rule)} | {number} | {_holding(told, rule)} |"


def _holding(told: Document, rule: str) -> int:
    return sum(any(one["rule"] == rule for one in repository["findings"]) for repository in told["repositories"])
