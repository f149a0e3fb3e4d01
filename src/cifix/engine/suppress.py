"""Comments in the target that tell cifix to leave a place alone: `# cifix: ignore[rule-id] reason`."""

import re

from cifix.model.finding import Finding
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_COMMENT = re.compile(r"#\s*cifix:\s*ignore\[([^\]\n]*)\]")


def suppressed(finding: Finding, snapshot: Snapshot) -> bool:
    """Whether a comment on a line of the finding, or alone on the line above it, names its rule."""
    try:
        text = snapshot.text(finding.path)
    except (Opaque, KeyError):
        return False
    if "cifix:" not in text.text:
        return False
    first, last = (text.line_column(offset)[0] for offset in (finding.start, max(finding.start, finding.end - 1)))
    lines = [text.text[slice(*text.line_span(line))] for line in range(first, last + 1)]
    if first > 1:
        above = text.text[slice(*text.line_span(first - 1))].lstrip("\ufeff \t")
        lines += [above] if above.startswith("#") else []
    return any(finding.rule in _rules(line) for line in lines)


def _rules(line: str) -> list[str]:
    return [name.strip() for found in _COMMENT.findall(line) for name in found.split(",")]
