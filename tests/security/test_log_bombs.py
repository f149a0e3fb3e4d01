"""Whatever a log or an archive of logs holds, `cifix diagnose` ends in bounded time and memory, and writes nothing."""

import gzip
import os
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cifix.cli import logs
from cifix.errors import UsageError
from tests.security.bombs import limited

STAMP = b"2026-01-01T00:00:00.0000000Z "
RED = STAMP + b"##[group]Run pytest\n" + STAMP + b"ModuleNotFoundError: No module named 'car.wheels'\n"
END = STAMP + b"##[error]Process completed with exit code 1.\n"
MEGABYTE = 1 << 20


def inherited() -> int:
    """The most that this process has held, in MiB: Linux counts it for a child as well, as of the fork."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@dataclass(frozen=True)
class Ended:
    """How it ended: exit code, what it said, and what it took."""

    exit: int
    out: bytes
    said: str
    seconds: float
    megabytes: int


def diagnose(place: str, folder: Path, fed: Iterable[bytes] = ()) -> Ended:
    """Run `cifix diagnose` in an empty folder within the limits of a bomb; `fed` is its standard input."""
    room = folder / "room"
    room.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with (folder / "out").open("wb") as out, (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "cifix", "diagnose", place],
            cwd=room,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=said,
            env=environment,
            preexec_fn=limited,  # noqa: PLW1509
        )
        assert process.stdin is not None
        with process.stdin:
            for chunk in fed:
                process.stdin.write(chunk)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert list(room.iterdir()) == []
    seconds = used.ru_utime + used.ru_stime
    return Ended(
        process.returncode,
        (folder / "out").read_bytes(),
        (folder / "said").read_text(errors="replace"),
        seconds,
        used.ru_maxrss // 1024,
    )


def repeated(piece: bytes, size: int) -> Iterator[bytes]:
    """At least `size` bytes of one piece, a megabyte at a time."""
    chunk = piece * (MEGABYTE // len(piece) + 1)
    yield from (chunk for _ in range(size // len(chunk) + 1))


def wrapped(middle: Iterator[bytes]) -> Iterator[bytes]:
    yield RED
    yield from middle
    yield b"\n" + END


STREAMS: dict[str, Callable[[], Iterator[bytes]]] = {
    "one line of 256 MB": lambda: repeated(b"x", 256 * MEGABYTE),
    "256 MB of NUL bytes": lambda: repeated(b"\0", 256 * MEGABYTE),
    "64 MB of carriage returns": lambda: repeated(b"a\r", 64 * MEGABYTE),
    "half a million lines": lambda: repeated(b"a b c d\n", 4 * MEGABYTE),
    "ten million blank lines": lambda: repeated(b"\n", 10 * MEGABYTE),
    "200,000 groups that never close": lambda: (STAMP + b"##[group]Run a%d\n" % at for at in range(200_000)),
    "200,000 sections that never close": lambda: (b"section_start:1:a%d\r\n" % at for at in range(200_000)),
    "colours": lambda: repeated(b"\x1b[31m\x1b]8;;x\x07", 16 * MEGABYTE),
    "colours that never end": lambda: repeated(b"\x1b]\x1b[", 16 * MEGABYTE),
    "control characters": lambda: repeated(bytes(range(32)) + b"\x7f\xc2\x9b", 4 * MEGABYTE),
    "commands that never end": lambda: repeated(b"##[error ##[group ::error \n", 4 * MEGABYTE),
    "100,000 facts of one step": lambda: (
        STAMP + b"ModuleNotFoundError: No module named 'a%d'\n" % at for at in range(100_000)
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_flood_does_not_hide_the_cause(name: str, tmp_path: Path) -> None:
    ended = diagnose("-", tmp_path, wrapped(STREAMS[name]()))
    assert ended.exit in (1, 3), ended.said[-600:]
    assert b"failed: " in ended.out
    assert not any(character in ended.out for character in b"\x1b\x07\r\0\x9b"), "a sequence reaches the terminal"
    assert len(ended.out) < MEGABYTE
    assert ended.megabytes < max(400, inherited() + 100), ended


def test_a_log_of_two_million_jobs_is_one_error(tmp_path: Path) -> None:
    jobs = (b"job%d\tstep\t%sboom\n" % (at, STAMP) for at in range(2_000_000))
    (tmp_path / "jobs.log").write_bytes(b"".join(jobs))
    assert refused(diagnose(str(tmp_path / "jobs.log"), tmp_path), "name fewer logs")


def test_standard_input_that_does_not_end_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LIMIT", MEGABYTE)
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr("sys.stdin", endless)
        with pytest.raises(UsageError, match="does not end"):
            list(logs.named([logs.STDIN], None, tmp_path))


def refused(ended: Ended, words: str) -> bool:
    """Whether it ended as wrong use, with one line that says why."""
    assert ended.exit == 2, ended
    assert ended.out == b""
    assert len(ended.said.strip().splitlines()) == 1, ended.said
    assert words in ended.said, ended.said
    return True


def archive(place: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return place


def test_an_archive_that_unpacks_to_far_more_than_it_holds_is_one_error(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "logs.zip", "w", zipfile.ZIP_DEFLATED) as made,
        made.open("1_test.txt", "w", force_zip64=True) as member,
    ):
        for chunk in repeated(b"\n", 300 * MEGABYTE):
            member.write(chunk)
    assert refused(diagnose(str(tmp_path / "logs.zip"), tmp_path), "that is no archive of logs")


def test_members_that_share_their_bytes_are_one_error(tmp_path: Path) -> None:
    """As in the bombs of David Fifield: the list names one stretch of the file many times."""
    packed = archive(tmp_path / "logs.zip", ("1_test.txt", b"a" * MEGABYTE))
    data = packed.read_bytes()
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    listed, count = data[start:end] * 1_000, (1_000).to_bytes(2, "little")
    closing = data[end : end + 8] + count * 2 + len(listed).to_bytes(4, "little") + data[end + 16 :]
    packed.write_bytes(data[:start] + listed + closing)
    assert refused(diagnose(str(packed), tmp_path), "that is no archive of logs")


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = archive(tmp_path / "inner.zip", ("1_test.txt", b"a" * (64 * MEGABYTE))).read_bytes()
    outer = archive(tmp_path / "logs.zip", ("inner.zip", inner), ("1_test.txt", RED + END), ("2_zip.txt", inner))
    ended = diagnose(str(outer), tmp_path)
    assert ended.exit == 3
    assert b"car.wheels" in ended.out
    assert ended.megabytes < max(300, inherited() + 100)


@pytest.mark.parametrize(
    "name",
    [
        "../../outside.txt",
        "/cifix-outside.txt",
        "C:\\outside.txt",
        "\\\\server\\share\\outside.txt",
        "a/../../../outside.txt",
        "nul\0.txt.txt",
        "line\nfeed\x1b[31m.txt",
        "-rf.txt",
        "%s{0}.txt",
        "x" * 60_000 + ".txt",
    ],
)
def test_no_name_of_a_member_leads_out_of_the_archive(name: str, tmp_path: Path) -> None:
    member = zipfile.ZipInfo("plain.txt")
    member.filename = name
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as made:
        made.writestr(member, RED + END)
        made.writestr("0_other.txt", RED + END)
    before = sorted(tmp_path.iterdir())
    ended = diagnose(str(tmp_path / "logs.zip"), tmp_path)
    assert ended.exit == 3, ended
    assert b"\x1b" not in ended.out
    assert {*tmp_path.iterdir()} - {*before} == {tmp_path / "room", tmp_path / "out", tmp_path / "said"}
    assert not Path("/cifix-outside.txt").exists()


def test_an_archive_of_a_hundred_thousand_logs_is_one_error(tmp_path: Path) -> None:
    members = ((f"{at}_a.txt", b"") for at in range(100_000))
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as made:
        for name, data in members:
            made.writestr(zipfile.ZipInfo(name), data)
    assert refused(diagnose(str(tmp_path / "logs.zip"), tmp_path), "100,000 logs")


def test_an_archive_of_ten_thousand_logs_is_read(tmp_path: Path) -> None:
    members = ((f"job{at // 30}/{at % 30}_a.txt", RED + END) for at in range(10_000))
    ended = diagnose(str(archive(tmp_path / "logs.zip", *members)), tmp_path)
    assert ended.exit == 3, ended.said
    assert b"10000 failed steps, 1 cause" in ended.out


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x05\x06" + b"\xff" * 18, b"PK\x03\x04" + b"\xff" * 4_096])
def test_a_damaged_archive_is_one_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "logs.zip").write_bytes(data)
    assert refused(diagnose(str(tmp_path / "logs.zip"), tmp_path), "download it again")


def test_a_link_in_a_folder_of_logs_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(RED + STAMP + b"##[error]hidden words\n" + END)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/1_test.txt").write_bytes(RED + END)
    (tmp_path / "logs/2_link.txt").symlink_to(tmp_path / "secret")
    ended = diagnose(str(tmp_path / "logs"), tmp_path)
    assert b"car.wheels" in ended.out
    assert b"2_link" not in ended.out
    assert b"hidden" not in ended.out


def test_compressed_logs_are_read_as_they_are(tmp_path: Path) -> None:
    """Nothing but an archive of a run is unpacked, so that bytes of gzip are a log that says nothing."""
    (tmp_path / "log.gz").write_bytes(gzip.compress(b"a" * (64 * MEGABYTE)))
    assert diagnose(str(tmp_path / "log.gz"), tmp_path).exit in (0, 3)
