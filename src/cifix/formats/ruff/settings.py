"""One configuration of ruff, with the files that it extends.

Sources: https://docs.astral.sh/ruff/configuration/ and https://docs.astral.sh/ruff/settings/, read 2026-11.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cifix.formats import toml
from cifix.formats.ruff.globs import applies, excludes, includes
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

NAMES = (".ruff.toml", "ruff.toml", "pyproject.toml")
"""The files of a folder that can hold a configuration; the first one that does counts."""

INCLUDED = ("*.py", "*.pyi", "*.pyw", "*.ipynb", "**/pyproject.toml")
EXCLUDED = (
    *(".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox"),
    *(".pants.d", ".pyenv", ".pytest_cache", ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode"),
    *("__pypackages__", "_build", "buck-out", "dist", "node_modules", "site-packages", "venv"),
)
"""What ruff leaves out unless `exclude` says otherwise."""

DEFAULT = frozenset({"PT031", "SIM102", "TRY004"})
"""Of the rules that cifix asks for, those that ruff 0.16 and newer switch on where nothing is selected."""

_GROUPS = {"PL": ("PLC", "PLE", "PLR", "PLW")}


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of settings: the `folder` that its globs start from, and its `table`."""

    folder: str
    table: Mapping[str, Any]

    def lint(self, key: str) -> Any:  # noqa: ANN401 - settings are of any type
        """A setting of the linter: that of the `lint` table, or the older one beside it."""
        nested = self.table.get("lint")
        found = nested.get(key) if isinstance(nested, dict) else None
        return self.table.get(key) if found is None and key != "exclude" else found

    def codes(self, key: str) -> list[str]:
        """A list of selectors, empty if there is none."""
        return _strings(self.lint(key))

    def ignores(self, key: str) -> Iterator[tuple[str, list[str]]]:
        """The entries of a table from globs to selectors."""
        found = self.lint(key)
        for glob, codes in found.items() if isinstance(found, dict) else ():
            yield glob, _strings(codes)


@dataclass(frozen=True, slots=True)
class Settings:
    """Layers of settings, the extended ones first."""

    layers: tuple[Layer, ...]

    def leaves_out(self, path: str) -> bool:
        """Whether ruff does not look at a folder or file when it walks over the tree."""
        if any(excludes(_strings(layer.table.get("extend-exclude")), layer.folder, path) for layer in self.layers):
            return True
        layer = self._last("exclude")
        return excludes(_strings(layer.table["exclude"]) if layer else EXCLUDED, layer.folder if layer else "", path)

    def lints(self, path: str) -> bool:
        """Whether a file that is not left out is one for the linter."""
        layer = self._last("include")
        globs, folder = (_strings(layer.table["include"]), layer.folder) if layer else (INCLUDED, "")
        included = includes(globs, folder, path) or any(
            includes(_strings(each.table.get("extend-include")), each.folder, path) for each in self.layers
        )
        return included and not any(excludes(_strings(each.lint("exclude")), each.folder, path) for each in self.layers)

    @property
    def respects_gitignore(self) -> bool:
        """Whether files that git ignores are not looked at."""
        layer = self._last("respect-gitignore")
        return layer is None or layer.table["respect-gitignore"] is not False

    def selects(self, code: str) -> bool:
        """Whether the linter has `code` switched on, before it looks at a file.

        Within one file of settings the longer selector wins, and of two equal ones the one that ignores. A file
        that selects forgets what those that it extends selected.
        """
        chosen, carried = code in DEFAULT, list[str]()
        for layer in self.layers:
            select = layer.lint("select")
            wanted = [*_strings(select), *layer.codes("extend-select")]
            unwanted = [*layer.codes("ignore"), *layer.codes("extend-ignore"), *carried]
            carried = []
            verdict = _longest(wanted, code), _longest(unwanted, code)
            if select is not None:
                chosen = verdict[0] > verdict[1]
                if not wanted:
                    carried = layer.codes("ignore")
            elif max(verdict) >= 0:
                chosen = verdict[0] > verdict[1]
        return chosen

    def ignores(self, path: str, code: str) -> bool:
        """Whether the settings turn `code` down for one file."""
        entries = [(layer.folder, entry) for layer in self.layers for entry in layer.ignores("extend-per-file-ignores")]
        for layer in reversed(self.layers):
            if layer.lint("per-file-ignores") is not None:
                entries += [(layer.folder, entry) for entry in layer.ignores("per-file-ignores")]
                break
        return any(applies(glob, folder, path) and _longest(codes, code) >= 0 for folder, (glob, codes) in entries)

    def option(self, plugin: str, *keys: str) -> object:
        """The value of a linter plugin's option, by the first of `keys` that the strongest layer has."""
        for layer in reversed(self.layers):
            table = layer.lint(plugin)
            for key in keys if isinstance(table, dict) else ():
                if key in table:
                    return table[key]
        return None

    def number(self, plugin: str, option: str, default: int) -> int:
        """A limit that a linter plugin's option sets; `default` is ruff's own."""
        value = self.option(plugin, option)
        return value if isinstance(value, int) else default

    @property
    def longest_line(self) -> int:
        """The characters that a line may have before ruff reports E501."""
        layer = self._last("line-length")
        value = layer.table["line-length"] if layer is not None else None
        return self.number("pycodestyle", "max-line-length", value if isinstance(value, int) else 88)

    def _last(self, key: str) -> Layer | None:
        return next((layer for layer in reversed(self.layers) if key in layer.table), None)


def settings(snapshot: Snapshot, folder: str) -> Settings | None:
    """The configuration that a folder itself holds; None without one.

    Raises `Opaque` if it cannot be read, or extends a file that is not in the repository.
    """
    for name in NAMES:
        path = posixpath.join(folder, name)
        if path in snapshot and (name != NAMES[-1] or _table(snapshot, path) is not None):
            return Settings(tuple(_layers(snapshot, path)))
    return None


def covers(selector: str, code: str) -> bool:
    """Whether a selector such as `ALL`, `S`, `S1` or `S101` stands for a rule's code."""
    if selector == "ALL":
        return True
    letters = code.rstrip("0123456789")
    family = selector.rstrip("0123456789")
    return code.startswith(selector) and (family == letters or letters in _GROUPS.get(selector, ()))


def _layers(snapshot: Snapshot, path: str) -> list[Layer]:
    found: list[Layer] = []
    seen: set[str] = set()
    while path not in seen:
        seen.add(path)
        table = _table(snapshot, path) if path in snapshot else None
        if table is None:
            raise Opaque(f"ruff's settings extend {path}, which is not in the repository")
        folder = path.rpartition("/")[0]
        found.append(Layer(folder, table))
        if not isinstance(table.get("extend"), str):
            return found[::-1]
        path = posixpath.normpath(posixpath.join(folder, table["extend"]))
    raise Opaque(f"ruff's settings in {path} extend themselves")


def _table(snapshot: Snapshot, path: str) -> Mapping[str, Any] | None:
    data = snapshot.parsed(path, toml.parse)
    if path.rpartition("/")[2] != "pyproject.toml":
        return data
    tool = data.get("tool")
    table = tool.get("ruff") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


def _longest(selectors: list[str], code: str) -> int:
    """How special the most special selector for `code` is; -1 if there is none."""
    return max((0 if each == "ALL" else len(each) for each in selectors if covers(each, code)), default=-1)


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
