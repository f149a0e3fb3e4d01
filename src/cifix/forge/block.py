"""What cifix leaves in the body of a request to know it again: two marks around its text, and a hidden block."""

import json
import re
from dataclasses import asdict, dataclass

_BEGIN = "<!-- cifix:begin -->"
_END = "<!-- cifix:end -->"
_BLOCK = re.compile(r"<!-- cifix (\{.*\}) -->")
_TEXT = re.compile(rf"{_BEGIN}.*?{_END}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """The identity of a request: the digest of its plan. The rest says what was written last.

    `tip` is the commit of the branch, `base` where it starts, `title` the title that cifix gave; labels and reviewers
    are those that it has added.
    """

    plan: str
    tip: str
    base: str
    title: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()


def woven(text: str, block: Block, standing: str = "") -> str:
    """A body with our text and block; in a `standing` one they take the place of the old, the rest stays."""
    ours = f"{_BEGIN}\n{text.strip()}\n{_END}"
    hidden = f"<!-- cifix {_hidden(block)} -->"
    old = standing.replace("\r\n", "\n")
    if block_of(old) is None or not _TEXT.search(old):
        return f"{ours}\n\n{hidden}\n"
    renewed = _TEXT.sub(lambda _: ours, old, count=1)
    return _BLOCK.sub(lambda _: hidden, renewed, count=1)


def block_of(body: str) -> Block | None:
    """The block of a body, or None if there is none that can be read."""
    found = _BLOCK.search(body)
    if found is None:
        return None
    try:
        told = json.loads(found[1])
        labels, reviewers = (tuple(map(str, told.get(key, ()))) for key in ("labels", "reviewers"))
        plan, tip, base, title = (str(told[key]) for key in ("plan", "tip", "base", "title"))
        return Block(plan, tip, base, title, labels, reviewers)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _hidden(block: Block) -> str:
    """JSON that cannot end the comment it stands in."""
    return json.dumps(asdict(block)).replace(">", "\\u003e").replace("<", "\\u003c").replace("--", "-\\u002d")
