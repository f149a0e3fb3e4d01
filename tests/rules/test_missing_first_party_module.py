"""Imports of what no commit holds, told from those that only look like it; the cases are tested with all others."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from cifix.formats.python.glance import glance
from cifix.formats.python.imports import imports
from cifix.model.change import Edit, Track
from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.rule import NoOptions
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.model.text import Opaque, Text
from cifix.rules.missing_first_party_module import rule
from cifix.rules.missing_first_party_module.renaming import distance, nearest
from cifix.rules.missing_first_party_module.silence import judges

BAND = {"band/__init__.py": "", "band/drums.py": "KIT = 5\n"}


def snapshot(files: Mapping[str, str], loose: Mapping[str, str] | None = None) -> Snapshot:
    encoded = [{path: source.encode() for path, source in group.items()} for group in (files, loose or {})]
    return Snapshot.of(*encoded)


def found(files: Mapping[str, str], loose: Mapping[str, str] | None = None) -> list[Finding]:
    return list(rule.find(snapshot({**BAND, **files}, loose), NoOptions()))


def keys(files: Mapping[str, str], loose: Mapping[str, str] | None = None) -> list[str]:
    return [one.outcome.key for one in found(files, loose) if isinstance(one.outcome, Refusal)]


def details(files: Mapping[str, str]) -> list[str]:
    return [one.outcome.detail for one in found(files) if isinstance(one.outcome, Refusal)]


def edited(source: str) -> str:
    files = snapshot({**BAND, "band/stage.py": source})
    fixes = [one.outcome for one in rule.find(files, NoOptions()) if isinstance(one.outcome, Fix)]
    return files.with_changes(change for fix in fixes for change in fix.changes).read("band/stage.py").decode()


@pytest.mark.parametrize(
    "source",
    [
        "from .gone import x\n",
        "from . import gone\n",
        "from band import gone\n",
        "import band.gone\n",
        "import os, band.gone as g\n",
        "from band.gone.deeper import x\n",
        "def f():\n    from .gone import x\n",
        "def f(x):\n    if x:\n        from .gone import x\n",
        "class A:\n    from .gone import x\n",
        "if __name__ == '__main__':\n    from band.gone import x\n",
        "from . import (  # all\n    drums,  # one\n    gone,\n)\n",
        "from . import drums, \\\n    gone\n",
        "\ufefffrom .gone import x",
        "import os\r\nfrom .gone import x\r\n",
    ],
)
def test_every_spelling_of_a_missing_module_is_found(source: str) -> None:
    assert keys({"band/stage.py": source}) == ["missing-module"]


@pytest.mark.parametrize(
    "source",
    [
        "from .drums import KIT\nfrom . import drums\nimport band.drums\nfrom band import *\n",
        "from .drums import __doc__\n",
        "from .. import gone\nfrom ...x import y\n",
        "'''\nfrom .gone import x\n'''\n",
        "try:\n    pass\nexcept ValueError:\n    from .gone import x\n",
        "while True:\n    from .gone import x\n",
        "match 1:\n    case 1:\n        from .gone import x\n",
        "def f():\n    if 0:\n        from .gone import x\n",
        "def f(self):\n    if self.is_available():\n        from .gone import x\n",
        "@unittest.skipIf(1, '')\nclass A:\n    from .gone import x\n",
        "import sys\nsys.modules['band.gone'] = sys\nfrom .gone import x\n",
        "import sys\nsys.path.insert(0, 'x')\nfrom band.gone import x\n",
        "from .drums.deeper import x\n",
    ],
)
def test_what_is_there_or_may_be_missing_is_left(source: str) -> None:
    assert not found({"band/stage.py": source})


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("version", {}),
        ("song_pb2", {}),
        ("local_settings", {}),
        ("core", {"CMakeLists.txt": "pybind11_add_module(core src/x.cc)\n"}),
        ("core", {"src/lib.rs": "#[pymodule]\nfn core(m: &M) {}\n"}),
        ("core", {"src/core.c": "PyInit_core(void)\n"}),
        ("core", {"pyproject.toml": '[tool.maturin]\nmodule-name = "band.core"\n'}),
        ("core", {"make.py": "open('band/core.py', 'w')\n"}),
        ("core", {"band/core/template.html": ""}),
        ("generated", {}),
    ],
)
def test_modules_that_tools_make_are_left(name: str, other: Mapping[str, str]) -> None:
    assert not found({"band/stage.py": f"from .{name} import x\n", **other})


@pytest.mark.parametrize(
    "other",
    [
        {"pyproject.toml": '[project.scripts]\ncore = "band.core:main"\n'},
        {"setup.py": "setup(entry_points={'c': ['x = band.core:main']})\n"},
        {"tool.py": "'''core.py is good'''\n"},
        {"src/other.c": "/* the core */\n"},
    ],
)
def test_a_word_somewhere_does_not_make_a_module(other: Mapping[str, str]) -> None:
    assert keys({"band/stage.py": "from .core import x\n", **other}) == ["missing-module"]


def test_what_is_on_disk_only_is_committed_or_the_line_that_hides_it_is_named() -> None:
    stage = {"band/stage.py": "from .bass import x\n"}
    (one,) = found(stage, {"band/bass.py": "x = 1\n"})
    assert isinstance(one.outcome, Fix)
    assert one.outcome.changes == (Track("band/bass.py"),)
    assert keys({**stage, ".gitignore": "b*s.py\n"}, {"band/bass.py": "x = 1\n"}) == ["ignored"]
    assert keys({**stage, ".gitignore": "bass.py\n"}) == ["missing-module"]
    assert details({**stage, ".gitignore": "# all\n/band/\n"}) == [
        ".gitignore:2 (/band/) ignores band/bass.py: see anchor-gitignore"
    ]
    assert not found(stage, {"band/bass.cpython-312-darwin.so": ""})


def test_symbolic_links_and_submodules_are_there() -> None:
    class Linked(Memory):
        @property
        def modes(self) -> Mapping[str, int]:
            return {**super().modes, "band/bass.py": 0o120000, "band/sub": 0o160000}

    files = {**BAND, "band/stage.py": "from .bass import x\nfrom .sub.deep import y\nfrom . import sub, bass\n"}
    source = Linked({path: File(text.encode()) for path, text in files.items()})
    seen = Snapshot(source)
    assert seen.links == {"band/bass.py", "band/sub"}
    assert not list(rule.find(seen, NoOptions()))


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("from .Drums import KIT\n", "from .drums import KIT\n"),
        ("from . Drums import KIT\n", "from . drums import KIT\n"),
        ("import band.drum as d\n", "import band.drums as d\n"),
        ("from band.drms import KIT as K\n", "from band.drums import KIT as K\n"),
        ("from . import drum as d\n", "from . import drums as d\n"),
        ("from . import drum\n", "from . import drums as drum\n"),
    ],
)
def test_only_the_wrong_word_is_replaced(source: str, after: str) -> None:
    assert edited(source) == after


@pytest.mark.parametrize(
    "source",
    [
        "import band.drum\n",
        "from .drum import *\n",
        "from .drum import STICKS\n",
        "from .trumpet import KIT\n",
        "from .drums2 import KIT\n",
    ],
)
def test_what_is_not_certain_is_only_told(source: str) -> None:
    assert edited(source) == source
    assert keys({"band/stage.py": source}) == ["missing-module"]


def test_a_module_does_not_mean_itself() -> None:
    assert keys({"band/stage.py": "from .stages import x\nx = 1\n"}) == ["missing-module"]


@pytest.mark.parametrize(
    ("module", "bound"),
    [
        ("def bass(): pass\n", True),
        ("class bass: pass\n", True),
        ("from os import (\n    path as bass,\n)\n", True),
        ("for bass in (1,): pass\n", True),
        ("if (bass := 1): pass\n", True),
        ("from os import *\n", True),
        ("def __getattr__(name): return 1\n", True),
        ("def f():\n    global bass\n    bass = 1\nf()\n", True),
        ("x = 'bass'\n", False),
        ("class A:\n    x = y.bass\n", False),
        ("# bass\n", False),
    ],
)
def test_a_name_is_missing_only_from_a_module_that_cannot_bind_it(module: str, bound: bool) -> None:
    files = {"band/low.py": module, "band/stage.py": "from .low import bass\n"}
    assert keys(files) == ([] if bound else ["missing-name"])


def test_names_that_are_set_from_outside_are_left() -> None:
    stage = {"band/stage.py": "from .drums import volume\n"}
    assert keys(stage) == ["missing-name"]
    assert not found({**stage, "band/start.py": "from . import drums\ndrums.volume = 11\n"})
    assert not found({**stage, "band/start.py": "setattr(drums, 'volume', 11)\n"})
    assert not found({**stage, "band/drums.pyi": "volume: int\n"})


def test_near_names_are_named() -> None:
    assert details({"band/stage.py": "from .drums import KITT\n"}) == [
        "band/drums.py binds no KITT; the nearest names are KIT"
    ]
    (told,) = details({"band/stage.py": "from . import drumset\n"})
    assert told.startswith(
        "there is neither band/drumset.py nor band/drumset/__init__.py; the nearest names are drums;"
    )
    assert nearest(["Alpha", "beta"], "ALPHA") == ["Alpha"]


@pytest.mark.parametrize(("one", "other", "far"), [("", "ab", 2), ("ab", "ba", 1), ("abc", "abd", 1), ("a", "a", 0)])
def test_distance_counts_letters(one: str, other: str, far: int) -> None:
    assert distance(one, other) == distance(other, one) == far


@pytest.mark.parametrize(
    ("path", "judged"),
    [
        ("band/stage.py", True),
        ("tests/test_band.py", True),
        ("tests/conftest.py", True),
        ("tests/helpers.py", False),
        ("tests/test_invalid/test_x.py", False),
        ("examples/test_x.py", False),
        ("band/_vendor/x.py", False),
    ],
)
def test_only_what_is_shipped_or_run_is_judged(path: str, judged: bool) -> None:
    assert judges(path) is judged


def test_files_that_cannot_be_read_say_nothing() -> None:
    assert not found({"band/stage.py": "from .gone import x\n\0"})
    assert not found({"band/low.py": "\0", "band/stage.py": "from .low import x\n"})
    assert not found({"band/low.py": "def (\n", "band/stage.py": "from .low import x\n"})


class Closed(Memory):
    """A source where nothing called `closed` can be read."""

    def read(self, path: str) -> bytes:
        if "closed" in path:
            raise Opaque("no")
        return super().read(path)


@pytest.mark.parametrize("path", ["band/closed/__init__.py", "band/closed.py", "band/x_closed.py", "closed/setup.py"])
def test_files_that_cannot_be_had_may_hold_anything(path: str) -> None:
    stage = (
        "from .closed import x\nfrom .closed.deep import y\n"
        if path.startswith("band/closed")
        else "import band.gone\n"
    )
    files = {**BAND, "band/stage.py": stage, path: ""}
    source = Closed({name: File(text.encode()) for name, text in files.items()})
    assert not list(rule.find(Snapshot(source), NoOptions()))


def test_a_glance_sees_what_python_sees() -> None:
    source = (
        "import a.b as c, \\\n d\nfrom . import (x, # no\n  y as z)\nfrom ..p.q import r\nfrom . s import t; import u\n"
        "from .v import(w)\nif x: from .y import *\nfrom .größe import maß\n"
    )
    seen = [(one.module, one.level, one.names) for one in imports(Text.decode(source.encode()))]
    for newline in ("\n", "\r\n", "\r"):
        assert [one[:3] for one in glance(source.replace("\n", newline).encode())] == seen


def test_python_calls_a_missing_module_a_circular_import_and_the_rule_does_not(tmp_path: Path) -> None:
    (tmp_path / "band").mkdir()
    (tmp_path / "band/__init__.py").write_text("from . import bass\n")
    command = [sys.executable, "-B", "-c", "import band"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "cannot import name 'bass' from" in done.stderr
    (one,) = found({"band/__init__.py": "from . import bass\n"})
    assert one.message == "band has neither a module nor a name bass"
    assert isinstance(one.outcome, Refusal)
    assert one.outcome.detail.endswith("nothing here is a circular import")


def test_one_letter_is_edited_at_its_place() -> None:
    (one,) = found({"band/stage.py": "# ä\nfrom .drum import KIT\n"})
    assert isinstance(one.outcome, Fix)
    assert one.outcome.changes == (Edit("band/stage.py", 10, 14, "drums"),)


def test_a_module_binds_what_it_imports_from_its_package() -> None:
    assert not found({"band/stage.py": "from . import drums\n", "band/tour.py": "from .stage import drums\n"})
    assert keys({"band/sub/__init__.py": "from . import gone\n"}) == ["missing-module"]
