import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import cifix.rules
from cifix.engine.registry import discover

GOOD = """
from cifix.model.finding import Safety
from cifix.model.rule import declare

@declare("Do {name}.", reads=("x",), safety=Safety.SAFE, after={after})
def rule(snapshot, options):
    return ()
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """An empty importable package for rules, under a name of its own."""
    folder = tmp_path / f"house_{abs(hash(request.node.name))}"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def write(package: Path, name: str, after: tuple[str, ...] = ()) -> None:
    (package / f"{name}.py").write_text(GOOD.format(name=name, after=after))


def load(package: Path, *points: EntryPoint):  # type: ignore[no-untyped-def]  # noqa: ANN201
    __import__(package.name)
    return discover(sys.modules[package.name], points)


def point(package: Path, name: str, module: str) -> EntryPoint:
    return EntryPoint(name, f"{package.name}.{module}:rule", "cifix.rules")


def test_a_rule_is_named_like_its_module_and_runs_after_the_one_it_names(package: Path) -> None:
    write(package, "a_first", after=("z-last", "not-there"))
    write(package, "b_second")
    write(package, "z_last")
    registry = load(package)
    assert list(registry.rules) == ["b-second", "z-last", "a-first"]
    assert registry.rules["a-first"].summary == "Do a_first"
    assert registry.crashes == ()


def test_a_broken_rule_is_named_and_the_others_stand(package: Path) -> None:
    write(package, "good")
    (package / "broken.py").write_text("1 / 0\n")
    (package / "empty.py").write_text("")
    (package / "wrong.py").write_text("rule = 3\n")
    registry = load(package)
    assert list(registry.rules) == ["good"]
    details = {crash.rule.rpartition(".")[2]: crash.detail for crash in registry.crashes}
    assert "ZeroDivisionError: division by zero" in details["broken"]
    assert "has no attribute 'rule'" in details["empty"]
    assert "a int, not a Rule" in details["wrong"]


def test_plugins_are_found_and_marked(package: Path) -> None:
    write(package, "good")
    registry = discover(cifix.rules, [point(package, "good", "good")])
    assert "good" in registry.rules
    assert registry.plugins == {"good"}


def test_a_plugin_that_fails_to_load_is_named(package: Path) -> None:
    registry = load(package, EntryPoint("bad", "no_such_module_anywhere:rule", "cifix.rules"))
    assert [crash.rule for crash in registry.crashes] == ["bad"]
    assert "no_such_module_anywhere" in registry.crashes[0].detail


def test_an_id_can_be_used_once(package: Path) -> None:
    write(package, "good")
    registry = load(package, point(package, "good", "good"))
    assert "there is a rule 'good' already" in registry.crashes[0].detail
    assert registry.plugins == frozenset()


def test_a_plugin_bears_the_name_of_its_entry_point(package: Path) -> None:
    write(package, "good")
    registry = load(package, point(package, "other", "good"))
    assert "it must be 'other'" in registry.crashes[0].detail


def test_an_order_that_goes_round_is_named(package: Path) -> None:
    write(package, "a", after=("b",))
    write(package, "b", after=("a",))
    registry = load(package)
    assert list(registry.rules) == ["a", "b"]
    assert "goes round in a circle" in registry.crashes[0].detail


def test_the_built_in_rules_all_load() -> None:
    registry = discover(points=())
    assert registry.crashes == ()
    assert {"anchor-gitignore", "hook-python3", "lazy-init", "upgrade-artifacts"} <= set(registry.rules)
