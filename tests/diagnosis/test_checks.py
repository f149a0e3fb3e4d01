"""Each fact that can be checked: what a checkout must show for which verdict, and what is said then."""

from collections.abc import Mapping

import pytest

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checks import CHECKS
from cifix.model.history import History
from tests.diagnosis.held import log, only, told

CONFIRMED, LIKELY, UNCONFIRMED = Verdict.CONFIRMED, Verdict.LIKELY, Verdict.UNCONFIRMED
CI = ".github/workflows/ci.yml"
PROJECT = '[project]\nname = "car"\nversion = "1"\n'
SCM = '[build-system]\nrequires = ["setuptools", "setuptools-scm"]\n\n[project]\nname = "car"\ndynamic = ["version"]\n'
CHECKOUT = "      - uses: actions/checkout@v6\n"
DEEP = "      - uses: actions/checkout@v6\n        with: {fetch-depth: 0}\n"
PYTHON = "      - uses: actions/setup-python@v6\n        with: {python-version: '3.13'}\n"


def jobs(*steps: str, name: str = "test", more: str = "") -> str:
    return f"on: push\njobs:\n  {name}:\n    runs-on: ubuntu-latest\n{more}    steps:\n{''.join(steps)}"


def run(script: str) -> str:
    return f"      - run: {script}\n"


def missing(module: str) -> str:
    return f"E   ModuleNotFoundError: No module named '{module}'"


UNDETECTED = "LookupError: setuptools-scm was unable to detect version for /w/car/car."
OPTION = "pytest: error: unrecognized arguments: --cov=car"
SPAWN = "error: Failed to spawn: `pytest`"
EXTERNAL = "error: externally-managed-environment"
NO_VENV = "error: No virtual environment found; run `uv venv` to create an environment"
OLD_LOCK = "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided."
NO_LOCK = "error: Unable to find lockfile at `uv.lock`"
LOCK = 'version = 1\n\n[[package]]\nname = "car"\nversion = "1"\nsource = { editable = "." }\n'
BUILT = "##[error]The version '3.7' with architecture 'x64' was not found for Ubuntu 24.04."
OLD_PYTHON = "ERROR: Package 'car' requires a different Python: 3.8.18 not in '>=3.9'"
FLAT = "error: Multiple top-level packages discovered in a flat-layout: ['car', 'data']."
WHEEL = "ValueError: Unable to determine which files to ship inside the wheel using the following heuristics"
SHADOW = (
    "AttributeError: module 'random' has no attribute 'choice' (consider renaming '/w/car/car/random.py' since it has "
    "the same name as the standard library module named 'random' and prevents importing that standard library module)"
)
HALF = "AttributeError: partially initialized module 'random' has no attribute 'choice' (most likely due to a circular"
ACTION = (
    "##[error]Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '/home/runner/work/car/car/.github/actions/"
    "set-up'. Did you forget to run actions/checkout before running your local action?"
)
LOCAL = "      - uses: ./.github/actions/set-up\n"
ARTIFACT = "##[error]Unable to download artifact(s): Artifact not found for name: dist"
UPLOAD = "      - uses: actions/upload-artifact@v6\n        with: {name: wheels, path: dist}\n"
RUFF = "F401 [*] `os` imported but unused"
TAKES = "ImportError: cannot import name 'Wheel' from"
USE = {"car/__init__.py": "", "car/use.py": "import os\nimport yaml\n"}
OWN = {"pyproject.toml": PROJECT, "car/__init__.py": "", "car/wheels.py": "", "tests/test_a.py": "import car.wheels\n"}

CASES: Mapping[str, tuple[str, Mapping[str, str], Verdict, str]] = {
    "PKG03 shallow": (
        UNDETECTED,
        {CI: jobs(CHECKOUT), "pyproject.toml": SCM},
        CONFIRMED,
        f"{CI}:6 checks out one commit, without tags, and setuptools-scm in pyproject.toml makes the version",
    ),
    "PKG03 no backend known": (UNDETECTED, {CI: jobs(CHECKOUT)}, LIKELY, f"{CI}:6 checks out one commit"),
    "PKG03 deep": (UNDETECTED, {CI: jobs(DEEP), "pyproject.toml": SCM}, UNCONFIRMED, ""),
    "GHA15 branch": (
        "fatal: ambiguous argument 'origin/main': unknown revision or path not in the working tree.",
        {CI: jobs(CHECKOUT)},
        CONFIRMED,
        f"{CI}:6 checks out one commit",
    ),
    "GHA15 a name of nothing": ("fatal: bad revision 'mian'", {CI: jobs(CHECKOUT)}, LIKELY, f"{CI}:6 checks out"),
    "GHA15 tags": ("fatal: No names found, cannot describe anything.", {CI: jobs(CHECKOUT)}, CONFIRMED, f"{CI}:6"),
    "ENV07": (
        EXTERNAL,
        {CI: jobs(CHECKOUT, run("pip install pytest"))},
        CONFIRMED,
        f"{CI}:7 runs pip, and no step before it sets up Python",
    ),
    "ENV07 set up": (EXTERNAL, {CI: jobs(PYTHON, run("pip install pytest"))}, UNCONFIRMED, ""),
    "ENV07 virtual": (EXTERNAL, {CI: jobs(run("python3 -m venv .v && .v/bin/pip install a"))}, UNCONFIRMED, ""),
    "ENV07 container": (EXTERNAL, {CI: jobs(run("pip install a"), more="    container: a\n")}, UNCONFIRMED, ""),
    "ENV08": (NO_VENV, {CI: jobs(run("uv pip install -e ."))}, CONFIRMED, f"{CI}:6 runs `uv pip` without `--system`"),
    "ENV08 too late": (NO_VENV, {CI: jobs(run("uv pip install a"), run("uv venv"))}, CONFIRMED, f"{CI}:6 runs"),
    "ENV08 in time": (NO_VENV, {CI: jobs(run("uv venv"), run("uv pip install a"))}, UNCONFIRMED, ""),
    "ENV06 ignored": (
        NO_LOCK,
        {".gitignore": "*.lock\n"},
        CONFIRMED,
        "uv.lock is not in git (.gitignore:1 `*.lock`)",
    ),
    "ENV06 not there": (NO_LOCK, {}, CONFIRMED, "git has no uv.lock"),
    "ENV06 there": (NO_LOCK, {"uv.lock": LOCK}, UNCONFIRMED, ""),
    "ENV06 old": (
        OLD_LOCK,
        {"uv.lock": LOCK, "pyproject.toml": f'{PROJECT}dependencies = ["wheels>=1"]\n'},
        CONFIRMED,
        "pyproject.toml asks for wheels, which uv.lock does not know",
    ),
    "ENV06 old in a version": (OLD_LOCK, {"uv.lock": LOCK, "pyproject.toml": PROJECT}, UNCONFIRMED, ""),
    "ENV13": (
        BUILT,
        {CI: jobs(PYTHON.replace("3.13", "3.7"))},
        CONFIRMED,
        f"{CI}:7 asks for Python 3.7, of which there is no build for Ubuntu 24.04",
    ),
    "ENV13 in a matrix": (
        BUILT,
        {CI: jobs(CHECKOUT, more="    strategy:\n      matrix:\n        python: ['3.7', '3.13']\n")},
        CONFIRMED,
        f"{CI}:7 asks for Python 3.7",
    ),
    "ENV13 not said": (BUILT, {CI: jobs(PYTHON)}, UNCONFIRMED, ""),
    "PKG05": (
        OLD_PYTHON,
        {CI: jobs(PYTHON.replace("3.13", "3.8")), "pyproject.toml": f'{PROJECT}requires-python = ">= 3.9"\n'},
        CONFIRMED,
        f"{CI}:7 asks for Python 3.8.18, and pyproject.toml requires >=3.9",
    ),
    "PKG05 from the image": (OLD_PYTHON, {"pyproject.toml": f'{PROJECT}requires-python = ">=3.9"\n'}, LIKELY, "pypro"),
    "PKG05 a dependency": (OLD_PYTHON, {"pyproject.toml": PROJECT}, UNCONFIRMED, ""),
    "PKG01": (
        FLAT,
        {"pyproject.toml": PROJECT, "car/a.py": "", "data/b.csv": ""},
        CONFIRMED,
        "car, data lie side by side",
    ),
    "PKG01 told": (
        FLAT,
        {"pyproject.toml": f'{PROJECT}\n[tool.setuptools]\npackages = ["car"]\n', "car/a.py": "", "data/b.csv": ""},
        UNCONFIRMED,
        "",
    ),
    "PKG01 on disk only": (FLAT, {"pyproject.toml": PROJECT, "car/a.py": ""}, UNCONFIRMED, ""),
    "PKG02": (
        WHEEL,
        {"pyproject.toml": PROJECT.replace('"car"', '"my-car"'), "car/__init__.py": "", "tests/__init__.py": ""},
        CONFIRMED,
        "the project is called my-car, and there is neither my_car/ nor src/my_car/; the packages are car",
    ),
    "PKG02 there": (WHEEL, {"pyproject.toml": PROJECT, "car/__init__.py": ""}, UNCONFIRMED, ""),
    "PKG03 fetched later": (
        UNDETECTED,
        {CI: jobs(CHECKOUT, run("git fetch --tags --unshallow")), "pyproject.toml": SCM},
        LIKELY,
        f"{CI}:6 checks out",
    ),
    "IMP04 nobody wrote it": (
        f"{TAKES} 'car.parts' (unknown location)",
        {"car/__init__.py": "", "car/parts/rim.py": ""},
        LIKELY,
        "git has car/parts/ without car/parts/__init__.py",
    ),
    "IMP04 ignored": (
        f"{TAKES} 'car' (unknown location)",
        {"car/rim.py": "", ".gitignore": "__init__.py\n"},
        CONFIRMED,
        "git has car/ without car/__init__.py (.gitignore:1 `__init__.py`)",
    ),
    "IMP04 not installed": (
        f"{TAKES} 'car' (unknown location)",
        {"car/__init__.py": ""},
        LIKELY,
        "git has car: this job does not install",
    ),
    "IMP05": (SHADOW, {"random.py": ""}, CONFIRMED, "git has random.py, which is found before the standard library"),
    "IMP05 not in git": (SHADOW, {}, UNCONFIRMED, ""),
    "IMP05 half": (HALF, {"random.py": ""}, CONFIRMED, "git has random.py, which is found before the module random"),
    "IMP05 in a package": (HALF, {"car/__init__.py": "", "car/random.py": ""}, UNCONFIRMED, ""),
    "IMP05 own": (HALF.replace("'random'", "'car'"), {"car.py": ""}, UNCONFIRMED, ""),
    "IMP07 own": (
        missing("distutils.util"),
        {"tools/a.py": "import os\nfrom distutils.util import strtobool\n"},
        CONFIRMED,
        "Python 3.12 has no distutils any more, and tools/a.py:2 imports it",
    ),
    "IMP08 a dependency": (missing("pkg_resources"), {}, LIKELY, "setuptools 82 and newer has no pkg_resources; noth"),
    "IMP03 a dependency": (
        f"{TAKES} 'wheels' (/v/lib/python3.13/site-packages/wheels/__init__.py)",
        {},
        UNCONFIRMED,
        "the installed release of wheels has no Wheel in wheels",
    ),
    "IMP03 own": (
        f"{TAKES} 'car.a' (/w/car/car/car/a.py)",
        {"car/__init__.py": "", "car/a.py": "X = 1\n"},
        LIKELY,
        "git has car/a.py",
    ),
    "IMP03 elsewhere": (f"{TAKES} 'car.a' (/x/y.py)", {}, UNCONFIRMED, ""),
    "GHA local action before checkout": (
        ACTION,
        {CI: jobs(LOCAL, CHECKOUT), ".github/actions/set-up/action.yml": "runs: {using: composite, steps: []}\n"},
        CONFIRMED,
        f"git has .github/actions/set-up/action.yml, and {CI}:6 uses it before anything is checked out",
    ),
    "GHA local action in another place": (
        ACTION,
        {CI: jobs(CHECKOUT, LOCAL), ".github/actions/set-up/action.yml": "runs: {using: composite, steps: []}\n"},
        LIKELY,
        "git has .github/actions/set-up/action.yml",
    ),
    "GHA local action not in git": (
        ACTION,
        {CI: jobs(CHECKOUT, LOCAL)},
        CONFIRMED,
        "git has no action at .github/actions/set-up",
    ),
    "GHA artifact": (ARTIFACT, {CI: jobs(UPLOAD)}, CONFIRMED, f"no step of {CI} uploads an artifact `dist`: it upl"),
    "GHA artifact there": (ARTIFACT, {CI: jobs(UPLOAD.replace("wheels", "dist"))}, UNCONFIRMED, ""),
    "GHA artifact computed": (ARTIFACT, {CI: jobs(UPLOAD.replace("wheels", '"${{ matrix.a }}"'))}, UNCONFIRMED, ""),
    "GHA11": (
        "You have an error in your yaml syntax on line 3",
        {CI: "on: push\njobs:\n\ta: b\n"},
        LIKELY,
        f"{CI} cannot be read",
    ),
    "4a an extra that no step installs": (
        missing("yaml"),
        {
            **USE,
            CI: jobs(CHECKOUT, run("pip install ."), run("pytest")),
            "pyproject.toml": f'{PROJECT}\n[project.optional-dependencies]\nconfig = ["PyYAML>=6"]\n',
        },
        CONFIRMED,
        f"PyYAML is in the extra `config` of pyproject.toml, which no step of the job `test` in {CI} installs",
    ),
    "4a an extra that is installed": (
        missing("yaml"),
        {
            **USE,
            CI: jobs(CHECKOUT, run("pip install .[config]"), run("pytest")),
            "pyproject.toml": f'{PROJECT}\n[project.optional-dependencies]\nconfig = ["PyYAML>=6"]\n',
        },
        LIKELY,
        "PyYAML is in the extra `config` of pyproject.toml: the job does not install that part",
    ),
    "4a a requirements file": (
        missing("yaml"),
        {**USE, CI: jobs(run("pytest")), "requirements-dev.txt": "# tools\npyyaml==6.0\n"},
        CONFIRMED,
        "PyYAML is in requirements-dev.txt, which no step of the job `test`",
    ),
    "4a a group of Poetry": (
        missing("yaml"),
        {
            **USE,
            CI: jobs(run("poetry install")),
            "pyproject.toml": '[tool.poetry.group.test.dependencies]\npyyaml = "*"\n',
        },
        CONFIRMED,
        "PyYAML is in the poetry group `test` of pyproject.toml",
    ),
    "4a an extra that another one brings": (
        missing("yaml"),
        {
            **USE,
            CI: jobs(CHECKOUT, run("pip install .[dev]"), run("pytest")),
            "pyproject.toml": (
                f'{PROJECT}\n[project.optional-dependencies]\nconfig = ["PyYAML>=6"]\ndev = ["car[config]"]\n'
            ),
        },
        LIKELY,
        "PyYAML is in the extra `config` of pyproject.toml: the job does not install that part",
    ),
    "4a a requirements file that another one includes": (
        missing("yaml"),
        {
            **USE,
            CI: jobs(run("pip install -r requirements/dev.txt"), run("pytest")),
            "requirements/dev.txt": "-r test.txt\n",
            "requirements/test.txt": "pyyaml\n",
        },
        LIKELY,
        "PyYAML is in requirements/test.txt: the job",
    ),
    "4a in a job that leaves it to tox": (
        missing("yaml"),
        {**USE, CI: jobs(run("tox -e py313")), "requirements-dev.txt": "pyyaml\n"},
        LIKELY,
        "PyYAML is in requirements-dev.txt: the job",
    ),
    "4a only a word in tox.ini": (
        missing("yaml"),
        {**USE, CI: jobs(run("pytest")), "tox.ini": "[testenv]\ndeps = pyyaml\n"},
        LIKELY,
        "PyYAML is in tox.ini: the job",
    ),
    "GHA artifact of an action of others": (
        ARTIFACT,
        {CI: jobs(UPLOAD, "      - uses: some/builder@v1\n")},
        LIKELY,
        f"no step of {CI} uploads",
    ),
    "GHA local action of another repository": (
        ACTION,
        {CI: jobs(f"{CHECKOUT}        with: {{repository: a/b}}\n", LOCAL)},
        LIKELY,
        "git has no action",
    ),
    "4a in another job": (
        missing("yaml"),
        {**USE, CI: jobs(run("pytest"), name="other"), "requirements-dev.txt": "pyyaml\n"},
        LIKELY,
        "PyYAML is in requirements-dev.txt",
    ),
    "4b declared nowhere": (
        missing("yaml"),
        {**USE, "pyproject.toml": PROJECT},
        CONFIRMED,
        "car/use.py:2 imports it, and no dependency, extra or group in git asks for PyYAML",
    ),
    "4b no project": (missing("yaml"), USE, UNCONFIRMED, ""),
    "4b computed": (
        missing("yaml"),
        {**USE, "pyproject.toml": '[project]\nname = "car"\ndynamic = ["dependencies"]\n'},
        UNCONFIRMED,
        "",
    ),
    "4d only the lock has it": (
        missing("yaml"),
        {**USE, "pyproject.toml": PROJECT, "uv.lock": f'{LOCK}\n[[package]]\nname = "pyyaml"\nversion = "6"\n'},
        CONFIRMED,
        "car/use.py:2 imports it, and no dependency, extra or group in git asks for PyYAML; only other dependencies",
    ),
    "4e under try": (
        missing("yaml"),
        {"pyproject.toml": PROJECT, "a.py": "try:\n    import yaml\nexcept ImportError:\n    yaml = None\n"},
        UNCONFIRMED,
        "a.py:2 provides for the absence of yaml",
    ),
    "4 nobody imports it": (missing("yaml"), {"pyproject.toml": PROJECT}, UNCONFIRMED, ""),
    "2 under try": (
        missing("car.fast"),
        {**OWN, "car/a.py": "try:\n    from car import fast\nexcept ImportError:\n    fast = None\n"},
        UNCONFIRMED,
        "car/a.py:2 provides for the absence of car.fast",
    ),
    "2 by name only": (
        missing("car.plugins.x"),
        {**OWN, "car/plugins/__init__.py": ""},
        UNCONFIRMED,
        "car/plugins/x.py is not in git, and no import statement in git asks for car.plugins.x",
    ),
    "2d compiled": (
        missing("car.fast"),
        {**OWN, "car/fast.pyx": "", "car/a.py": "import car.fast\n"},
        CONFIRMED,
        "git has only the source car/fast.pyx of it",
    ),
    "1 case": (
        missing("Car"),
        {**OWN, "tests/test_b.py": "import Car\n"},
        CONFIRMED,
        "git has car, and the import says Car",
    ),
    "3b not listed": (
        missing("car.wheels"),
        {
            "pyproject.toml": f'{PROJECT}\n[tool.setuptools]\npackages = ["car"]\n',
            "car/__init__.py": "",
            "car/wheels/__init__.py": "",
        },
        CONFIRMED,
        "git has car/wheels, but [tool.setuptools] packages in pyproject.toml does not list car.wheels",
    ),
    "3c no step installs": (
        missing("car.wheels"),
        {**OWN, CI: jobs(CHECKOUT, run("pip install pytest"), run("pytest"))},
        CONFIRMED,
        f"no step of the job `test` in {CI} installs the project",
    ),
    "3c uv without a build": (
        missing("car.wheels"),
        {
            **OWN,
            CI: jobs(CHECKOUT, run("uv sync"), run("uv run pytest")),
            "pyproject.toml": f'{PROJECT}\n[dependency-groups]\ndev = ["pytest"]\n',
        },
        CONFIRMED,
        "pyproject.toml has no [build-system]",
    ),
    "3 installed": (
        missing("car.wheels"),
        {**OWN, CI: jobs(CHECKOUT, run("pip install -e ."), run("pytest"))},
        LIKELY,
        "git has car/wheels: this job does not install the project",
    ),
    "TST04": (
        OPTION,
        {CI: jobs(CHECKOUT, run("pip install pytest")), "requirements/test.txt": "pytest-cov\n"},
        CONFIRMED,
        "pytest-cov is in requirements/test.txt, which no step",
    ),
    "TST04 nowhere": (OPTION, {}, LIKELY, "pytest-cov brings it, and nothing in the repository asks for pytest-cov"),
    "TST04 unknown": ("pytest: error: unrecognized arguments: --strange", {}, UNCONFIRMED, ""),
    "TST05": ("ERROR: Missing required plugins: pytest-timeout>=2", {}, LIKELY, "pytest-timeout brings it"),
    "TST06": ("E       fixture 'mocker' not found", {}, LIKELY, "pytest-mock brings it"),
    "TST06 own": ("E       fixture 'engine' not found", {}, UNCONFIRMED, ""),
    "TST07": (
        "async def functions are not natively supported.",
        {CI: jobs(run("pytest")), "requirements-test.txt": "pytest-asyncio\n"},
        CONFIRMED,
        "pytest-asyncio is in requirements-test.txt",
    ),
    "TST07 nowhere": ("async def functions are not natively supported.", {}, UNCONFIRMED, ""),
    "TST07 setting": ("ERROR: Unknown config option: asyncio_mode", {}, LIKELY, "pytest-asyncio brings it"),
    "ENV01 pip": (
        "bash: line 1: mypy: command not found",
        {CI: jobs(run("mypy .")), "requirements-dev.txt": "mypy==1.0\n"},
        CONFIRMED,
        "mypy is in requirements-dev.txt, which no step of the job `test`",
    ),
    "ENV03 python": (
        "bash: line 1: python: command not found",
        {CI: jobs(CHECKOUT, run("python a.py"))},
        LIKELY,
        f"no step of `test` in {CI} sets Python up",
    ),
    "ENV03 not of Python": ("bash: line 1: terraform: command not found", {CI: jobs()}, UNCONFIRMED, ""),
    "QLT01 unpinned": (
        RUFF,
        {CI: jobs(CHECKOUT, run("pip install ruff"), run("ruff check"))},
        LIKELY,
        "no workflow, requirement, lock or hook says which version of ruff to run",
    ),
    "QLT01 pinned in the job": (RUFF, {CI: jobs(run("uvx ruff@0.11.2 check"))}, LIKELY, f"{CI} pins ruff 0.11.2"),
    "QLT01 pinned as an input": (
        RUFF,
        {CI: jobs("      - uses: astral-sh/ruff-action@v3\n        with: {version: 0.11.2}\n")},
        LIKELY,
        f"{CI} pins ruff 0.11.2",
    ),
    "QLT01 pinned as a hook": (
        RUFF,
        {
            CI: jobs(run("ruff check")),
            ".pre-commit-config.yaml": (
                "repos:\n  - repo: https://github.com/astral-sh/ruff-pre-commit\n    rev: v0.11.2\n    hooks:\n"
                "      - id: ruff\n"
            ),
        },
        LIKELY,
        ".pre-commit-config.yaml pins ruff 0.11.2",
    ),
    "QLT01 locked": (
        RUFF,
        {CI: jobs(run("uv run ruff check")), "uv.lock": f'{LOCK}\n[[package]]\nname = "ruff"\nversion = "0.11.2"\n'},
        LIKELY,
        "uv.lock pins ruff 0.11.2",
    ),
    "QLT01 nobody knows which": (RUFF, {CI: jobs(run("make lint"))}, UNCONFIRMED, ""),
    "QLT02": (
        "would reformat car/wheels.py",
        {CI: jobs(run("black --check .")), "requirements-dev.txt": "black==26.1.0\n"},
        LIKELY,
        "requirements-dev.txt pins black 26.1.0",
    ),
    "QLT03": (
        "  Cause: Unknown rule selector: `XYZ`",
        {CI: jobs(run("ruff check"))},
        LIKELY,
        "no workflow, requirement, lock or hook says which version of ruff",
    ),
    "QLT04": (
        'car/a.py:3: error: Cannot find implementation or library stub for module named "yaml"  [import-not-found]',
        {CI: jobs(run("mypy .")), "requirements.txt": "pyyaml\n"},
        LIKELY,
        "PyYAML is in requirements.txt, which the job that checks types may not install",
    ),
    "QLT04 nowhere": (
        'car/a.py:3: error: Library stubs not installed for "yaml"  [import-untyped]',
        {},
        UNCONFIRMED,
        "",
    ),
}


@pytest.mark.parametrize(("line", "files", "verdict", "sentence"), CASES.values(), ids=list(CASES))
def test_the_checkout_says_what_it_shows(line: str, files: Mapping[str, str], verdict: Verdict, sentence: str) -> None:
    cause = only(told(files, log(line)))
    said = [one.text for one in cause.evidence[1:]]
    assert (cause.verdict, cause.fixes) == (verdict, ())
    assert bool(said) is bool(sentence), said
    assert all(text.startswith(sentence) for text in said), said
    assert cause.advice or cause.findings


def test_every_check_is_of_a_fact_and_has_a_case() -> None:
    facts = {only(told(None, log(line))).id.partition(":")[0] for line, *_ in CASES.values()}
    assert set(CHECKS) - facts <= {"hook-executable-missing", "tool-missing"}


def test_a_module_in_a_submodule_needs_that_to_be_checked_out() -> None:
    files = {**OWN, "car/a.py": "import wheels.rim\n"}
    cause = only(told(files, log(missing("wheels.rim")), submodule="wheels"))
    assert cause.verdict is CONFIRMED
    assert "submodule" in cause.evidence[1].text
    assert cause.advice == "give the checkout step `submodules: recursive`"


@pytest.mark.parametrize(
    ("history", "sentence"),
    [
        (History({}, {"car/gears.py": "abc123"}), "commit abc123 removed it, and car/a.py:1 imports it"),
        (History({"car/gears.py": "car/cogs.py"}, {}), "it is car/cogs.py today, and car/a.py:1 imports it"),
    ],
)
def test_what_an_earlier_commit_had_is_told(history: History, sentence: str) -> None:
    files = {**OWN, "car/a.py": "import car.gears\n", "car/cogs.py": ""}
    cause = only(told(files, log(missing("car.gears")), history=history))
    assert cause.verdict is CONFIRMED
    assert any(sentence in one.text for one in cause.evidence)


def test_a_package_that_hatchling_leaves_out_is_named_with_the_pattern() -> None:
    hatch = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n\n'
    files = {**OWN, "pyproject.toml": hatch + PROJECT, ".gitignore": "wheels.py\n"}
    cause = only(told(files, log(missing("car.wheels"))))
    assert cause.verdict is CONFIRMED
    assert any(".gitignore:1 `wheels.py`" in one.text for one in cause.evidence) or cause.fixes


def test_a_pytest_from_elsewhere_is_answered_by_the_sync_of_that_job() -> None:
    ci = jobs(CHECKOUT, "      - uses: astral-sh/setup-uv@v7\n", run("uv sync --dev"), run("uv run pytest"))
    data = (
        f'{PROJECT}\n[project.optional-dependencies]\ntest = ["pytest"]\n\n[build-system]\nrequires = ["hatchling"]\n'
    )
    diagnosis = told({**OWN, CI: ci, "pyproject.toml": data}, log(missing("car")))
    cause = only(diagnosis)
    assert (cause.verdict, cause.rules) == (CONFIRMED, ("sync-uv-groups",))
    assert "starts one from elsewhere" in cause.evidence[1].text
