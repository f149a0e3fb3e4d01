"""Facts: what a pure function tells of one file's bytes, small enough to be kept when the bytes are not."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cifix.model.text import Text

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True)
class Fact(Generic[T_co]):
    """`tell` gives the same small, plain value for the same bytes, always; it may raise `Opaque`.

    Ask with `snapshot.derived(path, fact)`: whether the value is computed, remembered from an earlier rule or run, or
    comes from another process, makes no difference to who asks. `name` is where the function is defined. If `source`
    is set, `tell` is given the text of a Python source instead of bytes.
    """

    tell: Callable[[Any], T_co]
    name: str
    source: bool = False

    def __call__(self, given: bytes | Text) -> T_co:
        """What the fact says about bytes, or about the text that they hold."""
        return self.tell(Text.decode(given, cookie=True) if self.source and isinstance(given, bytes) else given)


def fact(tell: Callable[[bytes], T_co]) -> Fact[T_co]:
    """Make a fact of a function of a module's top level that is given bytes."""
    return Fact(tell, f"{tell.__module__}.{tell.__qualname__}")


def source_fact(tell: Callable[[Text], T_co]) -> Fact[T_co]:
    """Make a fact of a function of a module's top level that is given the text of a Python source."""
    return Fact(tell, f"{tell.__module__}.{tell.__qualname__}", source=True)
