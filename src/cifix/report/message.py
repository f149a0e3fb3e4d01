"""The message of the commit that one patch becomes."""

import hashlib
import textwrap
from collections.abc import Iterable

from cifix import __version__
from cifix.engine.plan import Patch, Settings
from cifix.model.glob import matches
from cifix.model.rule import Rule

SUBJECT = 72
"""Characters of a subject line, as git's own documentation asks for at most."""

_KINDS = (
    ("ci", (".github/", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml")),
    ("build", ("**/.gitignore", "**/pyproject.toml")),
)


def subject(patch: Patch) -> str:
    """A conventional subject: the kind comes from the files that change, the rest from the rule's page."""
    kind = next((kind for kind, globs in _KINDS if _any_edit(patch, globs)), "fix")
    summary = patch.rule.summary
    line = f"{kind}: {summary[:1].lower()}{summary[1:]}"
    return line if len(line) <= SUBJECT else textwrap.shorten(line, SUBJECT, placeholder=" ...")


def body(patch: Patch, proven: Iterable[str] = ()) -> str:
    """Every finding that the commit answers, each with its place and the title of its fix, then the lines `proven`."""
    lines: list[str] = []
    for fix in patch.fixes:
        lines.append(f"{fix.title}:")
        for placed in patch.findings:
            if placed.finding.outcome == fix:
                place = f"{placed.finding.path}:{placed.line}"
                lines += _wrapped(f"{place}: {placed.finding.message}")
        lines.append("")
    lines += [part for line in proven for part in _wrapped(line, "")]
    return "\n".join(lines).strip("\n")


def digest(rules: Iterable[Rule], settings: Settings) -> str:
    """Sixteen hex digits that stay the same as long as cifix, its rules and its configuration do."""
    config = settings.config
    told = (
        __version__,
        sorted(rule.id for rule in rules),
        settings.floor.word,
        sorted(settings.selected),
        sorted(settings.overrides.items()),
        config.exclude,
        sorted((name, sorted(options.items())) for name, options in config.rules.items()),
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _any_edit(patch: Patch, globs: tuple[str, ...]) -> bool:
    edited = [path for path in patch.paths if path in patch.before]
    return any(matches(path, globs) for path in edited or patch.paths)


def _wrapped(text: str, bullet: str = "- ") -> list[str]:
    return textwrap.wrap(
        text, SUBJECT, initial_indent=bullet, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
