"""Which ref replaces an old one, and when the comment behind it must change too."""

from cifix.formats.actions.workflow import Pin, Reference, version
from cifix.rules.upgrade_artifacts.facts import Pair, facts


def is_stale(comment: Pin, uses: Reference, pair: Pair) -> bool:
    """Whether a comment tells another version than the new one; behind a tag it must be all that the comment says."""
    if uses.sha:
        return named(comment.version, uses.slug, pair) != comment.version
    numbers = version(comment.version)
    return comment.alone and numbers is not None and numbers[0] < facts().working


def target(uses: Reference, pair: Pair) -> str:
    """The ref that replaces an old one: a hash by a hash, a tag by a tag that is as exact."""
    return facts().majors[uses.slug][pair[uses.slug]].sha if uses.sha else named(uses.ref, uses.slug, pair)


def named(old: str, slug: str, pair: Pair) -> str:
    """The new version, written as exactly as the old one: `v3` is a major, `v3.1.2` an exact version."""
    major = pair[slug]
    new = facts().majors[slug][major].newest if "." in old else f"v{major}"
    return new if old[:1] in "vV" else new[1:]
