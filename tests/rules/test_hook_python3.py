"""hook-python3: what its findings say, and what pre-commit makes of them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cifix.engine.plan import Settings, plan
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.hook_python3 import rule

CONFIG = ".pre-commit-config.yaml"


def findings(data: bytes) -> list[Finding]:
    return list(rule.find(Snapshot.of({CONFIG: data, "a.py": b"import other\n"}), NoOptions()))


def config(*hooks: str) -> bytes:
    return ("repos:\n- repo: local\n  hooks:\n" + "".join(f"  - {hook}\n" for hook in hooks)).encode()


def test_a_finding_quotes_the_error_and_points_at_the_entry() -> None:
    data = config("{id: names, language: system, entry: python a.py}")
    (found,) = findings(data)
    assert found.message.startswith("the hook 'names' ")
    assert "Executable `python` not found" in found.message
    assert data[found.start : found.end] == b"python a.py"
    assert isinstance(found.outcome, Fix)
    assert found.outcome.title == f"Call python3 instead of python on line 4 of {CONFIG}"


@pytest.mark.parametrize(
    "entry",
    [
        "python",
        "env python",
        "/bin/env A=1 B= python -m x",
        "python  x",
        r"python -c re.sub('\\d')",
        "python -m a.bat",
    ],
)
def test_the_first_program_is_meant(entry: str) -> None:
    (found,) = findings(config(f"{{id: a, language: system, entry: {entry}}}"))
    assert isinstance(found.outcome, Fix)


@pytest.mark.parametrize(
    "entry", ["python3", "python2 x", "xpython y", "env -i python x", "python.exe x", "[python, x]"]
)
def test_other_words_are_not(entry: str) -> None:
    assert findings(config(f"{{id: a, language: system, entry: {entry}}}")) == []


@pytest.mark.parametrize("entry", [r"python -X utf8 tools\a.py", "python run.CMD", r"python '.\a.py'"])
def test_a_script_named_as_on_windows_keeps_its_interpreter(entry: str) -> None:
    (found,) = findings(config(f"id: a\n    language: system\n    entry: >-\n      {entry}"))
    assert isinstance(found.outcome, Refusal)
    assert found.outcome.key == "windows"


def test_an_entry_spelled_with_escapes_is_opaque() -> None:
    (found,) = findings(config('{id: a, language: system, entry: "pyth\\u006fn x"}') + b"# python\n")
    assert isinstance(found.outcome, Refusal)
    assert found.outcome.key == "opaque"


@pytest.mark.parametrize(
    ("data", "count"), [(b"a: [ python", 0), (b'a: [\n entry: "python x', 1), (b"\0 entry: python", 1)]
)
def test_an_unreadable_file_is_named_if_it_matters(data: bytes, count: int) -> None:
    assert len(findings(data)) == count


OLDER = b"import tomllib\n"


@pytest.mark.parametrize(
    ("script", "language"),
    [
        (b"import json, os.path\n", "python"),
        (b"print(1)\n", "python"),
        (b"try:\n    import tomllib\nexcept ImportError:\n    import tomli\n", "system"),
        (b"from . import names\n", "system"),
        (b"import distutils\n", "system"),
        (b"import os\nos.system('make')\n", "system"),
        (b"__import__('acme')\n", "system"),
        (b"import json\nprint 'two'\n", "system"),
        (b"\0import json\n", "system"),
        (OLDER, "python"),
    ],
)
def test_only_a_script_that_needs_nothing_else_gets_an_environment_of_its_own(script: bytes, language: str) -> None:
    project = b'[project]\nrequires-python = ">=3.11"\n'
    files = {CONFIG: config("{id: a, language: system, entry: python x.py}"), "x.py": script}
    (found,) = rule.find(Snapshot.of({**files, "pyproject.toml": project}), NoOptions())
    assert isinstance(found.outcome, Fix)
    assert f"{'pre-commit bring' if language == 'python' else 'python3'}" in found.outcome.title


@pytest.mark.parametrize("key", ["additional_dependencies: [acme]", "language_version: python3.12"])
def test_a_hook_that_says_more_of_its_environment_keeps_its_language(key: str) -> None:
    files = {CONFIG: config(f"{{id: a, language: system, entry: python x.py, {key}}}"), "x.py": b""}
    (found,) = rule.find(Snapshot.of(files), NoOptions())
    assert isinstance(found.outcome, Fix)
    assert "python3" in found.outcome.title


def test_a_script_entry_that_is_spelled_with_escapes_is_opaque() -> None:
    files = {CONFIG: config('{id: a, language: python, entry: "python \\u0061.py"}'), "b/a.py": b""}
    (found,) = rule.find(Snapshot.of(files), NoOptions())
    assert isinstance(found.outcome, Refusal)
    assert found.outcome.key == "opaque"


@pytest.mark.parametrize(("script", "needs_index"), [(b"import acme_that_is_nowhere\n", False), (b"print(1)\n", True)])
def test_the_real_pre_commit_finds_its_python_only_afterwards(script: bytes, needs_index: bool, tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    entry = "python a.py" if needs_index else "python -c 'print(1)'"
    hook = (
        f"id: a\n    name: a\n    language: system\n    entry: {entry}\n    pass_filenames: false\n    always_run: true"
    )
    before = Snapshot.of({CONFIG: config(hook), "a.py": script})
    after = plan(before, [rule], Settings(Safety.SAFE)).after
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("git", "sh", "env", "uname"):
        (programs / name).symlink_to(shutil.which(name) or "")
    (programs / "python3").symlink_to("/usr/bin/python3")
    codes = []
    for name, snapshot in (("before", before), ("after", after)):
        repo = tmp_path / name
        repo.mkdir()
        for path in snapshot.paths:
            (repo / path).write_bytes(snapshot.read(path))
        environment = {**os.environ, "PATH": str(programs), "PRE_COMMIT_HOME": str(tmp_path / "cache")}
        subprocess.run(["git", "init", "-q"], cwd=repo, check=True)
        subprocess.run(["git", "add", "-A"], cwd=repo, check=True)
        done = subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "-a"],
            cwd=repo,
            env=environment,
            capture_output=True,
            check=False,
        )
        codes.append(done.returncode)
        assert (b"Executable `python` not found" in done.stdout) == (name == "before"), done.stdout
    assert codes == [1, 0]


def test_a_project_that_cannot_be_read_provides_nothing() -> None:
    files = {CONFIG: b"repos:\n- {repo: local, hooks: [{id: a, language: system, entry: mypy}]}\n"}
    assert list(rule.find(Snapshot.of({**files, "pyproject.toml": b"["}), NoOptions())) == []
