import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from cifix.errors import UsageError
from cifix.logs.collect import Log, collect


def archive(place: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name, text)
    return place


def seen(logs: list[Log]) -> list[tuple[str, str, bytes]]:
    found = []
    for log in logs:
        with log.open() as stream:
            found.append((log.job, log.step, stream.read()))
    return found


STEPPED = {
    "2_lint.txt": "whole lint",
    "10_test (3.12).txt": "whole test",
    "test (3.12)/10_Post run.txt": "post",
    "test (3.12)/2_Run pytest.txt": "pytest",
    "lint/1_Set up job.txt": "set-up",
}
WHOLE = {
    "0_test (3.12).txt": "test",
    "1_lint.txt": "lint",
    "lint/system.txt": "system",
    "test (3.12)/system.txt": "system",
}


def test_an_archive_with_one_file_a_step_gives_the_steps_in_order(tmp_path: Path) -> None:
    assert seen(collect(archive(tmp_path / "logs.zip", STEPPED))) == [
        ("lint", "Set up job", b"set-up"),
        ("test (3.12)", "Run pytest", b"pytest"),
        ("test (3.12)", "Post run", b"post"),
    ]


def test_an_archive_with_one_file_a_job_gives_the_jobs(tmp_path: Path) -> None:
    assert seen(collect(archive(tmp_path / "logs.zip", WHOLE))) == [("test (3.12)", "", b"test"), ("lint", "", b"lint")]


@pytest.mark.parametrize("members", [STEPPED, WHOLE])
def test_a_folder_is_read_like_the_archive_it_came_from(tmp_path: Path, members: dict[str, str]) -> None:
    packed = archive(tmp_path / "logs.zip", members)
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(tmp_path / "logs")
    assert seen(collect(tmp_path / "logs")) == seen(collect(packed))
    assert collect(tmp_path / "logs")[0].name.startswith(str(tmp_path / "logs") + "/")


def test_a_file_is_a_log_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "output").write_text("text")
    assert seen(collect(tmp_path / "output")) == [("", "", b"text")]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.exists, "does not exist"),
        (lambda place: place.mkdir(), r"holds no \.txt or \.log file"),
        (lambda place: place.write_bytes(b"PK\x03\x04 and then nothing"), "damaged archive"),
        (lambda place: archive(place, {"a.json": "{}"}), r"holds no \.txt or \.log file"),
    ],
)
def test_what_is_no_log_is_an_error(tmp_path: Path, make: Callable[[Path], object], words: str) -> None:
    make(tmp_path / "logs")
    with pytest.raises(UsageError, match=words):
        collect(tmp_path / "logs")


def test_an_encrypted_or_oversized_member_is_an_error(tmp_path: Path) -> None:
    packed = archive(tmp_path / "logs.zip", {"a.txt": "x"})
    data = bytearray(packed.read_bytes())
    at = data.index(b"PK\x01\x02")
    packed.write_bytes(data[: at + 8] + b"\x01" + data[at + 9 :])
    with pytest.raises(UsageError, match="encrypted"):
        collect(packed)
    packed.write_bytes(data[: at + 24] + (3 << 30).to_bytes(4, "little") + data[at + 28 :])
    with pytest.raises(UsageError, match="that is no archive of logs"):
        collect(packed)


def test_an_empty_archive_has_no_log(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no \.txt or \.log file"):
        collect(archive(tmp_path / "logs.zip", {}))


def test_a_member_that_turns_out_to_be_damaged_is_an_error(tmp_path: Path) -> None:
    packed = archive(tmp_path / "logs.zip", {"a.txt": "some line\n" * 500})
    data = bytearray(packed.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    packed.write_bytes(bytes(data))
    (log,) = collect(packed)
    with pytest.raises(UsageError, match=r"a\.txt is damaged .* download the archive again"), log.open() as stream:
        stream.read()


def test_a_member_whose_header_is_lost_is_an_error(tmp_path: Path) -> None:
    packed = archive(tmp_path / "logs.zip", {"a.txt": "x"})
    packed.write_bytes(b"PK\x03\x04" + b"\0" * 26 + packed.read_bytes()[30:])
    (log,) = collect(packed)
    with pytest.raises(UsageError, match="is damaged"), log.open():
        pass
