"""Comments that turn a finding of ruff down.

Sources: https://docs.astral.sh/ruff/linter/#error-suppression and ruff 0.17.6, read 2026-11.
"""

import re

_CODES = r"[A-Z]+[0-9]+(?![\w-])(?:[\s,]+[A-Z]+[0-9]+(?![\w-]))*"
_LINE = re.compile(rf"#\s*(?i:noqa)(?=[\s:#]|\Z)(?:(?P<colon>\s*:)\s*(?P<codes>{_CODES})?)?")
_FILE = re.compile(rf"(?m)^[ \t\ufeff]*#\s*(?i:ruff|flake8)\s*:\s*(?i:noqa)(?:(?P<colon>\s*:)\s*(?P<codes>{_CODES})?)?")
_RANGE = re.compile(r"#\s*ruff:\s*(?:disable|ignore|file-ignore)\s*\[([^\]\n]*)\]")


def silenced_file(source: str, code: str) -> bool:
    """Whether a comment turns `code` down in the whole file, or in a part of it that only ruff can tell."""
    return any(_names(found, code) for found in _FILE.finditer(source)) or any(
        code in re.split(r"[\s,]+", found.group(1).strip()) for found in _RANGE.finditer(source)
    )


def silenced(line: str, code: str) -> bool:
    """Whether the first `noqa` comment on a line turns `code` down; a list that names no code turns down nothing."""
    found = _LINE.search(line)
    return found is not None and _names(found, code)


def _names(found: re.Match[str], code: str) -> bool:
    if found["codes"]:
        return code in re.split(r"[\s,]+", found["codes"])
    return found["colon"] is None
