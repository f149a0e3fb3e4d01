"""Signs that workflows run on GitHub Enterprise Server, where other versions of actions work than on github.com."""

import re
from collections.abc import Iterator

from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

_NEEDLES = (b"GH_HOST", b"GHE_HOST", b"_ENTERPRISE_TOKEN", b"github-server-url")
_SIGN = re.compile(r"\b(?:GHE?_HOST|GH_ENTERPRISE_TOKEN|GITHUB_ENTERPRISE_TOKEN|github-server-url)\b")
_CLOUD = re.compile(
    r"""["']?[ \t]*[:=][ \t]*["']?(?:(?:https://)?(?:[\w-]+\.ghe|(?:api\.)?github)\.com\b|\$\{\{\s*github\.server_url\b)"""
)


def sign(text: str) -> str | None:
    """The first word that only an Enterprise Server has a use for; not in comments, nor beside a host of the cloud."""
    return next(_signs(text), None)


def signs(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """The files of workflows and actions with such a word, and the word."""
    for path in snapshot.containing(_NEEDLES, (*WORKFLOWS, *ACTIONS)):
        try:
            found = sign(snapshot.text(path).text)
        except Opaque:
            continue
        if found:
            yield path, found


def _signs(text: str) -> Iterator[str]:
    for found in _SIGN.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not line.lstrip().startswith("#") and not _CLOUD.match(text, found.end()):
            yield found.group()
