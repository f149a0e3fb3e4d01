"""A tiny project that uv and pip really install without an index, for tests that run what a project's jobs run."""

import sys
from collections.abc import Mapping

BACKEND = '''\
"""A build backend that packs the package and needs nothing to be installed."""

import pathlib
import zipfile

INFO = "Metadata-Version: 2.1\\nName: shop\\nVersion: 1\\n"
EXTRA = "Provides-Extra: test\\nRequires-Dist: pytest; extra == 'test'\\n"


def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = "shop-1-py3-none-any.whl"
    extra = EXTRA if "optional-dependencies" in pathlib.Path("pyproject.toml").read_text() else ""
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        for path in sorted(pathlib.Path("shop").rglob("*.py")):
            wheel.write(path)
        wheel.writestr("shop-1.dist-info/METADATA", INFO + extra)
        wheel.writestr("shop-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("shop-1.dist-info/RECORD", "")
    return name


def build_editable(directory, config_settings=None, metadata_directory=None):
    name = build_wheel(directory)
    with zipfile.ZipFile(f"{directory}/{name}") as old:
        kept = {one: old.read(one) for one in old.namelist() if one.startswith("shop-1.dist-info/")}
    with zipfile.ZipFile(f"{directory}/{name}", "w") as wheel:
        wheel.writestr("shop.pth", str(pathlib.Path.cwd()))
        for one, data in kept.items():
            wheel.writestr(one, data)
    return name
'''
PROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "shop"
version = "1"
requires-python = ">=3.11"

[tool.uv]
environments = ["sys_platform == 'PLATFORM'"]
""".replace("PLATFORM", sys.platform)
WORKFLOW = ".github/workflows/ci.yml"


def job(script: str) -> str:
    """A workflow whose one job runs each line of a script as a step."""
    steps = "".join(f"      - run: {line}\n" for line in script.splitlines())
    return (
        f"on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v6\n{steps}"
    )


SHOP: Mapping[str, str] = {
    "backend.py": BACKEND,
    "pyproject.toml": PROJECT,
    "shop/__init__.py": "",
    "shop/till.py": "TOTAL = 0\n",
    WORKFLOW: job("uv sync"),
}
