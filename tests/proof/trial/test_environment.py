"""What commands of a trial see of the caller, and what they leave for the commands after them."""

from pathlib import Path

import pytest

from cifix.proof.trial.environment import kept, runner, settings


def test_settings_pass_and_secrets_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "UV_OFFLINE": "1",
        "PIP_NO_INDEX": "",
        "UV_DEFAULT_INDEX": "https://ada:secret@example.org/simple",
        "PIP_INDEX_URL": "https://example.org/simple",
        "GITHUB_TOKEN": "secret",
        "UV_PUBLISH_TOKEN": "secret",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    found = settings()
    assert (found["UV_OFFLINE"], found["PIP_INDEX_URL"]) == ("1", "https://example.org/simple")
    assert not {"PIP_NO_INDEX", "UV_DEFAULT_INDEX", "GITHUB_TOKEN", "UV_PUBLISH_TOKEN"} & found.keys()


def test_what_a_step_leaves_in_the_runners_files(tmp_path: Path) -> None:
    set_up = runner(tmp_path / "runner", tmp_path / "checkout")
    Path(set_up["GITHUB_ENV"]).write_text("A=1\nnothing\nB<<END\none\ntwo\nEND\nC<<OPEN\nthree\n")
    Path(set_up["GITHUB_PATH"]).write_text("/first\n/last\n")
    assert kept(tmp_path / "runner") == ({"A": "1", "B": "one\ntwo", "C": "three"}, ["/last", "/first"])
    Path(set_up["GITHUB_ENV"]).unlink()
    Path(set_up["GITHUB_PATH"]).unlink()
    assert kept(tmp_path / "runner") == ({}, [])
