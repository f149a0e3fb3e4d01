"""Generated pages: each rule's README beside its fixtures, and the rule table of the README.

`python -m tests.pages` writes them; a test compares.
"""

from collections.abc import Iterator
from pathlib import Path

from cifix.engine.registry import discover
from cifix.report.page import page, table
from cifix.testing import cases
from cifix.testing.examples import examples

ROOT = Path(__file__).parents[1]
MARKS = ("<!-- rules -->\n", "<!-- /rules -->\n")


def pages() -> Iterator[tuple[Path, str]]:
    """Every generated file with the text it must have."""
    rules = discover(points=()).rules
    for rule in rules.values():
        folder = ROOT / "fixtures" / rule.id
        yield folder / "README.md", f"{page(rule)}\n{examples(cases(folder))}"
    readme = ROOT / "README.md"
    head, rest = readme.read_text("utf-8").split(MARKS[0])
    tail = rest.split(MARKS[1])[1]
    yield readme, head + MARKS[0] + table(rules.values()) + MARKS[1] + tail


def main() -> None:
    """Write all of them."""
    for path, text in pages():
        path.write_bytes(text.encode())


if __name__ == "__main__":
    main()
