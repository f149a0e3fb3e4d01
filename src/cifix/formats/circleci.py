"""CircleCI: the file that configures it, and how its texts name parameters.

Facts: https://circleci.com/docs/reference/configuration-reference/ and .../reusing-config/ (read 2026-11).
"""

import re
from collections.abc import Iterator

from cifix.formats.yaml import Document, Map
from cifix.model.expect import Route

PIPELINES = (".circleci/**/*.yml", ".circleci/**/*.yaml")
"""Where the service looks for `config.yml`, and where the files that it goes on with are kept."""

_MENTION = re.compile(r"<<\s*(?:parameters|matrix|pipeline\.parameters)\.([\w-]+)\s*>>")


def mentions(text: str) -> Iterator[str]:
    """The parameters that a text names: `<< parameters.x >>`, `<< matrix.x >>`, `<< pipeline.parameters.x >>`."""
    return iter(_MENTION.findall(text))


def fed_by(text: str) -> str | None:
    """The parameter that a text stands for as a whole; None if it says anything else."""
    found = _MENTION.fullmatch(text.strip())
    return found[1] if found else None


def defined(document: Document, route: Route) -> str | None:
    """The parameter that gets the scalar at `route` as its value, or as one of its values."""
    match route:
        case (*_, "matrix", "parameters", str(name), int()):
            return name
        case (*_, "matrix", "exclude", int(), str(name)):
            return name
        case (*start, "parameters", str(name), "default") | (*start, "parameters", str(name), "enum", int()):
            entry = document.at((*start, "parameters", name))
            return name if isinstance(entry, Map) and entry.word("type") in {"string", "enum"} else None
        case ("workflows", str(_name), "jobs", int(), str(_job), str(name)):
            return name if name not in {"name", "context", "type", "requires", "filters"} else None
        case ("jobs" | "commands", str(_job), *_, "steps", int(), str(step), str(name)):
            return name if step not in _STEPS else None
        case ("jobs", str(_job), "executor", str(name)):
            return name if name != "name" else None
        case _:
            return None


def given_to(route: Route) -> str:
    """The job, command or orb that a value at `route` is given to; empty if that cannot be told."""
    match route:
        case ("workflows", str(), "jobs", int(), str(job), *_):
            return job
        case (*_, "steps", int(), str(step), str()):
            return step
        case _:
            return ""


_STEPS = {
    "run",
    "checkout",
    "save_cache",
    "restore_cache",
    "store_artifacts",
    "store_test_results",
    "persist_to_workspace",
    "attach_workspace",
    "setup_remote_docker",
    "add_ssh_keys",
    "when",
    "unless",
}
"""Steps that CircleCI has built in: what they are given are no parameters."""
