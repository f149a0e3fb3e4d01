"""Git's C style of writing paths, for the inputs that are not separated by NUL."""

_ESCAPED = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


def quoted(path: str) -> str:
    """A path that survives newlines, carriage returns and path list separators."""
    return f'"{path.translate(_ESCAPED)}"'
