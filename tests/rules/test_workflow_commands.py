"""workflow-commands: what a script hands to the runner, before and after, in a real shell."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.formats.yaml import Scalar, parse
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.workflow_commands import rule

PATH = ".github/workflows/ci.yml"
Values = dict[tuple[str, str], str]


def workflow(script: str, shell: str = "bash") -> str:
    lines = "".join(f"          {line}\n" for line in script.split("\n"))
    return f"jobs:\n  a:\n    runs-on: x\n    steps:\n      - shell: {shell}\n        run: |\n{lines}"


def findings(source: str) -> list[Finding]:
    return list(rule.find(Snapshot.of({PATH: source.encode()}), NoOptions()))


def fix(script: str, shell: str = "bash") -> Fix | Refusal:
    found = findings(workflow(script, shell))
    assert found
    return found[0].outcome


def fixed(script: str, shell: str = "bash") -> str:
    source = workflow(script, shell)
    outcome = fix(script, shell)
    assert isinstance(outcome, Fix), outcome
    after = Snapshot.of({PATH: source.encode()}).with_changes(outcome.changes).text(PATH)
    run = parse(after).at(("jobs", "a", "steps", 0, "run"))
    assert isinstance(run, Scalar)
    return run.value


def run(script: str, environment: Mapping[str, str], shell: str = "bash") -> Values:
    """What the runner would know after a script: commands of its output, then the lines of its files."""
    with TemporaryDirectory() as folder:
        files = {
            name: str(Path(folder, name)) for name in ("GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_PATH")
        }
        for file in files.values():
            Path(file).touch()
        command = [shell, "-e", "-c", script]
        done = subprocess.run(
            command, env={**os.environ, **environment, **files}, stdout=subprocess.PIPE, check=True, cwd=folder
        )
        known = printed(done.stdout.decode())
        for name, file in files.items():
            known |= written(name, Path(file).read_bytes().decode())
        return known


def printed(output: str) -> Values:
    known: Values = {}
    for line in output.split("\n"):
        command = re.match(r"\s*::([a-z-]+)(?: name=([^,:]+))?::(.*)", line, re.DOTALL)
        if command:
            name, key, value = command.groups()
            for old, new in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
                value = value.replace(old, new)
            known[name, key or ""] = value
    return known


def written(variable: str, content: str) -> Values:
    name = {"GITHUB_OUTPUT": "set-output", "GITHUB_STATE": "save-state", "GITHUB_ENV": "set-env"}.get(
        variable, "add-path"
    )
    known: Values = {}
    lines = iter(content.split("\n"))
    for line in lines:
        if not line:
            continue
        if name == "add-path":
            known[name, ""] = line
        elif "<<" in line and ("=" not in line or line.index("<<") < line.index("=")):
            key, mark = line.split("<<", 1)
            inner = []
            while (inside := next(lines)) != mark:
                inner.append(inside)
            known[name, key] = "\n".join(inner)
        else:
            key, value = line.split("=", 1)
            known[name, key] = value
    return known


COMMANDS = st.sampled_from(
    ["::set-output name=key::", "::save-state name=a-b::", "::set-env name=K_1::", "::add-path::"]
)
LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20).filter(
    lambda text: not re.search(r"%(0[AD]|25)", text)
)
ANY_TEXT = st.lists(st.sampled_from([*"ab %\n\r=<\\$'\"-é", "%0A", "%25", "\n\n"]), max_size=20).map("".join)


@settings(max_examples=60, deadline=None)
@given(COMMANDS, st.text(st.sampled_from("ab :=/.,-+%#~*?[]{}()!;&|<>@é"), min_size=1, max_size=12))
def test_a_literal_in_quotes_is_handed_over_as_it_is(command: str, value: str) -> None:
    for quote in "'\"":
        script = f"echo {quote}{command}{value}{quote}"
        outcome = fix(script)
        if isinstance(outcome, Refusal):
            assert outcome.key == "escaped"
            assert re.search("%(0[AaDd]|25)", value)
        else:
            assert run(script, {}) == run(fixed(script), {})


@settings(max_examples=60, deadline=None)
@given(COMMANDS, LINE.filter(bool))
def test_what_a_variable_of_one_line_holds_is_handed_over(command: str, value: str) -> None:
    for script in (f'echo "{command}$V"', f"echo {command}$V", f"printf '{command}%s\\n' \"$V\""):
        outcome = fix(script)
        assert isinstance(outcome, Fix)
        assert outcome.safety == Safety.REVIEW
        if script.startswith("echo ::") and ({*"*?[\\~"} & {*value} or value.isspace() or not value.isprintable()):
            continue
        before, after = run(script, {"V": value}), run(fixed(script), {"V": value})
        assert before == after


@settings(max_examples=80, deadline=None)
@given(ANY_TEXT)
def test_a_value_escaped_by_hand_is_written_whole(value: str) -> None:
    script = (
        "V=\"${V//'%'/'%25'}\"\nV=\"${V//$'\\n'/'%0A'}\"\nV=\"${V//$'\\r'/'%0D'}\"\n"
        'echo "::set-output name=key::$V"\necho done'
    )
    after = fixed(script)
    assert "%0A" not in after
    assert run(script, {"V": value}) == run(after, {"V": value}) == {("set-output", "key"): value}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("echo ::set-output name=a::b", 'echo a=b >> "$GITHUB_OUTPUT"'),
        ("if true; then echo '::add-path::/x'; fi", "if true; then echo '/x' >> \"$GITHUB_PATH\"; fi"),
        (
            "true && echo '::set-output name=a::b' && false # no",
            "true && echo 'a=b' >> \"$GITHUB_OUTPUT\" && false # no",
        ),
        ('echo "::set-output name=a::$(date)"', 'echo "a=$(date)" >> "$GITHUB_OUTPUT"'),
        ('echo "::set-output name=a::$(a "b c" | d ")")"', 'echo "a=$(a "b c" | d ")")" >> "$GITHUB_OUTPUT"'),
        ("cat <<A\n::x\nA\necho ::set-env name=a::b", 'cat <<A\n::x\nA\necho a=b >> "$GITHUB_ENV"'),
        ('echo "::set-output name=a::b$"; a "$"', 'echo "a=b$" >> "$GITHUB_OUTPUT"; a "$"'),
        ('echo "::save-state name=a_${{ x }}::b"', 'echo "a_${{ x }}=b" >> "$GITHUB_STATE"'),
        ("printf '::set-output name=a::b\\n'", "printf 'a=b\\n' >> \"$GITHUB_OUTPUT\""),
        ("# it's\necho '::set-output name=a::b'", "# it's\necho 'a=b' >> \"$GITHUB_OUTPUT\""),
        (
            "a=`b`\nc=$((1 << 2))\necho '::set-output name=a::b'",
            "a=`b`\nc=$((1 << 2))\necho 'a=b' >> \"$GITHUB_OUTPUT\"",
        ),
        ("x '%0A'\necho '::set-output name=a::b'", "x '%0A'\necho 'a=b' >> \"$GITHUB_OUTPUT\""),
    ],
)
def test_only_the_command_and_its_end_change(before: str, after: str) -> None:
    assert fixed(before).rstrip("\n") == after


@pytest.mark.parametrize(
    ("script", "key"),
    [
        ("echo '::set-output name=a::b' | tee log", "compound"),
        ("echo '::set-output name=a::b' > log", "compound"),
        ("echo -e '::set-output name=a::b'", "compound"),
        ("x=$(echo '::set-output name=a::b')", "compound"),
        ("A=1 echo '::set-output name=a::b'", "compound"),
        ("python -c \"print('::set-output name=a::b')\"", "compound"),
        ("echo '::set-output name=a::b' && echo '::set-output name=c::d'", "compound"),
        ("python <<A\necho '::set-output name=a::b'\nA", "inside"),
        ("python <<A\necho '::set-output name=a::b'", "inside"),
        ("x='\necho ::set-output name=a::b'", "inside"),
        ("echo '::set-output name=a::\nb'", "inside"),
        ('echo "::set-output name=a::\nb"', "inside"),
        ("echo a \\\necho ::set-output name=a::b", "inside"),
        ("echo ::set-output name=a::b \\\n c", "inside"),
        ("(\necho ::set-output name=a::b\n)", "inside"),
        ("f() {\necho ::set-output name=a::b\n}", "inside"),
        ("for a in b; do\necho ::set-output name=a::b\ndone | tee log", "inside"),
        ("exec > log\necho ::set-output name=a::b", "inside"),
        ("echo ::stop-commands::x\necho ::set-output name=a::b", "inside"),
        ("echo ::set-output name=a,b=c::d", "form"),
        ("echo '::set-output name=a'::b", "form"),
        ("printf '::set-output name=a::b'", "form"),
        ("printf '::set-output name=a::%d\\n' 1", "form"),
        ("echo ::set-output name=a::*", "quoting"),
        ("echo ::add-path::~/bin", "quoting"),
        ("echo '::set-output name=a::b%0Ac'", "escaped"),
        ("echo '::set-output name=a::b\\nc'", "escaped"),
        ('V=${V//x/%0A}\necho "::set-output name=a::$V"\necho $V', "escaped"),
        ('V=$(x %0A)\necho "::set-output name=a::$V"', "escaped"),
        ('echo "::add-path::$V%0A"', "escaped"),
    ],
)
def test_what_is_left_to_a_person(script: str, key: str) -> None:
    outcome = fix(script)
    assert isinstance(outcome, Refusal)
    assert outcome.key == key, outcome


@pytest.mark.parametrize(
    ("shell", "before", "after"),
    [
        ("pwsh", 'echo "::set-output name=a::$x"', 'echo "a=$x" >> $env:GITHUB_OUTPUT'),
        ("pwsh", "Write-Host '::set-env name=a::b'", "'a=b' >> $env:GITHUB_ENV"),
        ("pwsh", '"::add-path::$env:X"', '"$env:X" >> $env:GITHUB_PATH'),
        (
            "powershell",
            'Write-Output "::save-state name=a::b"',
            'Write-Output "a=b" | Out-File -FilePath $env:GITHUB_STATE -Append -Encoding utf8',
        ),
        ("cmd", "echo ::set-output name=a::%X% 1", '>>"%GITHUB_OUTPUT%" echo a=%X% 1'),
        ("cmd", "@echo ::add-path::C:\\x", '@>>"%GITHUB_PATH%" echo C:\\x'),
    ],
)
def test_windows_shells_have_their_own_words(shell: str, before: str, after: str) -> None:
    assert fixed(before, shell).rstrip("\n") == after


@pytest.mark.parametrize(
    ("shell", "script", "key"),
    [
        ("pwsh", "echo ::set-output name=a::b", "compound"),
        ("pwsh", 'echo "::set-output name=a::b" | x', "compound"),
        ("pwsh", 'echo "::set-output name=a::$("b")"', "quoting"),
        ("pwsh", 'echo "::set-output name=a::b`nc"', "escaped"),
        ("pwsh", 'function f { }\necho "::set-output name=a::b"', "inside"),
        ("cmd", 'echo "::set-output name=a::b"', "compound"),
        ("cmd", "echo ::set-output name=a::b & x", "compound"),
        ("cmd", "echo ::set-output name=a::b%%0A", "escaped"),
        ("cmd", "if x (\necho ::set-output name=a::b\n)", "inside"),
        ("perl {0}", "print('::set-output name=a::b')", "shell"),
        ("python", "import re\nre.compile('::set-output name=a::b')", "form"),
        ("python", "print('::set-output name=a::${{ x }}' ${{ y }})", "form"),
    ],
)
def test_what_other_shells_leave_to_a_person(shell: str, script: str, key: str) -> None:
    outcome = fix(script, shell)
    assert isinstance(outcome, Refusal)
    assert outcome.key == key, outcome


@pytest.mark.skipif(shutil.which("dash") is None, reason="needs a shell that is not bash")
@pytest.mark.parametrize("value", ["a b", "x'y"])
def test_a_plain_shell_agrees(value: str) -> None:
    script = 'echo "::set-output name=a::$V"'
    assert run(script, {"V": value}, "dash") == run(fixed(script, "sh"), {"V": value}, "dash")


def test_a_finding_points_at_the_command() -> None:
    source = workflow('echo "::set-env name=a::b"')
    (found,) = findings(source)
    assert source[found.start : found.end] == "::set-env"
    assert found.message.startswith("The `set-env` command is disabled")


def steps(*lines: str) -> str:
    return "jobs:\n  a:\n    runs-on: windows-2025\n    steps:\n" + "".join(f"      - {line}\n" for line in lines)


def outcome(source: str) -> Fix | Refusal:
    return findings(source)[0].outcome


def rewritten(source: str) -> str:
    done = outcome(source)
    assert isinstance(done, Fix), done
    return Snapshot.of({PATH: source.encode()}).with_changes(done.changes).text(PATH).text


def test_a_script_without_quotes_gets_some_where_yaml_needs_them() -> None:
    assert rewritten(steps("{shell: cmd, run: echo ::set-output name=a::b}")) == steps(
        """{shell: cmd, run: '>>"%GITHUB_OUTPUT%" echo a=b'}"""
    )
    assert rewritten(steps('run: Write-Host "::add-path::x"')) == steps("""run: '"x" >> $env:GITHUB_PATH'""")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (
            'shell: bash\n        run: \'V="${V//x/%0A}"\n\n          echo "::set-output name=a::$V"\'',
            "only a literal block",
        ),
        ("shell: cmd\n        run: echo\n          ::set-output name=a::b", "without quotes"),
        ("shell: bash\n        run: \"echo '::set-output \\\n          name=a::b'\"", "escapes or folds"),
    ],
)
def test_what_has_no_place_in_the_yaml_is_opaque(lines: str, why: str) -> None:
    done = outcome(steps(lines))
    assert isinstance(done, Refusal)
    assert (done.key, why in done.detail) == ("opaque", True), done


def test_a_script_run_by_two_shells_is_left() -> None:
    done = outcome(steps("run: &x 'echo ::set-output name=a::b'", "{run: *x, shell: bash}"))
    assert isinstance(done, Refusal)
    assert done.key == "alias"
