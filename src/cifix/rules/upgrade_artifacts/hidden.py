"""Hidden files that older uploads stored and newer ones leave out."""

from collections.abc import Iterator, Sequence

from cifix.formats.actions.artifacts import may_hide
from cifix.formats.actions.expression import spelling
from cifix.formats.actions.runs import Run
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.facts import facts
from cifix.rules.upgrade_artifacts.remedy import Key, Old, Problem, Remedy, add

_LEFT_OUT = "hidden files would be left out of the artifact"


def hidden(group: Sequence[Run], old: Sequence[Old]) -> Iterator[Remedy | Problem]:
    """Keep storing hidden files where that was done so far and the path does not rule out that there are any."""
    storing = {step.site.key: step for step in old if step.site.upload and _stores(step)}
    seen: dict[Key, list[str]] = {}
    for run in group:
        for occurrence in run.occurrences:
            lines = [line.strip() for line in spelling(occurrence.path).splitlines()]
            if occurrence.site.key in storing and any(may_hide(line) for line in lines):
                seen.setdefault(occurrence.site.key, []).extend(lines)
    for key, lines in seen.items():
        yield _kept(storing[key], lines)


def _stores(step: Old) -> bool:
    """Whether a version uploads hidden files; the tag v3 does not any more."""
    numbers = step.numbers or (0,)
    return step.site.uses.ref.lower() not in {"v3", "3"} and numbers < facts().hidden_excluded


def _kept(step: Old, lines: Sequence[str]) -> Remedy | Problem:
    site = step.site
    hiding = next(line for line in lines if may_hide(line))
    wide = next((line for line in lines if _whole(line)), None)
    if wide is not None:
        detail = f"{site} uploads {wide!r} from {site.uses.ref}, which may hold credentials such as those in .git"
        return Problem("hidden-files", detail, (site,))
    try:
        edit, claim = add(site, "include-hidden-files", "true")
    except Opaque as why:
        return Problem("hidden-files", f"{site} uploads {hiding!r} from {site.uses.ref}; {why}", (site,))
    doubt = f"{site} goes on to store hidden files below {hiding!r}, if there are any: see that they hold no secrets"
    return Remedy((edit,), (claim,), {site.key: _LEFT_OUT}, (doubt,))


def _whole(line: str) -> bool:
    """Whether a path may be the whole work space, or begins with what only a run can tell."""
    plain = line.replace("\\", "/").removeprefix("${{ github.workspace }}/").removeprefix("./").rstrip("/")
    first = plain.partition("/")[0]
    return plain in {"", ".", "~", "..", "/"} or first in {"*", "**", "..", "~"} or first.startswith((".git", "${{"))
