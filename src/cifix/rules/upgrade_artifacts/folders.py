"""Name the one artifact in a download of everything, into the folder that it used to get."""

from collections.abc import Iterator

from cifix.formats.actions.artifacts import Site
from cifix.formats.yaml import Map, Scalar
from cifix.formats.yaml.edit import fill, insert, replace, spelled
from cifix.model.change import Edit
from cifix.model.expect import Value


def is_writable(site: Site) -> bool:
    """Whether a name and a path can be given to this step, and nothing else will change."""
    node = site.step.node
    given, document = node.entry("with"), site.document
    if "id" in {entry.key.value for entry in node.entries} or len(document.routes(site.written)) > 1:
        return False
    if given is None:
        return True
    if not isinstance(given.value, Map):
        return isinstance(given.value, Scalar) and given.value.start == given.value.end
    path = given.value.entry("path")
    if given.value.entry("name") or len(document.routes(given.value)) > 1:
        return False
    return path is None or (
        isinstance(path.value, Scalar)
        and bool(path.value.value)
        and path.value.style not in {"|", ">"}
        and len(document.routes(path.value)) == 1
    )


def edits(site: Site, name: str) -> Iterator[Edit]:
    """Give a writable download the name, and its folder as path."""
    path, document, node = site.path, site.document, site.step.node
    entry = node.entry("with")
    given = entry.value if entry else None
    written = spelled(name, flow=node.flow or (isinstance(given, Map) and given.flow))
    both = {"name": written, "path": written}
    if given is None:
        yield insert(path, document, node, {"with": both})
    elif not isinstance(given, Map):
        yield fill(path, document, node, "with", both)
    elif not given.entries or given.entry("path") is None:
        yield insert(path, document, given, both, first=bool(given.entries))
    else:
        yield insert(path, document, given, {"name": written}, first=True)
        folder = site.step.inputs["path"]
        end = len(folder.value)
        yield replace(path, document, folder, (len(folder.value.rstrip("/")), end), f"/{name}")


def expects(site: Site, name: str) -> Iterator[Value]:
    """What the edits mean."""
    route = (*site.step.route, "with")
    old = site.step.inputs.get("path")
    yield Value(site.path, (*route, "name"), name)
    yield Value(site.path, (*route, "path"), f"{old.value.rstrip('/')}/{name}" if old else name)
