"""workflow-commands in files of their own: which files a step runs, and what Python hands to the runner."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.formats.python import parse
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.model.text import Text
from cifix.rules.workflow_commands import rule
from cifix.rules.workflow_commands.prints import printed
from cifix.rules.workflow_commands.reach import started

WORKFLOW = ".github/workflows/ci.yml"
FILES = {
    "GITHUB_OUTPUT": "set-output",
    "GITHUB_ENV": "set-env",
    "GITHUB_STATE": "save-state",
    "GITHUB_PATH": "add-path",
}


def workflow(run: str, more: str = "", job: str = "runs-on: ubuntu-latest") -> str:
    lines = "".join(f"          {line}\n" for line in run.split("\n"))
    return f"jobs:\n  a:\n    {job}\n    steps:\n      - run: |\n{lines}{more}"


def snapshot(files: dict[str, str]) -> Snapshot:
    return Snapshot.of({path: text.encode() for path, text in files.items()})


@pytest.mark.parametrize(
    ("run", "found"),
    [
        ("python a.py", {"a.py": "python"}),
        ("python3.12 -u -W error ./a.py --all", {"a.py": "python"}),
        ("sudo env X=1 python a.py", {"a.py": "python"}),
        ("python -m pkg.mod", {"pkg/mod.py": "python"}),
        ("python -m pkg", {"pkg/__main__.py": "python"}),
        ("python -m lib", {"src/lib.py": "python"}),
        ("python -c 'import a'", {}),
        ("python", {}),
        ("uv run a.py", {"a.py": "python"}),
        ("poetry run python a.py", {"a.py": "python"}),
        ("poetry run", {}),
        ("bash -e a.sh", {"a.sh": "bash"}),
        ("sh", {}),
        ("source a.sh", {"a.sh": "bash"}),
        (". ./a.sh", {"a.sh": "sh"}),
        ("./a.sh && echo", {"a.sh": ""}),
        ("$GITHUB_WORKSPACE/a.sh", {"a.sh": ""}),
        ("node a.js", {"a.js": "node"}),
        ("python a.py > log", {}),
        ("python a.py 2> log", {"a.py": "python"}),
        ("python a.py | tee log", {}),
        ("x=$(python a.py)", {}),
        ("f() { python a.py; }", {}),
        ("python b.py", {}),
        ("echo 'open", {}),
        ("make", {}),
    ],
)
def test_a_step_runs_files_by_name(run: str, found: dict[str, str]) -> None:
    files = dict.fromkeys(["a.py", "a.sh", "a.js", "pkg/mod.py", "pkg/__main__.py", "src/lib.py"], "")
    assert started(snapshot({WORKFLOW: workflow(run), **files})) == found


def test_other_shells_run_files_too() -> None:
    windows = "runs-on: windows-latest"
    for run in ("python scripts\\a.py", "& python -u scripts/a.py --x"):
        assert started(snapshot({WORKFLOW: workflow(run, job=windows), "scripts/a.py": ""})) == {
            "scripts/a.py": "python"
        }
    assert started(snapshot({WORKFLOW: workflow("python a.py > x", job=windows), "a.py": ""})) == {}


def test_the_folder_of_a_step_counts() -> None:
    files = {"sub/a.sh": "", "a.sh": ""}
    step = workflow("./a.sh", "        working-directory: sub\n")
    assert started(snapshot({WORKFLOW: step, **files})) == {"sub/a.sh": ""}
    job = "runs-on: ubuntu-latest\n    defaults: {run: {working-directory: sub}}"
    assert started(snapshot({WORKFLOW: workflow("./a.sh", job=job), **files})) == {"sub/a.sh": ""}


def test_a_checkout_of_something_else_hides_what_is_run() -> None:
    more = "      - uses: actions/checkout@v4\n        with: {repository: o/r}\n"
    assert started(snapshot({WORKFLOW: workflow("./a.sh", more), "a.sh": ""})) == {}


def test_actions_run_their_own_files_and_unreadable_files_run_none() -> None:
    action = "runs: {using: node20, pre: a.js, main: dist/b.js, post: none.js}\n"
    composite = "runs: {using: composite, steps: [{shell: bash, run: '${{ github.action_path }}/c.sh'}]}\n"
    files = {"x/action.yml": action, "x/a.js": "", "x/dist/b.js": "", "y/action.yml": composite, "y/c.sh": ""}
    assert started(snapshot(files)) == {"x/a.js": "node", "x/dist/b.js": "node", "y/c.sh": ""}
    assert started(snapshot({WORKFLOW: "a: [\n", "action.yml": "a: [\n", "z/action.yml": "a: 1\n"})) == {}


def findings(source: str, run: str = "python a.py", path: str = "a.py") -> list[Finding]:
    return list(rule.find(snapshot({WORKFLOW: workflow(run), path: source}), NoOptions()))


def fixed(source: str) -> str:
    (outcome,) = {found.outcome for found in findings(source)}
    assert isinstance(outcome, Fix), outcome
    assert outcome.safety == Safety.REVIEW
    return snapshot({"a.py": source}).with_changes(outcome.changes).text("a.py").text


def handed(source: str, value: str) -> dict[tuple[str, str], str]:
    """What the runner knows after a script: commands of its output, then the lines of its files."""
    found: dict[tuple[str, str], str] = {}
    with TemporaryDirectory() as folder:
        paths = {name: Path(folder, name) for name in FILES}
        environment = {**os.environ, "VALUE": value, "PYTHONUTF8": "1", **{k: str(v) for k, v in paths.items()}}
        script = Path(folder, "a.py")
        script.write_text(source, "utf-8")
        done = subprocess.run([sys.executable, script], env=environment, capture_output=True, check=True)
        for line in done.stdout.decode().splitlines():
            head, _, rest = line.removeprefix("::").partition("::")
            command, _, name = head.partition(" name=")
            if line.startswith("::"):
                found[command, name] = rest
        for name, path in paths.items():
            for line in path.read_text("utf-8").splitlines() if path.exists() else ():
                key, _, rest = line.partition("=")
                command = FILES[name]
                found[(command, "") if command == "add-path" else (command, key)] = (
                    line if command == "add-path" else rest
                )
    return found


SCRIPT = """\
import os
value = os.environ["VALUE"]
if value or not value:
    print(f"::set-output name=a::{value}")
    print("::set-output name=b::" + value)
    print("::save-state name=c::%s" % value)
    print("::set-env name=d::{}".format(value), flush=True)
    print(
        f"::set-output name={'e' + 'f'}_x::"
        f"{value!r}"
    )
print("::add-path::/opt/" + value)
print("other")
"""


@settings(max_examples=4, deadline=None, derandomize=True, database=None)
@given(
    st.text(
        st.characters(min_codepoint=0x20, exclude_characters="\x7f\x85\u2028\u2029", exclude_categories=["Cs", "Cc"])
    )
)
def test_python_hands_over_the_same_values_as_before(value: str) -> None:
    after = fixed(SCRIPT)
    assert "::" not in after
    assert len(handed(after, value)) == 6
    assert handed(after, value) == handed(SCRIPT, value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import sys\nimport zlib\nprint('::add-path::x')\n", "import os\nimport sys\nimport zlib\nwith open"),
        ("import abc\nfrom a import b\nprint('::add-path::x')\n", "import abc\nimport os\nfrom a import b\nwith"),
        ("from a import b\nprint('::add-path::x')\n", "import os\nfrom a import b\nwith"),
        (
            "from __future__ import x\nx = 1\nprint('::add-path::x')\n",
            "from __future__ import x\nimport os\n\nx = 1\nwith",
        ),
        ("def f():\n    import os\n\n\nprint('::add-path::x')\nimport os\n", "import os\n\ndef f():"),
        ("import os.path\nprint('::add-path::x')\n", "import os.path\nwith"),
    ],
)
def test_os_is_imported_where_it_belongs(before: str, after: str) -> None:
    before = before.replace("import x", "import annotations")
    assert fixed(before).startswith(after.replace("import x", "import annotations"))


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("def f(os):\n    print('::add-path::x')\n", "form"),
        ("os = 1\nprint('::add-path::x')\n", "form"),
        ("from a import os\nprint('::add-path::x')\n", "form"),
        ("import a; print('::add-path::x')\n", "inside"),
        ("import a\nx = '::add-path::x'\nprint(x)\n", "form"),
        ("import a\ndef f(): return '::add-path::x'\n", "form"),
        ("import a\nf(text='::add-path::x')\n", "form"),
        ("import a\nprint('::add-path::x', 'y')\n", "form"),
        ("import a\nprint('::add-path::x', end='')\n", "form"),
        ("import a\nprint('::set-output name=a b::x')\n", "form"),
        ("import a\nprint('''::add-path::x''')\n", "form"),
        ("import a\nprint('::add-path::\\\nx')\n", "form"),
        ("import a\nx = print('::add-path::x')\n", "form"),
        ("import a\noutput = runner_file = github_output_file = 1\nprint('::add-path::x')\n", "form"),
    ],
)
def test_what_python_leaves_to_a_person(source: str, key: str) -> None:
    outcomes = {found.outcome for found in findings(source)}
    assert {outcome.key for outcome in outcomes if isinstance(outcome, Refusal)} == {key}
    assert all(isinstance(outcome, Refusal) for outcome in outcomes)


def test_texts_that_are_only_read_are_not_printed() -> None:
    source = "import re\nre.compile('::set-output name=(.*)::')\nx.startswith('::add-path::')\nf'{x}::add-path::y'\n"
    assert list(printed(parse(Text.decode(source.encode())))) == []


@pytest.mark.parametrize(
    ("path", "run", "source", "count"),
    [
        ("a.sh", "./a.sh", "echo '::add-path::x'\n", 1),
        ("a.sh", "./a.sh", "#!/bin/sh\necho '::add-path::x'\n", 1),
        ("a.sh", "./a.sh", "#!/usr/bin/perl\nprint '::add-path::x'\n", 0),
        ("a.py", "./a.py", "#!/usr/bin/env python3\nimport os\nprint('::add-path::x')\n", 1),
        ("a.sh", "python a.sh", "import os\nprint('::add-path::x')\n", 1),
        ("a.js", "node a.js", "process.stdout.write('::add-path::x\\n')\n * console.log('::add-path::x')\n", 1),
        ("a.sh", "node a.sh", "echo '::add-path::x'\n", 0),
    ],
)
def test_the_program_or_first_line_tells_the_language(path: str, run: str, source: str, count: int) -> None:
    assert len(findings(source, run, path)) == count


def test_a_bundle_is_reported_where_it_names_the_command() -> None:
    source = 'x.issueCommand("set-env",{name:n},v)\n'
    (found,) = findings(source, "node dist/a.js", "dist/a.js")
    assert source[found.start : found.end] == "set-env"
    assert isinstance(found.outcome, Refusal)
    assert found.outcome.key == "bundle"
