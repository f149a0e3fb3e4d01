"""Facts: what a pure function tells of one file's bytes, small enough to be kept when the bytes are not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Fact(Generic[T_co]):
    """`tell` gives the same small, plain value for the same bytes, always; it may raise `Opaque`.

    Ask with `snapshot.derived(path, fact)`: whether the value is computed, remembered from an earlier rule or run, or
    comes from another process, makes no difference to who asks. `name` is where the function is defined.
    """

    tell: Callable[[bytes], T_co]
    name: str

    def __call__(self, data: bytes) -> T_co:
        """What the fact says about `data`."""
        return self.tell(data)


def fact(tell: Callable[[bytes], T_co]) -> Fact[T_co]:
    """Make a fact of a function of a module's top level."""
    return Fact(tell, f"{tell.__module__}.{tell.__qualname__}")
