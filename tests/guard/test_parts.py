"""What each part of the guard adds, and where it has nothing to add, file by file."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cifix.engine.plan import Settings
from cifix.engine.prove import Proven, prove
from cifix.engine.registry import discover
from cifix.formats.gitignore import ignored
from cifix.guard import PARTS, guard, missing
from cifix.guard.contributing import HEADING
from cifix.guard.wanted import Wanted, wanted
from cifix.model.finding import Refusal, Safety
from cifix.model.snapshot import Snapshot

CONFIG = ".pre-commit-config.yaml"
SMOKE = ".github/workflows/smoke.yml"
PROJECT = b'[project]\nname = "shop"\nrequires-python = ">=3.12"\n'
SHOP = {"pyproject.toml": PROJECT, "shop/__init__.py": b""}
LESSONS = tuple(discover(points=()).rules.values())[:2]


def run(part: str, files: Mapping[str, bytes]) -> Proven:
    """A proven run of one part; that it comes to rest is a part of it."""
    rule = guard(Wanted((part,), ("lazy-init",), LESSONS))
    proven = prove(Snapshot.of(files), [rule], Settings(Safety.REVIEW), ignored)
    assert not proven.failures
    assert not proven.plan.crashes
    return proven


def after(part: str, files: Mapping[str, bytes], path: str) -> str:
    return run(part, files).plan.after.read(path).decode()


def refusal(part: str, files: Mapping[str, bytes]) -> str:
    (left,) = run(part, files).plan.remaining
    assert isinstance(left.finding.outcome, Refusal)
    return left.finding.outcome.key


def hook(config: str) -> str:
    """What is added to a configuration."""
    text = after("hook", {CONFIG: config.encode()}, CONFIG)
    assert text.startswith(config.rstrip("\r\n"))
    return text[len(config.rstrip("\r\n")) :]


def smoke(files: Mapping[str, bytes]) -> Any:
    return YAML(typ="safe", pure=True).load(after("smoke", files, SMOKE))


def steps(files: Mapping[str, bytes]) -> list[Any]:
    found: list[Any] = smoke(files)["jobs"]["import"]["steps"]
    return found


@pytest.mark.parametrize(
    ("config", "start"),
    [
        ("repos:\n- repo: local\n  hooks:\n  - id: a\n", "\n- repo: local\n  hooks:\n  - id: cifix\n    name: cifix\n"),
        (
            "repos:\n-   repo: x\n    hooks:\n    -   id: a\n",
            "\n-   repo: local\n    hooks:\n    -   id: cifix\n        name",
        ),
        (
            "repos:\n  - repo: x\n    hooks:\n      - id: a",
            "\n  - repo: local\n    hooks:\n      - id: cifix\n        name",
        ),
        (
            "repos:\r\n  - repo: x\r\n    hooks: [{id: a}]  # b\r\n",
            "\r\n  - repo: local\r\n    hooks:\r\n      - id: cifix\r\n",
        ),
        ("\ufeffrepos:\n  - {repo: x, hooks: []}\nci: {skip: []}\n", ""),
        ("repos:\n  - repo: x\n    hooks:\n      - id: a\n        entry: |\n          b\n", "\n  - repo: local\n"),
    ],
    ids=["no indentation", "four columns", "unfinished", "flow hooks in CRLF", "in the middle", "behind a block"],
)
def test_the_hook_is_written_like_its_neighbours(config: str, start: str) -> None:
    if start:
        assert hook(config).startswith(start)
    else:
        assert after("hook", {CONFIG: config.encode()}, CONFIG).endswith("always_run: true\nci: {skip: []}\n")


@pytest.mark.parametrize(
    "config",
    [
        "repos: []\n",
        "repos:\n",
        "repos: [{repo: x, hooks: []}]\n",
        "hooks: 1\n",
        "repos: [\n",
        "repos:\n  - repo: x\n    hooks:\n      - id: a\n        entry: |\n          b",
    ],
)
def test_lists_that_cannot_grow_are_refused(config: str) -> None:
    assert refusal("hook", {CONFIG: config.encode()}) == "opaque"


def test_without_a_configuration_the_hook_is_refused() -> None:
    assert refusal("hook", {"a": b""}) == "no-pre-commit"


@pytest.mark.parametrize("entry", ["id: cifix", "id: a\n        entry: python -m cifix check"])
def test_a_hook_that_runs_cifix_is_enough(entry: str) -> None:
    config = f"repos:\n  - repo: x\n    hooks:\n      - {entry}\n"
    assert not run("hook", {CONFIG: config.encode()}).plan.patches


@pytest.mark.parametrize(
    ("name", "text", "heading"),
    [
        ("CONTRIBUTING.md", "# A\n\n## B\n", "## {}"),
        ("CONTRIBUTING.md", "# A\n\n# B\n", "# {}"),
        ("CONTRIBUTING.md", "# A #\n\n## B ##\n", "## {} ##"),
        ("CONTRIBUTING.md", "A\n=\n\nB\n---\n\nC\n---\n", "{}\n------------------"),
        ("docs/contributing.markdown", "```\n# no heading\n```\n", "## {}"),
        (".github/CONTRIBUTING.rst", "=====\nTitle\n=====\n\nOne\n~~~\n\nx\n", "{}\n~~~~~~~~~~~~~~~~~~"),
        ("CONTRIBUTING.rst", "One\n---\n\nx\n", "{}\n=================="),
        ("CONTRIBUTING.rst", "One\n===\n\nx", "{}\n------------------"),
        ("CONTRIBUTING", "", "## {}"),
    ],
)
def test_the_section_has_the_heading_that_the_file_uses(name: str, text: str, heading: str) -> None:
    told = after("contributing", {name: text.encode(), "a.py": b""}, name)
    assert told.startswith(text)
    gap = "\n" * (2 - (len(text) - len(text.rstrip("\n")))) if text else ""
    assert told[len(text) :].startswith(f"{gap}{heading.format(HEADING)}\n\nCI sees")
    assert told.endswith("word.\n")
    mark = "``" if name.endswith(".rst") else "`"
    assert f"- {mark}{LESSONS[0].id}{mark}: " in told


def test_the_section_of_a_crlf_file_with_a_mark_is_crlf() -> None:
    raw = "\ufeff# A\r\n\r\n## B\r\n".encode()
    told = run("contributing", {"contributing.md": raw}).plan.after.read("contributing.md")
    assert told.startswith(raw)
    assert b"\n" not in told.replace(b"\r\n", b"")


def test_where_there_is_no_file_for_contributors_one_is_made() -> None:
    told = after("contributing", {"a.txt": b""}, "CONTRIBUTING.md")
    assert told.startswith(f"# Contributing\n\n## {HEADING}\n\n")
    assert "circular" not in told


def test_a_section_of_that_name_and_a_file_that_cannot_be_read_are_left_alone() -> None:
    assert not run("contributing", {"CONTRIBUTING.md": b"## how ci breaks HERE\n"}).plan.patches
    assert refusal("contributing", {"CONTRIBUTING.md": b"\0"}) == "opaque"


@given(st.text(alphabet="#=-~ ab\n\r`\ufeff", max_size=60), st.sampled_from(["CONTRIBUTING.md", "CONTRIBUTING.rst"]))
def test_whatever_a_file_holds_it_is_kept_and_the_second_run_adds_nothing(text: str, name: str) -> None:
    told = run("contributing", {name: text.encode()}).plan
    assert told.after.read(name).startswith(text.encode())
    assert told.rounds == 2


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (SHOP, "shop"),
        ({"pyproject.toml": PROJECT, "src/shop/__init__.py": b"", "tests/__init__.py": b""}, "shop"),
        ({"pyproject.toml": PROJECT, "src/shop.py": b""}, "shop"),
        ({"setup.py": b"from setuptools import setup\nsetup(name='shop')\n", "shop/__init__.py": b""}, "shop"),
        ({"setup.py": b"setup()", "setup.cfg": b"[metadata]\nname = my-shop\n", "my_shop/__init__.py": b""}, "my_shop"),
        ({"pyproject.toml": b'[project]\nname = "x"\n', "only/__init__.py": b"", "docs/__init__.py": b""}, "only"),
        ({"pyproject.toml": PROJECT + b'[tool.hatch.build.targets.wheel]\npackages = ["src/a", "src/b/"]\n'}, "a, b"),
        ({"pyproject.toml": PROJECT + b'[tool.setuptools]\npackages = ["a", "a.b"]\npy-modules = ["c"]\n'}, "a, c"),
        ({"pyproject.toml": b'[tool.poetry]\nname = "x"\npackages = [{include = "a", from = "lib"}, 1]\n'}, "a"),
        ({"pyproject.toml": PROJECT + b'[tool.flit.module]\nname = "a"\n'}, "a"),
        ({"pyproject.toml": PROJECT + b'[tool.maturin]\nmodule-name = "a.b"\n'}, "a.b"),
        (
            {
                "pyproject.toml": PROJECT + b'[tool.setuptools.packages.find]\nwhere = ["py"]\n',
                "py/shop/__init__.py": b"",
            },
            "shop",
        ),
    ],
)
def test_the_job_imports_what_an_installed_copy_offers(files: dict[str, bytes], names: str) -> None:
    assert steps(files)[-1]["run"].endswith(f'clean/bin/python -c "import {names}"\n')


@pytest.mark.parametrize(
    ("files", "key"),
    [
        ({"a.py": b""}, "not-installable"),
        ({"pyproject.toml": b"[tool.ruff]\n"}, "not-installable"),
        ({"pyproject.toml": PROJECT + b"[tool.uv]\npackage = false\n"}, "not-installable"),
        ({"pyproject.toml": PROJECT, "a/__init__.py": b"", "b/__init__.py": b""}, "unclear-package"),
        ({"pyproject.toml": b"[\n"}, "opaque"),
        ({**SHOP, SMOKE: b"on: push\n", ".github/workflows/import-smoke.yml": b"on: push\n"}, "taken"),
    ],
)
def test_what_the_job_is_refused_for(files: dict[str, bytes], key: str) -> None:
    assert refusal("smoke", files) == key


@pytest.mark.parametrize(
    ("requires", "python"),
    [(b">=3.12", "3.12"), (b">=3.7", "3.10"), (b">=3", "3.10"), (b"", "3.x")],
)
def test_the_job_runs_on_the_oldest_python_that_there_is_an_image_for(requires: bytes, python: str) -> None:
    project = b'[project]\nname = "shop"\nrequires-python = "%s"\n' % requires
    assert steps({**SHOP, "pyproject.toml": project})[1]["with"] == {"python-version": python}


def test_the_oldest_python_of_poetry_and_of_setup_py() -> None:
    poetry = b'[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.13"\n'
    setup = b"setup(name='shop', python_requires='>=3.11')"
    assert steps({**SHOP, "pyproject.toml": poetry})[1]["with"] == {"python-version": "3.13"}
    assert steps({"setup.py": setup, "shop/__init__.py": b""})[1]["with"] == {"python-version": "3.11"}


@pytest.mark.parametrize(
    "more",
    [
        {"uv.lock": b""},
        {"pyproject.toml": PROJECT + b"[tool.uv]\n"},
        {".github/workflows/a.yml": b"on: push\njobs:\n  a: {runs-on: x, steps: [{uses: astral-sh/setup-uv@v7}]}\n"},
    ],
)
def test_a_project_of_uv_installs_with_uv(more: dict[str, bytes]) -> None:
    found = steps({**SHOP, **more})
    assert found[1]["uses"].startswith("astral-sh/setup-uv@v")
    assert found[2]["run"] == (
        'uv venv --python "3.12" "$RUNNER_TEMP/clean"\nuv pip install --python "$RUNNER_TEMP/clean" .\n'
    )


def test_a_project_that_pins_commits_gets_pinned_actions() -> None:
    sha = b"a" * 40
    workflow = b"on: push\njobs:\n  a: {runs-on: x, steps: [{uses: a/b@%s}, {uses: ./x}]}\n" % sha
    text = after("smoke", {**SHOP, ".github/workflows/a.yml": workflow}, SMOKE)
    assert "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1  # v7.0.1\n" in text


@pytest.mark.parametrize(
    ("step", "enough"),
    [
        ('run: cd /tmp && python -c "import shop"', True),
        ("run: python3.12 -I -c 'from shop import x'", True),
        ('working-directory: /tmp\n        run: python -c "import shop"', True),
        ('run: python -c "import shop"', False),
        ('run: cd /tmp && python -c "import other"', False),
        ("run: pytest", False),
    ],
)
@pytest.mark.parametrize("composite", [False, True])
def test_a_job_that_imports_it_elsewhere_is_enough(step: str, enough: bool, composite: bool) -> None:
    workflow = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - {step}\n"
    action = f"runs:\n  using: composite\n  steps:\n      - {step}\n"
    more = {"a/action.yml": action.encode()} if composite else {".github/workflows/a.yml": workflow.encode()}
    broken = {".github/workflows/broken.yml": b"[", "b/action.yml": b"["}
    assert bool(run("smoke", {**SHOP, **more, **broken}).plan.patches) is not enough


def test_a_file_of_that_name_is_not_touched() -> None:
    found = run("smoke", {**SHOP, SMOKE: b"on: push\n"}).plan
    assert found.after.read(SMOKE) == b"on: push\n"
    assert ".github/workflows/import-smoke.yml" in found.after


def test_what_is_missing_is_listed_and_refusals_are_not() -> None:
    assert [name for name, _ in missing(Snapshot.of(SHOP), Wanted(()))] == ["smoke", "contributing"]


def test_rules_that_found_something_are_explained_first_and_those_left_stay_out_of_the_hook() -> None:
    rules = tuple(discover(points=()).rules.values())
    files = {".pre-commit-config.yaml": b"repos: []\n", "shop/__init__.py": b"", "shop/till.py": b"import shop.gone\n"}
    plan = prove(Snapshot.of(files), rules, Settings(Safety.REVIEW), ignored).plan
    asked = wanted(tuple(PARTS), plan, rules)
    assert asked.left_out == ("missing-first-party-module",)
    assert asked.lessons[0].id == "missing-first-party-module"
    assert len(asked.lessons) <= 8


def test_the_actions_are_those_that_upgrades_lead_to() -> None:
    """One truth about versions: the newest that the table of the rule names, by the hash that it confirms."""
    rule = pytest.importorskip("cifix.rules.upgrade_actions").__package__
    table = tomllib.loads(files(rule).joinpath("facts.toml").read_text("utf-8"))["actions"]
    for fact in tomllib.loads(files("cifix.guard").joinpath("facts.toml").read_text("utf-8"))["actions"].values():
        told = table[fact["slug"]]
        newest = max(int(major) for major in told["exact"])
        assert told["exact"][str(newest)] == fact["version"]
        assert told["hashes"][fact["version"]] == fact["sha"]
        assert fact["ref"] in {f"v{newest}", fact["version"]}
        assert fact["ref"] == fact["version"] or newest in told["tags"]
