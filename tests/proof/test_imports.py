"""Both sides are imported for real, in other processes."""

from pathlib import Path

import pytest

from cifix.errors import UsageError
from cifix.proof.result import Verdict
from tests.proof.conftest import Verified, differences, named

CAR = {
    "car/__init__.py": "from .engine import Engine, START\n\n__all__ = ['Engine', 'START']\n__version__ = '1'\n",
    "car/engine.py": "from car.parts import Bolt\n\nSTART = 1\n\n\nclass Engine:\n    bolt = Bolt\n",
    "car/parts.py": "class Bolt:\n    pass\n",
    "car/__main__.py": "raise SystemExit('the program ran')\n",
}
LAZY = """\
__all__ = ['Engine', 'START']
__version__ = '1'
_NAMES = {'Engine': 'Engine', 'START': 'START', 'engine': None, 'parts': None}


def __getattr__(name):
    if name not in _NAMES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    import importlib

    if _NAMES[name] is None:
        return importlib.import_module(f'car.{name}')
    return getattr(importlib.import_module('car.engine'), name)


def __dir__():
    return sorted({*globals(), *_NAMES})
"""


def test_a_branch_that_keeps_every_name_is_proven_and_timed(verified: Verified) -> None:
    told = verified(CAR, {**CAR, "car/__init__.py": LAZY}, imports=True)
    proof = named(told, "imports")
    assert (proof.verdict, proof.differences, proof.notes) == (Verdict.PROVEN, (), ())
    assert proof.claim == "car gives the same: 7 names, 3 modules, each first in its process"
    assert (told.exit, told.ran) == (0, ("--import",))
    (timing,) = told.timings
    assert timing.package == "car"
    assert min(timing.before, timing.after) > 0
    assert len(timing.costs_before) == len(timing.costs_after) == 5


def test_lost_names_lost_submodules_and_the_star_set_are_told(verified: Verified) -> None:
    after = LAZY.replace("'Engine': 'Engine', ", "").replace(", 'parts': None", "").replace("['Engine', ", "[")
    told = verified(CAR, {**CAR, "car/__init__.py": after}, imports=True)
    found = differences(told, "imports")
    assert found["car.Engine"] == (
        "builtins.type car.engine:Engine",
        "AttributeError: module 'car' has no attribute 'Engine'",
    )
    assert found["from car import Engine"][1].startswith("ImportError: cannot import name 'Engine' from 'car' (/car/")
    assert found["dir(car)"] == ("lists parts", "does not list parts")
    assert found["car.parts"][0] == "module car.parts"
    assert "from car import parts" not in found
    assert found["from car import *"] == ("gives Engine", "does not give Engine")
    assert told.exit == 4


def test_an_object_that_changed_is_told_with_both_values(verified: Verified) -> None:
    after = {**CAR, "car/engine.py": CAR["car/engine.py"].replace("START = 1", "START = 2")}
    assert differences(verified(CAR, after, imports=True), "imports") == {
        "car.START": ("int 1", "int 2"),
        "from car import START": ("int 1", "int 2"),
        "from car.engine import START": ("int 1", "int 2"),
    }


def test_a_name_that_is_right_first_and_wrong_later_is_told(verified: Verified) -> None:
    """A submodule that takes the place of the function of its name."""
    before = {
        "run/__init__.py": "from .go import go\nfrom .then import later\n",
        "run/go.py": "def go(): pass\n",
        "run/then.py": "import run.go\nlater = 1\n",
    }
    init = (
        "def __getattr__(name):\n    import importlib\n    if name in ('go', 'later'):\n"
        "        where = {'go': 'run.go', 'later': 'run.then'}[name]\n"
        "        module = importlib.import_module(where)\n        return vars(module)[name]\n"
        "    if name in ('then',):\n        return importlib.import_module('run.then')\n"
        "    raise AttributeError(name)\n\n\ndef __dir__():\n    return ['go', 'later', 'then']\n"
        "__all__ = ['go', 'later', 'then']\n"
    )
    found = differences(verified(before, {**before, "run/__init__.py": init}, imports=True), "imports")
    assert "run.go" not in found
    assert found == {"from run import go": ("builtins.function run.go:go", "module run.go")}


def test_a_module_that_cannot_be_first_any_more_is_told(verified: Verified) -> None:
    before = {
        "car/__init__.py": "from car import a\n",
        "car/a.py": "import car.b\nX = 1\n",
        "car/b.py": "import car.a\n\n\ndef f(): return car.a.X\n",
    }
    after = {**before, "car/__init__.py": "", "car/b.py": "from car.a import X\n\n\ndef f(): return X\n"}
    found = differences(verified(before, after, imports=True), "imports")
    assert found["import car.a"][0] == "works"
    assert "partially initialized module 'car.a'" in found["import car.a"][1]
    assert "import car.b" not in found


def test_a_package_that_fails_only_on_the_branch(verified: Verified) -> None:
    after = {**CAR, "car/parts.py": "import nowhere_to_be_found\n"}
    assert differences(verified(CAR, after, imports=True), "imports") == {
        "import car": ("works", "ModuleNotFoundError: No module named 'nowhere_to_be_found'")
    }


def test_a_dependency_that_is_missing_here_is_no_difference(verified: Verified) -> None:
    before = {**CAR, "car/parts.py": "import nowhere_to_be_found\n"}
    told = verified(before, {**before, "car/engine.py": "from . import parts\n"}, imports=True)
    proof = named(told, "imports")
    assert proof.verdict is Verdict.UNKNOWN
    assert proof.claim == "car cannot be imported here: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    assert (proof.notes, told.exit, told.timings) == ((), 0, ())


def test_a_failure_that_changes_its_words_or_goes_away_is_a_note(verified: Verified) -> None:
    before = {"a/__init__.py": "import nowhere\n", "b/__init__.py": "import nowhere\n"}
    after = {"a/__init__.py": "import nowhere_else\n", "b/__init__.py": "\n"}
    told = verified(before, after, imports=True)
    notes = [proof.notes for proof in told.proofs if proof.name == "imports"]
    assert notes == [
        ("import a fails on the branch in another way: ModuleNotFoundError: No module named 'nowhere_else'",),
        ("import b works on the branch",),
    ]


def test_one_module_that_lacks_its_dependency_does_not_hide_the_others(verified: Verified) -> None:
    before = {**CAR, "car/plot.py": "import nowhere\n", "car/draw.py": "import nowhere\n"}
    proof = named(verified(before, {**before, "car/__init__.py": LAZY}, imports=True), "imports")
    assert proof.verdict is Verdict.PROVEN
    assert proof.notes == (
        "cannot be imported here: car.draw and 1 more: ModuleNotFoundError: No module named 'nowhere'",
    )


@pytest.mark.parametrize("where", ["car/__init__.py", "car/parts.py"])
def test_a_hang_ends_and_is_told(verified: Verified, where: str) -> None:
    after = {**CAR, where: "import time\nwhile True:\n    time.sleep(1)\n"}
    found = differences(verified(CAR, after, imports=True, seconds=15), "imports")
    assert found["import car"] == ("works", "it did not end within 1.5 seconds")


def test_a_side_that_takes_too_long_altogether_is_unknown(verified: Verified) -> None:
    slow = "import time\ntime.sleep(0.8)\n"
    before = {**CAR, **{f"car/slow{number}.py": slow for number in range(9)}}
    told = verified(before, {**before, "car/__init__.py": LAZY}, imports=True, seconds=3)
    assert "had to be stopped" in named(told, "imports").claim


def test_a_branch_that_takes_too_long_altogether_is_unknown(verified: Verified) -> None:
    before = {**CAR, **{f"car/slow{number}.py": "" for number in range(9)}}
    after = {**before, **{f"car/slow{number}.py": "import time\ntime.sleep(0.8)\n" for number in range(9)}}
    told = verified(before, after, imports=True, seconds=3)
    assert named(told, "imports").claim.endswith("allow more time with --timeout")


def test_a_package_may_print_write_exit_and_leave_processes_behind(verified: Verified, tmp_path: Path) -> None:
    noisy = (
        "import os, subprocess, sys, threading\n"
        "print('noise'); print('noise', file=sys.stderr); os.write(1, b'raw')\n"
        "open('left.txt', 'w').write('x')\n"
        "open(os.path.join(os.path.dirname(__file__), 'inside.txt'), 'w').write('x')\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "threading.Thread(target=print, daemon=True).start()\n"
    )
    before = {**CAR, "car/parts.py": noisy + CAR["car/parts.py"]}
    proof = named(verified(before, {**before, "car/__init__.py": LAZY}, imports=True), "imports")
    assert proof.verdict is Verdict.PROVEN
    assert not list(tmp_path.rglob("left.txt"))
    assert not list(tmp_path.rglob("inside.txt"))
    assert not Path("left.txt").exists()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("import os\nos._exit(3)\n", "the process ended without an answer, exit code 3"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", "the process was ended by SIGSEGV"),
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n", "E: (its message cannot be read)"),
    ],
)
def test_a_package_that_ends_the_process(verified: Verified, end: str, words: str) -> None:
    found = differences(verified(CAR, {**CAR, "car/__init__.py": end}, imports=True), "imports")
    assert found == {"import car": ("works", words)}


def test_a_package_that_kills_every_process_of_the_verification(verified: Verified) -> None:
    end = "import os, signal\nos.killpg(0, signal.SIGKILL)\n"
    found = differences(verified(CAR, {**CAR, "car/__init__.py": end}, imports=True), "imports")
    assert found["importing the packages"][1].startswith("the process that imports the packages of the branch ended")


def test_values_of_the_clock_are_told_apart_from_changes(verified: Verified) -> None:
    before = {**CAR, "car/engine.py": "import time\nfrom car import parts\nSTART = time.time()\nclass Engine: pass\n"}
    after = {**before, "car/parts.py": "class Bolt:\n    size = 1\nNEW = 1\n", "car/__init__.py": LAZY}
    proof = named(verified(before, after, imports=True), "imports")
    assert proof.verdict is Verdict.PROVEN
    assert "car.START differs between two runs of the base; it was not compared" in proof.notes


def test_the_environment_of_the_user_is_not_passed_on(verified: Verified, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "1")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    source = (
        "import os, sys\n__all__ = ['SEEN', 'HASH', 'NOTE']\n"
        "SEEN = sorted(set(os.environ) & {'SECRET_TOKEN', 'PYTHONPATH', 'GIT_DIR'})\n"
        "HASH = os.environ['PYTHONHASHSEED']\nNOTE = not os.listdir(os.path.dirname(__file__))[1:]\n"
    )
    before = {"a/__init__.py": "SEEN = []\nHASH = '0'\nNOTE = True\n"}
    told = verified(before, {"a/__init__.py": source}, imports=True)
    assert named(told, "imports").verdict is Verdict.PROVEN
    assert named(told, "imports").notes == ("dir(a) lists more on the branch: os, sys",)


def test_unicode_names_and_values(verified: Verified) -> None:
    before = {"größe/__init__.py": "from .maß import länge\nЮ = '\\ud800 ☃'\n", "größe/maß.py": "länge = 'é'\n"}
    after = {**before, "größe/maß.py": "länge = 'è'\n"}
    assert differences(verified(before, after, imports=True), "imports")["größe.länge"] == ("str 'é'", "str 'è'")


def test_src_and_namespace_layouts(verified: Verified) -> None:
    before = {
        "pyproject.toml": "[project]\nname = 'x'\n",
        "src/space/ship/__init__.py": "from space.ship.hull import Hull\nfrom other import thing\n",
        "src/space/ship/hull.py": "class Hull: pass\n",
        "src/other/__init__.py": "thing = 1\n",
        "tests/__init__.py": "raise ValueError\n",
        "lib/inner/part/__init__.py": "from inner.part.x import y\n",
        "lib/inner/part/x.py": "y = 1\n",
    }
    after = {path: text + "# more\n" for path, text in before.items()}
    told = verified(before, after, imports=True)
    claims = [(proof.verdict, proof.claim) for proof in told.proofs if proof.name == "imports"]
    assert claims == [
        (Verdict.PROVEN, "inner.part gives the same: 3 names, 2 modules, each first in its process"),
        (Verdict.PROVEN, "other gives the same: 2 names, 1 modules, each first in its process"),
        (Verdict.PROVEN, "space.ship gives the same: 4 names, 2 modules, each first in its process"),
    ]


def test_packages_can_be_named_and_nothing_changed_is_not_checked(verified: Verified) -> None:
    told = verified(CAR, {**CAR, "README": "x"}, imports=True)
    assert named(told, "imports").claim == "no package of the base has a changed file; name one with --package"


def test_a_named_package_is_imported_although_nothing_changed(verified: Verified) -> None:
    told = verified(CAR, CAR, imports=True, packages=("car",))
    assert named(told, "imports").verdict is Verdict.PROVEN


def test_a_package_that_is_not_there_is_a_usage_error(verified: Verified) -> None:
    with pytest.raises(UsageError, match="the tree has no package cart; known: car"):
        verified(CAR, CAR, imports=True, packages=("cart",))


def test_ignored_and_untracked_files_and_filters_have_no_say(verified: Verified, tmp_path: Path) -> None:
    (tmp_path / "repo" / "car").mkdir(parents=True)
    (tmp_path / "repo" / "car" / "parts.py").write_text("raise ValueError\n")
    told = verified(
        {**CAR, ".gitignore": "/car/parts.py\n", "car/engine.py": "START = 1\nclass Engine: pass\n"},
        {**CAR, ".gitignore": "", "car/engine.py": "START = 1\nclass Engine: pass\n", "car/parts.py": "x = 1\n"},
        imports=True,
    )
    assert told.exit == 0


def test_an_inner_submodule_that_is_not_loaded_along_the_way_any_more_is_a_note(verified: Verified) -> None:
    before = {
        "car/__init__.py": "from .parts.bolt import Bolt\n",
        "car/parts/__init__.py": "",
        "car/parts/bolt.py": "class Bolt: pass\n",
    }
    lazy = (
        "def __getattr__(name):\n    import importlib\n    if name == 'parts':\n"
        "        return importlib.import_module('car.parts')\n    if name == 'Bolt':\n"
        "        return importlib.import_module('car.parts.bolt').Bolt\n    raise AttributeError(name)\n\n\n"
        "def __dir__():\n    return ['Bolt', 'parts']\n\n\n__all__ = ['Bolt', 'parts']\n"
    )
    proof = named(verified(before, {**before, "car/__init__.py": lazy}, imports=True), "imports")
    assert (proof.verdict, proof.notes) == (
        Verdict.PROVEN,
        ("import car.parts does not load any more along the way: bolt",),
    )


def test_a_star_import_that_fails_on_the_branch_only(verified: Verified) -> None:
    after = {**CAR, "car/__init__.py": CAR["car/__init__.py"].replace("['Engine'", "['Motor', 'Engine'")}
    found = differences(verified(CAR, after, imports=True), "imports")
    assert found["from car import *"] == ("works", "AttributeError: module 'car' has no attribute 'Motor'")


def test_an_inner_package_that_fails_on_the_branch_only(verified: Verified) -> None:
    before = {**CAR, "car/inner/__init__.py": "X = 1\n"}
    found = differences(verified(before, {**before, "car/inner/__init__.py": "1 / 0\n"}, imports=True), "imports")
    assert found == {"import car.inner": ("works", "ZeroDivisionError: division by zero")}
