"""A hook that runs cifix before each commit, in the project's pre-commit configuration."""

import shlex
from collections.abc import Iterator, Sequence

from cifix import __version__
from cifix.formats.precommit import CONFIG, Hooks, hooks
from cifix.formats.yaml import Map, Seq
from cifix.formats.yaml.edit import append, spelled
from cifix.guard.wanted import Wanted
from cifix.model.change import Edit
from cifix.model.expect import Route, Value
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque


def hook(snapshot: Snapshot, wanted: Wanted) -> Iterator[Finding]:
    """The hook, unless one runs cifix already."""
    message = "no hook runs cifix before a commit"
    if CONFIG not in snapshot:
        detail = f"there is no {CONFIG}: begin one with `pre-commit sample-config`, or use --only for the other parts"
        yield Finding("guard", CONFIG, 0, 0, message, Refusal("no-pre-commit", detail))
        return
    try:
        found = snapshot.parsed(CONFIG, hooks)
        if _has(found):
            return
        yield Finding("guard", CONFIG, *_place(found), message, _fix(found, wanted))
    except Opaque as why:
        yield Finding("guard", CONFIG, 0, 0, message, Refusal("opaque", str(why)))


def _has(found: Hooks) -> bool:
    return any("cifix" in one.id or (one.entry and "cifix" in one.entry.value) for one in found.hooks)


def _place(found: Hooks) -> tuple[int, int]:
    """The key that leads to the list of repositories."""
    root = found.document.at(())
    entry = root.entry("repos") if isinstance(root, Map) else None
    if entry is None:
        raise Opaque("it has no list of `repos`")
    return entry.key.start, entry.key.end


def _fix(found: Hooks, wanted: Wanted) -> Fix:
    document = found.document
    repos = document.at(("repos",))
    if not isinstance(repos, Seq):
        raise Opaque("`repos` is not a list")
    command = shlex.join(["cifix", "check", *(part for rule in wanted.left_out for part in ("--ignore", rule))])
    told = {"id": "cifix", "name": "cifix", "entry": command, "language": "python"}
    lines = _lines(told, *_gaps(found, repos))
    edit: Edit = append(CONFIG, document, repos, lines)
    here: Route = ("repos", len(repos.items), "hooks", 0)
    values = {**told, "pass_filenames": "false", "always_run": "true"}
    claims = [Value(CONFIG, ("repos", len(repos.items), "repo"), "local")]
    claims += [Value(CONFIG, (*here, key), value) for key, value in values.items()]
    claims += [Value(CONFIG, (*here, "additional_dependencies", 0), f"cifix=={__version__}")]
    return Fix(f"Run cifix before each commit, by a hook in {CONFIG}", Safety.REVIEW, (edit,), tuple(claims))


def _gaps(found: Hooks, repos: Seq) -> tuple[int, int]:
    """Columns from a dash to its first key, and from `hooks` to the dashes below it, as the last item has them."""
    document = found.document
    last = repos.items[-1] if repos.items else None
    listed = last.entry("hooks") if isinstance(last, Map) and not last.flow else None
    if not isinstance(last, Map) or listed is None or not isinstance(listed.value, Seq) or listed.value.flow:
        return 2, 2
    key = document.column(listed.key.outer)
    return key - document.column(repos.start), document.column(listed.value.start) - key


def _lines(told: dict[str, str], gap: int, inner: int) -> Sequence[str]:
    dash = "-" + " " * (gap - 1)
    outer, within = " " * gap, " " * (gap + inner)
    body = [f"{key}: {spelled(value)}" for key, value in told.items()]
    body += [f'additional_dependencies: ["cifix=={__version__}"]', "pass_filenames: false", "always_run: true"]
    first, *rest = body
    return [
        f"{dash}repo: local",
        f"{outer}hooks:",
        f"{within}{dash}{first}",
        *(f"{within}{outer}{one}" for one in rest),
    ]
