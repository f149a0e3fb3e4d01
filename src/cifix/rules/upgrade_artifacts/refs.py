"""Which ref replaces an old one, and when the comment behind it must change too."""

from cifix.formats.actions.workflow import Pin, Reference, version
from cifix.rules.upgrade_artifacts.facts import facts


def is_stale(comment: Pin, uses: Reference) -> bool:
    """Whether a comment repeats the old version; behind a tag, one with more words may mean something else."""
    numbers = version(comment.version)
    return numbers is not None and numbers[0] < facts().target and (uses.sha or comment.alone)


def target(uses: Reference) -> str:
    """The ref that replaces an old one: a hash by a hash, a tag by a tag that is as exact."""
    return facts().actions[uses.slug].sha if uses.sha else named(uses.ref, uses.slug)


def named(old: str, slug: str) -> str:
    """The new version, written as exactly as the old one: `v3` is a major, `v3.1.2` an exact version."""
    new = facts().actions[slug].exact if "." in old else f"v{facts().target}"
    return new if old[:1] in "vV" else new[1:]
