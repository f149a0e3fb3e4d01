"""Git without the machine's configuration, and a helper to build repositories."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Git = Callable[..., bytes]

IDENTITY = (
    "[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n[core]\n\tautocrlf = false\n"
)


@pytest.fixture(scope="session", autouse=True)
def plain_git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Neither the user's nor the machine's git configuration, and no repository around the tests."""
    home = tmp_path_factory.mktemp("home")
    (home / "gitconfig").write_text(IDENTITY)
    kept = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]
    os.environ |= {
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(home),
        "XDG_CACHE_HOME": "none: not absolute",
        "PYTHONPATH": str(Path(__file__).parents[1] / "src"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    yield
    os.environ.clear()
    os.environ |= kept


@pytest.fixture
def git(tmp_path: Path) -> Git:
    """Run git in `tmp_path`, or in `cwd`; gives its output, fails the test if it fails."""

    def run(*arguments: str, cwd: Path = tmp_path, stdin: bytes = b"") -> bytes:
        done = subprocess.run(["git", *arguments], cwd=cwd, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run
