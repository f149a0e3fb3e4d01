"""The fewest options that make uv install what a job lacks."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations

from cifix.formats.python.project import normalised
from cifix.formats.python.requirements import Bundle
from cifix.formats.uv.arguments import Call, Option, true
from cifix.formats.uv.project import Conflicting, Member, Undefined, Workspace, chosen, reached, selected
from cifix.rules.sync_uv_groups.environment import Place
from cifix.rules.sync_uv_groups.facts import implied

Flags = tuple[tuple[str, str], ...]
"""Options with their values; the value is empty for a switch."""

_MOST = 3
_TEST_FIRST = ("test", "tests", "testing", "dev", "lint", "docs")


class Unable(Exception):  # noqa: N818 - it is an answer, not a failure
    """No option helps: the `key` of a refusal, and its detail."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(detail)
        self.key = key
        self.detail = detail


def flags(space: Workspace, places: Sequence[Place], wanted: frozenset[str]) -> Flags:
    """The options to add to a call, seen in each leg, so that it installs `wanted`; raises `Unable`.

    Options that bring fewer distributions win, then fewer options, then extras before groups, `test` before `dev`.
    """
    calls = [place.call for place in places if place.call]
    if all(_brings(space, call, (), wanted) for call in calls):
        return ()
    candidates = list(_candidates(space, places[0], wanted))
    combos = (combo for count in range(1, _MOST + 1) for combo in combinations(candidates, count))
    fitting = [combo for combo in combos if all(_brings(space, call, combo, wanted) for call in calls)]
    if fitting:
        return min(fitting, key=lambda combo: _size(space, calls[0], combo))
    raise _reason(space, calls[0], wanted, candidates)


def member_flags(space: Workspace, call: Call, wanted: frozenset[str]) -> Flags:
    """The options that choose another member of the workspace which has `wanted`; raises `Unable`."""
    for member in space.members:
        name = member.declared.name
        if not name or member in chosen(space, call.selection):
            continue
        choices: list[Flags] = [(("--package", name),)]
        choices += [(("--package", name), option) for option in _options(member)]
        fitting = [combo for combo in choices if _brings(space, call, combo, wanted)]
        if fitting:
            return min(fitting, key=lambda combo: _size(space, call, combo))
    raise Unable("nowhere", f"{', '.join(sorted(wanted))} is in no extra and no group of the project")


def in_default_dev(member: Member, call: Call) -> bool:
    """Whether a call installs the group `dev` of a member if there is one."""
    chosen_now = call.selection
    by_default = not chosen_now.no_default_groups and (member.default_groups is None or "dev" in member.default_groups)
    asked = chosen_now.dev or chosen_now.only_dev or (by_default and not chosen_now.only)
    return asked and not chosen_now.no_dev and "dev" not in map(normalised, chosen_now.no_groups)


def _candidates(space: Workspace, place: Place, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    call = place.call or Call("sync", 0)
    if call.selection.only:
        return
    given = {(option.name, normalised(option.value or "")) for option in call.options}
    for member in chosen(space, call.selection):
        for name, value in _options(member):
            bundle = (member.declared.extras if name == "--extra" else member.declared.groups)[normalised(value)]
            if not _holds(space, bundle, wanted) or (name, normalised(value)) in given:
                continue
            by_variable = call.selection.no_dev and not call.has("--no-dev") and true(place.visit.env.get("UV_NO_DEV"))
            yield ("--dev", "") if by_variable and (name, normalised(value)) == ("--group", "dev") else (name, value)


def _options(member: Member) -> Iterator[tuple[str, str]]:
    yield from (("--extra", bundle.name) for bundle in member.declared.extras.values())
    yield from (("--group", bundle.name) for bundle in member.declared.groups.values())


def _holds(space: Workspace, bundle: Bundle, wanted: frozenset[str]) -> bool:
    return bool(wanted & reached(space, bundle.requirements, implied))


def _with(call: Call, combo: Flags) -> Call:
    """A call with more options."""
    names = {name for name, _ in combo}
    values = [(name, value) for name, value in combo if value]
    chosen_now = call.selection
    return replace(
        call,
        options=(*call.options, *(Option(name, value, 0, 0) for name, value in combo)),
        selection=replace(
            chosen_now,
            extras=(*chosen_now.extras, *(value for name, value in values if name == "--extra")),
            groups=(*chosen_now.groups, *(value for name, value in values if name == "--group")),
            packages=(*chosen_now.packages, *(value for name, value in values if name == "--package")),
            dev=chosen_now.dev or "--dev" in names,
            no_dev=chosen_now.no_dev and "--dev" not in names,
        ),
    )


def _brings(space: Workspace, call: Call, combo: Flags, wanted: frozenset[str]) -> bool:
    try:
        return wanted <= reached(space, selected(space, _with(call, combo).selection), implied)
    except (Undefined, Conflicting):
        return False


def _size(space: Workspace, call: Call, combo: Flags) -> tuple[int, int, list[int], Flags]:
    brought = reached(space, selected(space, _with(call, combo).selection), implied)
    known = [_TEST_FIRST.index(value) if value in _TEST_FIRST else len(_TEST_FIRST) for _, value in combo]
    return len(brought), len(combo), known, combo


def _reason(space: Workspace, call: Call, wanted: frozenset[str], candidates: Sequence[tuple[str, str]]) -> Unable:
    names = ", ".join(sorted(wanted))
    if candidates:
        kinds = ", ".join(f"{name} {value}".strip() for name, value in candidates)
        try:
            for candidate in candidates:
                selected(space, _with(call, (candidate,)).selection)
        except (Undefined, Conflicting):
            return Unable("conflict", f"{names} would come with {kinds}, which conflicts with what is chosen already")
        return Unable("kept-out", f"{names} would come with {kinds}, which the command or a variable of uv keeps out")
    if call.selection.only:
        return Unable("kept-out", f"the command installs nothing but certain groups, and {names} is not in them")
    for tool, listed in space.foreign.items():
        if wanted & listed:
            return Unable("foreign", f"{names} is only in a table of {tool}, which uv does not read")
    stopgap = " ".join(f"--with {name}" for name in sorted(wanted))
    where = f"add it to the group `dev`, or start the tool with `uv run {stopgap}`"
    return Unable("nowhere", f"{names} is in no dependency, extra or group that the command could install: {where}")
