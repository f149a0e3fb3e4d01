from dataclasses import dataclass
from typing import Literal

import pytest

from cifix.engine.config import Config, choose, load, options_for
from cifix.errors import UsageError
from cifix.model.finding import Safety
from cifix.model.rule import Rule
from cifix.model.snapshot import File, Memory, Snapshot
from cifix.model.text import Opaque


@dataclass(frozen=True, slots=True)
class Options:
    keep_going: bool = False
    level: int = 3
    name: str = "x"
    pace: Literal["slow", "fast"] = "slow"
    only: tuple[str, ...] = ()
    selected: bool = False


def rule(name: str) -> Rule:
    return Rule(name, "Do it.", (), (), Safety.SAFE, lambda _snapshot, _options: (), options=Options)


RULES = {name: rule(name) for name in ("lazy-init", "upgrade-artifacts", "my-plugin")}


def test_without_a_table_everything_is_default() -> None:
    assert load(Snapshot.of({})) == Config()
    assert load(Snapshot.of({"pyproject.toml": b"# tool.cifix\n[tool.other]\n"})) == Config()
    assert load(Snapshot.of({"pyproject.toml": b"tool.cifix-like = 1\n"})) == Config()


def test_the_table_of_pyproject_is_read() -> None:
    raw = (
        b'[tool.cifix]\r\nignore = ["lazy-init"]\r\nexclude = ["vendor/"]\r\n'
        b"[tool.cifix.rules.lazy-init]\r\nlevel = 4\r\n"
    )
    config = load(Snapshot.of({"pyproject.toml": raw}))
    assert config == Config(
        "pyproject.toml [tool.cifix]", ignore=("lazy-init",), exclude=("vendor/",), rules={"lazy-init": {"level": 4}}
    )


@pytest.mark.parametrize(
    "raw",
    [
        b'tool = {cifix = {ignore = ["lazy-init"]}}\n',
        b'[tool]\ncifix = {ignore = ["lazy-init"]}\n',
        b'[ tool . "cifix" ]\nignore = ["lazy-init"]\n',
        b'\xef\xbb\xbf[tool.cifix]\nignore = ["lazy-init"]',
    ],
)
def test_any_spelling_of_the_table_counts(raw: bytes) -> None:
    assert load(Snapshot.of({"pyproject.toml": raw})).ignore == ("lazy-init",)


class Locked(Memory):
    """A source in which nothing may be read."""

    def read(self, path: str) -> bytes:
        raise Opaque(f"{path}: permission denied")


def test_a_configuration_that_cannot_be_read_stops_the_run() -> None:
    for name in ("pyproject.toml", "cifix.toml"):
        with pytest.raises(UsageError, match="permission denied"):
            load(Snapshot(Locked({name: File(b"")})))


def test_cifix_toml_wins() -> None:
    files = {"pyproject.toml": b"[tool.cifix]\nselect = []\n", "cifix.toml": b'\xef\xbb\xbfselect = ["lazy-init"]\n'}
    assert load(Snapshot.of(files)).select == ("lazy-init",)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'exlude = ["a"]', "unknown key 'exlude'; did you mean 'exclude'?"),
        (b"zzz = 1", "known: exclude, ignore, rules, select"),
        (b'select = "lazy-init"', "select must be a list of strings"),
        (b"ignore = [1]", "ignore must be a list of strings"),
        (b"rules = 1", "one table per rule"),
        (b"[rules]\nlazy-init = 1", "one table per rule"),
        (b"select = [", "cannot be read as TOML"),
        (b"select = " + b"[" * 100_000, "cannot be read as TOML"),
        (b"\0", "cannot be read as TOML: the file is binary"),
    ],
)
def test_what_is_not_understood_is_an_error_that_helps(raw: bytes, words: str) -> None:
    with pytest.raises(UsageError) as why:
        load(Snapshot.of({"cifix.toml": raw}))
    assert words in str(why.value)


def test_the_pyproject_key_must_be_a_table() -> None:
    with pytest.raises(UsageError, match="must be a table"):
        load(Snapshot.of({"pyproject.toml": b"tool.cifix = 1\n"}))


def test_options_are_typed_and_named_with_dashes() -> None:
    config = Config(rules={"lazy-init": {"keep-going": True, "level": 5, "name": "y", "only": ["a"]}})
    assert options_for(RULES["lazy-init"], config, selected=True) == Options(True, 5, "y", only=("a",), selected=True)
    assert options_for(RULES["upgrade-artifacts"], config, selected=False) == Options()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"keep_goin": True}, "unknown key 'keep_goin'; did you mean 'keep-going'?"),
        ({"selected": True}, "unknown key 'selected'"),
        ({"level": True}, "level must be a number, not True"),
        ({"keep-going": 1}, "keep-going must be a boolean, not 1"),
        ({"name": []}, "name must be a string"),
        ({"only": "a"}, "only must be a list of strings"),
        ({"pace": "quick"}, "pace must be one of 'slow', 'fast', not 'quick'"),
        ({"pace": ["slow"]}, "pace must be one of 'slow', 'fast', not ['slow']"),
    ],
)
def test_wrong_options_are_errors(given: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError) as why:
        options_for(RULES["lazy-init"], Config(rules={"lazy-init": given}), selected=False)
    assert words in str(why.value)


def test_overrides_win_where_a_rule_has_the_field() -> None:
    config = Config(rules={"lazy-init": {"pace": "slow", "level": 5}})
    given = {"pace": "fast", "keep_going": True, "target": "latest"}
    options = options_for(RULES["lazy-init"], config, selected=False, overrides=given)
    assert options == Options(keep_going=True, level=5, pace="fast")
    with pytest.raises(UsageError, match=r"option of lazy-init: keep-going must be a boolean, not 'yes'"):
        options_for(RULES["lazy-init"], config, selected=False, overrides={"keep_going": "yes"})


def test_plugins_run_only_when_selected() -> None:
    plugins = frozenset({"my-plugin"})
    assert [rule.id for rule in choose(RULES, plugins, Config())] == ["lazy-init", "upgrade-artifacts"]
    assert [rule.id for rule in choose(RULES, plugins, Config(), select=["my-plugin"])] == ["my-plugin"]


def test_the_target_narrows_a_run_and_never_widens_it() -> None:
    plugins = frozenset({"my-plugin"})
    asking = Config(select=("lazy-init", "my-plugin"))
    assert [rule.id for rule in choose(RULES, plugins, asking)] == ["lazy-init"]
    ignoring = Config(ignore=("lazy-init",))
    assert choose(RULES, plugins, ignoring, select=["lazy-init"]) == ()
    assert [rule.id for rule in choose(RULES, plugins, Config(), ignore=["lazy-init"])] == ["upgrade-artifacts"]


def test_an_unknown_rule_is_named_with_its_nearest() -> None:
    with pytest.raises(UsageError, match="unknown rule 'lazy-int'; did you mean 'lazy-init'"):
        choose(RULES, frozenset(), Config(), select=["lazy-int"])
    with pytest.raises(UsageError, match=r"cifix\.toml: unknown rule 'nope'"):
        choose(RULES, frozenset(), Config("cifix.toml", rules={"nope": {}}))
