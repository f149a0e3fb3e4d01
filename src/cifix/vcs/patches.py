"""What a commit does, apart from where: the same for a commit and for its copy on another base.

Git has `git patch-id` for this, but only since 2.39 one that sees white space, and its answer depends on the user's
diff settings and on attributes of the tree; this one depends on nothing but the two trees.
"""

import hashlib
import re
from collections.abc import Callable

from cifix.vcs.repository import Outcome

_SHAPE = (
    *("-r", "-p", "--text", "--full-index", "--unified=3", "--inter-hunk-context=0", "--no-renames", "--no-color"),
    *("--no-ext-diff", "--no-textconv", "--no-relative", "--diff-algorithm=myers", "--no-indent-heuristic"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--submodule=short", "--ignore-submodules=none", "-O/dev/null"),
)
_PLACES = re.compile(rb"^(?:index [0-9a-f]+\.\.[0-9a-f]+|@@ -[0-9,]+ \+[0-9,]+ @@.*)", re.MULTILINE)


def patch_digest(attempt: Callable[..., Outcome], before: str, after: str) -> str | None:
    """Forty hex digits for the difference of two trees; None if files are missing, as in partial clones.

    `attempt` runs git. Lines that differ count with three lines around them; places and object ids do not.
    """
    told = attempt("-c", "core.quotePath=true", "diff-tree", *_SHAPE, before, after)
    if told.status:
        return None
    return hashlib.sha256(_PLACES.sub(b"", told.out)).hexdigest()[:40]
