import pytest

from cifix.engine.suppress import suppressed
from cifix.model.finding import Finding, Refusal
from cifix.model.snapshot import Snapshot


def ignored(content: str, path: str = "a.yml", needle: str = "HERE", rule: str = "my-rule") -> bool:
    start = content.index(needle)
    finding = Finding(rule, path, start, start + len(needle), "", Refusal("k", ""))
    return suppressed(finding, Snapshot.of({path: content.encode()}))


@pytest.mark.parametrize(
    "content",
    [
        "HERE  # cifix: ignore[my-rule] we know\n",
        "HERE  #cifix:ignore[my-rule]\n",
        "x = 1\n# cifix: ignore[other, my-rule] why\nHERE\n",
        "  # cifix: ignore[my-rule]\r\n  HERE\r\n",
        "\ufeff# cifix: ignore[my-rule]\nHERE",
        "# cifix: ignore[my-rule] in a .gitignore, where no comment can follow a pattern\nHERE/\n",
    ],
)
def test_a_comment_turns_a_finding_down(content: str) -> None:
    assert ignored(content)


@pytest.mark.parametrize(
    "content",
    [
        "HERE\n",
        "HERE # cifix: ignore[other]\n",
        "HERE\n# cifix: ignore[my-rule]\n",
        "y # cifix: ignore[my-rule]\nHERE\n",
        "# cifix: ignore[my-rule]\n\nHERE\n",
        "HERE # cifix: ignore\n",
    ],
)
def test_other_comments_do_not(content: str) -> None:
    assert not ignored(content)


def test_any_line_of_the_finding_counts() -> None:
    assert ignored("FROM\n  a  # cifix: ignore[my-rule]\nTO\n", needle="FROM\n  a  # cifix: ignore[my-rule]\nTO")


def test_a_file_that_is_gone_or_binary_has_no_comments() -> None:
    snapshot = Snapshot.of({"b": b"\0# cifix: ignore[r]"})
    assert not suppressed(Finding("r", "gone", 0, 0, "", Refusal("k", "")), snapshot)
    assert not suppressed(Finding("r", "b", 0, 0, "", Refusal("k", "")), snapshot)
