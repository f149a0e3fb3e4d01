"""The targets driven by atheris, which looks for bytes that reach code no other bytes have reached."""

import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

_FIRST = 64
"""Inputs that atheris begins with."""


class Drawn(Random):
    """Choices read from bytes, so that a small change of the bytes is a small change of the input; zeros at the end."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._data = data
        self._at = 0

    def getrandbits(self, k: int) -> int:
        """The next so many bits, from whole bytes."""
        size = (k + 7) // 8
        piece = self._data[self._at : self._at + size]
        self._at += size
        return int.from_bytes(piece.ljust(size, b"\0"), "big") >> (size * 8 - k)

    def random(self) -> float:
        """The next 16 bits as a fraction."""
        return self.getrandbits(16) / 65_536


def explore(once: Callable[[Random], object], runs: int, seed: int) -> None:
    """Feed `once` with what atheris makes of the bytes before, `runs` times or until one raises; does not return.

    It watches what was imported under `atheris.instrument_imports`.
    """
    import atheris  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra

    limits = ("-max_len=512", "-len_control=0", "-timeout=20", "-rss_limit_mb=2048")
    with TemporaryDirectory(prefix="cifix-fuzz-") as folder:
        for number in range(_FIRST):
            (Path(folder) / str(number)).write_bytes(Random(f"{seed}-{number}").randbytes(400))  # noqa: S311
        told = [sys.argv[0], f"-runs={runs}", f"-seed={seed + 1}", *limits, folder]
        atheris.Setup(told, lambda data: once(Drawn(data)))
        atheris.Fuzz()
