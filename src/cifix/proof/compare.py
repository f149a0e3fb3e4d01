"""Two processes' answers about one package, difference by difference."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cifix.proof.result import Difference, Proof, judged, unknown

Answer = Mapping[str, Any]
Form = Callable[[str], str]


def compared(name: str, package: str, before: Answer, after: Answer, shaky: Answer) -> Proof:
    """The proof that `package` gives on the branch, `after`, all that it gives on the base, `before`.

    `shaky` is a second answer of the base: what differs between the two says nothing about the branch.
    """
    if "error" in before:
        return _impossible(name, package, before["error"], after)
    if "error" in after:
        return judged(name, f"{package} behaves the same", [Difference(f"import {package}", "works", after["error"])])
    old, new, twin = before["value"], after["value"], shaky.get("value", {})
    unsteady = {one.subject for one in _package(old, twin)} if twin else set()
    found = [one for one in _package(old, new) if one.subject not in unsteady]
    names = sum(len(_value(told).get("attribute", ())) for told in old["surfaces"].values())
    claim = f"{package} gives the same: {names} names, {len(old['modules'])} modules, each first in its process"
    return judged(name, claim, found, [*_notes(old, new), *_unsteady(unsteady)])


def _impossible(name: str, package: str, error: str, after: Answer) -> Proof:
    """What fails on the base cannot be compared; being cured there is worth a note."""
    other = after.get("error", "")
    notes = [f"import {package} works on the branch"] if "value" in after else []
    notes += [f"import {package} fails on the branch in another way: {other}"] if other not in ("", error) else []
    return unknown(name, f"{package} cannot be imported here: {error}", notes)


def _package(old: Answer, new: Answer) -> Iterator[Difference]:
    for surface, told in old["surfaces"].items():
        yield from _surface(surface, _value(told), _value(new["surfaces"].get(surface, {})))
    yield from _modules(old["modules"], new["modules"], old["surfaces"])


def _surface(surface: str, old: Answer, new: Answer) -> Iterator[Difference]:
    """Nothing is said of a surface that cannot be imported on the branch: it is among the modules too."""
    if not old or not new:
        return
    gone = sorted(_listed(old) - _listed(new))
    yield from (Difference(f"dir({surface})", f"lists {one}", f"does not list {one}") for one in gone)
    yield from _star(surface, old["star"], new["star"])
    forms: Mapping[str, Form] = {
        "attribute": lambda one: f"{surface}.{one}",
        "from": lambda one: f"from {surface} import {one}",
    }
    told: set[str] = set()
    for kind, form in forms.items():
        for one, answer in old[kind].items():
            for difference in _answer(f"{form(one)}", answer, new[kind].get(one, {"error": "it was not asked"})):
                told.add(one)
                yield difference
    together, after = _value(old["together"]), _value(new["together"])
    for one, answer in together.items():
        if one not in told:
            yield from _answer(f"{surface}.{one} after all names before it", answer, after.get(one, new["together"]))


def _star(surface: str, old: Answer, new: Answer) -> Iterator[Difference]:
    subject = f"from {surface} import *"
    if "value" not in old:
        return
    if "value" not in new:
        yield Difference(subject, "works", new["error"])
        return
    yield from (Difference(subject, f"gives {one}", f"does not give {one}") for one in _less(old, new))
    yield from (Difference(subject, f"does not give {one}", f"gives {one}") for one in _less(new, old))


def _modules(old: Answer, new: Answer, surfaces: Answer) -> Iterator[Difference]:
    for module, told in old.items():
        if "error" in told:
            continue
        other = new.get(module, {"error": "it was not asked"})
        if "error" in other:
            yield Difference(f"import {module}", "works", other["error"])
            continue
        after = {} if module in surfaces else other["value"]["members"]
        for one, member in told["value"]["members"].items():
            if one in after and after[one] != member:
                yield Difference(f"from {module} import {one}", member, after[one])
        for line in sorted(set(other["value"]["skipped"]) - set(told["value"]["skipped"])):
            yield Difference(f"import {module}", "every such statement works", f"a statement fails: {line}")


def _answer(subject: str, old: Answer, new: Answer) -> Iterator[Difference]:
    """A name that fails on the base may do anything on the branch."""
    if "value" in old and new.get("value") != old["value"]:
        yield Difference(subject, str(old["value"]), str(new.get("value", new.get("error"))))


def _notes(old: Answer, new: Answer) -> Iterator[str]:
    for surface, told in old["surfaces"].items():
        before, after = _value(told), _value(new["surfaces"].get(surface, {}))
        more = sorted(_listed(after) - _listed(before))
        if before and more:
            yield f"dir({surface}) lists more on the branch: {', '.join(more)}"
    for name, told in new["modules"].items():
        if name not in old["surfaces"] and _value(told).get("implicit"):
            yield f"import {name} does not load any more along the way: {', '.join(told['value']['implicit'])}"
    cured = [
        name for name, told in old["modules"].items() if "error" in told and "value" in new["modules"].get(name, {})
    ]
    yield from (f"import {name} works on the branch only" for name in cured)
    broken: dict[str, list[str]] = {}
    for name, told in old["modules"].items():
        if "error" in told and name not in cured:
            broken.setdefault(told["error"], []).append(name)
    for error, names in broken.items():
        yield f"cannot be imported here: {names[0]}{f' and {len(names) - 1} more' if names[1:] else ''}: {error}"


def _unsteady(unsteady: set[str]) -> Iterator[str]:
    yield from (f"{one} differs between two runs of the base; it was not compared" for one in sorted(unsteady))


def _less(some: Answer, others: Answer) -> list[str]:
    return sorted(set(some["value"]) - set(others["value"]))


def _listed(surface: Answer) -> set[str]:
    """What `dir()` lists, without the names that every module may have or not."""
    return {name for name in surface.get("dir", ()) if not name.startswith("__")}


def _value(told: Answer) -> Answer:
    value: Answer = told.get("value", {})
    return value
