"""upgrade-artifacts: how far it moves, and which downloads keep their folder."""

import re
from itertools import pairwise

import pytest

from cifix.formats.actions.artifacts import DOWNLOAD, UPLOAD
from cifix.formats.actions.workflow import version
from cifix.model.change import splice
from cifix.model.finding import Finding, Fix
from cifix.model.snapshot import Snapshot
from cifix.rules.upgrade_artifacts import Options, rule
from cifix.rules.upgrade_artifacts.facts import facts

W = ".github/workflows/"
PATH = f"{W}a.yml"
BUILD = "  build:\n    steps:\n      - uses: actions/upload-artifact@v3\n        with: {name: dist, path: dist/}\n"
OTHER = "  other:\n    steps:\n      - uses: actions/upload-artifact@v3\n        with: {name: docs, path: docs/}\n"
SECOND = "      - uses: actions/upload-artifact@v3\n        with: {name: docs, path: docs/}\n"


def findings(files: dict[str, str]) -> list[Finding]:
    return list(rule.find(Snapshot.of({path: text.encode() for path, text in files.items()}), Options()))


def moved(text: str, more: dict[str, str] | None = None) -> str:
    """The workflow after the fix, which must be there."""
    found = next(one for one in findings({PATH: text, **(more or {})}) if one.path == PATH)
    assert isinstance(found.outcome, Fix), found
    return splice(text, [change for change in found.outcome.changes if change.path == PATH])  # type: ignore[misc]


def collect(download: str = "", *, keys: str = "needs: build", jobs: str = BUILD, on: str = "push") -> str:
    step = "      - uses: actions/download-artifact@v3\n" + download
    return f"on: {on}\njobs:\n{jobs}  collect:\n    {keys}\n    steps:\n{step}"


def test_a_pair_holds_majors_that_exist_with_a_version_whose_commit_is_known() -> None:
    known = facts()
    for pair in known.pairs:
        for slug, number in pair.items():
            major = known.majors[slug][number]
            assert known.commits[slug][major.sha] == major.newest
            assert version(major.newest) == (number, *(version(major.newest) or ())[1:])
            assert not major.dead
    for one, other in pairwise(known.pairs):
        assert one[UPLOAD] < other[UPLOAD]
        assert one[DOWNLOAD] < other[DOWNLOAD]


def test_every_major_has_a_source_and_a_commit_is_one_version_only() -> None:
    known = facts()
    for slug in (UPLOAD, DOWNLOAD):
        for major in known.majors[slug].values():
            assert major.source.startswith("https://github")
            assert major.read.year >= 2026
        assert all(re.fullmatch(r"[0-9a-f]{40}", sha) for sha in known.commits[slug])
    assert known.majors[UPLOAD].keys() == set(range(1, 8))
    assert known.majors[DOWNLOAD].keys() == set(range(1, 9))


def test_minimal_is_the_lowest_pair_without_a_warning() -> None:
    known = facts()
    assert known.pair("v4") == {UPLOAD: 4, DOWNLOAD: 4}
    assert known.pair("minimal") == {UPLOAD: 6, DOWNLOAD: 7}
    assert known.pair("latest") == {UPLOAD: 7, DOWNLOAD: 8}
    assert all(known.majors[slug][4].warned for slug in (UPLOAD, DOWNLOAD))


def test_the_note_says_why_a_run_stays_behind() -> None:
    one, other = findings({PATH: collect(keys="runs-on: x")})
    reason = f"it moves to v4 and not v7, because {PATH}:10 may find a single artifact, which v5 and later put into no"
    assert all(reason in found.message for found in (one, other))


MATRIX = '    strategy: {matrix: {x: "${{ fromJSON(vars.X) }}"}}\n'
ONE = "with:\n          name: dist\n          path: dist\n"


@pytest.mark.parametrize(
    "text",
    [
        collect(),
        collect(keys="needs: [middle]", jobs=BUILD + "  middle:\n    needs: build\n    steps: []\n"),
        collect(keys="needs: build\n    if: github.ref == 'refs/heads/main'"),
        collect(keys="needs: [gone, build, build]"),
        f"on: push\njobs:\n{BUILD}      - uses: actions/download-artifact@v3\n",
    ],
)
def test_one_certain_artifact_is_named(text: str) -> None:
    assert f"actions/download-artifact@v7\n        {ONE}" in moved(text)


@pytest.mark.parametrize(
    "text",
    [
        collect(jobs=BUILD + SECOND),
        collect(keys="needs: [build, other]", jobs=BUILD + OTHER),
        f"on: push\njobs:\n{BUILD}{SECOND}      - uses: actions/download-artifact@v3\n",
        collect("        with: {name: '${{ matrix.x }}'}\n", jobs=BUILD + SECOND),
        collect("        with: {name: 'x-${{ matrix.x }}'}\n"),
        collect("        with: {name: '${{ env.X }}'}\n", jobs=BUILD.replace("name: dist", "name: '${{ env.X }}'")),
    ],
)
def test_where_several_are_certain_or_one_is_named_only_the_version_changes(text: str) -> None:
    assert moved(text) == text.replace("upload-artifact@v3", "upload-artifact@v6").replace("artifact@v3", "artifact@v7")


@pytest.mark.parametrize(
    "text",
    [
        collect(keys="needs: build\n    if: Always ()"),
        collect("        if: ${{ !cancelled() }}\n"),
        collect("        id: got\n"),
        collect("        with: {name: ''}\n"),
        collect("        with: {path: ''}\n"),
        collect("        with: {path: [a]}\n"),
        collect("        with:\n          path: |\n            here\n"),
        collect("        with: &given\n          path: x\n        env: *given\n"),
        collect("        with:\n          path: &place x\n        env: {X: *place}\n"),
        collect("        with: *given\n").replace("jobs:", "env: &given {path: x}\njobs:"),
        collect("        with: {name: '${{ matrix.x }}'}\n"),
        collect(jobs=BUILD.replace("    steps", "    if: github.actor\n    steps")),
        collect(jobs=BUILD.replace("    steps", "    continue-on-error: true\n    steps")),
        collect(jobs=BUILD.replace("path: dist/", "path: dist/, if-no-files-found: ignore")),
        collect(jobs=BUILD + "        if: github.actor\n"),
        collect(jobs=BUILD + "        continue-on-error: true\n"),
        collect(jobs=BUILD + "  far:\n    uses: a/b/.github/workflows/c.yml@v1\n"),
        collect(jobs=BUILD + OTHER),
        collect(keys="needs: [middle]", jobs=BUILD + "  middle:\n    needs: build\n    if: always()\n    steps: []\n"),
        collect(jobs=BUILD.replace("dist,", "'dist-${{ matrix.x }}',").replace("    steps", MATRIX + "    steps")),
        collect(jobs=BUILD.replace("dist,", "'dist-${{ github.sha }}',")),
        collect(on="workflow_call"),
        collect(jobs=BUILD + "  later:\n    needs: collect\n    steps:\n" + SECOND),
        collect() + SECOND,
        collect(jobs=""),
    ],
)
def test_where_one_is_not_certain_or_cannot_be_written_v4_keeps_the_folder(text: str) -> None:
    assert moved(text) == text.replace("artifact@v3", "artifact@v4")


def test_a_download_in_a_called_file_keeps_its_folder_with_v4() -> None:
    action = "runs:\n  using: composite\n  steps:\n    - uses: actions/download-artifact@v3\n"
    text = f"on: push\njobs:\n{BUILD}{SECOND}      - uses: ./get\n"
    assert moved(text, {"get/action.yml": action}) == text.replace("@v3", "@v4")


def test_an_upload_in_a_called_file_counts_as_possible() -> None:
    action = "runs:\n  using: composite\n  steps:\n    - uses: actions/upload-artifact@v3\n      with: {path: x.txt}\n"
    text = collect(jobs=BUILD + "      - uses: ./put\n")
    assert moved(text, {"put/action.yml": action}) == text.replace("@v3", "@v4")


def test_legs_that_agree_are_one_step() -> None:
    legs = "needs: build\n    strategy: {matrix: {x: [1, 2]}}"
    assert "with:\n          name: dist" in moved(collect(keys=legs))
    own = collect(keys=legs, jobs="").replace(
        "    steps:\n", "    steps:\n" + SECOND.replace("docs,", "'d${{ matrix.x }}',")
    )
    assert moved(own) == own.replace("@v3", "@v4")


def test_steps_in_one_parallel_block_have_no_order() -> None:
    step = "- uses: actions/upload-artifact@v3\n            with: {name: dist, path: dist/}\n"
    other = "          - uses: actions/download-artifact@v3\n"
    text = f"on: push\njobs:\n  a:\n    steps:\n      - parallel:\n          {step}{other}"
    assert moved(text) == text.replace("@v3", "@v4")
