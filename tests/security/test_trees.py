"""Trees with links that lead out, names that write to a terminal, and modules that wait for Python."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT
from tests.security.place import SECRET, Place, Seen
from tests.security.rows import Row

NAMES = (
    *(b"new\nline.yml", b"esc\x1b]0;owned\x07.yml", b"\xff\xfe.yml", b"c1\xc2\x9b31m.yml", b"bidi\xe2\x80\xaegpj.yml"),
    *(b"NUL.yml", b"aux", b"com1.py", b"trailing. ", b"CASE.yml", b"case.yml", b"--upload-pack=x.yml", b"a:b.yml"),
    *(b":(glob)x.yml", b"%s.yml", b"::error::x.yml", b"tab\tx.yml", b"`touch x`.yml", b"$(id).yml"),
)
WORKFLOW = b"on: push\njobs:\n  a:\n    runs-on: ubuntu-18.04\n    steps: [{uses: actions/upload-artifact@v3}]\n"
LINKS = (
    ".github/workflows/link.yml",
    ".github/workflows/up.yml",
    ".pre-commit-config.yaml",
    "pyproject.toml",
    "linked",
)
MODULES = ("click", "git", "libcst", "ruamel", "sitecustomize", "usercustomize", "rich", "pebble", "evil_rule")
SILENT = frozenset(map(chr, (*range(9), *range(11, 32), *range(127, 160))))
REPORTS = ("text", "json", "github", "sarif", "markdown", "junit")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A run on a tree of bad names, with links to bait in the places where rules look."""
    place = Place.make(tmp_path_factory.mktemp("trees") / "place")
    flows = os.fsencode(place.target / ".github/workflows")
    for name in NAMES:
        Path(os.fsdecode(os.path.join(flows, name))).write_bytes(WORKFLOW)  # noqa: PTH118
    for link, target in zip(LINKS, ("secret.yml", "secret.yml", "secret.yml", "secret.py", "."), strict=True):
        (place.target / link).unlink(missing_ok=True)
        (place.target / link).symlink_to(place.outside / target)
    place.commit()
    before = {path: path.read_bytes() for path in place.outside.iterdir()}
    seen = place.run(
        [*place.commands, *(["check", "--no-cache", f"--format={form}"] for form in REPORTS)], traced=False
    )
    assert {path: path.read_bytes() for path in place.outside.iterdir()} == before
    return seen


def test_no_link_is_followed_and_each_is_named(seen: Seen) -> None:
    said = b"".join(answer.out + answer.err for answer in seen.answers.values())
    assert SECRET.encode() not in said
    assert b"were not looked at: .github/workflows/link.yml" in seen.answers["apply --dry-run"].out


LOOKALIKES = (".GIT", "git~1", ".git", "..", ".", ".git ", ".g\u200cit")


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_tree_that_holds_something_like_git_itself_writes_nothing(name: str, tmp_path: Path) -> None:
    place = Place.make(tmp_path / "place")
    blob = place.git("hash-object", "-w", "--stdin", stdin=b"[core]\n\tfsmonitor = touch ../canaries/config\n").strip()
    inner = place.git("mktree", stdin=b"100644 blob %s\tconfig\n" % blob).strip()
    whole = place.git("ls-tree", "-z", "HEAD") + b"040000 tree %s\t%s\0" % (inner, os.fsencode(name))
    tree = place.git("mktree", "-z", stdin=whole).decode().strip()
    commit = place.git("commit-tree", tree, "-p", "HEAD", "-m", "work").decode().strip()
    place.git("update-ref", "HEAD", commit)
    kept = (place.target / ".git/config").read_bytes()
    seen = place.run(
        [["check", "--no-cache", "--base=HEAD"], ["apply"], ["apply", "--in-place"], ["plan"]], traced=False
    )
    assert (place.target / ".git/config").read_bytes() == kept
    assert seen.snapped == frozenset()
    assert all(b"Traceback" not in answer.err for answer in seen.answers.values())


def test_no_name_writes_to_the_terminal(seen: Seen) -> None:
    for answer in seen.answers.values():
        told = (answer.out + answer.err).decode("utf-8")
        loud = [
            line for line in told.split("\n") if SILENT & {*line} and line[:1] not in "-+ "
        ]  # lines of a patch are exact
        assert not loud, answer.words
        assert "Traceback" not in told
        assert "\n::error::x.yml" not in told


def plugin(folder: Path) -> None:
    info = folder / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cifix.rules]\nevil = evil_rule:rule\n")


@pytest.mark.parametrize("started", [("-m", "cifix"), ("-P", "-m", "cifix")], ids=" ".join)
def test_no_module_or_plugin_of_the_current_folder_is_imported(started: tuple[str, ...], tmp_path: Path) -> None:
    place = Place.make(tmp_path / "place")
    for name in MODULES:
        (place.target / f"{name}.py").write_text(f"open({str(place.canaries / name)!r}, 'w').close()\nrule = None\n")
    plugin(place.target)
    (place.target / "cifix.toml").write_text("select = ['evil']\n")
    done = [
        subprocess.run(
            [sys.executable, *started, *command],
            cwd=place.target,
            env={**place.environment, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            check=False,
        )
        for command in (["rules", "list"], ["check", "--no-cache"], place.commands[-3])
    ]
    assert place.snapped() == frozenset()
    assert b"evil" not in done[0].stdout


ROWS = (
    Row(
        "file names with control characters, escapes, commands, options, bad bytes, and reserved ones",
        len(NAMES) * (len(Place(Path()).commands) + len(REPORTS)),
        "printed escaped in every format, and looked at like any other",
        "tests/security/test_trees.py",
    ),
    Row(
        "folders in commits whose names are, or look like, git's own",
        len(LOOKALIKES) * 4,
        "nothing is written there; a commit that git does not take is an error",
        "tests/security/test_trees.py",
    ),
    Row(
        "tracked links that lead out of the tree",
        len(LINKS) * 14,
        "named, never followed",
        "tests/security/test_trees.py",
    ),
    Row(
        "modules and plugins in the folder in which `python -m cifix` is typed",
        (len(MODULES) + 1) * 6,
        "none is imported",
        "tests/security/test_trees.py",
    ),
)
