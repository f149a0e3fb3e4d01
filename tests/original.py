"""A repository in the state that cifix was first made for: six causes of red CI at once.

Two `lib/` lines of .gitignore hide the package's own sources, which are on disk but in no commit, and a line
between them that includes the folder again is in vain; `*.html` hides a template that the code renders; the
package's `__init__` imports the sources at once; workflows use a version of the artifact action that the
service fails; a pre-commit hook calls a `python` that is not there; and git tracks what a file
manager wrote.
"""

from pathlib import Path

from cifix.model.snapshot import File
from cifix.testing import build

TREE: dict[str, bytes] = {
    ".gitignore": (
        b"# build results\n*.pyc\n__pycache__/\n*.so\nlib/\nlib64/\n!quant/lib/\n"
        b"\n# environments\nvenv/\n.venv/\nlib/\n\n# reports\n*.html\n"
    ),
    "pyproject.toml": b'[project]\nname = "quant"\nversion = "1"\nrequires-python = ">=3.9"\n',
    "quant/__init__.py": (
        b'"""Backtests."""\n\nfrom .engine import Engine\nfrom .lib.labels import LabelArray\n\n'
        b'__all__ = ["Engine", "LabelArray"]\n'
    ),
    "quant/.DS_Store": b"where the windows stood\n",
    "quant/reports.py": (
        b"from jinja2 import Environment, PackageLoader\n\n"
        b'PAGES = Environment(loader=PackageLoader("quant", "templates"))\n'
        b'\n\ndef report(trades):\n    return PAGES.get_template("report.html").render(trades=trades)\n'
    ),
    "quant/templates/report.html": b"<h1>{{ trades }}</h1>\n",
    "site/index.html": b"<p>built</p>\n",
    "quant/engine.py": b"from quant.lib.labels import LabelArray\n\n\nclass Engine:\n    labels = LabelArray\n",
    "quant/lib/__init__.py": b'"""Arrays."""\n',
    "quant/lib/labels.py": (
        b"from quant.lib.normal import normalize\n\n\nclass LabelArray:\n    clean = staticmethod(normalize)\n"
    ),
    "quant/lib/normal.py": b"def normalize(value):\n    return value\n",
    "quant/lib/fast.so": b"\x7fELF\0",
    "quant/lib/__pycache__/labels.cpython-311.pyc": b"\0",
    "venv/lib/python3.11/site-packages/other.py": b"x = 1\n",
    "lib/left_over.py": b"x = 1\n",
    ".github/workflows/testing.yml": (
        b"# Tests, nightly and on push\nname: testing\non: [push]\njobs:\n  test:\n    runs-on: ubuntu-latest\n"
        b"    strategy:\n      matrix:\n        python: ['3.11', '3.12']  # both\n    steps:\n"
        b"      - uses: actions/checkout@v4\n      - run: pytest\n      # keep the report\n"
        b"      - uses: actions/upload-artifact@v3  # do not lose it\n        if: always()\n        with:\n"
        b"          name: report-${{ matrix.python }}   # one each\n          path: report.xml\n"
    ),
    ".github/workflows/security.yml": (
        b"name: security\non: push\njobs:\n  scan:\n    runs-on: ubuntu-latest\n    steps:\n"
        b'      - uses: "actions/upload-artifact@v3"\n        with: {name: scan, path: scan.json}\n'
    ),
    ".pre-commit-config.yaml": (
        b"repos:\n  - repo: local\n    hooks:\n      - id: detect-mocks\n        name: no mocks\n"
        b"        entry: python scripts/detect_mocks.py  # ours\n        language: system\n"
    ),
    "scripts/detect_mocks.py": b"print('none')\n",
}

MASKED = ("quant/lib/__init__.py", "quant/lib/labels.py", "quant/lib/normal.py", "quant/templates/report.html")


def original(folder: Path) -> Path:
    """Build the repository in `folder`, a new one."""
    build({path: File(data) for path, data in TREE.items()}, folder)
    return folder
