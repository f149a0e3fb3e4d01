"""Where a fleet stands, in lines for people."""

from collections.abc import Iterator

from cifix.fleet.job import State
from cifix.fleet.report.document import Document, fixed, remaining
from cifix.report.characters import single_line
from cifix.report.summary import counted
from cifix.report.text import Line

_STYLES = {
    State.FAILED: "red",
    State.HELD: "yellow",
    State.APPLIED: "green",
    State.REQUESTED: "green",
    State.PLANNED: "cyan",
}


def lines(told: Document) -> Iterator[Line]:
    """A line per repository, then the counts."""
    width = max((len(repository["slug"]) for repository in told["repositories"]), default=0)
    for repository in told["repositories"]:
        words = f"{repository['state']:9} {single_line(repository['slug']):{width}} {said(repository)}"
        yield Line(single_line(words.rstrip()).encode(), _STYLES.get(State(repository["state"]), ""))
    yield Line(summary(told).encode(), "bold")


def said(repository: Document) -> str:
    """What there is to say about a repository besides its state."""
    parts = [part for part in (repository.get("request"), repository["reason"]) if part]
    if fixed(repository):
        parts.append(f"{counted(fixed(repository), 'finding')} in {counted(len(repository['commits']), 'commit')}")
    if remaining(repository):
        parts.append(f"{remaining(repository)} left")
    parts += [f"the rule {crash['rule']} crashed" for crash in repository["crashes"]]
    parts += [f"a fix of {failure['rule']} failed its proof" for failure in repository["failed_proofs"]]
    return "; ".join(parts)


def summary(told: Document) -> str:
    """The counts in one line."""
    counts = [f"{number} {state}" for state, number in told["counts"].items() if number]
    number = len(told["repositories"])
    return f"{counted(number, 'repository', 'repositories')}: {', '.join(counts) or 'nothing to do'}."
