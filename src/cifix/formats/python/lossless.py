"""A second opinion on Python sources from libcst, whose tree holds every byte: ast forgets comments and blanks."""

from cifix.model.text import Opaque, Text


def lossless(text: Text) -> int:
    """Read `text` into libcst's tree and write it back; returns the number of statements at the top.

    Raises `Opaque` if libcst 1.9 cannot read it, or if it would not write the same bytes, as happens to
    files whose lines end with a lone CR.
    """
    import libcst  # noqa: PLC0415 - takes half a second, and only files that change need it

    try:
        module = libcst.parse_module(text.raw)
        written = module.bytes
    except (libcst.ParserSyntaxError, RecursionError, UnicodeError) as why:
        raise Opaque(f"libcst cannot read the file: {why}") from why
    if written != text.raw:
        raise Opaque("libcst would not write the same bytes back")
    return len(module.body)
