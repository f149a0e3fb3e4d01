"""Packages whose `__getattr__` calls itself, imported for real before and after the fix."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from cifix.formats.python.names import running
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions
from cifix.model.snapshot import Snapshot
from cifix.rules.safe_module_getattr import rule
from cifix.rules.safe_module_getattr.reach import Function, constants
from cifix.testing import cases
from tests.pages import ROOT

CASES = [case for case in cases(ROOT / "fixtures" / "safe-module-getattr") if case.after != case.before]
TAIL = "    raise AttributeError(name)\n"


def interpreters() -> Iterator[str]:
    """The running Python, and others that are on PATH and start."""
    yield sys.executable
    for minor in (9, 10, 12, 13, 14, 15):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            yield found


PYTHONS = list(interpreters())


def snapshot(files: Mapping[str, str]) -> Snapshot:
    return Snapshot.of({path: source.encode() for path, source in files.items()})


def found(files: Snapshot) -> list[Finding]:
    return list(rule.find(files, NoOptions()))


def fixed(files: Snapshot) -> Snapshot:
    fixes = dict.fromkeys(one.outcome for one in found(files) if isinstance(one.outcome, Fix))
    return files.with_changes(change for fix in fixes for change in fix.changes)


def keys(files: Snapshot) -> list[str]:
    return [one.outcome.key for one in found(files) if isinstance(one.outcome, Refusal)]


def safeties(files: Snapshot) -> set[Safety]:
    return {one.outcome.safety for one in found(files) if isinstance(one.outcome, Fix)}


def band(body: str, head: str = "", parameter: str = "name") -> Snapshot:
    """A package with one submodule, `drums`, and a `__getattr__` of this body."""
    source = f"{head}def __getattr__({parameter}):\n{body}{TAIL}"
    return snapshot({"band/__init__.py": source, "band/drums.py": "KIT = 5\n"})


def source(files: Snapshot) -> str:
    return files.read("band/__init__.py").decode()


def run(python_path: str, root: Path, files: Snapshot, code: str) -> str:
    for path in files.paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(files.read(path))
    done = subprocess.run([python_path, "-B", "-c", code], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr[-2000:]


CHAIN = band("    if name == 'drums':\n        from . import drums\n        return drums\n")
USES = (
    "import band; print(band.drums.KIT)",
    "from band import drums; print(drums.KIT)",
    "import band; print(hasattr(band, 'drums') and 5)",
    "import band.drums, band; print(band.drums.KIT)",
    "from band.drums import KIT; print(KIT)",
)


@pytest.mark.parametrize("python_path", PYTHONS)
@pytest.mark.parametrize("code", USES[:3])
def test_every_use_recurses_before(python_path: str, code: str, tmp_path: Path) -> None:
    assert "RecursionError" in run(python_path, tmp_path, CHAIN, code)


@pytest.mark.parametrize("python_path", PYTHONS)
@pytest.mark.parametrize("code", USES)
def test_every_use_works_after(python_path: str, code: str, tmp_path: Path) -> None:
    assert run(python_path, tmp_path, fixed(CHAIN), code) == "5\n"


@pytest.mark.parametrize("python_path", PYTHONS)
def test_names_that_do_not_exist_still_raise_the_same(python_path: str, tmp_path: Path) -> None:
    code = "import band\ntry:\n    band.tuba\nexcept AttributeError as why:\n    print(why)"
    assert run(python_path, tmp_path, fixed(CHAIN), code) == "tuba\n"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_packages_of_the_cases_import_what_they_serve(case: object, tmp_path: Path) -> None:
    tree = next(one for one in CASES if one is case)
    folder = next(path.rpartition("/")[0] for path in tree.before if tree.after[path] != tree.before[path])
    name = folder.removeprefix("src/").replace("/", ".")
    module = "snare" if name.endswith("kit") else "drums"
    # What is served for `drums` can be something of another submodule, so the name is only looked up.
    code = f"import sys; sys.path.insert(0, 'src'); import {name} as p; hasattr(p, '{module}'); print('fine')"
    before, after = (
        Snapshot.of({path: file.data for path, file in files.items()}) for files in (tree.before, tree.after)
    )
    assert "RecursionError" in run(sys.executable, tmp_path, before, code)
    assert run(sys.executable, tmp_path, after, code) == "fine\n"


@pytest.mark.parametrize(
    "condition",
    [
        "'drums' == name",
        "not name != 'drums'",
        "name in {'drums': 1}",
        "name not in ('bass', 'tuba')",
        "name in frozenset(['drums'])",
        "name in _TABLE",
        "name.startswith('dr')",
        "name == 'bass' or name == 'drums'",
        "name == 'drums' and not name.startswith('_')",
    ],
)
def test_conditions_that_the_name_decides_make_the_fix_safe(condition: str) -> None:
    body = f"    if {condition}:\n        from . import drums\n        return drums\n"
    assert safeties(band(body, "_TABLE: dict = {'drums': '.drums'}\n\n")) == {Safety.SAFE}


@pytest.mark.parametrize(
    "condition",
    [
        "name == KEY",
        "name in known()",
        "name in {'drums', KEY}",
        "name in {*KEYS}",
        "name < 'x'",
        "name in KEYS",
        "KEY == KEY",
        "1 < len(name) < 9",
        "KEY.startswith('d')",
        "name == 'drums' and KEY",
        "not KEY",
    ],
)
def test_other_conditions_leave_it_to_review(condition: str) -> None:
    body = f"    if {condition}:\n        from . import drums\n        return drums\n"
    assert safeties(band(body, "from .other import KEY, KEYS\n\n")) == {Safety.REVIEW}


@pytest.mark.parametrize(
    "body",
    [
        "    for _ in range(1):\n        from . import drums\n        return drums\n",
        "    try:\n        from . import drums\n    except Exception:\n        drums = None\n    return drums\n",
        "    try:\n        from . import drums\n    except:\n        raise\n    return drums\n",
        "    match name:\n        case str(x) if x:\n            from . import drums\n            return drums\n",
        "    match len(name):\n        case 5:\n            from . import drums\n            return drums\n",
        "    match name:\n        case 'bass' | str():\n            from . import drums\n            return drums\n",
        "    name = name.lower()\n    if name == 'drums':\n        from . import drums\n        return drums\n",
        "    if known(name):\n        raise KeyError(name)\n    from . import drums\n    return locals()[name]\n",
        "    while name:\n        break\n    from . import drums\n    return drums\n",
    ],
)
def test_ways_through_the_function_that_are_not_certain_are_for_review(body: str) -> None:
    assert safeties(band(body)) == {Safety.REVIEW}


@pytest.mark.parametrize(
    "body",
    [
        "    try:\n        from . import drums\n    except ImportError:\n        raise\n    return drums\n",
        "    try:\n        pass\n    finally:\n        from . import drums\n        return drums\n",
        "    with open(name):\n        from . import drums\n        return drums\n",
        "    match name:\n        case 'bass': pass\n        case 'drums' as x:\n            from . import drums\n",
        "    match name:\n        case x:\n            from . import drums\n            return drums\n",
        "    if TYPE_CHECKING:\n        raise KeyError\n    else:\n        from . import drums\n        return drums\n",
    ],
)
def test_ways_that_are_certain_are_safe(body: str) -> None:
    assert safeties(band(body)) == {Safety.SAFE}


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ("    if name == 'bass':\n        from . import drums\n        return drums\n", "name"),
        ("    if name != 'drums':\n        from . import drums\n        return drums\n", "name"),
        ("    raise KeyError(name)\n    from . import drums\n", "name"),
        ("    match name:\n        case 'bass' | 'tuba':\n            from . import drums\n", "name"),
        ("    try:\n        return 1\n    finally:\n        pass\n    from . import drums\n", "name"),
        ("    from .. import drums\n    from other import drums\n    from . import __version__\n", "name"),
    ],
)
def test_imports_that_the_name_does_not_reach_are_left(body: str, parameter: str) -> None:
    assert not found(band(body, parameter=parameter))


def test_a_statement_that_no_name_comes_back_to_is_left() -> None:
    body = (
        "    if name == 'drums':\n        from . import drums, bass\n        return drums\n"
        "    if name == 'bass':\n        from . import drums\n    if name == 'tuba':\n        from . import drums\n"
    )
    asked = [
        one.message.removesuffix(" calls __getattr__ again from inside it, without end") for one in found(band(body))
    ]
    assert asked == ["asking for band.drums, band.bass", "asking for band.drums"]


def test_more_parameters_than_one_make_nothing_certain() -> None:
    body = "    if name == 'drums':\n        from . import drums\n        return drums\n"
    assert safeties(band(body, parameter="name, default=None")) == {Safety.REVIEW}
    assert safeties(band(body, head="@cache\n")) == {Safety.REVIEW}


@pytest.mark.parametrize(
    ("head", "lead", "call"),
    [
        ("import importlib\n\n", "", "importlib.import_module"),
        ("import importlib as i, os\n\n", "", "i.import_module"),
        ("import importlib.util\n\n", "", "importlib.import_module"),
        ("from importlib import import_module as load, reload\n\n", "", "load"),
        ("", "    import importlib\n", "importlib.import_module"),
        ("", "    from importlib import import_module\n", "import_module"),
    ],
)
def test_an_importlib_that_is_there_is_used(head: str, lead: str, call: str) -> None:
    body = f"{lead}    if name == 'drums':\n        from . import drums\n        return drums\n"
    after = source(fixed(band(body, head)))
    assert after == source(band(body, head)).replace(
        "from . import drums", f'drums = {call}(".drums", __name__)'
    ).replace('".drums"', "'.drums'")


@pytest.mark.parametrize(
    ("head", "lead"),
    [
        ("import importlib\nimportlib = None\n\n", ""),
        ("import importlib\ndel importlib\n\n", ""),
        ("import importlib.util as util\n\n", ""),
        ("import importlib\n\n", "    if name == 'x':\n        import importlib\n"),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import importlib\n\n", ""),
    ],
)
def test_an_importlib_that_may_not_be_there_is_not(head: str, lead: str) -> None:
    body = f"{lead}    if name == 'drums':\n        from . import drums\n        return drums\n"
    assert "    from importlib import import_module\n\n    if" in source(fixed(band(body, head)))


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ("    from . import drums as import_module\n    return import_module\n", "name"),
        ("    global import_module\n    from . import drums\n    return drums\n", "name"),
        ("    from . import drums\n    return drums\n", "import_module"),
        ("    __name__ = 'x'\n    from . import drums\n    return drums\n", "name"),
    ],
)
def test_names_with_another_meaning_are_refused(body: str, parameter: str) -> None:
    assert keys(band(body, parameter=parameter)) == ["name-taken"]


def test_comments_above_the_first_statement_stay_with_it() -> None:
    files = fixed(band("    # why\n    from band import drums as d\n    return d if name == 'drums' else None\n"))
    assert (
        "    from importlib import import_module\n\n    # why\n    d = import_module('.drums', __name__)\n"
        in source(files)
    )


def test_a_namespace_above_the_package_is_part_of_its_name() -> None:
    files = {"src/ns/band/__init__.py": "def __getattr__(n):\n    from ns.band import drums\n    return drums\n"}
    assert safeties(snapshot({**files, "src/ns/band/drums.py": ""})) == {Safety.SAFE}


def test_files_that_cannot_be_read_are_named_only_if_they_may_matter() -> None:
    assert keys(snapshot({"a/__init__.py": "def __getattr__(n): from . import x\n\0"})) == ["opaque"]
    assert not found(snapshot({"a/__init__.py": "def __getattr__(n)\n    pass\n"}))


def test_constants_are_those_that_are_bound_once_and_literal() -> None:
    tree = running(ast.parse("A = {'x'}\nB = ['y']\nB = 1\nC = {'z': 1}\nD = (1, 'x')\nE = f()\n__all__ = ('q',)\n"))
    assert constants(tree) == {"A": {"x"}, "C": {"z"}, "__all__": {"q"}}


def test_a_call_with_a_computed_name_of_another_package_is_left() -> None:
    assert not found(band("    return __import__('os', fromlist=[name])\n"))
    assert not found(band("    exec(name)\n    print(sep=name)\n    exec(f'import {name}')\n"))


def test_a_function_without_imports_reaches_nothing() -> None:
    node = ast.parse("def __getattr__(name): pass").body[0]
    assert isinstance(node, ast.FunctionDef)
    assert Function(node, {}).reached("x") == []
