"""Names of variables, inputs and axes that hold a version."""

import re

_VERSION = re.compile(r"(?:.*-)?versions?|pythons?|pys?|pyver|go|golang|node|nodejs|ruby|php|java|jdk|dotnet")
_BREAK = re.compile(r"(?<=[a-z])(?=[A-Z])|[._]")


def names_version(name: str) -> bool:
    """Whether a name, spelled like `python-version`, `PYTHON_VERSION` or `pythonVersion`, is that of a version."""
    return _VERSION.fullmatch(_BREAK.sub("-", name).lower()) is not None
