import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cifix
from tests.pages import ROOT


def test_list_names_every_rule_with_level_and_summary(cifix: Cifix) -> None:
    done = cifix("rules", "list")
    assert done.code == 0
    assert ["upgrade-artifacts", "safe"] in [line.split()[:2] for line in done.text.splitlines()]
    assert ["lazy-init", "review"] in [line.split()[:2] for line in done.text.splitlines()]


def test_explain_prints_the_page(cifix: Cifix) -> None:
    done = cifix("rules", "explain", "anchor-gitignore")
    assert done.code == 0
    assert done.text.startswith("# anchor-gitignore\n")
    assert (ROOT / "fixtures/anchor-gitignore/README.md").read_text("utf-8").startswith(done.text)


def test_explain_helps_with_a_wrong_name(cifix: Cifix) -> None:
    failed = cifix("rules", "explain", "anchor-gitignor")
    assert failed.code == 2
    assert "did you mean 'anchor-gitignore'?" in failed.err


def test_a_new_rule_works_at_once(cifix: Cifix, tmp_path: Path) -> None:
    done = cifix("rules", "new", "my-rule")
    assert done.code == 0
    assert "Next: " in done.text
    (tmp_path / "test_it.py").write_text(
        "import pytest\nfrom pathlib import Path\nfrom cifix.testing import cases, check\nfrom my_rule import rule\n"
        "@pytest.mark.parametrize('case', cases(Path(__file__).parent / 'fixtures' / 'my-rule'), ids=str)\n"
        "def test_case(case, tmp_path):\n    check(case, rule, tmp_path)\n"
    )
    path = ":".join([str(tmp_path), str(ROOT / "src")])
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), "test_it.py"],
        cwd=tmp_path, env={**__import__("os").environ, "PYTHONPATH": path}, capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout.decode()
    assert b"2 passed" in ran.stdout


def test_a_new_rule_of_cifix_itself_goes_where_the_others_are(cifix: Cifix, tmp_path: Path) -> None:
    (tmp_path / "src/cifix/rules").mkdir(parents=True)
    cifix("rules", "new", "my-rule")
    assert (tmp_path / "src/cifix/rules/my_rule.py").is_file()


@pytest.mark.parametrize("name", ["My_Rule", "1rule", "a--b", "lazy-init"])
def test_a_name_that_cannot_be_an_id_is_refused(cifix: Cifix, tmp_path: Path, name: str) -> None:
    assert cifix("rules", "new", name).code == 2
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(cifix: Cifix, tmp_path: Path) -> None:
    (tmp_path / "my_rule.py").write_text("mine")
    failed = cifix("rules", "new", "my-rule")
    assert (failed.code, "nothing was written" in failed.err) == (2, True)
    assert (tmp_path / "my_rule.py").read_text() == "mine"
    assert not (tmp_path / "fixtures").exists()


def test_facts_are_listed_with_their_age_and_sources(cifix: Cifix) -> None:
    done = cifix("rules", "facts", "--today", "2026-12-04")
    assert done.code == 0
    assert done.err == ""
    lines = done.text.splitlines()
    (about,) = [line for line in lines if line.startswith("runner-labels ")]
    assert about.endswith(" rows, checked 2026-11-24, 10 days ago")
    assert "    https://github.com/actions/runner-images/issues/13518" in lines
    assert not any(line.startswith("lazy-init") for line in lines)


def test_facts_that_are_old_are_warned_about(cifix: Cifix) -> None:
    assert cifix("rules", "facts", "--today", "2027-02-22").err == ""
    done = cifix("rules", "facts", "--today", "2027-02-23")
    assert done.code == 0
    assert "runner-labels: checked more than 90 days ago; look at its sources again" in done.err.splitlines()


def test_facts_are_judged_by_the_clock_if_no_day_is_given(cifix: Cifix) -> None:
    assert " days ago" in cifix("rules", "facts").text
    assert cifix("rules", "facts", "--today", "soon").code == 2
