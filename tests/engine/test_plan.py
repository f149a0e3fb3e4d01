import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.engine.config import Config
from cifix.engine.plan import ROUNDS, Plan, Settings, plan
from cifix.errors import UnprovenError, UsageError
from cifix.model.change import Create, Delete, Edit
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, Rule
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque, Text


def replacing(name: str, old: str, new: str, safety: Safety = Safety.SAFE, **more: object) -> Rule:
    """A rule that replaces every `old` by `new`, one fix per place."""

    def find(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
        del options
        for path in snapshot.containing((old.encode(),), ("**",)):
            for found in re.finditer(re.escape(old), snapshot.text(path).text):
                edit = Edit(path, found.start(), found.end(), new)
                fix = Fix(f"Replace {old}", safety, (edit,))
                yield Finding(name, path, found.start(), found.end(), f"holds {old}", fix)

    return Rule(name, "Replace.", ("**",), (old.encode(),), safety, find, **more)  # type: ignore[arg-type]


def finding(name: str, outcomes: Callable[[Snapshot], Iterable[Fix | Refusal]], **refusals: str) -> Rule:
    """A rule whose findings all stand at the start of `a`."""

    def find(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
        del options
        yield from (Finding(name, "a", 0, 1, "here", outcome) for outcome in outcomes(snapshot))

    return Rule(name, "Find.", ("**",), (), Safety.SAFE, find, refusals=refusals)


def run(rules: list[Rule], files: dict[str, bytes], settings: Settings | None = None) -> Plan:
    return plan(Snapshot.of(files), rules, settings or Settings())


def test_a_rule_sees_what_the_one_before_it_left() -> None:
    made = run([replacing("one", "a", "b"), replacing("two", "b", "c")], {"f": b"a b\n"})
    assert [patch.rule.id for patch in made.patches] == ["one", "two"]
    assert made.after.read("f") == b"c c\n"
    assert made.before.read("f") == b"a b\n"
    assert made.rounds == 2


def test_a_later_rule_can_give_an_earlier_one_work() -> None:
    made = run([replacing("one", "b", "c"), replacing("two", "a", "b")], {"f": b"a\n"})
    assert [patch.rule.id for patch in made.patches] == ["two", "one"]
    assert made.after.read("f") == b"c\n"


def test_what_does_not_come_to_rest_writes_nothing() -> None:
    with pytest.raises(UnprovenError, match=f"{ROUNDS} rounds: one, two keeps changing"):
        run([replacing("one", "a", "b"), replacing("two", "b", "a")], {"f": b"a"})


def test_places_are_those_of_the_file_without_any_fix() -> None:
    made = run([replacing("one", "a", "long\ntext"), replacing("two", "z", "y")], {"f": b"a\nz\n"})
    assert [(one.line, one.column) for patch in made.patches for one in patch.findings] == [(1, 1), (2, 1)]


def test_a_crash_is_named_and_the_others_run() -> None:
    def explode(_snapshot: Snapshot) -> Iterable[Fix]:
        raise KeyError("boom")

    made = run([finding("bad", explode), replacing("good", "a", "b")], {"a": b"a"})
    assert [crash.rule for crash in made.crashes] == ["bad"]
    assert "KeyError: 'boom'" in made.crashes[0].detail
    assert "test_plan.py" in made.crashes[0].detail
    assert made.after.read("a") == b"b"


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Refusal("undeclared", ""), "refusal 'undeclared' is not declared"),
        (Fix("Do nothing", Safety.SAFE, ()), "changes nothing"),
        (Fix("Reach", Safety.SAFE, (Edit("a", 0, 99, ""),)), "the text has 1 characters"),
        (Fix("Edit", Safety.SAFE, (Edit("nowhere", 0, 0, "x"),)), "KeyError"),
    ],
)
def test_a_rule_that_breaks_its_contract_crashes_alone(outcome: Fix | Refusal, words: str) -> None:
    made = run([finding("bad", lambda _snapshot: [outcome])], {"a": b"a"})
    assert words in made.crashes[0].detail
    assert made.patches == ()


def test_a_rule_speaks_only_for_itself() -> None:
    rule = finding("other", lambda _snapshot: [Refusal("k", "")], k="why")
    made = run([Rule("mine", rule.page, rule.reads, (), rule.safety, rule.find, refusals=rule.refusals)], {"a": b"a"})
    assert "mine gave a finding of 'other'" in made.crashes[0].detail


def test_fixes_below_the_floor_are_left() -> None:
    rule = replacing("one", "a", "b", Safety.REVIEW)
    assert run([rule], {"f": b"a"}).patches == ()
    assert [one.finding.rule for one in run([rule], {"f": b"a"}).remaining] == ["one"]
    assert run([rule], {"f": b"a"}, Settings(Safety.REVIEW)).after.read("f") == b"b"


def test_shown_fixes_are_never_applied() -> None:
    rule = replacing("one", "a", "b", Safety.SHOWN)
    assert run([rule], {"f": b"a"}, Settings(Safety.SHOWN)).patches == ()


def test_of_two_fixes_for_one_place_the_first_wins_whole() -> None:
    fixes = [
        Fix("First", Safety.SAFE, (Edit("a", 0, 2, "x"),)),
        Fix("Second", Safety.SAFE, (Edit("a", 1, 3, "y"), Edit("b", 0, 1, "y"))),
    ]
    rule = finding("r", lambda snapshot: fixes if snapshot.read("a") == b"abc" else [])
    made = run([rule], {"a": b"abc", "b": b"b"})
    assert (made.after.read("a"), made.after.read("b")) == (b"xc", b"b")


def test_a_lasting_collision_is_a_refusal() -> None:
    fixes = [Fix(f"Make {n}", Safety.SAFE, (Edit("a", 0, 0, n),)) for n in ("x", "y")]
    rule = finding("r", lambda snapshot: fixes[1:] if snapshot.read("a") == b"xa" else fixes)
    with pytest.raises(UnprovenError):
        run([rule], {"a": b"a"})


def test_equal_fixes_are_one() -> None:
    fix = [Fix("Same", Safety.SAFE, (Edit("a", 0, 1, "x"),)), Fix("Same", Safety.SAFE, (Edit("a", 0, 1, "x"),))]
    made = run([finding("r", lambda snapshot: fix if snapshot.read("a") == b"a" else [])], {"a": b"a"})
    assert len(made.patches[0].fixes) == 1
    assert len(made.patches[0].findings) == 2


def test_excluded_files_are_neither_reported_nor_touched() -> None:
    settings = Settings(config=Config(exclude=("vendor/",)))
    made = run([replacing("one", "a", "b")], {"vendor/f": b"a", "f": b"a"}, settings)
    assert (made.after.read("vendor/f"), made.after.read("f")) == (b"a", b"b")
    assert made.remaining == ()


def test_a_fix_that_reaches_into_excluded_files_is_refused() -> None:
    fix = Fix("Both", Safety.SAFE, (Edit("a", 0, 1, "x"), Edit("vendor/b", 0, 1, "x")))
    settings = Settings(config=Config(exclude=("vendor/",)))
    made = run([finding("r", lambda _snapshot: [fix])], {"a": b"a", "vendor/b": b"b"}, settings)
    assert made.remaining[0].finding.outcome == Refusal("excluded", "the fix would change vendor/b")


def test_a_locked_file_is_refused_with_its_reason() -> None:
    settings = Settings(locked=lambda paths: dict.fromkeys(paths, "stored with LFS"))
    made = run([replacing("one", "a", "b")], {"f": b"a"}, settings)
    assert made.remaining[0].finding.outcome == Refusal("locked", "f: stored with LFS")


def test_a_comment_turns_one_finding_down() -> None:
    made = run([replacing("one", "a1", "b1")], {"f": b"a1 # cifix: ignore[one] no\na1\n"})
    assert made.after.read("f") == b"a1 # cifix: ignore[one] no\nb1\n"
    assert made.suppressed == 1


def test_a_fix_is_not_done_by_halves_when_a_comment_turns_a_part_down() -> None:
    fix = Fix("Both", Safety.SAFE, (Edit("a", 0, 1, "x"), Edit("b", 0, 1, "x")))

    def find(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
        del snapshot, options
        yield from (Finding("r", path, 0, 1, "", fix) for path in ("a", "b"))

    rule = Rule("r", "Find.", ("**",), (), Safety.SAFE, find)
    made = run([rule], {"a": b"a # cifix: ignore[r] no", "b": b"b"})
    assert made.patches == ()
    outcome = made.remaining[0].finding.outcome
    assert isinstance(outcome, Refusal)
    assert (made.remaining[0].finding.path, outcome.key) == ("b", "suppressed-together")


@dataclass(frozen=True, slots=True)
class Options:
    selected: bool = False


def test_a_rule_knows_whether_it_was_named() -> None:
    told: list[bool] = []

    def find(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
        del snapshot
        told.append(options.selected)
        yield from ()

    rule = Rule("r", "Find.", ("**",), (), Safety.SAFE, find, options=Options)
    run([rule], {"a": b""})
    run([rule], {"a": b""}, Settings(selected=frozenset({"r"})))
    assert told == [False, True]


def test_wrong_options_stop_the_run() -> None:
    with pytest.raises(UsageError, match="unknown key 'nope'"):
        run([replacing("one", "a", "b")], {"f": b"a"}, Settings(config=Config(rules={"one": {"nope": 1}})))


def test_progress_names_each_rule() -> None:
    told: list[str] = []
    plan(Snapshot.of({"f": b"x"}), [replacing("one", "a", "b"), replacing("two", "a", "b")], Settings(), told.append)
    assert told == ["one", "two"]


def test_files_can_be_made_and_removed() -> None:
    fix = Fix("Move", Safety.SAFE, (Create("b", b"new"), Delete("a")))
    made = run([finding("r", lambda snapshot: [fix] if "a" in snapshot else [])], {"a": b"a", "c": b""})
    assert made.after.paths == ("b", "c")
    assert made.patches[0].paths == ("a", "b")


@given(st.text("ab \n", max_size=40), st.randoms())
def test_the_order_in_which_a_rule_reports_does_not_matter(content: str, chance: random.Random) -> None:
    rule = replacing("one", "a", "bb")

    def shuffled(snapshot: Snapshot, options: NoOptions) -> list[Finding]:
        found = list(rule.find(snapshot, options))
        chance.shuffle(found)
        return found

    other = Rule("one", rule.page, rule.reads, rule.needles, rule.safety, shuffled)
    files = {"f": content.encode(), "g": b"a" + content.encode()}
    one, two = run([rule], files), run([other], files)
    assert [patch.changes for patch in one.patches] == [patch.changes for patch in two.patches]
    assert one.after.read("f") == content.replace("a", "bb").encode()


def test_a_rule_that_runs_out_of_memory_is_dropped_and_the_others_run() -> None:
    def greedy(_snapshot: Snapshot) -> Iterable[Refusal]:
        raise MemoryError

    made = run([finding("greedy", greedy), replacing("one", "x", "y")], {"a": b"x"})
    assert [crash.rule for crash in made.crashes] == ["greedy"]
    assert "MemoryError" in made.crashes[0].detail
    assert made.after.read("a") == b"y"


def test_a_file_that_takes_too_much_memory_is_opaque_from_then_on() -> None:
    def hungry(_text: Text) -> None:
        raise MemoryError

    snapshot = Snapshot.of({"a.py": b"x"})
    for _ in range(2):
        with pytest.raises(Opaque, match="more memory than there is"):
            snapshot.parsed("a.py", hungry)
    assert snapshot.unread == {"a.py": "the file takes more memory than there is"}
