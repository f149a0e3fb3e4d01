"""Exactly one request per plan: open it, bring it up to date, or leave it alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from cifix.forge.block import Block, block_of, woven
from cifix.forge.request import Forge, Request, Wanted


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


def standing(requests: Sequence[Request], plan: str) -> Standing:
    """What there is for a plan; the newest counts, and one without our block stands for no plan."""
    opened = next((one for one in requests if one.state == "open"), None)
    last = next((one for one in requests if (told := block_of(one.body)) is not None and told.plan == plan), None)
    declined = last if last is not None and last.state == "closed" and opened is None else None
    return Standing(opened, declined)


def publish(forge: Forge, request: Request | None, wanted: Wanted, block: Block) -> tuple[Operation, Request]:
    """Open the request, or update the open one where its block tells of another state; a person's title is kept.

    `wanted.body` is the text alone; labels and reviewers that cifix has added once are not added again.
    """
    if request is None:
        opened = forge.open(replace(wanted, body=woven(wanted.body, block)))
        told = block_of(opened.body)
        if told is None or told.tip == block.tip:
            return Operation.OPENED, opened
        request = opened
    old = block_of(request.body)
    if old is None or _settled(old, block):
        return Operation.UNCHANGED, request
    labels = tuple(one for one in block.labels if one not in old.labels)
    reviewers = tuple(one for one in block.reviewers if one not in old.reviewers)
    title = block.title if request.title.removeprefix("Draft: ") == old.title else request.title
    kept = replace(block, labels=(*old.labels, *labels), reviewers=(*old.reviewers, *reviewers))
    body = woven(wanted.body, kept, request.body)
    forge.update(request, replace(wanted, title=title, body=body, labels=labels, reviewers=reviewers))
    return Operation.UPDATED, request


def _settled(old: Block, new: Block) -> bool:
    same = (old.plan, old.tip, old.base, old.title) == (new.plan, new.tip, new.base, new.title)
    return same and set(new.labels) <= set(old.labels) and set(new.reviewers) <= set(old.reviewers)
