"""Downloads that fetch a name of several uploads: by a pattern, all into the folder they had."""

from cifix.formats.actions.artifacts import Site
from cifix.formats.yaml.edit import place
from cifix.model.change import Edit
from cifix.model.expect import Absent, Value
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts.remedy import Remedy, add, append, inputs

_MISSING = "the download would fail, because no artifact has the old name alone any more"


def gather(site: Site, separator: str) -> Remedy:
    """Turn `name: N` into `pattern: N-*` with `merge-multiple: true`; raises `Opaque` where it is written unusually."""
    route = (*site.step.route, "with")
    entry = inputs(site).entry("name")
    if entry is None or {"pattern", "merge-multiple"} & site.step.inputs.keys():
        raise Opaque(f"{site}: the inputs of the download are written in an unusual way")
    value, claim = append(site, "name", f"{separator}*")
    start, end = place(site.document, entry.key, 0, len("name"))
    more, merged = add(site, "merge-multiple", "true")
    edits = (value, Edit(site.path, start, end, "pattern"), more)
    claims = (Absent(site.path, (*route, "name")), Value(site.path, (*route, "pattern"), claim.value), merged)
    return Remedy(edits, claims, {site.key: _MISSING})
