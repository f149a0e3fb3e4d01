"""The facts of the rule that age, from `facts.toml`, in the shape that the rule needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from cifix.model.facts import sheet


@dataclass(frozen=True, slots=True)
class Move:
    """What changes for a step that moves to a major, or to another action; see the head of `facts.toml` for the keys.

    `remove` and `values` are by input; an empty tuple of values to remove stands for all.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    remove: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    add: Mapping[str, str] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    only_with: str = ""
    manual: tuple[str, ...] = ()
    manual_env: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_env: tuple[str, ...] = ()
    match: Mapping[str, str] = field(default_factory=dict)
    review: str = ""
    when: tuple[str, ...] = ()
    review_unless: tuple[str, ...] = ()
    file: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Major:
    """How a major fares.

    Runs fail with it since the day `dead`, but not with exact versions from `alive` on; its makers left it alone on
    the day `ended`; and GitHub warns about its Node if `warned`.
    """

    move: Move = field(default_factory=Move)
    dead: date | None = None
    ended: date | None = None
    alive: tuple[int, ...] = ()
    warned: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its majors, the `tags` and exact versions that exist, and the commits of exact versions.

    `absent` are majors that have exact versions only.
    """

    majors: Mapping[int, Major]
    tags: frozenset[int]
    absent: frozenset[int]
    exact: Mapping[int, str]
    hashes: Mapping[str, str]
    pair: str

    def ref(self, major: int, *, exact: bool) -> str:
        """A ref that exists for a major: its floating tag, or its newest `exact` version; empty if none is known."""
        return f"v{major}" if major in self.tags and not exact else self.exact.get(major, "")


@dataclass(frozen=True, slots=True)
class Replacement:
    """What takes the place of an action: `uses` (empty if only `advice` helps), and the inputs that both have."""

    uses: str
    move: Move
    keep: frozenset[str]
    files: tuple[str, ...]
    advice: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An `input` whose `values`, in lower case, have not been there `since` a day, with what takes their place.

    Runs fail with what `says`, `only` if these inputs have one of these values or are not given.
    """

    input: str
    values: Mapping[str, str]
    only: Mapping[str, tuple[str, ...]]
    since: date
    says: str


@dataclass(frozen=True, slots=True)
class Facts:
    """The actions, the replacements, and the inputs that ask for what is gone, by slug in lower case."""

    actions: Mapping[str, Action]
    replacements: Mapping[str, Replacement]
    gone: Mapping[str, Gone]


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.upgrade_actions").data
    modern = found["modern"]
    return Facts(
        {slug.lower(): _action(row, found["majors"].get(slug, {}), modern) for slug, row in found["actions"].items()},
        {slug.lower(): _replacement(row) for slug, row in found["replacements"].items()},
        {slug.lower(): _gone(row) for slug, row in found["gone"].items()},
    )


def _gone(row: Mapping[str, Any]) -> Gone:
    only = {key: tuple(values) for key, values in row.get("only", {}).items()}
    return Gone(row["input"], row["values"], only, row["since"], row["says"])


def _action(row: Mapping[str, Any], steps: Mapping[str, Mapping[str, Any]], modern: int) -> Action:
    majors = {
        number: _major(steps.get(str(number), {}), warned=0 < node < modern)
        for number, node in enumerate(row["node"], start=1)
    }
    exact = {int(number): version for number, version in row.get("exact", {}).items()}
    tags, absent = frozenset(row["tags"]), frozenset(row.get("absent", ()))
    return Action(majors, tags, absent, exact, row.get("hashes", {}), row.get("pair", ""))


def _major(row: Mapping[str, Any], *, warned: bool) -> Major:
    return Major(_move(row), row.get("dead"), row.get("ended"), tuple(row.get("alive", ())), warned)


def _replacement(row: Mapping[str, Any]) -> Replacement:
    return Replacement(
        row.get("by", ""),
        _move(row),
        frozenset(row.get("keep", ())),
        tuple(row.get("files", ())),
        row.get("advice", ""),
    )


def _move(row: Mapping[str, Any]) -> Move:
    """The keys of a row that say what changes; lists become tuples, dashes underscores."""
    known = Move.__dataclass_fields__
    given = {key.replace("-", "_"): value for key, value in row.items()}
    told: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in given.items() if key in known
    }
    if "remove" in told:
        told["remove"] = {key: tuple(values) for key, values in told["remove"].items()}
    return Move(**told)
