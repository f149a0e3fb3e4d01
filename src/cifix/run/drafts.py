"""The commits that a proven plan becomes."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cifix.engine.plan import Patch
from cifix.report.message import body, digest, subject
from cifix.run.examine import Examined
from cifix.vcs.commit import Draft


def drafts_of(examined: Examined, proven: Mapping[str, Sequence[str]] = MappingProxyType({})) -> tuple[Draft, ...]:
    """One draft per patch, in order; `proven` are further lines for the commits of a rule."""
    identity = digest(examined.rules, examined.settings)
    return tuple(_draft(patch, identity, proven.get(patch.rule.id, ())) for patch in examined.proven.plan.patches)


def _draft(patch: Patch, identity: str, proven: Sequence[str]) -> Draft:
    return Draft(
        subject=subject(patch),
        body=body(patch, proven),
        trailers={"Cifix-Rule": patch.rule.id, "Cifix-Plan": identity},
        files={path: patch.after.file(path) for path in patch.paths},
    )
