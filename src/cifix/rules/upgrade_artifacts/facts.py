"""The facts of the rule that age, from `facts.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from cifix.formats.actions.artifacts import DOWNLOAD, UPLOAD
from cifix.model.facts import sheet

Pair = Mapping[str, int]
"""The majors of upload-artifact and download-artifact that belong together, by action."""


@dataclass(frozen=True, slots=True)
class Major:
    """One major of one action: how it fares since when, and who says so.

    `node` is the version that runs it, 0 if none; `dead` the day it stopped working, `warned` the day its end was
    announced; `newest` its newest exact version with its commit `sha`, both empty where nobody should move to it;
    `inputs` those that came with it; `source` was read on the day `read`.
    """

    source: str
    read: date
    node: int = 0
    dead: date | None = None
    warned: date | None = None
    newest: str = ""
    sha: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the data file says.

    `majors` are the rows by action and major, `pairs` the majors that came out together, oldest first, `commits` the
    versions of known hashes by action, `absent` the majors that never came out, `hidden_excluded` the first upload that
    leaves hidden files out, and `single_flat` the first major of the download that drops the folder of an artifact that
    is the only one.
    """

    majors: Mapping[str, Mapping[int, Major]]
    pairs: tuple[Pair, ...]
    commits: Mapping[str, Mapping[str, str]]
    absent: Mapping[str, frozenset[int]]
    hidden_excluded: tuple[int, ...]
    single_flat: int

    @property
    def working(self) -> int:
        """The lowest major that does not fail, of either action."""
        return min(min(pair.values()) for pair in self.pairs)

    def dead(self, major: int) -> date | None:
        """Since when a major has failed, of either action."""
        return self.majors[UPLOAD][major].dead

    def pair(self, target: str) -> Pair:
        """The majors that a `target` stands for: `v4`, `latest`, or `minimal` for the lowest nobody warns about."""
        if target == "v4":
            return self.pairs[0]
        if target == "latest":
            return self.pairs[-1]
        return next(pair for pair in self.pairs if not any(self.majors[slug][pair[slug]].warned for slug in pair))


@cache
def facts() -> Facts:
    """The sheet of the rule, in the shape that the rule needs."""
    found = sheet("cifix.rules.upgrade_artifacts").data
    names = {slug: slug.partition("/")[2] for slug in (UPLOAD, DOWNLOAD)}
    return Facts(
        {slug: {int(major): _major(row) for major, row in found[name].items()} for slug, name in names.items()},
        tuple({UPLOAD: upload, DOWNLOAD: download} for upload, download in found["pairs"]),
        {slug: found["commits"][name] for slug, name in names.items()},
        {slug: frozenset(found["absent"].get(name, {}).get("majors", ())) for slug, name in names.items()},
        tuple(found["hidden-excluded"]),
        found["single-flat"],
    )


def _major(row: Mapping[str, object]) -> Major:
    return Major(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})  # type: ignore[arg-type]
