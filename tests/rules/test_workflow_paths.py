"""workflow-paths: which words of a command are paths, and what they may be called now."""

import pytest

from cifix.formats.shell import commands
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.history import History
from cifix.model.rule import NoOptions
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.rules.workflow_paths import rule
from cifix.rules.workflow_paths.arguments import arguments, program
from cifix.rules.workflow_paths.nearest import exists, nearest

PATH = ".github/workflows/a.yml"
TREE = {"tests/unit/test_a.py": b"", "setup.cfg": b"", "src/pkg/__init__.py": b""}


def paths(script: str) -> list[str]:
    return [one.path for command in commands(script) for one in arguments(command, script)]


def findings(*steps: str, history: History | None = None) -> list[Finding]:
    data = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n    - uses: actions/checkout@v5\n"
    data += "".join(f"    - {step}\n" for step in steps)
    files = {path: File(content) for path, content in {**TREE, PATH: data.encode()}.items()}
    return list(rule.find(Snapshot(Memory(files, history=history or History())), NoOptions()))


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("pytest a b/c.py::test d/", ["a", "b/c.py", "d/"]),
        ("python -X dev -m pytest -q a", ["a"]),
        ("uv run --extra test pytest -x -n4 a --cov-config=b.cfg", ["b.cfg", "a"]),
        ("uv run --no-sync a.py", ["a.py"]),
        ("uv run -m pytest a", ["a"]),
        ("sudo -E bash a.sh", ["a.sh"]),
        ("sudo -E python3 a.py b.py", ["a.py"]),
        ("python -O a.py", ["a.py"]),
        ("python a", []),
        ("python -c 'x' a.py", []),
        ("bash -e a.sh b", ["a.sh"]),
        ("sh", []),
        ("./a/b.sh c", ["./a/b.sh"]),
        ("./configure", []),
        ("pip install -r a.txt -c b.txt pkg -e ./c[x] -e d", ["a.txt", "b.txt", "./c"]),
        ("pip install --requirement=a.txt -r", ["a.txt"]),
        ("uv pip install -r a.txt", ["a.txt"]),
        ("uv pip compile -r a.txt", []),
        ("pip download -r a.txt", []),
        ("ruff check a", ["a"]),
        ("ruff a", []),
        ("mypy --config-file a.ini b", ["a.ini", "b"]),
        ("mypy -m a", []),
        ("bandit -r a -ll", ["a"]),
        ("pytest -k a --ignore b -- c", []),
        ("pytest 'a b' $A a/*.py '${{ x }}'", []),
        ("pylint --rcfile=a.rc b c/d e.py", ["a.rc", "c/d", "e.py"]),
        ("pytest --cov=a --cov=b/c", ["b/c"]),
        ("", []),
    ],
)
def test_which_words_of_a_command_are_paths(script: str, found: list[str]) -> None:
    assert paths(script) == found


def test_the_program_that_a_command_runs() -> None:
    every = {"pip install x": "pip", "python -m pip x": "pip", "python -c x": "code", "python a.py": "python"}
    assert {script: program(commands(script)[0]) for script in every} == every


def test_a_finding_points_at_the_path_and_says_what_a_log_would() -> None:
    (found,) = findings("run: pytest -q tests/units")
    assert found.about == ("tests/units",)
    assert found.message == "tests/units is not in the repository, and pytest fails without it"
    assert found.end - found.start == len("tests/units")
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety is Safety.REVIEW
    assert found.outcome.title == f"Name tests/unit in what begins on line 7 of {PATH}"


def test_a_move_that_git_saw_wins_over_a_like_name() -> None:
    history = History({"tests/units/a.py": "src/pkg/a.py"}, {"tests/units/a.py": "abc1234"})
    (found,) = findings("run: pytest tests/units", history=history)
    assert isinstance(found.outcome, Fix)
    assert found.outcome.safety is Safety.SAFE
    assert "Name src/pkg" in found.outcome.title


def test_a_removed_file_with_a_like_name_is_left_to_a_person() -> None:
    history = History({}, {"setup.cfgs": "abc1234", "tests/gone/a.py": "abc1234"})
    (found,) = findings("run: pytest tests/gone", history=history)
    assert found.outcome == Refusal("removed", "commit abc1234 removed it")


@pytest.mark.parametrize(
    "step",
    [
        "run: make; pytest nothing-like-it",
        "uses: octo/tool@v1\n    - run: pytest nothing-like-it",
        "run: |\n        'open\n    - run: pytest nothing-like-it",
        "uses: docker://x\n    - run: pytest nothing-like-it",
    ],
)
def test_without_a_trace_what_may_have_been_made_is_no_finding(step: str) -> None:
    assert findings(step) == []


@pytest.mark.parametrize("made", ["cp -r x tests/units", "echo > tests/units", "unpack tests/units"])
def test_what_an_earlier_step_names_may_have_been_made(made: str) -> None:
    assert findings(f"run: {made}", "run: pytest tests/units") == []
    assert len(findings("run: mypy tests/unit", "run: pytest tests/units")) == 1


def test_a_hash_of_a_missing_file_follows_a_sure_move_only() -> None:
    step = "{uses: actions/cache@v5, with: {key: \"${{ hashFiles('setup.cfgs') }}\"}}"
    assert findings(step) == []
    (found,) = findings(step, history=History({"setup.cfgs": "setup.cfg"}, {"setup.cfgs": "abc1234"}))
    assert "does nothing" in found.message
    assert findings("run: pytest --cov=tests/units") == []


@pytest.mark.parametrize(
    ("path", "answer", "others"),
    [
        ("tests/units", "tests/unit", ()),
        ("unit", "tests/unit", ()),
        ("src/packages", "", ()),
        ("tests/units_all", "", ()),
        ("setup.cfgs", "", ()),
        ("other/setup.cfg", "", ()),
        ("tests/uni", "tests/unit", ()),
        ("tests/unlt", "", ()),
        ("tests/unit/test_b.py", "tests/unit/test_a.py", ()),
        ("tests/unit/test_1.py", "", ()),
        ("setup_cfg", "", ()),
        ("cfg.setup", "", ()),
        ("pkg/test_a.py", "tests/unit/test_a.py", ()),
    ],
)
def test_what_a_path_may_be_called_now(path: str, answer: str, others: tuple[str, ...]) -> None:
    found = nearest(Snapshot.of(TREE), path)
    assert (found.path, found.others) == (answer, others)


def test_what_lies_behind_a_link_may_be_there() -> None:
    class Linked(Memory):
        @property
        def modes(self) -> dict[str, int]:
            return {"link": 0o120000}

    snapshot = Snapshot(Linked({}))
    assert exists(snapshot, "link/a")
    assert exists(snapshot, "link")
    assert not exists(snapshot, "links")


def test_a_job_that_never_runs_and_a_folder_that_is_not_known_are_not_looked_at() -> None:
    off = "jobs:\n  a:\n    if: false\n    steps:\n    - uses: actions/checkout@v5\n    - run: pytest tests/units\n"
    files = {**TREE, PATH: off.encode()}
    assert list(rule.find(Snapshot.of(files), NoOptions())) == []
    assert findings("run: cd $HERE && pytest tests/units") == []
    assert findings("run: (cd tests && ls) && pytest tests/units") == []
    assert findings("if: steps.x.outputs.y\n      run: pytest tests/units") == []
    assert len(findings("if: always()\n      run: pytest tests/units")) == 1


def test_commands_that_read_a_lost_path_cannot_have_made_it_and_follow_it_at_once() -> None:
    steps = [f"run: {command}" for command in (*["python tools/old.py --fast"] * 4, *["bash tools/old.sh"] * 4)]
    history = History({"tools/old.py": "src/pkg/__init__.py", "tools/old.sh": "setup.cfg"}, {})
    assert len([one for one in findings(*steps, history=history) if isinstance(one.outcome, Fix)]) == len(steps)


def test_a_command_that_may_go_on_without_a_path_may_have_made_it() -> None:
    history = History({"tools/old.py": "src/pkg/__init__.py"}, {})
    assert not findings("run: python tools/old.py || true", "run: python tools/old.py", history=history)


def test_what_is_hashed_is_not_made_by_that() -> None:
    step = "uses: actions/cache@v5\n      with: {path: x, key: \"${{ hashFiles('tools/old.py') }}\"}"
    history = History({"tools/old.py": "src/pkg/__init__.py"}, {})
    assert len(findings(*[step] * 8, "run: python tools/old.py", history=history)) == 9
