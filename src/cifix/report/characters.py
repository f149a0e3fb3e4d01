"""Text of a stranger's repository, made fit to be shown: a file name there may hold any byte."""


def legible(text: str) -> str:
    """The text as Unicode; a byte of a file name that is not UTF-8 becomes a replacement character."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def printable(text: str) -> str:
    """The text with every control character but newline and tab escaped.

    Otherwise a repository could write its own sequences to the terminal.
    """
    return "".join(one if one in "\n\t" or one.isprintable() else ascii(one)[1:-1] for one in text)


def single_line(text: str) -> str:
    """Printable text on one line, with its newlines escaped as well."""
    return printable(text).replace("\n", "\\n")
