"""Repositories that try to use up time or memory, each beside a workflow that has a plain fix.

`python -m tests.security.bombs [NAME ...]` runs cifix on each in a process of limited memory and time, and prints
what came of it.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cifix.model.text import LIMIT

Tree = Mapping[str, bytes]

MEMORY = 2 << 30
"""Bytes of address space that cifix may have for a bomb; an ordinary run takes a fifth of it."""

SECONDS = 20
"""Processor time that cifix may have for a bomb, far more than any takes."""

CANARY = ".github/workflows/canary.yml"
PLAIN = {
    CANARY: b"on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n"
    b"      - uses: actions/upload-artifact@v3\n        with: {name: a, path: a}\n"
}
"""What every bomb stands beside: a finding whose fix must still be made."""

DEEP = 100_000
FLOW = ".github/workflows/bomb.yml"
CODE = "shop/__init__.py"
NEEDLES = (
    b"# on: jobs uses: upload-artifact ubuntu-18.04 3.10 set-output uv sync strict permissions || tee include: entry\n"
)
"""So that no rule passes over a workflow without reading it."""
PYTHON = b"import os\nassert os\ndef __getattr__(name): raise AttributeError(name)\nid = list\n"


def flow(body: bytes) -> Tree:
    """A workflow of one job with `body` for its last step, which is a mapping begun by a dash."""
    return {FLOW: NEEDLES + b"on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - " + body + b"\n"}


def code(body: bytes) -> Tree:
    """A package whose `__init__` ends with `body`, and another module that imports it."""
    return {CODE: PYTHON + body + b"\n", "shop/till.py": b"from shop import os\nimport shop.__init__\nassert os\n"}


def laughs(merge: bytes) -> bytes:
    """Nine anchors, each of nine aliases of the one before it."""
    levels = [b"x0: &a0 {k: v}\n"]
    for level in range(1, 10):
        inner = b", ".join(b"*a%d" % (level - 1) for _ in range(9))
        levels.append(b"x%d: &a%d " % (level, level) + (b"{%s[%s]}\n" % (merge, inner) if merge else b"[%s]\n" % inner))
    return b"".join(levels)


def chain(count: int) -> Tree:
    """Modules of which each imports the next, and the last imports the first."""
    modules = {f"shop/m{at}.py": b"import shop.m%d\nfrom shop.m%d import x\n" % (at + 1, at + 1) for at in range(count)}
    return {"shop/__init__.py": b"import shop.m0\n", **modules, f"shop/m{count}.py": b"import shop.m0\nx = 1\n"}


def stars(count: int) -> Tree:
    """Packages that take all names of each other, in a circle."""
    return {
        f"p{at}/__init__.py": b"from p%d import *\nimport p%d\n" % ((at + 1) % count, (at + 1) % count)
        for at in range(count)
    }


def matrix(width: int) -> bytes:
    """A job with two axes of `width` values, and as many includes and excludes."""
    axis = b"[" + b", ".join(b"%d" % value for value in range(width)) + b"]"
    more = b"[" + b", ".join(b"{a: %d, b: %d}" % (value, value) for value in range(width)) + b"]"
    return (
        NEEDLES + b"on: push\njobs:\n  one:\n    runs-on: ${{ matrix.a }}\n    strategy:\n      matrix:\n"
        b"        a: %s\n        b: %s\n        include: %s\n        exclude: %s\n    steps:\n"
        b"      - uses: actions/upload-artifact@v3\n        with: {name: 'a-${{ matrix.a }}', path: a}\n"
        % (axis, axis, more, more)
    )


BOMBS: Mapping[str, Callable[[], Tree]] = {
    "yaml-laughs": lambda: {FLOW: laughs(b"") + flow(b"uses: actions/upload-artifact@v3")[FLOW]},
    "yaml-laughs-merged": lambda: {
        FLOW: laughs(b"<<: ") + flow(b"uses: x@v1")[FLOW],
        ".gitlab-ci.yml": laughs(b"<<: ") + b"include: a.yml\nimage: python:3.10\n",
    },
    "yaml-alias-of-itself": lambda: flow(b"&a {uses: *a}"),
    "yaml-flow": lambda: flow(b"x: " + b"[" * DEEP + b"]" * DEEP),
    "yaml-flow-open": lambda: flow(b"x: " + b"{a: [" * DEEP),
    "yaml-block": lambda: {FLOW: NEEDLES + b"".join(b" " * at + b"a:\n" for at in range(2_500))},
    "yaml-dashes": lambda: flow(b"x:\n" + b" " * 10 + b"- " * DEEP),
    "yaml-keys": lambda: flow(b"env: {" + b", ".join(b"k%d: v" % at for at in range(50_000)) + b"}"),
    "yaml-anchors": lambda: flow(b"x: [" + b", ".join(b"&a%d b" % at for at in range(50_000)) + b"]"),
    "yaml-tabs": lambda: flow(b"x: 1\t" + b"\t" * DEEP + b"# a\n" * 10),
    "yaml-integer": lambda: flow(
        b"uses: actions/upload-artifact@v3\n        with: {retention-days: " + b"9" * DEEP + b"}"
    ),
    "yaml-version": lambda: flow(b"uses: actions/upload-artifact@v" + b"9" * DEEP),
    "yaml-tag": lambda: flow(b"x: " + b"!a" * DEEP + b" 1"),
    "yaml-documents": lambda: {FLOW: NEEDLES + b"--- a\n" * DEEP},
    "yaml-quotes": lambda: flow(b"run: '" + b"''" * DEEP + b"'"),
    "python-parentheses": lambda: code(b"x = " + b"(" * DEEP + b")" * DEEP),
    "python-lists": lambda: code(b"x = " + b"[" * 190 + b"]" * 190),
    "python-unary": lambda: code(b"x = " + b"-" * DEEP + b"1"),
    "python-not": lambda: code(b"x = " + b"not " * DEEP + b"1"),
    "python-sum": lambda: code(b"x = " + b"+".join([b"a"] * DEEP)),
    "python-sum-of-3000": lambda: code(b"x = " + b"+".join([b"a"] * 3_000)),
    "python-attributes": lambda: code(b"x = a" + b".b" * DEEP),
    "python-attributes-900": lambda: code(b"x = a" + b".b" * 900),
    "python-calls": lambda: code(b"x = a" + b"()" * DEEP),
    "python-power": lambda: code(b"x = " + b"2**" * DEEP + b"2"),
    "python-lambda": lambda: code(b"x = " + b"lambda: " * DEEP + b"1"),
    "python-strings": lambda: code(b"x = f'" + b"{f\"{f'" * 100 + b"'"),
    "python-blocks": lambda: code(b"".join(b" " * at + b"if x:\n" for at in range(99)) + b" " * 99 + b"pass"),
    "python-elif": lambda: code(b"if a: pass\n" + b"elif b: pass\n" * 5_000),
    "python-integer": lambda: code(b"x = " + b"9" * DEEP),
    "python-nul": lambda: code(b"x = '\0'"),
    "python-encoding": lambda: {CODE: b"# coding: " + b"x" * DEEP + b"\n" + PYTHON},
    "python-encoding-of-code": lambda: {
        CODE: b"# coding: zlib_codec\n" + PYTHON,
        "shop/b.py": b"# coding: rot13\n" + PYTHON,
    },
    "python-encodings": lambda: {
        f"shop/{name}.py": b"# coding: " + name.encode() + b"\n" + PYTHON
        for name in ("idna", "punycode", "utf_7", "unicode_escape", "raw_unicode_escape", "undefined", "hex", "utf_16")
    },
    "python-chain": lambda: chain(500),
    "python-stars": lambda: stars(150),
    "python-names": lambda: code(b"".join(b"a%d = list\n" % at for at in range(5_000))),
    "python-assignments": lambda: code(b"=".join([b"a"] * 20_000) + b"= 1"),
    "toml-arrays": lambda: {"pyproject.toml": b"x = " + b"[" * DEEP + b"]" * DEEP, "uv.lock": b""},
    "toml-lock": lambda: {
        "pyproject.toml": b"x = " + b"[" * DEEP,
        "uv.lock": b"x = " + b"[" * DEEP,
        FLOW: flow(b"run: uv sync\n      - run: uv run pytest -m a")[FLOW],
        "tests/test_a.py": b"import pytest\n@pytest.mark.slow\ndef test_a(): assert 1\n",
    },
    "toml-dotted": lambda: {
        "pyproject.toml": b".".join([b"a"] * 10_000)
        + b" = 1\n[tool.pytest.ini_options]\naddopts = '--strict-markers'\n",
        "tests/test_a.py": b"import pytest\n@pytest.mark.slow\ndef test_a(): assert 1\n",
        FLOW: flow(b"run: uv sync\n      - run: uv run pytest -m a")[FLOW],
    },
    "toml-tables": lambda: {"pyproject.toml": b"[" + b".".join([b"a"] * 10_000) + b"]\nx = 1\n# strict uv\n"},
    "toml-inline": lambda: {"pyproject.toml": b"x = " + b"{a = " * DEEP + b"\n# strict\n"},
    "toml-many-tables": lambda: {"pyproject.toml": b"".join(b"[a%d]\n" % at for at in range(DEEP)) + b"# strict\n"},
    "ini-many": lambda: {
        "setup.cfg": b"[tool:pytest]\naddopts = --strict-markers\nmarkers =\n" + b"    a: b\n" * DEEP,
        "tests/test_a.py": b"import pytest\n@pytest.mark.slow\ndef test_a(): assert 1\n",
    },
    "ini-sections": lambda: {
        "pytest.ini": b"".join(b"[a%d]\nx = 1\n" % at for at in range(DEEP)) + b"[pytest]\naddopts = --strict-markers\n"
    },
    "json-deep": lambda: {"action.json": b"[" * DEEP, "package.json": b"[" * DEEP, CODE: PYTHON + b"open('a.json')\n"},
    "line": lambda: {FLOW: NEEDLES + b"x" * (64 << 20), CODE: PYTHON + b"#" * (64 << 20)},
    "line-below-the-limit": lambda: {
        FLOW: NEEDLES + b"# " + b"x" * (LIMIT - 200),
        CODE: b"'" + b"x" * (LIMIT - 99) + b"'",
    },
    "lines": lambda: {FLOW: NEEDLES + b"a\n" * 10_000_000, CODE: PYTHON + b"\n" * 10_000_000},
    "lines-below-the-limit": lambda: {FLOW: NEEDLES + b"#\n" * (LIMIT // 2 - 99), CODE: PYTHON + b"\n" * (LIMIT - 199)},
    "statements-below-the-limit": lambda: {CODE: PYTHON + b"a=1\n" * (LIMIT // 4 - 99)},
    "values-below-the-limit": lambda: {FLOW: NEEDLES + b"on: [" + b"a," * (LIMIT // 2 - 99) + b"]\n"},
    "matrix": lambda: {FLOW: matrix(256)},
    "matrix-wide": lambda: {
        FLOW: NEEDLES
        + b"on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n"
        + b"".join(b"        a%d: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" % at for at in range(256))
        + b"    steps:\n      - uses: actions/upload-artifact@v3\n"
    },
    "matrix-empty-wide": lambda: {
        FLOW: NEEDLES
        + b"on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n"
        + b"".join(b"        a%d: [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" % at for at in range(50))
        + b"        b: []\n"
        + b"    steps:\n      - uses: actions/upload-artifact@v3\n"
    },
    "ignore-lines": lambda: {".gitignore": b"".join(b"a%d\n" % at for at in range(400_000)), CODE: PYTHON},
    "ignore-lines-anchored": lambda: {
        ".gitignore": b"".join(b"/a%d*\n" % at for at in range(300_000)),
        **{f"shop/{at}.py": b"import os\n" for at in range(30)},
    },
    "ignore-million": lambda: {".gitignore": b"".join(b"a%d\n" % at for at in range(1_000_000)), CODE: PYTHON},
    "ignore-stars": lambda: {
        ".gitignore": b"*a" * 2_000 + b"b\n" + b"**/a/" * 2_000 + b"b\n" + b"[" + b"a" * 9_999 + b"\n",
        f"shop/{'a' * 200}.py": b"import os\n",
        f"{'a/' * 300}c.py": b"",
    },
    "exclude-stars": lambda: {
        "cifix.toml": b"exclude = ['" + b"*a" * 30 + b"b', '" + b"**/a/" * 30 + b"b', '" + b"**" * 30 + b"x']\n",
        f"{'a/' * 200}.github/action.yml": PLAIN[CANARY],
        f"shop/{'a' * 200}/__init__.py": PYTHON,
    },
    "exclude-braces": lambda: {"cifix.toml": b"exclude = ['" + b"{a,b}" * 3_000 + b"', '" + b"{" * 9_000 + b"']\n"},
    "include-stars": lambda: {
        ".gitlab-ci.yml": b"include: '/" + b"*a" * 30 + b"b.yml'\n",
        f"{'a' * 200}.yml": b"image: python:3.10\n",
    },
    "expression-not": lambda: flow(
        b"uses: actions/upload-artifact@v3\n        with: {name: '${{ " + b"!" * 10_000 + b"a }}'}"
    ),
    "expression-parentheses": lambda: flow(
        b"uses: actions/upload-artifact@v3\n        if: ${{ "
        + b"(" * 10_000
        + b"1"
        + b")" * 10_000
        + b' }}\n        with: {name: "${{ '
        + b"(" * 10_000
        + b"1"
        + b")" * 10_000
        + b' }}"}'
    ),
    "expression-sum": lambda: flow(
        b'uses: actions/upload-artifact@v3\n        with: {name: "${{ ' + b"a && " * DEEP + b'b }}"}'
    ),
    "expression-many": lambda: flow(
        b'uses: actions/upload-artifact@v3\n        with: {name: "' + b"${{ a }}" * DEEP + b'"}'
    ),
    "expression-open": lambda: flow(
        b'uses: actions/upload-artifact@v3\n        with: {name: "' + b"${{" * DEEP + b'"}'
    ),
    "needs-chain": lambda: {
        FLOW: NEEDLES
        + b"on: push\njobs:\n"
        + b"".join(
            b"  j%d:\n    needs: [j%d]\n    runs-on: ubuntu-latest\n    steps: [{uses: actions/upload-artifact@v3}]\n"
            % (at, at + 1)
            for at in range(3_000)
        )
    },
    "shell-nested": lambda: flow(
        b"run: |\n          echo " + b"$(" * DEEP + b"\n          echo '::set-output name=a::b'\n          uv sync"
    ),
    "shell-quotes": lambda: flow(
        b"run: |\n          echo " + b'"${a:-' * DEEP + b"\n          echo '::set-output name=a::b'"
    ),
    "shell-arithmetic": lambda: flow(
        b"run: |\n          " + b"((" * 20_000 + b"\n          echo '::set-output name=a::b'\n          uv sync"
    ),
    "shell-braces": lambda: flow(
        b"run: |\n          echo " + b"{" * DEEP + b"\n          echo '::set-output name=a::b'"
    ),
    "shell-documents": lambda: flow(
        b"run: |\n          cat" + b" <<a" * 20_000 + b"\n          echo '::set-output name=a::b'"
    ),
    "shell-blocks": lambda: flow(
        b"run: |\n          " + b"if a; then " * 20_000 + b"\n          echo '::set-output name=a::b'"
    ),
    "shell-assignments": lambda: flow(
        b"run: |\n          " + b"a=1 " * 20_000 + b"uv sync\n          echo '::set-output name=a::b'"
    ),
    "includes-itself": lambda: {
        ".gitlab-ci.yml": b"include: .gitlab-ci.yml\nimage: python:3.10\n",
        ".circleci/config.yml": b"version: 2.1\nsetup: true\njobs: {a: {machine: {image: ubuntu-1604:202010-01}}}\n",
        "azure-pipelines.yml": b"extends: {template: azure-pipelines.yml}\nsteps: [{template: azure-pipelines.yml}]\n",
        FLOW: NEEDLES + b"on: {workflow_call: {}}\njobs:\n  one:\n    uses: ./.github/workflows/bomb.yml\n",
        ".github/actions/a/action.yml": b"runs: {using: composite, steps: [{uses: ./.github/actions/a}]}\n",
        ".github/workflows/b.yml": b"on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{uses: ./.github/actions/a}, {run: uv sync}]}}\n",  # noqa: E501
        "requirements.txt": b"-r requirements.txt\n-c requirements.txt\nflask\n",
        "pyproject.toml": b"[dependency-groups]\na = [{include-group = 'a'}]\n[tool.ruff]\nextend = 'pyproject.toml'\n",
        ".pre-commit-config.yaml": b"repos: [{repo: local, hooks: [{id: a, name: a, entry: python a.py, language: system}]}]\n",  # noqa: E501
        **code(b""),
    },
    "calls-chain": lambda: (
        {
            f".github/workflows/c{at}.yml": b"on: {workflow_call: {}}\njobs:\n  a:\n    uses: ./.github/workflows/c%d.yml\n"  # noqa: E501
            b"    with: {upload-artifact: 1}\n  b:\n    uses: ./.github/workflows/c%d.yml\n" % (at + 1, at + 1)
            for at in range(40)
        }
        | {".github/workflows/c40.yml": PLAIN[CANARY].replace(b"on: push", b"on: [push, workflow_call]")}
    ),
    "actions-chain": lambda: (
        {
            f"a{at}/action.yml": b"runs:\n  using: composite\n  steps:\n    - uses: ./a%d\n    - uses: ./a%d\n    # upload-artifact uv sync\n"  # noqa: E501
            % (at + 1, at + 1)
            for at in range(40)
        }
        | {
            FLOW: flow(b"uses: ./a0\n      - run: uv sync")[FLOW],
            "a40/action.yml": b"runs:\n  using: composite\n  steps:\n    - uses: actions/upload-artifact@v3\n",
        }
    ),
    "deep-folders": lambda: {
        "/".join(["d"] * 1_900) + "/x.py": b"import os\n",
        "/".join(["d"] * 1_900) + "/.gitignore": b"lib/\n",
    },
    "many-files": lambda: {f"many/f{at}.txt": b"" for at in range(100_000)},
    "huge-blob": lambda: {CODE: b"\n" * (96 << 20), "shop/data.bin": b"\0" * (200 << 20)},
    "huge-ignore": lambda: {".gitignore": b"*.pyc\n" * (11 << 20), CODE: PYTHON},
    "huge-attributes": lambda: {".gitattributes": b"*.txt -text\n" * (8 << 20), CODE: PYTHON},
    "huge-config": lambda: {"pyproject.toml": b"# uv strict\n" + b"#\n" * (20 << 20), CODE: PYTHON},
}


HEAVY = {
    "line",
    "lines",
    "statements-below-the-limit",
    "values-below-the-limit",
    "ignore-lines",
    "ignore-million",
    "ignore-lines-anchored",
    "needs-chain",
    "many-files",
    "huge-blob",
    "huge-ignore",
    "huge-attributes",
    "huge-config",
}
"""Bombs of seconds, for runs by hand."""

ALONE = {"exclude-stars", "exclude-braces", "include-stars", "includes-itself"}
"""Bombs that must lie at the root of their repository."""


def together(names: Iterable[str]) -> Tree:
    """Several bombs in one repository, each in files and folders of its own."""
    found: dict[str, bytes] = {}
    for name in names:
        for path, data in BOMBS[name]().items():
            flows = ".github/workflows/"
            found[f"{flows}{name}-{path.removeprefix(flows)}" if path.startswith(flows) else f"{name}/{path}"] = data
    return found


@dataclass(frozen=True)
class Outcome:
    """How cifix ended on a bomb: its exit code, processor seconds, what it fixed, refused, and let crash."""

    exit: int
    seconds: float
    megabytes: int
    fixed: frozenset[str]
    refused: tuple[tuple[str, str, str], ...]
    crashed: tuple[str, ...]
    said: str

    @property
    def good(self) -> bool:
        """Whether the finding beside the bomb was fixed and nothing broke."""
        return self.exit in (0, 1, 3) and CANARY in self.fixed and not self.crashed


def lay(tree: Tree, folder: Path) -> None:
    """Make a repository of a tree without writing it to a work tree: some have names that no disk takes."""
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", ".")
    git(folder, "fast-import", "--quiet", stdin=b"".join(stream({**PLAIN, **tree})))


def stream(tree: Tree) -> Iterator[bytes]:
    """The tree as one commit in the words of `git fast-import`."""
    yield b"commit refs/heads/main\ncommitter A <a@b.c> 1700000000 +0000\ndata 1\na\n"
    for path, data in tree.items():
        yield b"M 100644 inline %s\ndata %d\n" % (path.encode(), len(data))
        yield data
        yield b"\n"


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> None:
    """Run git, which must succeed."""
    subprocess.run(["git", *arguments], cwd=folder, input=stdin, check=True, capture_output=True)


def limited() -> None:
    """Give the process that calls it what a bomb may use up."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def cifix(*arguments: str) -> tuple[int, bytes, str, float, int]:
    """Run cifix within the limits: exit code, output, errors, processor seconds, megabytes."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "cifix", *arguments],
            stdout=out,
            stderr=said,
            env=environment,
            preexec_fn=limited,  # noqa: PLW1509
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said.seek(0)
        seconds = used.ru_utime + used.ru_stime
        return process.returncode, out.read(), said.read().decode(errors="replace"), seconds, used.ru_maxrss // 1024


def detonate(tree: Tree, folder: Path) -> Outcome:
    """Run cifix on a repository that holds `tree`, and read its report."""
    lay(tree, folder)
    code, out, said, seconds, megabytes = cifix("apply", "--dry-run", "--safety=review", "--format=json", str(folder))
    try:
        told = json.loads(out)
    except ValueError:
        return Outcome(code, seconds, megabytes, frozenset(), (), ("no report",), said[-600:])
    fixed = {one["path"] for one in told["findings"] if one["outcome"] == "fix"}
    refused = [
        (one["path"], one["refusal"]["key"], one["refusal"]["detail"]) for one in told["findings"] if one.get("refusal")
    ]
    return Outcome(
        code,
        seconds,
        megabytes,
        frozenset(fixed),
        tuple(refused),
        tuple(str(one) for one in told["crashes"]),
        said[-600:],
    )


def main(names: Iterable[str]) -> None:
    """Print a line for each bomb."""
    for name in names or BOMBS:
        with tempfile.TemporaryDirectory(prefix="bombs-") as folder:
            outcome = detonate(BOMBS[name](), Path(folder))
        verdict = "ok" if outcome.good else "FAILED"
        print(  # noqa: T201
            f"{name:28} {verdict:7} exit {outcome.exit} {outcome.seconds:5.1f} s {outcome.megabytes:5} MB", flush=True
        )
        seen = {(path, reason, detail[:150]) for path, reason, detail in outcome.refused if path != CANARY}
        for path, reason, detail in sorted(seen)[:4]:
            print(f"    {path[:60]}: {reason}: {detail}")  # noqa: T201
        for crash in outcome.crashed:
            print(f"    CRASH {crash[:400]}")  # noqa: T201
        if outcome.exit not in (0, 1, 3):
            print(f"    {outcome.said[-400:]}")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
