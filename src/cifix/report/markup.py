"""Text of a stranger's repository inside Markdown: it shows as it is, and does nothing.

Not even what GitHub makes of plain text: no mention, no reference that closes an issue, no link.
"""

import re

from cifix.report.characters import legible, single_line

CELL = 500
"""Characters of one message that are shown; what is longer is cut, and that is said."""

_SPECIAL = {ord(one): f"&#{ord(one)};" for one in "&<>*_[]`|\\~$!"}
_ACTIVE = re.compile(r"[@#](?=\w)|:(?=//)|(?<=www)\.|(?<=GH)-", re.IGNORECASE)
_CODE = re.compile(r"(`[^`]+`)")


def inline(text: str) -> str:
    """One line of prose, also in a cell of a table; what stands between backticks stays code."""
    parts = _CODE.split(_shortened(text))
    return "".join(code(part[1:-1]) if index % 2 else _escaped(part) for index, part in enumerate(parts))


def code(text: str) -> str:
    """One line of code, also in a cell of a table, whatever it holds."""
    told = single_line(legible(text))
    if "|" in told or "`" in told or not told.strip():
        return f"<code>{_escaped(told)}</code>"
    return f"`{told}`"


def fenced(text: str, language: str) -> str:
    """A block of code, with a fence that is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _shortened(text: str) -> str:
    told = single_line(legible(text))
    return told if len(told) <= CELL else f"{told[:CELL]}... ({len(told) - CELL} more characters)"


def _escaped(text: str) -> str:
    """Entities never start anything in Markdown; a zero-width space keeps GitHub from reading on."""
    return _ACTIVE.sub(lambda found: f"{found[0]}\u200b", text).translate(_SPECIAL).replace("\u200b", "&#8203;")
