"""Comments behind a pattern, which git takes for a part of it."""

import re
from collections.abc import Iterator

from cifix.formats.gitignore import NAME, Pattern, patterns
from cifix.formats.python.packages import SOURCES
from cifix.model.change import Edit
from cifix.model.expect import Hidden
from cifix.model.finding import Fix, Refusal, Safety
from cifix.model.text import Opaque, Text
from cifix.rules.anchor_gitignore.unmasking import Tree

_COMMENTED = re.compile(r"(?P<glob>[^\s#]\S*)[ \t]+(?P<comment>#(?:[ \t].*)?)", re.DOTALL)


def commented(tree: Tree) -> Iterator[tuple[str, Pattern, Fix | Refusal]]:
    """Each pattern with a comment behind it, and how to part the two."""
    for path in tree.snapshot.matching((f"**/{NAME}",)):
        try:
            text = tree.snapshot.text(path)
        except Opaque:
            continue
        for pattern in patterns(text):
            found = _COMMENTED.fullmatch(text.text, pattern.start, pattern.end)
            if found:
                yield path, pattern, _parted(tree, path, _edit(text, path, pattern, found))


def _edit(text: Text, path: str, pattern: Pattern, found: re.Match[str]) -> Edit:
    newline = text.newline_at(pattern.stop)
    newline = newline if "\n" in newline else "\n"
    return Edit(path, pattern.start, pattern.stop, found["comment"] + newline + found["glob"])


def _parted(tree: Tree, path: str, edit: Edit) -> Fix | Refusal:
    snapshot = tree.snapshot
    paths = [*snapshot.paths, *snapshot.disk]
    before, after = tree.hidden(paths), tree.after((edit,)).hidden(paths)
    wrong = [one for one in after - before if one in snapshot or one.endswith(SOURCES)] + [*(before - after)]
    if wrong:
        return Refusal("trailing-comment", f"that would change whether git ignores {min(wrong)}")
    hidden = tuple(sorted(after - before))
    claims = (Hidden(hidden),) if hidden else ()
    return Fix(f"Put the comment on a line of its own in {path}", Safety.REVIEW, (edit,), claims)
