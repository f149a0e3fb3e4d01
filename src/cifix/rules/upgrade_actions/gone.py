"""Inputs that ask for what is no longer there, whatever the version of the action."""

from collections.abc import Iterable, Iterator

from cifix.formats.yaml import Scalar
from cifix.formats.yaml.edit import replace
from cifix.model.expect import Value
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.text import Opaque
from cifix.rules.upgrade_actions.facts import Gone, facts
from cifix.rules.upgrade_actions.sites import Site


def gone(found: Iterable[Site]) -> Iterator[Finding]:
    """One finding per such input."""
    for site in found:
        row = facts().gone.get(site.uses.slug)
        given = {key.lower(): scalar for key, scalar in site.step.inputs.items()}
        scalar = given.get(row.input) if row else None
        if row is None or scalar is None or scalar.value.lower() not in row.values:
            continue
        if all(key not in given or given[key].value.lower() in values for key, values in row.only.items()):
            message = f"{site.name} cannot get {scalar.value} any more: {row.says}"
            about = (f"{site.uses.slug}@{site.uses.ref}", scalar.value)
            outcome = _outcome(site, row, scalar)
            yield Finding("upgrade-actions", site.path, scalar.start, scalar.end, message, outcome, row.since, about)


def _outcome(site: Site, row: Gone, scalar: Scalar) -> Fix | Refusal:
    new = row.values[scalar.value.lower()]
    routes = site.document.routes(scalar)
    if len(routes) > 1:
        return Refusal("alias", f"{scalar.value} is shared, through an anchor, with something else")
    try:
        edit = replace(site.path, site.document, scalar, (0, len(scalar.value)), new)
    except Opaque as why:
        return Refusal("opaque", str(why))
    title = f"Set {row.input} of {site.name} to {new} in {site}"
    return Fix(title, Safety.SAFE, (edit,), tuple(Value(site.path, route, new) for route in routes))
