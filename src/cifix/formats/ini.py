"""INI files such as `setup.cfg` and `tox.ini`, as Python's own parser reads them."""

import configparser
from collections.abc import Mapping

from cifix.model.text import Opaque, Text

LINES = 10_000
"""Lines above which an INI file is not read."""


def refuse_long(text: Text) -> None:
    """Raise `Opaque` for a file of more lines than any configuration has."""
    if len(text.line_starts) > LINES:
        raise Opaque(f"the INI file has {len(text.line_starts):,} lines; cifix reads up to {LINES:,}")


def sections(text: Text) -> Mapping[str, Mapping[str, str]]:
    """The keys and values of every section, without interpolation; raises `Opaque` if the file is not INI."""
    refuse_long(text)
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text.text[text.start :])
    except configparser.Error as why:
        raise Opaque(f"the file is not valid INI: {str(why).splitlines()[0]}") from why
    return {name: dict(parser.items(name)) for name in parser.sections()}
