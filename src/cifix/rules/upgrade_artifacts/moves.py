"""The new ref of a step, and of the comment that repeats it."""

from collections.abc import Iterator

from cifix.formats.yaml.edit import replace
from cifix.model.change import Edit
from cifix.rules.upgrade_artifacts.refs import is_stale, named, target
from cifix.rules.upgrade_artifacts.remedy import Old


def moves(step: Old) -> Iterator[Edit]:
    """Put the new ref in the place of the old one; raises `Opaque` if it is spelled with escapes."""
    site = step.site
    end = len(site.written.value)
    yield replace(site.path, site.document, site.written, (end - len(site.uses.ref), end), target(site.uses, step.pair))
    if step.pin and is_stale(step.pin, site.uses, step.pair):
        yield Edit(site.path, step.pin.start, step.pin.end, named(step.pin.version, site.uses.slug, step.pair))


def moved(step: Old) -> str:
    """The whole value of `uses` with the new ref."""
    uses = step.site.uses
    return step.site.written.value.removesuffix(uses.ref) + target(uses, step.pair)
