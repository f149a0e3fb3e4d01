"""The Dockerfile without Docker: what its first stage copies and runs is copied and run in a folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cifix import __version__
from tests.pages import ROOT


def instructions() -> list[list[tuple[str, str]]]:
    """The stages, each a list of instructions with their words."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    stages: list[list[tuple[str, str]]] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest))
    return stages


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the first stage after its build."""
    root = tmp_path_factory.mktemp("image")
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "XDG_CACHE_HOME")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for word, rest in instructions()[0]:
        if word == "COPY":
            *given, place = rest.split()
            for name in given:
                copy(ROOT / name, root / place.strip("/"), place)
        elif word == "RUN":
            command = re.sub(r"/(?=opt/|source)", f"{root}/", rest)
            done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, check=False)
            assert done.returncode == 0, done.stderr.decode()
    return root


def copy(source: Path, to: Path, place: str) -> None:
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        to.mkdir(parents=True, exist_ok=True)
        assert place.endswith("/")  # otherwise Docker takes it for a file
        shutil.copy(source, to)


def test_the_first_stage_installs_cifix_with_both_forges(built: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(built)}
    said = subprocess.run(
        [built / "opt/cifix/bin/cifix", "--version"], env=environment, capture_output=True, text=True, check=True
    )
    assert __version__ in said.stdout
    code = "import cifix, github, gitlab; print(cifix.__file__)"
    said = subprocess.run(
        [built / "opt/cifix/bin/python", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.startswith(str(built / "opt/cifix/lib"))


def test_the_image_has_git_no_root_and_one_base() -> None:
    build, image = instructions()
    assert build[0] == ("FROM", f"{image[0][1]} AS build")
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", image[0][1])
    words = [word for word, _ in image]
    assert dict(image)["USER"] == "cifix"
    assert words.index("USER") > max(place for place, word in enumerate(words) if word == "RUN")
    assert ("COPY", "--from=build /opt/cifix /opt/cifix") in image
    assert dict(image)["ENTRYPOINT"] == '["cifix"]'
    assert any(" git " in rest for word, rest in image if word == "RUN")
