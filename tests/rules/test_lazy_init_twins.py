"""The same import in every spelling: an equal package comes out, or an untouched one."""

import sys
from itertools import product
from pathlib import Path

import pytest

from cifix.formats import python
from cifix.model.finding import Finding, Fix, Refusal
from cifix.model.snapshot import Snapshot
from cifix.rules.lazy_init import Options, rule
from tests.rules.test_silent_breaks import probed, write

SPELLINGS = {
    "plain": "from .{module} import {name}\n",
    "aliased": "from .{module} import {name} as {name}\n",
    "absolute": "from p.{module} import {name}\n",
    "brackets": "from .{module} import ({name})\n",
    "brackets over lines": "from .{module} import (\n    {name},\n)\n",
    "comment after the bracket": (
        "from .{module} import (  # noqa: F401\n    {name}  # beside\n    # below\n)  # behind\n"
    ),
    "comment on the line": "from .{module} import {name}  # {{'not': 'a brace'}}\n",
    "joined": "from .{module} import {name}; DONE_{name} = 1\n",
    "joined behind": "READY_{name} = 1; from .{module} import {name}\n",
    "ending in a semicolon": "from .{module} import {name};\n",
    "backslash": "from .{module} \\\n    import {name}\n",
    "condition": "if True:\n    from .{module} import {name}\n",
    "condition on one line": "if True: from .{module} import {name}\n",
    "try": "try:\n    from .{module} import {name}\nfinally:\n    pass\n",
    "dotted": "import p.{module}\n{name} = p.{module}.{name}\n",
    "module": "from . import {module} as _{module}\n{name} = _{module}.{name}\n",
    "used": "from .{module} import {name}\n\n\ndef use_{name}(): # same line\n    'text'; return {name}\n",
    "used below": "from .{module} import {name}\ndef use_{name}():\n\t# tab\n\treturn {name}\n",
    "used by a method": (
        "from .{module} import {name}\nclass C_{name}:\n  async def use(self):\n    return [{name} for _ in 'a']\n"
    ),
    "star": "from .{module} import *\n",
}
ENDS = {"list": "__all__ = ['One', 'Two']\n", "none": "", "unfinished": "X = 'é'"}
PROBE = """
import p
names = sorted(n for n in {*dir(p), "one", "two"} if n[0] != "_" and n != "TYPE_CHECKING")
print({n: getattr(getattr(p, n), "__name__", getattr(p, n)) for n in names})
print([getattr(p, n)() for n in names if n[:4] == "use_"])
del names
from p import *
print(sorted(n for n in globals() if n[0] != "_"), p.one.One)
"""


def package(first: str, second: str, end: str) -> dict[str, bytes]:
    init = first.format(module="one", name="One") + second.format(module="two", name="Two") + end
    return {
        "p/__init__.py": init.encode(),
        "p/one.py": b"__all__ = ['One']\n\n\nclass One:\n    pass\n",
        "p/two.py": b"from .one import One as _One\n\n__all__ = ['Two']\n\n\nclass Two(_One):\n    pass\n",
    }


def variants() -> list[Snapshot]:
    """Each pair of spellings, with one of the ends and line endings in turn."""
    found = []
    for number, (first, second) in enumerate(product(SPELLINGS.values(), repeat=2)):
        files = package(first, second, list(ENDS.values())[number % len(ENDS)])
        init = files["p/__init__.py"].replace(b"\n", (b"\n", b"\r\n")[number % 2])
        found.append(Snapshot.of({**files, "p/__init__.py": (b"", b"\xef\xbb\xbf")[number % 5 == 0] + init}))
    return found


def settled(tree: Snapshot, options: Options) -> tuple[Snapshot, list[Finding]]:
    for _ in range(4):
        findings = list(rule.find(tree, options))
        changes = [change for each in findings if isinstance(each.outcome, Fix) for change in each.outcome.changes]
        if not changes:
            return tree, findings
        tree = tree.with_changes(changes)
    raise AssertionError("the rule does not come to rest")


@pytest.mark.skipif(sys.platform == "win32", reason="the probes run in forks")
def test_every_spelling_gives_an_equal_package_or_a_reason(tmp_path: Path) -> None:
    before = variants()
    after = [settled(tree, Options(selected=True)) for tree in before]
    roots = [write(tree, tmp_path / str(number)) for number, tree in enumerate([*before, *(x for x, _ in after)])]
    told = probed(sys.executable, [(root, PROBE) for root in roots])
    count = len(before)
    for old, (new, findings), eager, lazy in zip(before, after, told[:count], told[count:], strict=True):
        source, result = (tree.text("p/__init__.py").text for tree in (old, new))
        assert eager == lazy, f"{eager}\n{lazy}\n{source}\n{result}"
        assert "Error" not in eager, source
        assert source != result or any(isinstance(each.outcome, Refusal) for each in findings), source
    moved = sum(bool(new.differences(old)) for old, (new, _) in zip(before, after, strict=True))
    assert moved > count / 2


@pytest.mark.parametrize("style", ["pep810", "lazy-loader"])
@pytest.mark.parametrize("lowest", ["3.11", "3.15"])
def test_every_spelling_in_other_styles_still_parses(style: str, lowest: str) -> None:
    project = f"[project]\nname = 'p'\nrequires-python = '>={lowest}'\ndependencies = ['lazy-loader']\n".encode()
    for tree in variants()[::7]:
        files = {path: tree.read(path) for path in tree.paths}
        after, _ = settled(Snapshot.of({**files, "pyproject.toml": project}), Options(selected=True, style=style))
        assert after.parsed("p/__init__.py", python.parse).tree.body
