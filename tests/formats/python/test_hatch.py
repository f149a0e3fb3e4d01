"""What a wheel lacks, compared with wheels that hatchling builds."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

from cifix.formats.python.hatch import left_out
from cifix.model.snapshot import Snapshot
from cifix.rules.anchor_gitignore import Options, rule

HEAD = (
    b'[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    b'[project]\nname = "My.Pkg"\nversion = "1"\n'
)
PACKAGE = {
    "my_pkg/__init__.py": b"",
    "my_pkg/lib/__init__.py": b"",
    "my_pkg/lib/a.py": b"",
    "my_pkg/page.html": b"",
    "my_pkg/py.typed": b"",
    "other/__init__.py": b"",
    "other/page.html": b"",
}


def wheel(folder: Path, files: dict[str, bytes], project: str = "") -> set[str]:
    """The files that the wheel of the tree holds, metadata aside."""
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (built,) = WheelBuilder(str(folder / project)).build(directory=str(folder / "out"))
    with ZipFile(built) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.mark.parametrize(
    "config",
    [
        b"",
        b'[tool.hatch.build]\nartifacts = ["/my_pkg/lib/*.py"]\n',
        b'[tool.hatch.build]\nexclude = ["*.typed", "lib"]\n',
        b"[tool.hatch.build]\nignore-vcs = true\n",
        b"[tool.hatch.build]\nignore-vcs = true\n[tool.hatch.build.targets.wheel]\nignore-vcs = false\n",
        b'[tool.hatch.build.targets.wheel]\npackages = ["my_pkg", "other"]\n',
        b'[tool.hatch.build.targets.wheel]\nonly-include = ["my_pkg/lib", "other"]\n',
        b'[tool.hatch.build.targets.wheel]\ninclude = ["*.html"]\n',
        b'[tool.hatch.build.targets.wheel]\ninclude = ["/other"]\npackages = ["my_pkg"]\n',
    ],
)
@pytest.mark.parametrize(
    "ignores", [b"lib/\n", b"*.html\n", b"/my_pkg/lib/\n", b"*.py\n", b"lib/a.py\n", b"page.*\nlib\n"]
)
def test_a_wheel_lacks_what_is_left_out(config: bytes, ignores: bytes, tmp_path: Path) -> None:
    files = {**PACKAGE, "pyproject.toml": HEAD + config}
    told = {match.path for match in left_out(Snapshot.of({**files, ".gitignore": ignores}))}
    assert told == wheel(tmp_path / "plain", files) - wheel(tmp_path / "ignoring", {**files, ".gitignore": ignores})


def test_what_is_forced_in_is_not_lost(tmp_path: Path) -> None:
    config = b'[tool.hatch.build.targets.wheel.force-include]\n"my_pkg/lib" = "my_pkg/lib"\n'
    files = {**PACKAGE, "pyproject.toml": HEAD + config, ".gitignore": b"lib/\n"}
    assert list(left_out(Snapshot.of(files))) == []
    assert "my_pkg/lib/a.py" in wheel(tmp_path, files)


@pytest.mark.parametrize("place", ["src/my_pkg/__init__.py", "my_pkg.py", "space/my_pkg/__init__.py"])
def test_the_package_with_the_name_of_the_project_is_found(place: str, tmp_path: Path) -> None:
    files = {place: b"", "pyproject.toml": HEAD, "tests/test.py": b""}
    told = {match.path for match in left_out(Snapshot.of({**files, ".gitignore": b"*.py\n"}))}
    assert told == {place}
    assert {name.rpartition("/")[2] for name in wheel(tmp_path, files)} == {place.rpartition("/")[2]}


def test_the_nearest_ignore_file_is_read_as_if_it_stood_beside_the_project(tmp_path: Path) -> None:
    files = {f"member/{path}": data for path, data in {**PACKAGE, "pyproject.toml": HEAD}.items()}
    files |= {".gitignore": b"/my_pkg/lib/\n", "member/my_pkg/.gitignore": b"*.html\n"}
    told = {match.path for match in left_out(Snapshot.of(files))}
    assert told == {"member/my_pkg/lib/__init__.py", "member/my_pkg/lib/a.py"}
    assert "my_pkg/lib/a.py" not in wheel(tmp_path, files, "member")


@pytest.mark.parametrize(
    "extra",
    [
        {"pyproject.toml": HEAD.replace(b"hatchling.build", b"hatchling.build2")},
        {"pyproject.toml": b"hatchling.build ="},
        {"pyproject.toml": HEAD.replace(b"My.Pkg", b"elsewhere")},
        {
            "pyproject.toml": HEAD + b'[tool.hatch.build.hooks.vcs]\nversion-file = "my_pkg/lib/a.py"\n',
            "my_pkg/lib/__init__.py": b"",
        },
        {"pyproject.toml": HEAD, ".gitignore": b"lib/\n!/my_pkg/lib/\n"},
        {"pyproject.toml": HEAD, ".gitignore": b""},
        {"pyproject.toml": HEAD + b'[tool.hatch.build]\nonly-include = ["my_pkg"]\ninclude = ["*.py"]\n'},
    ],
)
def test_nothing_is_said_of_what_is_not_surely_left_out(extra: dict[str, bytes]) -> None:
    files = {"my_pkg/__init__.py": b"", "my_pkg/lib/a.py": b"", ".gitignore": b"a.py\n", **extra}
    assert list(left_out(Snapshot.of(files))) == []


def test_a_project_without_an_ignore_file_loses_nothing() -> None:
    assert list(left_out(Snapshot.of({**PACKAGE, "pyproject.toml": HEAD}))) == []


@pytest.mark.parametrize("ignores", [b"lib/\n", b"*.html\n", b"lib/\n*.html\n", b"page.html\n"])
def test_wheels_of_the_fixed_tree_lack_nothing(ignores: bytes, tmp_path: Path) -> None:
    files = {**PACKAGE, "pyproject.toml": HEAD, ".gitignore": ignores}
    before = Snapshot.of(files)
    outcomes = dict.fromkeys(finding.outcome for finding in rule.find(before, Options()))
    after = before.with_changes(change for fix in outcomes for change in fix.changes)  # type: ignore[union-attr]
    fixed = {path: after.read(path) for path in after.paths}
    assert wheel(tmp_path / "fixed", fixed) == {path for path in PACKAGE if path.startswith("my_pkg/")}
