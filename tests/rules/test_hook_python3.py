"""hook-python3: what its findings say."""

import pytest

from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.hook_python3 import rule

CONFIG = ".pre-commit-config.yaml"


def findings(data: bytes) -> list[Finding]:
    return list(rule.find(Snapshot.of({CONFIG: data}), NoOptions()))


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


@pytest.mark.parametrize(("data", "count"), [(b"a: [ python", 0), (b'a: [\n entry: "python x', 1), (b"\0 python", 1)])
def test_an_unreadable_file_is_named_if_it_matters(data: bytes, count: int) -> None:
    assert len(findings(data)) == count
