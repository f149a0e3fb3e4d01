"""What is not uv and may fill an environment all the same: other actions, other installers, scripts."""

import re
from collections.abc import Mapping

from cifix.formats.actions.workflow import Reference
from cifix.rules.sync_uv_groups.facts import facts

_INSTALLING = re.compile(
    r"setup|install|python|env|venv|\buv\b|poetry|deps|dependencies|pre-commit|bootstrap|prepare|init"
)
_VAGUE = re.compile(
    r"(?:^|-)(?:tests?|testing|lint(?:ing|er)?|dev|devtools?|tools?|style|quality|qa|checks?|typing|ci)(?:-|$)"
)


def installs_elsewhere(used: Reference) -> bool:
    """Whether an action may install tools, as far as its name tells."""
    if used.local is not None:
        return True
    owner = used.slug.partition("/")[0]
    return owner not in facts().strangers["harmless"] and bool(_INSTALLING.search(f"{used.slug}/{used.path}"))


def installs(name: str) -> bool:
    """Whether a program puts on PATH what it is told to install."""
    return name in facts().strangers["installers"]


def brings_anything(name: str) -> bool:
    """Whether a program may do anything to the environments: it runs a script, or manages environments itself."""
    known = facts().strangers
    script = "/" in name and not re.search(r"venv|^/(?:usr/)?bin/", name)
    return script or name in known["runners"] or name in known["managers"] or name in {".", "source"}


def vague_name(name: str) -> bool:
    """Whether a distribution sounds like a collection of tools."""
    return _VAGUE.search(name) is not None


def activates(slug: str, ref: str, inputs: Mapping[str, str | None]) -> bool:
    """Whether an action may put the environment of uv on PATH."""
    if slug != "astral-sh/setup-uv":
        return False
    wanted = inputs.get("activate-environment", "false")
    old = re.fullmatch(r"v?[1-5](?:\..*)?", ref) or not re.fullmatch(r"v?\d+(?:\..*)?", ref)
    return wanted != "false" or bool(old and "python-version" in inputs)
