"""What the cases of anchor-gitignore cannot show: ignore files outside the tree, several fixes at once, real git."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cifix.model.change import Edit, Track
from cifix.model.expect import Hidden, Revealed
from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.model.text import Opaque
from cifix.rules.anchor_gitignore import Options, rule
from cifix.testing import build
from cifix.vcs.ignores import ignored
from cifix.vcs.repository import Repository
from cifix.vcs.source import worktree_source

SOURCES = {"pkg/lib/__init__.py": b"", "pkg/lib/shapes.py": b"SIDE = 1\n"}
PACKAGE = {"pkg/__init__.py": b"", "pkg/core.py": b"import pkg.lib.shapes\n"}


def snapshot(
    files: Mapping[str, bytes], loose: Mapping[str, bytes] | None = None, excludes: Mapping[str, bytes] | None = None
) -> Snapshot:
    tracked, untracked = ({path: File(data) for path, data in group.items()} for group in (files, loose or {}))
    return Snapshot(Memory(tracked, untracked, excludes or {}))


def find(seen: Snapshot) -> list[Finding]:
    return list(rule.find(seen, Options()))


def refusals(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(each.outcome.key, each.outcome.detail) for each in findings if isinstance(each.outcome, Refusal)]


def fixes(findings: list[Finding]) -> list[Fix]:
    found = [each.outcome for each in findings if isinstance(each.outcome, Fix)]
    return [fix for index, fix in enumerate(found) if fix not in found[:index]]


def test_a_mask_from_outside_the_repository_is_named_at_the_import_that_needs_the_source() -> None:
    seen = snapshot({**PACKAGE, ".gitignore": b"*.log\n"}, SOURCES, {"/home/ada/.gitignore": b"# mine\nlib/\n"})
    (finding,) = find(seen)
    assert finding.path == "pkg/core.py"
    assert seen.text("pkg/core.py").text[finding.start : finding.end] == "import pkg.lib.shapes"
    assert refusals([finding]) == [
        ("outside-mask", "/home/ada/.gitignore, line 2: `lib/` ignores pkg/lib/__init__.py, pkg/lib/shapes.py")
    ]


def test_a_mask_from_outside_without_an_import_is_named_at_a_sibling() -> None:
    seen = snapshot({**PACKAGE, ".gitignore": b"", "pkg/lib/a.py": b""}, {"pkg/lib/b.py": b""}, {"global": b"lib/\n"})
    assert [(each.path, each.start, each.end) for each in find(seen)] == [("pkg/lib/a.py", 0, 0)]


def test_a_mask_that_outside_files_repeat_is_undone_by_including_the_folder() -> None:
    (fix,) = fixes(find(snapshot({**PACKAGE, ".gitignore": b"lib/\n"}, SOURCES, {"global": b"lib\n"})))
    assert fix.changes[0] == Edit(".gitignore", 4, 4, "\n!/pkg/lib/")


def test_sources_missing_because_of_outside_files_are_not_ours_to_name() -> None:
    assert find(snapshot({**PACKAGE, ".gitignore": b""}, {}, {"global": b"lib/\n"})) == []


def test_probes_stay_ignored_and_only_the_sources_are_revealed() -> None:
    patterns = b"__pycache__/\n*.so\nvenv/\nlib/\n"
    loose = {**SOURCES, "pkg/lib/fast.so": b"", "venv/lib/x.py": b"", "lib/x.py": b""}
    (fix,) = fixes(find(snapshot({**PACKAGE, ".gitignore": patterns}, loose)))
    assert fix.changes == (Edit(".gitignore", 24, 24, "/"), *(Track(path) for path in SOURCES))
    assert fix.expects == (
        Revealed(
            tuple(SOURCES),
            (
                "lib/m.py",
                "pkg/lib/__pycache__/m.cpython-312.pyc",
                "pkg/lib/m.so",
                "venv/lib/python3.12/site-packages/m.py",
            ),
        ),
    )


def test_an_environment_with_an_ignore_file_of_its_own_does_not_stop_a_slash() -> None:
    loose = {**SOURCES, "mine/.gitignore": b"*\n", "mine/pyvenv.cfg": b"", "mine/lib/site.py": b""}
    (fix,) = fixes(find(snapshot({**PACKAGE, ".gitignore": b"lib/\n"}, loose)))
    assert fix.changes[0] == Edit(".gitignore", 0, 0, "/")


def test_special_characters_above_a_package_are_escaped_in_an_inclusion() -> None:
    inner = {f"a[1]/{path}": data for path, data in {**PACKAGE, "pkg/core.py": b"from .lib import shapes\n"}.items()}
    loose = {f"a[1]/{path}": data for path, data in SOURCES.items()} | {"other/lib/x.csv": b""}
    (fix,) = fixes(find(snapshot({**inner, ".gitignore": b"lib/\r\n*.so"}, loose)))
    assert fix.changes[0] == Edit(".gitignore", 4, 4, "\r\n!/a\\[1]/pkg/lib/")


def test_a_folder_whose_name_the_ignore_file_cannot_hold_is_refused() -> None:
    inner = {f"\u017c/{path}": data for path, data in {**PACKAGE, "pkg/core.py": b"from .lib import shapes\n"}.items()}
    loose = {f"\u017c/{path}": data for path, data in SOURCES.items()} | {"other/lib/x.csv": b""}
    ((key, detail),) = refusals(find(snapshot({**inner, ".gitignore": b"lib/\n\xe9\n"}, loose)))
    assert (key, detail.partition(":")[0]) == ("opaque", "the folder's name cannot be written in .gitignore")


def test_a_line_feed_ends_an_inclusion_even_among_lone_carriage_returns() -> None:
    loose = {**SOURCES, "other/lib/x.csv": b""}
    (fix,) = fixes(find(snapshot({**PACKAGE, ".gitignore": b"a\rb\rc\nlib/"}, loose)))
    assert fix.changes[0] == Edit(".gitignore", 10, 10, "\n!/pkg/lib/")


@pytest.mark.parametrize(
    ("init", "missing"),
    [
        (b"from . import shapes\n", ["pkg/lib/shapes.py"]),
        (b"from . import shapes\nshapes = 1\n", []),
        (b"from . import *\nfrom . import shapes\n", []),
        (b"__path__ = []\nimport pkg.lib.shapes\n", []),
        (b"import pkg.lib.shapes\n", ["pkg/lib/shapes.py"]),
        (b"import pkg.lib.table_pb2\n", []),
        (b"from . import __file__\n", []),
    ],
)
def test_a_module_is_missing_if_nothing_else_can_be_meant(init: bytes, missing: list[str]) -> None:
    files = {".gitignore": b"lib/\n", "pkg/__init__.py": b"", "pkg/lib/__init__.py": init, "pkg/lib/table.proto": b""}
    found = refusals(find(snapshot(files)))
    assert [detail.split(":")[0].removeprefix("whoever has them must add ") for _, detail in found] == missing


def test_a_folder_without_an_init_module_has_submodules_only() -> None:
    files = {
        ".gitignore": b"lib/\n",
        "pkg/__init__.py": b"",
        "pkg/lib/a.pyx": b"",
        "pkg/use.py": b"from .lib import b\n",
    }
    assert [key for key, _ in refusals(find(snapshot(files)))] == ["missing-source"]
    files["pkg/lib/__init__.pyi"] = b""
    assert refusals(find(snapshot(files))) == []


@pytest.mark.parametrize("name", ["CMakeLists.txt", "meson.build", "setup.py"])
def test_a_module_that_a_build_file_names_is_not_missing(name: str) -> None:
    assert refusals(find(snapshot({**PACKAGE, ".gitignore": b"lib/\n", name: b"pkg/lib/shapes"}))) == []


def test_a_package_that_a_build_file_lists_is_missing_if_its_modules_are() -> None:
    files = {**PACKAGE, ".gitignore": b"lib/\n", "setup.py": b"packages = ['pkg', 'pkg.lib']"}
    assert [detail.split(":")[0] for _, detail in refusals(find(snapshot(files)))] == [
        "whoever has them must add pkg/lib/__init__.py, pkg/lib/shapes.py"
    ]


@dataclass(frozen=True, slots=True)
class Partial(Memory):
    """A source that cannot give some files, as one whose objects are not there."""

    absent: frozenset[str] = frozenset()

    def read(self, path: str) -> bytes:
        if path in self.absent:
            raise Opaque("not there")
        return Memory.read(self, path)


@pytest.mark.parametrize(
    ("absent", "keys"),
    [
        (".gitignore", ["opaque"]),
        ("pkg/.gitignore", ["opaque", "fix"]),
        ("pkg/core.py", []),
        ("pkg/lib/shapes.py", ["opaque"]),
    ],
)
def test_files_that_cannot_be_read_are_refused_or_passed_over(absent: str, keys: list[str]) -> None:
    files = {**PACKAGE, ".gitignore": b"lib/\n", "pkg/.gitignore": b"*.log\n"}
    tracked, loose = ({path: File(data) for path, data in group.items()} for group in (files, SOURCES))
    found = find(Snapshot(Partial(tracked, loose, absent=frozenset({absent}))))
    assert [each.outcome.key if isinstance(each.outcome, Refusal) else "fix" for each in found] == keys


@pytest.mark.parametrize(
    ("statement", "keys"), [(b"from pkg.lib import a", []), (b"import pkg.lib.a", ["missing-source"])]
)
def test_a_package_that_cannot_be_read_may_bind_any_name(statement: bytes, keys: list[str]) -> None:
    files = {".gitignore": b"lib/\n", "pkg/__init__.py": b"\0", "pkg/lib/__init__.py": b"\0", "pkg/use.py": statement}
    assert [key for key, _ in refusals(find(snapshot(files)))] == keys


def test_an_import_in_a_file_that_is_not_text_counts_for_nothing() -> None:
    assert find(snapshot({".gitignore": b"lib/\n", "pkg/__init__.py": b"import pkg.lib.a\0"})) == []


PATTERNS = st.sampled_from(
    [
        "lib/",
        "lib",
        "**/lib/",
        "!lib/",
        "!/pkg/lib/",
        "build/",
        "/lib/",
        "li*/",
        "*.so",
        "env/",
        "pkg/lib/",
        "# lib/",
        "*.py",
    ]
)
LOOSE = st.sampled_from(
    [*SOURCES, "pkg/build/plan.py", "pkg/lib/build/x.py", "lib/x.py", "data/lib/a.csv", "pkg/lib/a.so", "env/lib/b.py"]
)
LINES = st.lists(st.tuples(PATTERNS, st.sampled_from(["\n", "\r\n"])), max_size=6).map(
    lambda lines: "".join(pattern + end for pattern, end in lines).encode()
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, LINES, st.sets(LOOSE), st.sets(LOOSE))
def test_fixes_reveal_to_git_what_they_claim_and_leave_nothing_to_fix(
    root: bytes, nested: bytes, loose: set[str], forced: set[str]
) -> None:
    """Whatever the patterns: what git no longer ignores after all fixes is what they said, together."""
    files = {
        ".gitignore": root,
        "pkg/.gitignore": nested,
        "pkg/__init__.py": b"",
        "pkg/core.py": b"import pkg.lib.shapes\nimport pkg.build.plan\nfrom .lib.build import x\n",
        **dict.fromkeys(forced, b""),
    }
    before = snapshot(files, dict.fromkeys(loose - forced, b""))
    found = fixes(find(before))
    after = before.with_changes(change for fix in found for change in fix.changes)
    claims = [claim for fix in found for claim in fix.expects if isinstance(claim, Revealed)]
    probes = {probe for claim in claims for probe in claim.probes}
    named = {path for claim in claims for path in claim.paths}
    paths = sorted({*before.paths, *before.disk, *named, *probes})
    hidden, still = (
        ignored({path: tree.read(path) for path in tree.matching(("**/.gitignore",))}, {}, paths)
        for tree in (before, after)
    )
    assert hidden - still == named
    assert still <= hidden
    assert probes <= still
    assert not after.tracked - before.tracked - set(SOURCES) - loose
    assert fixes(find(after)) == []


def test_a_real_work_tree_gives_the_same_fix(tmp_path: Path) -> None:
    tree = {**PACKAGE, **SOURCES, ".gitignore": b"lib/\n"}
    build({path: File(data) for path, data in tree.items()}, tmp_path / "repo")
    with Repository.open(tmp_path / "repo") as repository:
        found = fixes(find(Snapshot(worktree_source(repository))))
    assert found == fixes(find(snapshot({**PACKAGE, ".gitignore": b"lib/\n"}, SOURCES)))


def test_a_folder_name_that_is_not_utf8_is_as_good_as_any() -> None:
    odd = os.fsdecode(b"caf\xe9")
    seen = snapshot(
        {f"{odd}/.gitignore": b"lib/\n", f"{odd}/pkg/__init__.py": b"from .lib import a, b\n"},
        {f"{odd}/pkg/lib/__init__.py": b"a = 1\n"},
    )
    assert [fix.title for fix in fixes(find(seen))] == ["Anchor `lib/` and commit 1 hidden file"]


@pytest.mark.parametrize("mode", [0o120000, 0o160000])
def test_what_a_link_or_a_submodule_stands_for_is_not_missing(mode: int) -> None:
    files = {path: File(data) for path, data in {**PACKAGE, ".gitignore": b"lib/\n"}.items()}
    link, init = File(b"", mode), {"pkg/lib/__init__.py": File(b"")}
    assert [key for key, _ in refusals(find(Snapshot(Memory({**files, **init}))))] == ["missing-source"]
    assert find(Snapshot(Memory({**files, "pkg/lib": link}))) == []
    assert refusals(find(Snapshot(Memory({**files, **init, "pkg/lib/shapes.py": link})))) == []


def test_a_source_is_found_among_very_many() -> None:
    many = {f"out/lib/part{number}.py": b"" for number in range(100)}
    (fix,) = fixes(find(snapshot({**PACKAGE, ".gitignore": b"lib/\n", "out/x.txt": b""}, {**SOURCES, **many})))
    assert {change.path for change in fix.changes if isinstance(change, Track)} == set(SOURCES)


READER = b'from pathlib import Path\n\nNAMES = (Path(__file__).parent / "names.csv").read_text()\n'


def test_lines_that_cannot_help_are_named_with_the_line_that_beats_them() -> None:
    found = find(snapshot({**PACKAGE, ".gitignore": b"lib/\n!pkg/lib/\nlib/\n"}, SOURCES))
    assert [each.message.partition("; ")[2] for each in found] == [
        "",
        "`!pkg/lib/` on line 2 cannot help, since line 3 comes later",
    ]


def test_data_is_named_with_the_line_that_loads_it() -> None:
    files = {"pkg/__init__.py": b"", "pkg/use.py": READER, ".gitignore": b"*.csv\n"}
    (finding,) = find(snapshot(files, {"pkg/names.csv": b""}))
    assert finding.message == (
        "`*.csv` keeps pkg/names.csv out of git: no clean checkout has it, and pkg/use.py loads it on line 3"
    )
    detail = (
        "whoever has them must add pkg/names.csv: pkg/use.py loads it on line 3; "
        ".gitignore, line 1: `*.csv` ignores it, so it takes `git add --force`"
    )
    assert refusals(find(snapshot(files))) == [("missing-source", detail)]


def test_data_that_a_later_line_hides_too_is_refused() -> None:
    files = {"pkg/__init__.py": b"", "pkg/use.py": READER, ".gitignore": b"*.csv\n", "pkg/.gitignore": b"\n"}
    seen = snapshot(files, {"pkg/names.csv": b""}, {"global": b"names.csv\n"})
    assert [fix.changes[0] for fix in fixes(find(seen))] == [Edit(".gitignore", 5, 5, "\n!/pkg/names.csv")]


@pytest.mark.parametrize("path", ["docs/use.py", "pkg/use.py"])
def test_data_below_a_link_or_of_an_example_is_not_missing(path: str) -> None:
    files = {path: File(READER), ".gitignore": File(b"*.csv\n"), "pkg/names.csv": File(b"", 0o120000)}
    assert find(Snapshot(Memory(files))) == []


def test_a_mask_from_outside_is_found_without_an_ignore_file() -> None:
    found = find(snapshot(PACKAGE, SOURCES, {"info/exclude": b"lib\n"}))
    assert [key for key, _ in refusals(found)] == ["outside-mask"]
    assert find(snapshot(PACKAGE, SOURCES)) == []


def test_data_that_outside_files_hide_is_named_where_it_is_loaded() -> None:
    found = find(snapshot({"pkg/use.py": READER}, {"pkg/names.csv": b""}, {"global": b"*.csv\n"}))
    assert [(each.path, each.start) for each in found] == [("pkg/use.py", 34)]
    assert refusals(found) == [("outside-mask", "global, line 1: `*.csv` ignores pkg/names.csv")]


def test_what_a_pattern_ignores_once_its_comment_is_gone_is_claimed() -> None:
    seen = snapshot({"a.py": b"", ".gitignore": b"site/ # built"}, {"site/index.html": b""})
    (fix,) = fixes(find(seen))
    assert fix.changes == (Edit(".gitignore", 0, 13, "# built\nsite/"),)
    assert fix.expects == (Hidden(("site/index.html",)),)
    seen = snapshot({"a.py": b"", ".gitignore": b"x/\n!x/ # kept"}, {"x/index.html": b""})
    assert [key for key, _ in refusals(find(seen))] == ["trailing-comment"]


def test_places_are_those_of_the_file_as_it_is_for_every_fix() -> None:
    files = {**PACKAGE, ".gitignore": b"lib/\n*.csv\n*.md", "pkg/use.py": READER, "pkg/a.py": READER}
    files["pkg/a.py"] = READER.replace(b"names.csv", b"a.md")
    made = fixes(find(snapshot(files, {**SOURCES, "pkg/names.csv": b"", "pkg/a.md": b""})))
    assert [fix.changes[0] for fix in made] == [
        Edit(".gitignore", 0, 0, "/"),
        Edit(".gitignore", 15, 15, "\n!/pkg/a.md"),
        Edit(".gitignore", 10, 10, "\n!/pkg/names.csv"),
    ]


HATCHLING = b'[build-system]\nbuild-backend = "hatchling.build"\n[project]\nname = "pkg"\n'


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("pkg/vendor.so", True),
        ("pkg/core.so", False),
        ("pkg/a.log", False),
        ("pkg/.DS_Store", False),
        ("pkg/pkg.egg-info/PKG-INFO", False),
        ("pkg/__pycache__/core.txt", False),
    ],
)
def test_a_wheel_may_lack_what_builds_and_tools_write(path: str, told: bool) -> None:
    files = {"pkg/__init__.py": b"", "pkg/core.pyx": b"", "pyproject.toml": HATCHLING, path: b""}
    assert bool(find(snapshot({**files, ".gitignore": path.rpartition("/")[2].encode()}))) == told


@pytest.mark.parametrize(
    "body",
    [
        b"(Path(__file__).parent / 'names.md').read_text()\n",
        b"(Path(__file__).parents[2] / 'names.csv').read_text()\n",
        b"(files('elsewhere') / 'names.csv').read_text()  # importlib.resources\n",
    ],
)
def test_a_load_from_elsewhere_or_of_what_nothing_ignores_is_left(body: bytes) -> None:
    assert find(snapshot({"pkg/__init__.py": b"", "pkg/use.py": body, ".gitignore": b"*.csv\n"})) == []
