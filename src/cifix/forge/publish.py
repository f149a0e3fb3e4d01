"""Exactly one request per plan: open it, bring it up to date, or leave it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cifix.errors import GitError
from cifix.forge.block import Block, block_of, woven
from cifix.forge.request import Forge, Request, Wanted

_WITHDRAWN = "This request was withdrawn, with its branch, by whoever asked for it."


class Operation(StrEnum):
    """What was done with the request."""

    OPENED = "opened"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Standing:
    """The requests of a branch: the open one, and the one that was closed without a merge for the same plan."""

    open: Request | None
    declined: Request | None


@dataclass(frozen=True, slots=True)
class Published:
    """What was done with a request; `trouble` says why it has not got all its labels and reviewers."""

    operation: Operation
    request: Request
    trouble: str = ""


def standing(requests: Sequence[Request], plan: str) -> Standing:
    """What there is for a plan; the newest counts, and one without our block stands for no plan."""
    opened = next((one for one in requests if one.state == "open"), None)
    return Standing(opened, declined(requests).get(plan))


def declined(requests: Sequence[Request]) -> Mapping[str, Request]:
    """The plans whose newest request was closed without a merge, as long as no request is open."""
    if any(one.state == "open" for one in requests):
        return {}
    newest = {told.plan: one for one in reversed(requests) if (told := block_of(one.body)) is not None}
    return {plan: one for plan, one in newest.items() if one.state == "closed"}


def publish(forge: Forge, request: Request | None, wanted: Wanted, block: Block) -> Published:
    """Open the request, or update the open one where its block tells of another state; a person's title is kept.

    `wanted.body` is the text alone; labels and reviewers that the request has had once are not added again.
    """
    if request is None:
        opened = forge.open(replace(wanted, body=woven(wanted.body, block)))
        told = block_of(opened.body)
        if told is None or told.tip == block.tip:
            return Published(Operation.OPENED, opened, _decorated(forge, opened, block))
        request = opened
    old = block_of(request.body)
    if old is None:
        return Published(Operation.UNCHANGED, request)
    if _settled(old, block):
        return Published(Operation.UNCHANGED, request, _decorated(forge, request, old))
    labels = tuple(one for one in block.labels if one not in old.labels)
    reviewers = tuple(one for one in block.reviewers if one not in old.reviewers)
    title = block.title if request.title.removeprefix("Draft: ") == old.title else request.title
    kept = replace(block, labels=(*old.labels, *labels), reviewers=(*old.reviewers, *reviewers))
    body = woven(wanted.body, kept, request.body)
    forge.update(request, replace(wanted, title=title, body=body, labels=labels, reviewers=reviewers))
    now = replace(request, labels=(*request.labels, *labels), reviewers=(*request.reviewers, *reviewers))
    return Published(Operation.UPDATED, request, _decorated(forge, now, kept))


def withdraw(forge: Forge, request: Request) -> bool:
    """Close a request that is ours, so that it stands for no plan any more; one without our block stays open."""
    block = block_of(request.body)
    if block is None:
        return False
    forge.close(request, woven(_WITHDRAWN, replace(block, plan=""), request.body))
    return True


def _decorated(forge: Forge, request: Request, block: Block) -> str:
    """Why labels and reviewers are missing, if they are: the request is there all the same."""
    try:
        forge.decorate(request, block.labels, block.reviewers)
    except GitError as why:
        return str(why)
    return ""


def _settled(old: Block, new: Block) -> bool:
    same = (old.plan, old.tip, old.base, old.title) == (new.plan, new.tip, new.base, new.title)
    return same and set(new.labels) <= set(old.labels) and set(new.reviewers) <= set(old.reviewers)
