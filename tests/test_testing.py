"""The harness must fail when a rule breaks a promise; here are rules that break each one."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cifix.model.change import Change, Create, Delete, Edit
from cifix.model.expect import Value
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, Rule
from cifix.model.snapshot import EXECUTABLE, File, Snapshot
from cifix.testing import Case, cases, check, twins

Find = Callable[[str], tuple[Change, ...] | Refusal | None]


def rule(find: Find, safety: Safety = Safety.SAFE, path: str = "a.txt", *expects: Value) -> Rule:
    """A rule that looks at one file."""

    def findings(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
        del options
        if path in snapshot:
            outcome = find(snapshot.text(path).text)
            if isinstance(outcome, tuple) and outcome:
                yield Finding("r", path, 0, 0, "here", Fix("Do it", safety, outcome, expects))
            elif isinstance(outcome, Refusal):
                yield Finding("r", path, 0, 0, "here", outcome)

    return Rule("r", "Do it.", ("**",), (), safety, findings, refusals={"no": "why"})


def case(
    before: bytes = b"old\nend\n", after: bytes | None = b"new\nend\n", path: str = "a.txt", **more: object
) -> Case:
    made = {path: File(after)} if after is not None else {}
    return Case("c", {path: File(before)}, made, **more)  # type: ignore[arg-type]


def renew(text: str) -> tuple[Change, ...]:
    """Turn the first `old` into `new`."""
    at = text.find("old")
    return (Edit("a.txt", at, at + 3, "new"),) if at >= 0 else ()


def test_a_rule_that_keeps_its_promises_passes(tmp_path: Path) -> None:
    check(case(safety="safe"), rule(renew), tmp_path)


def test_a_case_may_do_without_twins(tmp_path: Path) -> None:
    check(case(twins=False), rule(deaf_to_crlf), tmp_path)


def test_a_rule_may_create_and_delete(tmp_path: Path) -> None:
    def move(text: str) -> tuple[Change, ...] | None:
        return (Create("b.txt", b"made\n", EXECUTABLE), Delete("a.txt")) if text else None

    check(Case("c", {"a.txt": File(b"x\n")}, {"b.txt": File(b"made\n", EXECUTABLE)}), rule(move), tmp_path)


def stutter(text: str) -> tuple[Change, ...] | None:
    if "newnew" in text:
        return None
    return renew(text) or ((Edit("a.txt", 0, 0, "new"),) if "new" in text else None)


def deaf_to_crlf(text: str) -> tuple[Change, ...] | None:
    return renew(text) if "\r" not in text else None


def deaf_to_marks(text: str) -> tuple[Change, ...] | None:
    return renew(text) if text.startswith("old") else None


def finisher(text: str) -> tuple[Change, ...] | None:
    return (
        *(renew(text) or ()),
        *(() if text.endswith("\n") else (Edit("a.txt", len(text), len(text), "\n"),)),
    ) or None


def crash(text: str) -> None:
    raise RuntimeError(text)


@pytest.mark.parametrize(
    ("find", "of", "words"),
    [
        (renew, case(after=b"other\nend\n"), r"c: a\.txt is not as wanted(.|\n)*-other"),
        (renew, case(after=None), r"a\.txt should be gone"),
        (renew, case(after=b"old\nend\n"), r"a\.txt is not as wanted"),
        (stutter, case(), r"a\.txt is not as wanted"),
        (deaf_to_crlf, case(), r"c~crlf: a\.txt is not as wanted"),
        (deaf_to_marks, case(), r"c~bom: a\.txt is not as wanted"),
        (finisher, case(), r"c~unfinished: a\.txt is not as wanted"),
        (renew, case(safety="review"), r"fixes are \['safe'\]"),
        (renew, case(refuses=("no",)), r"refused \[\]"),
        (lambda _text: Refusal("no", "detail"), case(after=b"old\nend\n"), r"refused \['no'\]: no: detail"),
        (crash, case(), r"RuntimeError: old"),
        (lambda _text: None, Case("c", {}, {"b.txt": File(b"")}), r"b\.txt should have been made"),
        (
            lambda text: (Create("b.txt", b""), *renew(text)) if "old" in text else None,
            case(),
            r"b\.txt should be gone",
        ),
    ],
)
def test_a_broken_promise_fails(find: Find, of: Case, words: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError) as why:
        check(of, rule(find), tmp_path)
    assert re.search(words, str(why.value)), str(why.value)


def test_an_unproven_fix_fails(tmp_path: Path) -> None:
    def retype(text: str) -> tuple[Change, ...] | None:
        return (Edit("a.yml", text.index("1"), text.index("1") + 1, "2"),) if "1" in text else None

    with pytest.raises(AssertionError, match="unproven"):
        check(case(b"a: 1\n", b"a: 2\n", "a.yml"), rule(retype, Safety.SAFE, "a.yml"), tmp_path / "bad")
    check(
        case(b"a: 1\n", b"a: 2\n", "a.yml"), rule(retype, Safety.SAFE, "a.yml", Value("a.yml", ("a",), "2")), tmp_path
    )


def test_a_second_run_that_changes_something_fails(tmp_path: Path) -> None:
    """The rule stops at once in the run, and starts again in the repository made from its result."""
    seen: list[str] = []

    def moody(text: str) -> tuple[Change, ...] | None:
        seen.append(text)
        if len(seen) == 7:
            return (Edit("a.txt", 0, 3, "odd"),)
        return (Edit("a.txt", 0, 3, "new"),) if text.startswith("old") else None

    with pytest.raises(AssertionError):
        check(case(), rule(moody), tmp_path)


def test_a_file_that_is_shown_but_not_tracked_fails(tmp_path: Path) -> None:
    def reveal(text: str) -> tuple[Change, ...] | None:
        return (Edit(".gitignore", 0, len(text), "#"),) if text.startswith("b") else None

    of = Case("c", {".gitignore": File(b"b.txt\n"), "b.txt": File(b"")}, {".gitignore": File(b"#"), "b.txt": File(b"")})
    with pytest.raises(AssertionError, match=r"no longer ignored|unproven"):
        check(of, rule(reveal, Safety.SAFE, ".gitignore"), tmp_path)


def test_the_tree_of_a_case_may_hold_ignored_forced_and_loose_files(tmp_path: Path) -> None:
    tree = {path: File(b"x\n") for path in ("forced.log", "hidden.log", "loose.txt", "plain.txt")}
    tree[".gitignore"] = File(b"*.log\n")
    seen: list[tuple[str, ...]] = []

    def look(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
        del options
        seen.append((*snapshot.paths, "|", *sorted(snapshot.disk)))
        yield from ()

    of = Case("c", tree, tree, force=("forced.log",), loose=("loose.txt",))
    check(of, Rule("r", "Look.", ("**",), (), Safety.SAFE, look), tmp_path)
    assert set(seen) == {(".gitignore", "forced.log", "plain.txt", "|", "hidden.log", "loose.txt")}


def test_the_past_of_a_case_is_a_commit_before_it_also_for_its_twins(tmp_path: Path) -> None:
    body = b"".join(b"line %d\n" % number for number in range(30))
    seen: list[tuple[str, dict[str, str]]] = []

    def look(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
        del options
        seen.append((snapshot.text("b.py").newline_at(0), dict(snapshot.history.moved)))
        yield from ()

    tree = {"b.py": File(body)}
    of = Case("c", tree, tree, past={"a.py": File(body), "b/gone.py": File(b"x")})
    check(of, Rule("r", "Look.", ("**",), (), Safety.SAFE, look), tmp_path)
    assert ("\r\n", {"a.py": "b.py"}) in seen
    assert {tuple(moved.items()) for _, moved in seen} == {(("a.py", "b.py"),)}


def test_a_case_is_read_from_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    (folder / "before" / "dot-github").mkdir(parents=True)
    (folder / "before" / "dot-github" / "x.sh").write_bytes(b"a\n")
    (folder / "before" / "dot-github" / "x.sh").chmod(0o755)
    (folder / "case.toml").write_text('says = "It stays."\nrefuses = ["k"]\n')
    (tmp_path / "README.md").write_text("no case")
    (folder / "past").mkdir()
    (folder / "past" / "y.sh").write_bytes(b"b\n")
    tree = {".github/x.sh": File(b"a\n", EXECUTABLE)}
    past = {"y.sh": File(b"b\n")}
    assert cases(tmp_path) == [Case("one", tree, tree, says="It stays.", refuses=("k",), past=past)]
    (folder / "case.toml").write_text("sais = 1\n")
    with pytest.raises(ValueError, match="unknown keys"):
        cases(tmp_path)


def test_twins_leave_alone_what_cannot_have_one() -> None:
    tree = {
        "binary": File(b"\0\n"),
        "cookie.py": File(b"# coding: latin-1\n\xe9 = 1\n"),
        "crlf.txt": File(b"a\r\n"),
        "marked.txt": File(b"\xef\xbb\xbfa\n"),
        "script": File(b"#!/bin/sh\n"),
        "set.toml": File(b"a = 1\n"),
        "text.txt": File(b"a\nb\n"),
    }
    made = {twin.name: {path: file.data for path, file in twin.before.items()} for twin in twins(Case("c", tree, tree))}
    marked = {path for path, data in made["c~bom"].items() if data != tree[path].data}
    assert marked == {"text.txt", "crlf.txt"}
    assert made["c~crlf"]["text.txt"] == b"a\r\nb\r\n"
    assert made["c~crlf"]["crlf.txt"] == b"a\r\n"
    assert made["c~unfinished"]["crlf.txt"] == b"a"
    assert [twin.name for twin in twins(Case("c", {"a": File(b"\0")}, {}))] == []
