"""Command lines of uv: the command, what it selects, and where the program that `uv run` starts begins.

Source: `uv help` of versions 0.5 to 0.13.9, read 2026-11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

_WITH_VALUE = """
--extra --no-extra --group --no-group --only-group --no-editable-package --env-file --with --with-editable
--with-requirements --package --python-platform --index --default-index --index-url --extra-index-url --find-links
--index-strategy --keyring-provider --upgrade-package --upgrade-group --resolution --prerelease --prerelease-package
--fork-strategy --exclude-newer --exclude-newer-package --no-sources-package --reinstall-package --link-mode
--config-setting --config-settings --config-settings-package --no-build-isolation-package --no-build-package
--no-binary-package --cache-dir --refresh-package --python --color --allow-insecure-host --directory --project
--config-file --output-format --no-install-package --script --requirements --requirement --editable --constraints
--constraint --overrides --override --excludes --build-constraints --build-constraint --cert --target --prefix
--only-binary --python-version --torch-backend -p -i -f -P -C -w -r -e -c -b -t
"""
_VALUED = frozenset(_WITH_VALUE.split())
_LONG = {"-p": "--python", "-w": "--with", "-r": "--requirements", "-e": "--editable", "-m": "--module"}
_LONG |= {"-s": "--script", "--requirement": "--requirements"}
_TWO = ("pip", "tool", "python", "cache", "self", "auth", "workspace")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a program, None if only a run can tell it, and the place of its word in the command."""

    text: str | None
    word: int


@dataclass(frozen=True, slots=True)
class Selection:
    """What options choose from the extras, groups and members of a workspace, names as they are written."""

    extras: tuple[str, ...] = ()
    no_extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    no_groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    all_extras: bool = False
    all_groups: bool = False
    all_packages: bool = False
    dev: bool = False
    no_dev: bool = False
    only_dev: bool = False
    no_default_groups: bool = False

    @property
    def only(self) -> bool:
        """Whether groups alone are installed, without the project."""
        return bool(self.only_groups) or self.only_dev


@dataclass(frozen=True, slots=True)
class Option:
    """An option with its value, and the places of their words, which are one and the same for `--name=value`."""

    name: str
    value: str | None
    word: int
    value_word: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call of uv: the command such as `sync` or `pip install`, and the word that ends its name.

    `rest` are the arguments that are no options; for `run` the program with its own arguments. `vague` tells that an
    argument which only a run can tell stands among the options.
    """

    command: str
    word: int
    options: tuple[Option, ...] = ()
    rest: tuple[Argument, ...] = ()
    vague: bool = False
    selection: Selection = field(default_factory=Selection)

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return any(option.name in names for option in self.options)

    def values(self, *names: str) -> list[str]:
        """The known values of these options."""
        return [option.value for option in self.options if option.name in names and option.value is not None]


def call(arguments: Sequence[Argument], env: Mapping[str, str]) -> Call | None:
    """Read a command line that begins with `uv`, with the variables that stand for options; None without a command."""
    if not arguments or (arguments[0].text or "").rpartition("/")[2] not in {"uv", "uv.exe"}:
        return None
    options, rest, vague = _options(arguments[1:], stop=True)
    if not rest or rest[0].text is None:
        return Call("", arguments[-1].word, vague=True) if vague else None
    name, end, rest = rest[0].text, rest[0].word, rest[1:]
    if name in _TWO and rest and rest[0].text is not None:
        name, end, rest = f"{name} {rest[0].text}", rest[0].word, rest[1:]
    more, rest, also = _options(rest, stop=name in {"run", "tool run"})
    options += more
    found = Call(name, end, tuple(options), tuple(rest), vague or also)
    return replace(found, selection=_selection(found, env))


def true(value: str | None) -> bool:
    """Whether a variable switches an option on."""
    return (value or "").strip().lower() in {"1", "true", "yes", "on", "y", "t"}


def _options(arguments: Sequence[Argument], *, stop: bool) -> tuple[list[Option], list[Argument], bool]:
    """Options, the rest, and whether something unknown is among them; with `stop` all behind a first word is rest."""
    found: list[Option] = []
    rest: list[Argument] = []
    todo, vague = list(arguments), False
    while todo:
        argument = todo.pop(0)
        text = argument.text
        if text is None:
            vague = True
            if stop:
                return found, [argument, *todo], vague
        elif text == "--":
            return found, [*rest, *todo], vague
        elif not text.startswith("-") or text == "-":
            rest.append(argument)
            if stop:
                return found, rest + todo, vague
        else:
            name, sign, value = text.partition("=")
            after = todo.pop(0) if not sign and name in _VALUED and todo else None
            found += _named(name, value if sign else after.text if after else None, argument, after)
    return found, rest, vague


def _named(name: str, value: str | None, argument: Argument, after: Argument | None) -> list[Option]:
    place = after.word if after else argument.word
    if not name.startswith("--") and name not in _VALUED:
        if name[:2] in _VALUED:
            return [Option(_LONG.get(name[:2], name[:2]), argument.text[2:] if argument.text else None, place, place)]
        return [Option(_LONG.get(f"-{letter}", f"-{letter}"), None, place, place) for letter in name[1:]]
    return [Option(_LONG.get(name, name), value, argument.word, place)]


def _selection(found: Call, env: Mapping[str, str]) -> Selection:
    """What the options choose; `--dev` on the command line beats the variable that excludes the group."""
    dev = found.has("--dev")
    no_dev = found.has("--no-dev")
    return Selection(
        tuple(found.values("--extra")),
        tuple(found.values("--no-extra")),
        tuple(found.values("--group")),
        (*found.values("--no-group"), *env.get("UV_NO_GROUP", "").replace(",", " ").split()),
        tuple(found.values("--only-group")),
        tuple(found.values("--package")),
        found.has("--all-extras"),
        found.has("--all-groups"),
        found.has("--all-packages"),
        dev or (true(env.get("UV_DEV")) and not no_dev),
        no_dev or (true(env.get("UV_NO_DEV")) and not dev),
        found.has("--only-dev"),
        found.has("--no-default-groups") or true(env.get("UV_NO_DEFAULT_GROUPS")),
    )
