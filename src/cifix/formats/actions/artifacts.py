"""The artifact steps of a repository's workflows and composite actions."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Action, Reference, Step, Workflow, action, workflow
from cifix.formats.yaml import Document, Scalar
from cifix.model.glob import compiled
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text

UPLOAD = "actions/upload-artifact"
DOWNLOAD = "actions/download-artifact"

LOCAL = re.compile(r"""(?m)^[ \t\-]*uses:[ \t]*["']?(?:\./|\$/)([^\s"'#]*)""")
"""A call of a local file, in text that cannot be parsed; the group is its path."""

_NEEDLES = (b"-artifact", b"./", b"$/")
_PLACES = (*WORKFLOWS, *ACTIONS)
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
    lacks those that cannot even be decoded, and `sources` are the same texts. `calls` are the local files that a file
    may call, whether they are there or not, if it calls any.
    """

    workflows: Mapping[str, Workflow]
    actions: Mapping[str, Action]
    opaque: Mapping[str, str]
    texts: Mapping[str, str]
    sources: Mapping[str, Text]
    calls: Mapping[str, frozenset[str]]

    def assigns(self, word: str) -> bool:
        """Whether a file seems to assign `word` as a variable in a script, or names it in quotes."""
        if word not in self._asked:
            near = (source for source in self.sources.values() if word in source.text)
            self._asked[word] = any(word in source.once(_assigned) for source in near)
        return self._asked[word]

    @cached_property
    def _asked(self) -> dict[str, bool]:
        return {}


def read(snapshot: Snapshot) -> Repository:
    """Parse the workflows and actions that use artifacts or local files."""
    return _read(snapshot, snapshot.containing(_NEEDLES, _PLACES), Repository({}, {}, {}, {}, {}, {}))


def reread(after: Snapshot, before: Snapshot) -> Repository:
    """`read` of `after`, from that of `before`: only what differs is looked at."""
    known, places = before.once(read), compiled(_PLACES)
    paths = [path for path in before.differences(after) if places.fullmatch(path)]
    if any(path not in known.texts or path in known.opaque for path in paths):
        return read(after)
    if not all(path in after and any(needle in after.read(path) for needle in _NEEDLES) for path in paths):
        return read(after)
    found = _read(after, paths, known)
    return read(after) if found.opaque.keys() & set(paths) else found


def _read(snapshot: Snapshot, paths: Iterable[str], known: Repository) -> Repository:
    """What is known, with what the files at `paths` hold."""
    workflows, actions, opaque = dict(known.workflows), dict(known.actions), dict(known.opaque)
    texts, sources, calls = dict(known.texts), dict(known.sources), dict(known.calls)
    for path in paths:
        try:
            sources[path] = snapshot.text(path)
            texts[path] = sources[path].text
            calls.pop(path, None)
            found: Workflow | Action
            if path.startswith(".github/workflows/"):
                found = workflows[path] = snapshot.parsed(path, workflow)
            else:
                found = actions[path] = snapshot.parsed(path, action)
        except Opaque as why:
            workflows.pop(path, None)
            actions.pop(path, None)
            text = texts.get(path)
            if text is None or "-artifact" in text or LOCAL.search(text):
                opaque[path] = str(why)
        else:
            if called := frozenset(target for local in _local(found) for target in candidates(local)):
                calls[path] = called
    return Repository(workflows, actions, opaque, texts, sources, calls)


def candidates(local: str) -> tuple[str, ...]:
    """The files that a call of a local path may mean."""
    folder = local.strip("/")
    within = f"{folder}/" if folder else ""
    return folder, f"{within}action.yml", f"{within}action.yaml"


def _local(found: Workflow | Action) -> Iterator[str]:
    steps = found.steps if isinstance(found, Action) else [step for job in found.jobs for step in job.steps]
    uses = [*(job.uses for job in (() if isinstance(found, Action) else found.jobs)), *(step.uses for step in steps)]
    yield from (one.local for one in uses if one is not None and one.local is not None)


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
