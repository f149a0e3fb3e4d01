"""The targets driven by atheris, which looks for bytes that reach code no other bytes have reached."""

import sys
from collections.abc import Callable
from random import Random


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
    import atheris  # noqa: PLC0415 - an extra

    options = [f"-runs={runs}", f"-seed={seed + 1}", "-max_len=512", "-len_control=0", "-timeout=20", "-rss_limit_mb=2048"]
    atheris.Setup([sys.argv[0], *options], lambda data: once(Drawn(data)))
    atheris.Fuzz()
