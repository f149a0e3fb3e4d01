"""The house itself: what stands at the top, who may import whom, and what start-up costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from cifix.errors import CifixError, Exit
from tests.pages import ROOT

SOURCE = ROOT / "src" / "cifix"
FLOORS = {
    "model": 0,
    "formats": 1,
    "rules": 2,
    "engine": 3,
    "logs": 3,
    "vcs": 4,
    "report": 4,
    "diagnosis": 5,
    "proof": 5,
    "forge": 5,
    "guard": 5,
    "run": 5,
    "testing": 5,
    "fleet": 6,
    "cli": 7,
}
FOUNDATION = {"", "errors"}
"""Modules at the top of the package that every floor may use."""
MODULES = sorted(SOURCE.rglob("*.py"))


def name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imported(path: Path) -> set[str]:
    """The modules of cifix that a file imports, as dotted names below the package."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    inside = {one.removeprefix("cifix").removeprefix(".") for one in found if one.split(".")[0] == "cifix"}
    known = {name(module) for module in MODULES}
    return inside & known


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_go_down(path: Path) -> None:
    here = name(path).split(".")[0]
    for other in imported(path):
        there = other.split(".")[0]
        if there in FOUNDATION or there == here or here in ("", "__main__"):
            continue
        assert FLOORS[there] < FLOORS[here], f"{name(path)} imports {other}"


def test_no_module_imports_itself_through_others() -> None:
    graph = {name(path): imported(path) - {name(path)} for path in MODULES}
    packages = {name(path) for path in MODULES if path.name == "__init__.py"}
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " -> ".join((*above, module))
        if module not in done:
            for other in sorted(graph[module] - packages):
                visit(other, (*above, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_the_model_needs_only_the_standard_library() -> None:
    for path in (SOURCE / "model").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in modules:
                assert module.split(".")[0] in {"cifix", *sys.stdlib_module_names}, f"{path}: {module}"


def test_the_top_level_is_what_it_should_be() -> None:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
    top = {line.split("/")[0] for line in listed.stdout.decode().splitlines()}
    plain = {entry for entry in top if not entry.startswith(".")}
    house = {"CHANGELOG.md", "Dockerfile", "LICENSE", "README.md", "fixtures", "pyproject.toml", "src", "tests"}
    assert plain == house


def test_our_own_ignore_entries_are_anchored() -> None:
    lines = [line for line in (ROOT / ".gitignore").read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not line.startswith("/")] == ["__pycache__/"]


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_start_up_needs_neither_libcst_nor_git(arguments: list[str]) -> None:
    code = (
        "import sys\nsys.argv = ['cifix', *sys.argv[1:]]\nfrom cifix.cli.main import run\ntry:\n    run()\n"
        "except SystemExit as why:\n    assert not why.code\n"
        "heavy = {'libcst', 'git', 'ruamel', 'ruamel.yaml', 'rich', 'pathspec', 'tomlkit', 'yaml', 'github', 'gitlab',"
        " 'requests', 'pebble', 'distributed'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_loading_every_rule_needs_no_heavy_library() -> None:
    code = (
        "import sys\nfrom cifix.engine.registry import discover\nassert len(discover(points=()).rules) >= 4\n"
        "heavy = {'libcst', 'git', 'ruamel.yaml', 'rich'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_every_error_has_an_exit_code_of_its_own_that_the_readme_lists() -> None:
    codes = [kind.code for kind in CifixError.__subclasses__()]
    assert len(codes) == len(set(codes))
    readme = (ROOT / "README.md").read_text("utf-8")
    for code in Exit:
        assert f"| {int(code)} |" in readme


def test_only_the_command_line_catches_errors_of_cifix() -> None:
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                caught = {one.id for one in ast.walk(node.type) if isinstance(one, ast.Name)}
                assert "CifixError" not in caught or name(path) == "cli.main"


def test_every_module_and_public_function_has_a_docstring() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_bytes())
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"


def test_functions_and_files_stay_small() -> None:
    for path in MODULES:
        assert len(path.read_text("utf-8").splitlines()) <= 400, path
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= 60, f"{path}: {node.name}"
