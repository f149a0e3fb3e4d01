"""What modules import, and the names that they bind."""

import pytest

from cifix.formats.python.imports import Import, binds, imports, mentions, package_binds
from cifix.model.text import Text


def read(source: str) -> tuple[Import, ...]:
    return imports(Text.decode(source.encode(), cookie=True))


def one(source: str) -> Import:
    (statement,) = read(source)
    return statement


def test_every_import_is_told_with_its_module_names_and_level() -> None:
    found = read("import a.b, c as d\nfrom .. import e\ndef f():\n    from .g import h as i, j\n")
    assert [(each.module, each.level, each.names) for each in found] == [
        ("a.b", 0, ()),
        ("c", 0, ()),
        ("", 2, ("e",)),
        ("g", 1, ("h", "j")),
    ]


@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_statement_spans_its_characters(start: str) -> None:
    source = f"{start}ä = 1; from a import (\r\n    b,\r\n)  # ö\r\nif ä:\r\n    import c; d = 2\r\n"
    assert [source[each.start : each.end] for each in read(source)] == ["from a import (\r\n    b,\r\n)", "import c"]


@pytest.mark.parametrize(
    ("source", "guarded"),
    [
        ("try:\n    import a\nexcept ImportError:\n    pass", True),
        ("try:\n    import a\nexcept (ValueError, builtins.ModuleNotFoundError):\n    pass", True),
        ("try:\n    import a\nexcept:\n    pass", True),
        ("try:\n    if x:\n        import a\nexcept* Exception:\n    pass", True),
        ("try:\n    import a\nexcept ValueError:\n    pass", False),
        ("try:\n    pass\nexcept ImportError:\n    import a", False),
        ("try:\n    pass\nexcept ImportError:\n    pass\nelse:\n    import a", False),
        ("with suppress(ImportError):\n    import a", True),
        ("with pytest.raises(ImportError):\n    import a", True),
        ("with open(f):\n    import a", False),
        ("with lock:\n    import a", False),
        ("if typing.TYPE_CHECKING:\n    import a", True),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import a", False),
        ("if x():\n    import a", False),
        ("match x:\n    case 1:\n        import a", False),
        ("class C:\n    async def f(self):\n        import a", False),
    ],
)
def test_an_import_is_guarded_where_its_failure_is_provided_for(source: str, *, guarded: bool) -> None:
    assert one(source).guarded is guarded


@pytest.mark.parametrize("source", ["import", "x = (" * 300, "x = '\\d'; import a b"])
def test_source_that_does_not_parse_imports_nothing_and_binds_who_knows_what(source: str) -> None:
    assert read(source) == ()
    assert binds(Text.decode(source.encode())) is None


def test_names_bound_at_the_top_level_are_told() -> None:
    source = (
        "import a.b, c as d\nfrom e import f as g\ntry:\n    h = 1\nexcept E as i:\n    pass\n"
        "def j():\n    k = 1\nclass l:\n    m = 1\nfor n, o in p: q: int = 1\nmatch r:\n    case s: pass\n(t := 1)\n"
    )
    source += "from . import u, v as w\n"
    text = Text.decode(source.encode())
    bound = package_binds(text) or frozenset()
    assert (binds(text) or frozenset()) - bound == {"u"}
    assert set(bound) == {"w", "a", "d", "g", "h", "i", "j", "l", "n", "o", "q", "s", "t"}


@pytest.mark.parametrize("source", ["from a import *", "def __getattr__(name): ...", "globals()['x'] = 1"])
def test_dynamic_modules_may_bind_anything(source: str) -> None:
    assert binds(Text.decode(source.encode())) is None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"import pkg.lib", True),
        (b"\xef\xbb\xbfimport lib", True),
        (b"x = 1; from a import (\r\n  b,\r\n  lib)", True),
        (b"from a import b, \\\n  lib", True),
        (b"\rfrom .lib import x", True),
        (b"import pathlib, libs", False),
        (b"lib = 1\nimport a\nlib", False),
    ],
)
def test_import_lines_with_a_name_are_found_without_parsing(data: bytes, *, found: bool) -> None:
    assert mentions(data, [b"build", b"lib"]) is found
