from collections.abc import Iterator

import pytest

from cifix.engine.plan import Patch, Settings
from cifix.engine.prove import prove
from cifix.engine.verify import verify
from cifix.formats import gitignore
from cifix.model.change import Change, Create, Edit, Track, Untrack
from cifix.model.expect import Absent, Expect, Exports, Hidden, Renamed, Revealed, SameFailures, Value
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, Rule
from cifix.model.snapshot import Snapshot

WORKFLOW = b"on: push\njobs:\n  a:\n    steps:\n      - uses: x@v3\n        with:\n      - run: 'y'\n"
USES = ("jobs", "a", "steps", 0, "uses")


RULE = Rule("r", "Do it.", ("**",), (), Safety.SAFE, lambda _snapshot, _options: ())


def broken(
    files: dict[str, bytes], changes: tuple[Change, ...], *expects: Expect, loose: dict[str, bytes] | None = None
) -> list[str]:
    """The proofs that do not hold for one fix, with their details."""
    before = Snapshot.of(files, loose or {})
    fix = Fix("Do it", Safety.SAFE, changes, expects)
    patch = Patch(RULE, (), (fix,), before, before.with_changes(changes))
    proofs = verify(patch)
    assert proofs
    return [f"{proof.name}: {proof.detail}" for proof in proofs if not proof.ok]


def edit(data: bytes, old: str, new: str, path: str = "a.yml") -> Edit:
    start = data.decode().index(old)
    return Edit(path, start, start + len(old), new)


def test_a_claimed_value_holds() -> None:
    change = edit(WORKFLOW, "x@v3", "x@v4")
    assert broken({"a.yml": WORKFLOW}, (change,), Value("a.yml", USES, "x@v4")) == []


def test_a_value_that_is_not_claimed_is_seen() -> None:
    found = broken({"a.yml": WORKFLOW}, (edit(WORKFLOW, "x@v3", "x@v4"),))
    assert found == ["a.yml: the data changes only as claimed: jobs.a.steps.0.uses changed"]


def test_a_claim_that_does_not_come_true_is_seen() -> None:
    found = broken({"a.yml": WORKFLOW}, (edit(WORKFLOW, "x@v3", "x@v5"),), Value("a.yml", USES, "x@v4"))
    assert found == ["a.yml: the data changes only as claimed: jobs.a.steps.0.uses is not what was claimed"]


def test_a_new_entry_fills_an_empty_value() -> None:
    change = edit(WORKFLOW, "with:", "with:\n          overwrite: true")
    claim = Value("a.yml", ("jobs", "a", "steps", 0, "with", "overwrite"), "true")
    assert broken({"a.yml": WORKFLOW}, (change,), claim) == []


def test_a_removed_entry_is_claimed_as_absent() -> None:
    change = edit(WORKFLOW, "\n        with:", "")
    assert broken({"a.yml": WORKFLOW}, (change,), Absent("a.yml", ("jobs", "a", "steps", 0, "with"))) == []
    assert broken({"a.yml": WORKFLOW}, (change,))
    assert broken({"a.yml": WORKFLOW}, (edit(WORKFLOW, "push", "pull"),), Absent("a.yml", ("on",)))


def test_a_comment_is_no_data() -> None:
    assert broken({"a.yml": WORKFLOW}, (edit(WORKFLOW, "x@v3", "x@v3  # why"),)) == []


def test_a_change_of_quotes_that_changes_the_type_is_seen() -> None:
    assert broken({"a.yml": b"a: '1'\n"}, (Edit("a.yml", 3, 6, "1"),), Value("a.yml", ("a",), "1")) == []
    assert broken({"a.yml": b"a: '1'\n"}, (Edit("a.yml", 3, 6, "1"),))


@pytest.mark.parametrize(
    ("path", "data", "change"),
    [
        ("a.yml", b"a: b\n", Edit("a.yml", 3, 4, "'")),
        ("a.toml", b"a = 1\n", Edit("a.toml", 4, 5, "")),
        ("b.toml", b"a = 1 # \xe9\n", Edit("b.toml", 4, 5, "2")),
        ("a.py", b"a = 1\n", Edit("a.py", 4, 5, "(")),
    ],
)
def test_a_file_that_no_longer_parses_is_seen(path: str, data: bytes, change: Edit) -> None:
    assert [name for name in broken({path: data}, (change,)) if name.startswith(f"{path}: still parses")]


def test_new_files_must_parse_as_well() -> None:
    assert broken({}, (Create("a.py", b"("),))
    assert (
        broken(
            {},
            (Create("a.yml", b"a: 1\n"), Create("b.txt", b"(")),
        )
        == []
    )


def test_a_file_that_only_becomes_tracked_may_be_for_another_parser() -> None:
    assert broken({}, (Track("a.py"), Track("b.toml")), loose={"a.py": b"print 'x'\n", "b.toml": b"\0"}) == []


def test_toml_data_is_compared() -> None:
    data = b'[a]\nb = [1, "x"]\nc = {}\n'
    change = edit(data, '"x"', '"y"', "p.toml")
    assert broken({"p.toml": data}, (change,), Value("p.toml", ("a", "b", 1), "y")) == []
    assert broken({"p.toml": data}, (change,)) == ["p.toml: the data changes only as claimed: a.b.1 changed"]


def test_python_statements_outside_the_edit_must_mean_the_same() -> None:
    data = b"import os\n\n\ndef f():\n    return 1\n"
    assert broken({"a.py": data}, (edit(data, "import os", "import sys", "a.py"),)) == []
    swallowed = edit(data, "import os", "import sys\nif sys:", "a.py")
    assert broken({"a.py": data}, (swallowed,))


def test_a_second_parser_must_read_the_result_if_it_could_read_the_file() -> None:
    data = b"a = 1\n"
    assert broken({"a.py": data}, (edit(data, "a", "b", "a.py"),)) == []
    assert broken({"a.py": data}, (edit(data, "\n", "\r", "a.py"),)) == [
        "a.py: a second parser reads it back byte for byte: libcst would not write the same bytes back"
    ]
    assert broken({"a.py": b"a = 1\r"}, (Edit("a.py", 0, 1, "b"),)) == []


def test_a_name_that_is_lost_is_seen() -> None:
    data = b"from .a import b, c\n"
    assert broken({"p/__init__.py": data}, (edit(data, ", c", "", "p/__init__.py"),), Exports("p/__init__.py")) == [
        "p/__init__.py: every name is still offered: c"
    ]


IGNORES = {".gitignore": b"lib/\n*.pyc\n", "pkg/__init__.py": b""}
LOOSE = {"pkg/lib/a.py": b"", "pkg/lib/b.pyc": b"", "lib/c.py": b""}
ANCHOR = Edit(".gitignore", 0, 0, "/")


def test_what_was_meant_to_appear_appears_alone() -> None:
    changes = (ANCHOR, Track("pkg/lib/a.py"))
    assert broken(IGNORES, changes, Revealed(("pkg/lib/a.py",), ("lib/probe",)), loose=LOOSE) == []


@pytest.mark.parametrize(
    ("changes", "claims", "words"),
    [
        ((ANCHOR,), (), "pkg/lib/a.py became visible unasked"),
        ((ANCHOR,), (Revealed(("pkg/lib/a.py", "lib/c.py")),), "lib/c.py is still ignored"),
        ((ANCHOR,), (Revealed(("pkg/lib/a.py",), ("venv/lib/x",)),), "venv/lib/x became visible unasked"),
        ((Edit(".gitignore", 0, 0, "pkg/\n"),), (), "pkg/__init__.py is newly ignored"),
        ((Edit(".gitignore", 0, 0, "x\n"),), (Hidden(("pkg/__init__.py",)),), "pkg/__init__.py is not newly ignored"),
    ],
)
def test_anything_else_that_appears_or_vanishes_is_seen(
    changes: tuple[Change, ...], claims: tuple[Expect, ...], words: str
) -> None:
    assert words in broken(IGNORES, changes, *claims, loose=LOOSE)[0]


def test_what_was_meant_to_vanish_vanishes_alone() -> None:
    changes = (Edit(".gitignore", 0, 0, "/pkg/__init__.py\n"), Untrack("pkg/__init__.py"))
    assert broken(IGNORES, changes, Hidden(("pkg/__init__.py",)), loose=LOOSE) == []


def test_a_patch_that_touches_more_than_it_names_is_seen() -> None:
    before = Snapshot.of({"a": b"a", "b": b"b"})
    fix = Fix("Do it", Safety.SAFE, (Edit("a", 0, 1, "x"),))
    after = before.with_changes([*fix.changes, Edit("b", 0, 1, "y")])
    assert [proof.detail for proof in verify(Patch(RULE, (), (fix,), before, after)) if not proof.ok] == ["b"]


def test_a_rule_whose_proof_fails_is_left_out_and_the_plan_is_made_again() -> None:
    def turning(name: str, old: str, new: str, claim: str) -> Rule:
        def find(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
            del options
            at = snapshot.text("a.yml").text.find(old)
            if at >= 0:
                fix = Fix(
                    f"Turn {old}", Safety.SAFE, (Edit("a.yml", at, at + 1, new),), (Value("a.yml", ("k",), claim),)
                )
                yield Finding(name, "a.yml", at, at + 1, "here", fix)

        return Rule(name, "Turn.", ("**",), (), Safety.SAFE, find)

    rules = [turning("bad", "1", "2", "7"), turning("next", "2", "3", "3"), turning("good", "1", "9", "9")]
    proven = prove(Snapshot.of({"a.yml": b"k: 1\n"}), rules, Settings(), gitignore.ignored)
    assert [failure.rule for failure in proven.failures] == ["bad"]
    assert proven.plan.after.read("a.yml") == b"k: 9\n"
    outcome = proven.plan.remaining[0].finding.outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.key, "k is not what was claimed" in outcome.detail) == ("unproven", True)


ASSERTS = b"def f(a):\n    assert a == 1\n    return a\n"


def test_a_raise_in_the_place_of_an_assert_must_fail_in_the_same_cases() -> None:
    same = edit(ASSERTS, "assert a == 1", "if not (a == 1):\n        raise AssertionError", "a.py")
    other = edit(ASSERTS, "assert a == 1", "if a != 1:\n        raise AssertionError", "a.py")
    assert broken({"a.py": ASSERTS}, (same,), SameFailures("a.py")) == []
    assert broken({"a.py": ASSERTS}, (other,), SameFailures("a.py")) == [
        "a.py: fails in the same cases with the same messages: "
    ]


def test_a_new_name_must_stand_everywhere_and_in_the_claimed_scope_only() -> None:
    source = b"def f(a):\n    return a\n\n\ndef g(a):\n    return a\n"
    edits = tuple(Edit("a.py", start, start + 1, "a_") for start in (6, 21))
    assert broken({"a.py": source}, edits, Renamed("a.py", "f", "a", "a_")) == []
    wrong = ["a.py: the same program with other names of variables: "]
    assert broken({"a.py": source}, edits[:1], Renamed("a.py", "f", "a", "a_")) == wrong
    assert broken({"a.py": source}, edits, Renamed("a.py", "g", "a", "a_")) == wrong
    assert broken({"a.py": source}, edits, Renamed("a.py", "f", "a", "b")) == wrong
