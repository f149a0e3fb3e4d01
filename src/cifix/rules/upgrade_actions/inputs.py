"""What becomes of the inputs of a step on its way from one version to another."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cifix.model.finding import Refusal
from cifix.model.snapshot import Snapshot
from cifix.rules.upgrade_actions.facts import Move


class UnfitError(Exception):
    """A step cannot follow; `refusal` says which of its inputs is in the way, in the words of the step."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


@dataclass(slots=True)
class Inputs:
    """Inputs on their way: `given` as the step spells them, `names` and `values` as they are now, by that spelling.

    `added` are new ones, `gone` those that were taken out, `notes` what a person should know.
    """

    given: Mapping[str, str]
    env: Mapping[str, str]
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = {key: key for key in self.given}
        self.values = dict(self.given)

    def spelling(self, name: str) -> str | None:
        """How the step spells an input that now has this name; names of inputs are the same in any case."""
        return next((key for key, now in self.names.items() if now.lower() == name.lower()), None)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (self.spelling(name) is not None or name in self.added)


def travel(inputs: Inputs, moves: Iterable[Move], snapshot: Snapshot) -> None:
    """Take the inputs through all moves; raises `UnfitError` at the first that nothing here can make."""
    for move in moves:
        _obstacles(inputs, move)
        _removed(inputs, move)
        for old, new in move.rename.items():
            if (key := inputs.spelling(old)) is not None:
                if new in inputs and inputs.spelling(new) != key:
                    raise _unfit("input", inputs, old, f"which is called `{new}` later, and that is given too")
                inputs.names[key] = new
        for name, table in move.values.items():
            if (key := inputs.spelling(name)) is not None:
                inputs.values[key] = table.get(inputs.values[key].lower(), inputs.values[key])
        grown = _grown(inputs, move, snapshot)
        if move.review and (grown or not move.add) and _concerned(inputs, move):
            inputs.notes.append(move.review)


def _obstacles(inputs: Inputs, move: Move) -> None:
    for name in move.manual:
        if name in inputs:
            raise _unfit("input", inputs, name, "which nothing replaces later")
    for name in move.manual_env:
        if name in inputs.env:
            raise UnfitError(
                Refusal("input", f"its settings come from variables such as {name}; later they are inputs")
            )
    given = any(name in inputs for name in move.needs) or inputs.env.keys() & set(move.needs_env)
    if move.needs and not given:
        raise UnfitError(Refusal("missing-input", f"later versions need `{'` or `'.join(move.needs)}`"))
    for name, pattern in move.match.items():
        key = inputs.spelling(name)
        found = re.search(pattern, inputs.values[key]) if key is not None else None
        if found:
            words = found.group() or inputs.values[str(key)]
            raise UnfitError(
                Refusal(
                    "input", f"its `{key}` says `{words}`, which means nothing to later versions, or something else"
                )
            )


def _removed(inputs: Inputs, move: Move) -> None:
    for name, values in move.remove.items():
        key = inputs.spelling(name)
        if key is None:
            continue
        if values and inputs.values[key].lower() not in values:
            raise _unfit("input", inputs, name, "which later versions do not know")
        del inputs.names[key]
        inputs.gone.add(key)


def _grown(inputs: Inputs, move: Move, snapshot: Snapshot) -> bool:
    """Give the step what keeps its behaviour; whether that was needed."""
    if not move.add or any(name in inputs or name in snapshot for name in move.unless):
        return False
    if move.only_with and move.only_with not in inputs:
        return False
    if move.file and not any(_holds(snapshot, name, word) for name, word in move.file.items()):
        return False
    inputs.added |= move.add
    return True


def _holds(snapshot: Snapshot, name: str, word: str) -> bool:
    return next(snapshot.containing((word.encode(),), (f"**/{name}",)), None) is not None


def _concerned(inputs: Inputs, move: Move) -> bool:
    if any(name in inputs for name in move.review_unless):
        return False
    return not move.when or any(_says(inputs, *one.partition("=")[::2]) for one in move.when)


def _says(inputs: Inputs, name: str, value: str) -> bool:
    """Whether the step gave this input, with this value if one is named."""
    key = next((key for key in inputs.given if key.lower() == name.lower()), None)
    return key is not None and (not value or inputs.given[key].lower() == value)


def _unfit(key: str, inputs: Inputs, name: str, why: str) -> UnfitError:
    spelled = inputs.spelling(name)
    value = inputs.values.get(spelled or "", "").partition("\n")[0]
    return UnfitError(Refusal(key, f"it gives `{spelled}: {value}`, {why}"))
