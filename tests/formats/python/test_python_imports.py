"""What modules import, where first-party modules lie, and what an import statement asks for."""

import pytest

from cifix.formats.python.imports import Import, Packages, Target, binds, imports, mentions, module_stem
from cifix.model.text import Text


def read(source: str) -> tuple[Import, ...]:
    return imports(Text.decode(source.encode(), cookie=True))


def one(source: str) -> Import:
    (statement,) = read(source)
    return statement


def asked(packages: Packages, importer: str, source: str) -> list[tuple[str, bool]]:
    return [(target.stem, target.certain) for target in packages.targets(importer, one(source))]


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
    bound = binds(Text.decode(source.encode())) or frozenset()
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


@pytest.mark.parametrize(
    ("path", "stem"),
    [
        *(("a/b.py", "a/b"), ("a/b.pyi", "a/b"), ("a/b.cpython-312-x86_64-linux-gnu.so", "a/b"), ("b.pyx.in", "b")),
        *(("a/__init__.py", "a/__init__"), ("a/b.pyc", None), ("a/b.txt", None), ("py", None)),
    ],
)
def test_modules_are_known_by_their_endings(path: str, stem: str | None) -> None:
    assert module_stem(path) == stem


TREE = Packages(
    [
        *("setup.py", "pkg/__init__.py", "pkg/core.py", "pkg/lib/fast.pyx", "pkg/sub/__init__.py", "pkg/sub/deep/m.py"),
        *("libs/one/pyproject.toml", "libs/one/src/space/part/m.py", "libs/one/src/solo.py", "my-data/x.py"),
        *("scripts/run.py", "scripts/tool.py", "tests/test_core.py", "other/pkg2/__init__.py", "pkg/sub/pkg.py"),
    ],
    ["models/net.py"],
)


def test_roots_are_where_packages_and_projects_lie() -> None:
    assert TREE.roots == {"", "libs/one", "libs/one/src", "other"}


@pytest.mark.parametrize(
    ("folder", "importable"),
    [
        *(("pkg", True), ("pkg/lib", True), ("pkg/sub/deep", True), ("libs/one/src/space/part", True)),
        *(("libs/one/src", False), ("scripts", False), ("pkg/my-data", False), ("", False), ("models", False)),
    ],
)
def test_a_folder_is_importable_in_a_package_or_below_the_src_of_a_project(folder: str, *, importable: bool) -> None:
    assert TREE.importable(folder) is importable


@pytest.mark.parametrize(
    ("importer", "source", "targets"),
    [
        ("pkg/core.py", "import pkg.lib.slow", [("pkg", True), ("pkg/lib", True), ("pkg/lib/slow", True)]),
        (
            "pkg/core.py",
            "from pkg.lib import a, b",
            [("pkg", True), ("pkg/lib", True), ("pkg/lib/a", False), ("pkg/lib/b", False)],
        ),
        ("pkg/core.py", "from pkg.lib import *", [("pkg", True), ("pkg/lib", True)]),
        ("pkg/core.py", "from pkg.core import x", [("pkg", True), ("pkg/core", True)]),
        ("pkg/core.py", "from .lib import fast", [("pkg/lib", True), ("pkg/lib/fast", False)]),
        ("pkg/__init__.py", "from . import lib", [("pkg/lib", False)]),
        ("pkg/sub/__init__.py", "from ..lib import fast", [("pkg/lib", True), ("pkg/lib/fast", False)]),
        ("pkg/sub/__init__.py", "import pkg", [("pkg", True)]),
        ("pkg/core.py", "from ..x import y", []),
        ("scripts/run.py", "from .tool import y", []),
        ("scripts/run.py", "import tool", [("scripts/tool", True)]),
        ("tests/test_core.py", "import space.part", [("libs/one/src/space", True), ("libs/one/src/space/part", True)]),
        ("tests/test_core.py", "import models.net", [("models", True), ("models/net", True)]),
        ("tests/test_core.py", "import numpy.lib", []),
    ],
)
def test_an_import_asks_for_first_party_stems(importer: str, source: str, targets: list[tuple[str, bool]]) -> None:
    assert asked(TREE, importer, source) == targets


def test_a_stem_exists_as_a_module_in_any_form_or_as_a_folder_of_modules() -> None:
    assert all(TREE.exists(stem) for stem in ("pkg", "pkg/core", "pkg/lib", "pkg/lib/fast", "models/net"))
    assert not any(TREE.exists(stem) for stem in ("pkg/lib/slow", "lib", ""))
    assert (TREE.plain("pkg/core"), TREE.plain("pkg/sub")) == (True, False)
    assert Target("a", certain=True) != Target("a", certain=False)
