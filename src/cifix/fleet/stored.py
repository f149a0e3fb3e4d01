"""Selections and analyses as JSON text, and back: nothing in a state file is ever run when it is read."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from cifix import __version__
from cifix.fleet.job import Analysis
from cifix.forge.request import Wish
from cifix.model.snapshot import File
from cifix.run.examine import Selection
from cifix.vcs.commit import Draft

_REQUEST = ("plan", "title", "text")


def wish_to_text(wish: Wish) -> str:
    """What requests shall be like, as JSON."""
    return json.dumps(asdict(wish))


def wish_from_text(text: str) -> Wish:
    """What `wish_to_text` wrote."""
    told = json.loads(text)
    named: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return Wish(**named)


def selection_to_text(asked: Selection) -> str:
    """What was asked for, as JSON."""
    return json.dumps(asdict(asked), default=str, sort_keys=True)


def selection_from_text(text: str) -> Selection:
    """What `selection_to_text` wrote."""
    told = json.loads(text)
    day = told.pop("today")
    named: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    return Selection(**named, today=date.fromisoformat(day) if day else None)


def digest_of(asked: Selection, today: date, rules: Iterable[str]) -> str:
    """Sixteen hex digits that stay the same as long as the version, the rules, the day and what is asked for do."""
    told = (__version__, sorted(rules), today.isoformat(), selection_to_text(asked))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def to_text(analysis: Analysis) -> str:
    """An analysis as JSON."""
    drafts = [_draft(draft) for draft in analysis.drafts]
    told = {"base": analysis.base, "run": analysis.run, "patch": _encoded(analysis.patch), "drafts": drafts}
    return json.dumps(
        {
            **told,
            **{key: getattr(analysis, key) for key in _REQUEST},
            "history": analysis.history,
            "left": analysis.left,
        }
    )


def from_text(text: str) -> Analysis:
    """What `to_text` wrote."""
    told = json.loads(text)
    drafts = tuple(_drafted(draft) for draft in told["drafts"])
    plan, title, text = (str(told[key]) for key in _REQUEST)
    patch = _decoded(told["patch"])
    return Analysis(told["base"], told["run"], patch, drafts, plan, title, text, told["history"], tuple(told["left"]))


def _draft(draft: Draft) -> Mapping[str, Any]:
    files = {path: None if file is None else [file.mode, _encoded(file.data)] for path, file in draft.files.items()}
    return {"subject": draft.subject, "body": draft.body, "trailers": dict(draft.trailers), "files": files}


def _drafted(told: Mapping[str, Any]) -> Draft:
    files = {path: None if file is None else File(_decoded(file[1]), file[0]) for path, file in told["files"].items()}
    return Draft(told["subject"], told["body"], told["trailers"], files)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)
