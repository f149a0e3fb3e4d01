"""Whatever a log holds, it is read to its end; what cannot be read is said as an error of cifix."""

import io
import tempfile
import zipfile
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.diagnosis import machine, markdown, text
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.diagnose import diagnose
from cifix.errors import CifixError
from cifix.logs.collect import Log, collect
from cifix.logs.facts import failures, signatures
from cifix.logs.keylines import key_lines, known
from tests.diagnosis.held import EXIT, STAMP, checkout
from tests.diagnosis.test_precision import CHECKOUT
from tests.logs.test_facts import ENTRIES

WORDS = st.one_of(
    st.sampled_from([entry["example"] for entry in ENTRIES]),
    st.sampled_from([one.needle for one in signatures()]),
    st.sampled_from(
        ["##[group]Run ", "##[error]", "Post job cleanup.", "\r", "\t", STAMP, EXIT, "section_start:1:a", "\0"]
    ),
    st.sampled_from(["'", "`", "/", "..", "{", "}", "%", "C:\\a\\b", "uv.lock", "car.lib", "é", "\ud800", "\u2028"]),
    st.text(max_size=20),
)
LINES = st.lists(st.lists(WORDS, max_size=4).map("".join), max_size=8)


@cache
def held() -> Checkout:
    return checkout(CHECKOUT)


def opened(data: bytes, job: str = "test") -> Log:
    return Log("job.txt", job, "", lambda: nullcontext(io.BytesIO(data)))


@settings(max_examples=120, deadline=None)
@given(
    LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8", "utf-16", "latin-1"]), st.text(max_size=9)
)
def test_any_lines_come_to_a_diagnosis(lines: list[str], newline: str, encoding: str, job: str) -> None:
    log = opened(newline.join((*lines, EXIT)).encode(encoding, "replace"), job)
    diagnosis = diagnose(list(failures([log])), held(), key_lines([log], known([])))
    machine.document(diagnosis)
    markdown.document(diagnosis, "cifix apply")
    list(text.lines(diagnosis, "cifix apply"))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(ENTRIES), st.data())
def test_a_signature_with_any_values_is_held_against_the_checkout(
    entry: dict[str, object], data: st.DataObject
) -> None:
    line = str(entry["example"])
    for value in dict.fromkeys(entry["values"].values()):  # type: ignore[attr-defined]
        line = line.replace(
            str(value), data.draw(st.sampled_from(["/", "..", ".", "a/../b", "x" * 90, str(value), "1", "[", "a.b."]))
        )
    list(text.lines(diagnose(list(failures([opened(f"{line}\n{EXIT}\n".encode())])), held()), ""))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_lines(data: bytes) -> None:
    list(failures([opened(data)]))


def archive(names: list[str], data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as members:
        for name in dict.fromkeys(names):
            members.writestr(name or "a", data)
    return made.getvalue()


NAMES = st.lists(
    st.sampled_from(["0_a.txt", "a/1_b.txt", "a/system.txt", "../x.log", "/y.txt", "a.bin", "é (3.1).txt"]), max_size=4
)


@settings(max_examples=80, deadline=None)
@given(
    NAMES,
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=4),
    st.integers(0, 500),
)
def test_a_damaged_archive_is_an_error_of_cifix_or_is_read(
    names: list[str], data: bytes, hits: list[tuple[int, int]], cut: int
) -> None:
    raw = bytearray(archive(names, data * 20))
    for place, value in hits:
        raw[place % len(raw)] = value
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "logs.zip"
        kept.write_bytes(bytes(raw[: len(raw) - cut % len(raw)] if cut % 3 == 0 else raw))
        with suppress(CifixError):
            list(failures(collect(kept)))
