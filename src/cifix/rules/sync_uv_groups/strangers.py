"""What is not uv and may fill an environment all the same: other actions, other installers, scripts."""

import re
from collections.abc import Mapping

from cifix.formats.actions.workflow import Reference

INSTALLERS = frozenset(
    "pip pip3 pipx apt apt-get aptitude brew choco winget dnf yum apk pacman npm yarn pnpm gem cargo go".split()
)
"""Programs that put on PATH what they are told to install."""

RUNNERS = frozenset("make just task invoke inv poe duty doit hatch tox nox bash sh zsh rye pdm poetry thx".split())
"""Programs that run whatever a file of theirs says."""

OTHER_ENVIRONMENT = frozenset(
    ("UV_PROJECT", "UV_WORKING_DIR", "UV_NO_PROJECT", "UV_PROJECT_ENVIRONMENT", "UV_CONFIG_FILE", "UV_NO_CONFIG")
)
"""Variables that make uv look for its project, settings or environment in another place."""

_MANAGES = frozenset("conda mamba micromamba pixi eval xargs docker podman rye pdm poetry hatch".split())
_HARMLESS = frozenset(
    "actions astral-sh codecov docker github coverallsapp dorny softprops peter-evans pypa google-github-actions"
    " aws-actions azure dtolnay swatinem sigstore slackapi peaceiris re-actors reviewdog step-security ossf tj-actions"
    " taiki-e benchmark-action release-drafter sonarsource crazy-max dawidd6 nick-fields stefanzweifel trufflesecurity"
    " anchore aquasecurity snyk mishakav py-cov-action pytooling marocchino extractions webfactory amannn".split()
)
_INSTALLING = re.compile(r"setup|install|python|env|venv|\buv\b|poetry|deps|dependencies|pre-commit|bootstrap|prepare|init")
_VAGUE = re.compile(r"(?:^|-)(?:tests?|testing|lint(?:ing|er)?|dev|devtools?|tools?|style|quality|qa|checks?|typing|ci)(?:-|$)")


def installs_elsewhere(used: Reference, inputs: Mapping[str, str | None]) -> bool:
    """Whether an action may install tools, as far as its name tells."""
    if used.local is not None:
        return True
    owner = used.slug.partition("/")[0]
    return owner not in _HARMLESS and bool(_INSTALLING.search(f"{used.slug}/{used.path}"))


def brings_anything(name: str) -> bool:
    """Whether a program may do anything to the environments: it runs a script, or manages environments itself."""
    return name in RUNNERS or name in _MANAGES or name in {"source", "."} or name.startswith(("./", "../", "$"))


def vague_name(name: str) -> bool:
    """Whether a distribution sounds like a collection of tools."""
    return _VAGUE.search(name) is not None
