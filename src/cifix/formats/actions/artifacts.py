"""The artifact steps of a repository's workflows and composite actions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Action, Reference, Step, Workflow, action, workflow
from cifix.formats.yaml import Document, Scalar
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

UPLOAD = "actions/upload-artifact"
DOWNLOAD = "actions/download-artifact"

LOCAL = re.compile(r"""(?m)^[ \t\-]*uses:[ \t]*["']?(?:\./|\$/)([^\s"'#]*)""")
"""A call of a local file, in text that cannot be parsed; the group is its path."""

_ASSIGNED = re.compile(r"""(?<!\w)(\w++)(?:=|<<)|["'](\w++)["'](?!\s*:)""")
_FILE = re.compile(r"[^.].*\.[A-Za-z][\w+-]*")
_BUNDLES = (
    *(".app", ".d", ".dsym", ".framework", ".xcarchive", ".xcframework", ".xcresult"),
    *(".egg-info", ".dist-info"),
)
_SLASH = re.compile(r"[/\\](?![^{]*\}\})")


@dataclass(frozen=True, slots=True)
class Site:
    """One artifact step, where it is written."""

    path: str
    document: Document
    step: Step
    uses: Reference
    written: Scalar

    @property
    def upload(self) -> bool:
        """Whether the step uploads; else it downloads."""
        return self.uses.slug == UPLOAD

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from other sites, and is the same for all routes that lead to it."""
        return self.path, self.written.start

    @property
    def line(self) -> int:
        """Line of the value of `uses`, counted from 1."""
        return self.document.text.line_column(self.written.start)[0]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Repository:
    """The workflows and actions that can take part in runs with artifacts.

    `opaque` says why a file that may hold artifact steps, or call others that do, cannot be parsed; `texts`
    lacks those that cannot even be decoded. `words` are those that a file seems to assign, by its path.
    """

    workflows: Mapping[str, Workflow]
    actions: Mapping[str, Action]
    opaque: Mapping[str, str]
    texts: Mapping[str, str]
    words: Mapping[str, frozenset[str]]

    @cached_property
    def assigned(self) -> frozenset[str]:
        """Every word that a file seems to assign as a variable in a script, or names in quotes."""
        return frozenset[str]().union(*self.words.values())


def read(snapshot: Snapshot) -> Repository:
    """Parse the workflows and actions that use artifacts or local files."""
    workflows: dict[str, Workflow] = {}
    actions: dict[str, Action] = {}
    opaque: dict[str, str] = {}
    texts: dict[str, str] = {}
    words: dict[str, frozenset[str]] = {}
    needles = (b"-artifact", b"./", b"$/")
    for path in snapshot.containing(needles, (*WORKFLOWS, *ACTIONS)):
        try:
            texts[path] = snapshot.text(path).text
            words[path] = snapshot.parsed(path, _assigned)
            if path.startswith(".github/workflows/"):
                workflows[path] = snapshot.parsed(path, workflow)
            else:
                actions[path] = snapshot.parsed(path, action)
        except Opaque as why:
            text = texts.get(path)
            if text is None or "-artifact" in text or LOCAL.search(text):
                opaque[path] = str(why)
    return Repository(workflows, actions, opaque, texts, words)


def _assigned(text: Text) -> frozenset[str]:
    return frozenset(word for found in _ASSIGNED.findall(text.text) for word in found if word)


def sites(repository: Repository, path: str) -> Iterator[Site]:
    """The artifact steps written in one file."""
    if found := repository.workflows.get(path):
        steps = [site(path, found.document, step) for job in found.jobs for step in job.steps]
    elif called := repository.actions.get(path):
        steps = [site(path, called.document, step) for step in called.steps]
    else:
        steps = []
    yield from (step for step in steps if step)


def site(path: str, document: Document, step: Step) -> Site | None:
    """The step as a site, if it is an artifact step."""
    if step.uses and step.written and step.uses.slug in {UPLOAD, DOWNLOAD} and not step.uses.path:
        return Site(path, document, step, step.uses, step.written)
    return None


def may_hide(path: str) -> bool:
    """Whether an upload `path` can hold hidden files: it is one, or a folder, or a wildcard that might match one.

    Only a name with a suffix below plainly named folders counts as a file; an excluded path (`!x`) holds nothing.
    """
    if not path or path.startswith("!"):
        return False
    *folders, last = _SLASH.split(path)
    plain = all(folder in {"", ".", "..", "~"} or folder[0] not in ".*?[" for folder in folders)
    return not plain or not _FILE.fullmatch(last) or last.lower().endswith(_BUNDLES)
