"""YAML places against a parser that cifix does not use."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from hypothesis import given, settings

from cifix.formats import yaml
from cifix.formats.yaml.nodes import Alias, Map, Node, Scalar, Seq
from cifix.model.text import Opaque, Text
from tests.formats.yaml.documents import documents
from tests.pages import ROOT
from tests.security.rows import Row

PYYAML: Any = import_module("yaml")
CASES = sorted((ROOT / "fixtures").rglob("before/dot-github/workflows/*.y*ml"))
RANDOM = 300

Place = tuple[int, int, str]


def ours(node: Node | None) -> Iterator[Place]:
    """Begin, end and value of every scalar, in the order of the file; the end of a block scalar is left open."""
    match node:
        case Scalar():
            yield node.outer, node.end, node.value
        case Map():
            for entry in node.entries:
                yield from ours(entry.key)
                yield from ours(entry.value)
        case Seq():
            for item in node.items:
                yield from ours(item)
        case Alias() | None:
            pass


def theirs(text: str) -> Iterator[Place]:
    for event in PYYAML.parse(text, Loader=PYYAML.SafeLoader):
        if isinstance(event, PYYAML.ScalarEvent):
            yield event.start_mark.index, event.end_mark.index, event.value


def agree(data: bytes) -> bool:
    """Whether both read the file, and then find the same; an empty value has no place to compare."""
    try:
        text = Text.decode(data)
        document = yaml.parse(text)
        expected = [place for place in theirs(text.text) if place[0] != place[1]]
    except (Opaque, PYYAML.YAMLError):
        return False
    found = [place for place in ours(document.root) if place[0] != place[1]]
    block = {start for start, _, _ in expected if text.text[start : start + 1] in "|>&!"}
    assert [(s, s if s in block else e, v) for s, e, v in found] == [
        (s, s if s in block else e, v) for s, e, v in expected
    ]
    return True


def test_places_in_workflows_are_those_of_pyyaml() -> None:
    assert sum(agree(path.read_bytes()) for path in CASES) > len(CASES) * 0.9


@given(documents())
@settings(max_examples=RANDOM, deadline=None)
def test_places_in_random_documents_are_those_of_pyyaml(data: bytes) -> None:
    if not data.startswith(b"\xef\xbb\xbf"):
        agree(data)


ROWS = (
    Row(
        "places of values in YAML, against PyYAML: all workflows of the fixtures, and random documents",
        len(CASES) + RANDOM,
        "the same places and values",
        "tests/security/test_agreement.py",
    ),
)
