"""upgrade-artifacts: what its findings say, and what they share."""

from cifix.model.change import Edit
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_artifacts import Options, rule

W = ".github/workflows/"
HASH = "a8a3f3ad30e3422c9c7b888a15615d19a852ae32"


def findings(files: dict[str, str], options: Options | None = None) -> list[Finding]:
    snapshot = Snapshot.of({path: text.encode() for path, text in files.items()})
    return list(rule.find(snapshot, options or Options()))


def workflow(*steps: str) -> str:
    return "on: push\njobs:\n  a:\n    steps:\n" + "".join(f"      - {step}\n" for step in steps)


def refusals(files: dict[str, str]) -> list[tuple[str, str]]:
    return [(one.outcome.key, one.outcome.detail) for one in findings(files) if isinstance(one.outcome, Refusal)]


def test_the_steps_of_a_run_share_one_fix_with_a_title() -> None:
    files = {f"{W}a.yml": workflow("uses: actions/upload-artifact@v3", "uses: actions/download-artifact@v3.0.2")}
    one, other = findings(files)
    assert one.outcome is other.outcome
    assert isinstance(one.outcome, Fix)
    assert one.outcome.title == f"Move 2 artifact steps to v6 and v7 in {W}a.yml"
    assert one.outcome.safety is Safety.SAFE
    (single,) = findings({f"{W}a.yml": workflow("uses: actions/upload-artifact@v3")})
    assert isinstance(single.outcome, Fix)
    assert single.outcome.title == f"Move an artifact step to v6 in {W}a.yml"


def test_a_finding_quotes_the_error_and_points_at_the_value() -> None:
    text = workflow("uses: actions/upload-artifact@v2")
    (found,) = findings({f"{W}a.yml": text})
    assert "automatically failed because it uses a deprecated version of `actions/upload-artifact: v2`" in found.message
    assert "2024-06-30" in found.message
    assert text[found.start : found.end] == "actions/upload-artifact@v2"


def test_a_step_is_refused_for_its_own_trouble_first() -> None:
    steps = (
        "{uses: actions/upload-artifact@v3, with: {name: 'a:b'}}",
        "uses: actions/download-artifact@v1",
        "{uses: actions/download-artifact@v3, with: {name: y}}",
    )
    got = refusals({f"{W}a.yml": workflow(*steps)})
    assert [key for key, _ in got] == ["forbidden-name", "v1-download-folder", "forbidden-name"]
    assert got[1][1] == f"{W}a.yml:6 downloads without a name; v1 does not do that"
    assert got[2][1] == f"it moves together with others: {got[0][1]}"


def test_new_uploads_that_collide_keep_nobody_back() -> None:
    step = "{uses: actions/upload-artifact@v4, with: {name: x}}"
    (found,) = findings({f"{W}a.yml": workflow(step, step, "uses: actions/download-artifact@v3")})
    assert isinstance(found.outcome, Fix)


def test_a_run_without_bounds_keeps_all_its_steps_back() -> None:
    legs = f"strategy: {{matrix: {{x: [{', '.join(map(str, range(250)))}]}}}}"
    again = f"  again:\n    {legs}\n    uses: ./{W}a.yml\n"
    files = {
        f"{W}a.yml": workflow("uses: actions/download-artifact@v3").replace("push", "[push, workflow_call]") + again
    }
    assert [key for key, _ in refusals(files)] == ["dynamic-name"]


def test_an_unknown_hash_is_a_finding_only_where_it_decides() -> None:
    hashed = "uses: actions/upload-artifact@" + "1" * 40
    assert [key for key, _ in refusals({f"{W}a.yml": workflow(hashed)})] == ["unknown-sha"]
    (found,) = findings({f"{W}a.yml": workflow(hashed)})
    assert "is not known" in found.message


def test_escapes_in_a_ref_are_opaque() -> None:
    steps = ('uses: "actions\\u002fupload-artifact@v3"', "uses: actions/download-artifact@v3")
    assert {key for key, _ in refusals({f"{W}a.yml": workflow(*steps)})} == {"opaque"}


class Unreadable(Memory):
    """A source that cannot give the bytes of a file, as if git kept them elsewhere."""

    def read(self, path: str) -> bytes:
        if "away" in path:
            raise Opaque("it is not here")
        return super().read(path)


def test_files_that_cannot_be_parsed_or_read_are_named_if_they_matter() -> None:
    files = {
        f"{W}a.yml": b"x\0: actions/upload-artifact@v3",
        f"{W}0-away.yml": b"",
        f"{W}b.yml": b"a: [ actions/upload-artifact@v4",
        f"{W}c.yml": b"a: [ actions/download-artifact@v1",
    }
    found = list(rule.find(Snapshot(Unreadable({path: File(data) for path, data in files.items()})), Options()))
    assert [(one.path, one.start) for one in found] == [(f"{W}0-away.yml", 0), (f"{W}a.yml", 0), (f"{W}c.yml", 5)]
    assert all(isinstance(one.outcome, Refusal) and one.outcome.key == "opaque" for one in found)


def test_a_repository_without_old_refs_is_not_parsed() -> None:
    assert findings({f"{W}a.yml": "on: [ actions/upload-artifact@v4"}) == []


def test_known_hashes_are_believed_more_than_comments() -> None:
    assert (
        findings(
            {f"{W}a.yml": workflow("uses: actions/upload-artifact@" + "ea165f8d65b6e75b540449e92b4886f43607fa02 # v3")}
        )
        == []
    )
    (found,) = findings({f"{W}a.yml": workflow(f"uses: actions/upload-artifact@{HASH} # v4.0.0")})
    assert isinstance(found.outcome, Fix)
    assert [change.text for change in found.outcome.changes if isinstance(change, Edit)][1:] == ["v6.0.0"]


def test_a_version_keeps_the_form_it_is_written_in() -> None:
    files = {f"{W}a.yml": workflow("{uses: actions/download-artifact@v3.0, with: {name: x}} # 3.0.2")}
    (fine,) = findings(files)
    assert isinstance(fine.outcome, Fix)
    assert sorted(change.text for change in fine.outcome.changes) == ["7.0.0", "v7.0.0"]  # type: ignore[union-attr]
