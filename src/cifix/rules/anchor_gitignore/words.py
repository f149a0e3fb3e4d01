"""What findings about masked files say."""

from collections.abc import Iterable, Sequence

from cifix.formats.gitignore import Match
from cifix.model.snapshot import Snapshot
from cifix.rules.anchor_gitignore.masked import Masked, Role, State
from cifix.rules.anchor_gitignore.unmasking import Tree


def message(match: Match, wanted: Sequence[Masked], snapshot: Snapshot) -> str:
    """What the line does to `wanted`."""
    written = match.pattern.written.decode(errors="replace")
    folders = {one: folder for one in wanted if (folder := _folder_named(match.pattern.name, one.path))}
    below = list(folders) or list(wanted)
    loose, missing = ([one for one in below if one.state is state] for state in (State.LOOSE, State.MISSING))
    lost = [one.path for one in below if one.unpacked]
    if loose:
        needed = f", and {uses(loose, snapshot)}" if all(one.role is not Role.SOURCE for one in loose) else ""
        what = "them" if len(loose) > 1 else "it"
        return f"`{written}` keeps {_names(loose)} out of git: no clean checkout has {what}{needed}"
    if missing:
        return f"`{written}` hides {_names(missing)}: {uses(below, snapshot)}"
    if lost:
        return f"`{written}` ignores {listed(lost)}: git tracks them, and hatchling leaves them out of wheels"
    places = listed(sorted(set(folders.values())))
    return f"`{written}` ignores the package folder {places}: the next file there is left out without a word"


def beaten(match: Match, wanted: Sequence[Masked], start: Tree) -> str:
    """Which lines include the sources again in vain, since a later one ignores them."""
    folders = {one.match.path: one.match.path != one.path for one in wanted}
    lines = {
        found.pattern.number: found.pattern.written.decode(errors="replace")
        for path, directory in folders.items()
        for found in start.ignores.applying(path, directory=directory)
        if found.pattern.negated and found.source == match.source and found.pattern.number < match.pattern.number
    }
    told = listed([f"`{written}` on line {number}" for number, written in sorted(lines.items())])
    return f"; {told} cannot help, since line {match.pattern.number} comes later" if lines else ""


def uses(masked: Sequence[Masked], snapshot: Snapshot) -> str:
    """The first place that needs one of `masked`."""
    use = next(one.use for one in masked if one.use)
    line, _ = snapshot.text(use.path).line_column(use.start)
    return f"{use.path} {use.verb} it on line {line}"


def line(match: Match) -> str:
    """The ignore file, line and pattern."""
    source, number = match.line
    return f"{source}, line {number}: `{match.pattern.written.decode(errors='replace')}`"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first `most` names, and how many more there are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _names(masked: Iterable[Masked]) -> str:
    return listed([one.path for one in masked])


def _folder_named(name: str | None, path: str) -> str:
    """The outermost folder above `path` with this name, or nothing."""
    parts = path.split("/")[:-1]
    return "/".join(parts[: parts.index(name) + 1]) if name in parts else ""
