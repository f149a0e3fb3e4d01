"""`lazy import`, which Python 3.15 reads, for the parsers of older ones.

Source: https://peps.python.org/pep-0810/, read 2026-11.
"""

import ast
import io
import tokenize
from collections.abc import Iterator

_PLAIN = "0;  "
"""As long as `lazy`, and a statement of its own: what follows becomes an ordinary import at the same place."""

_BEFORE = {tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.COMMENT}


def is_lazy(statement: ast.stmt) -> bool:
    """Whether an import statement begins with `lazy`, on any Python that `parsed` ran on."""
    return bool(getattr(statement, "is_lazy", 0))


def parsed(source: str) -> ast.Module:
    """`ast.parse`, and on a Python before 3.15 the same for sources with `lazy import`.

    There, each `lazy` is parsed as an expression statement of the same length, so that all places stay,
    and taken out of the tree; the import gets `is_lazy = 1` and its place. Raises `SyntaxError`.
    """
    try:
        return ast.parse(source)
    except SyntaxError:
        if not (places := list(_keywords(source))):
            raise
        lines = source.split("\n")
        for line, column in places:
            text = lines[line - 1]
            lines[line - 1] = text[:column] + _PLAIN + text[column + len(_PLAIN) :]
        tree = ast.parse("\n".join(lines))
    wanted = {(line, len(source.split("\n")[line - 1][:column].encode())) for line, column in places}
    _mark(tree.body, wanted)
    if wanted:
        line = min(wanted)[0]
        raise SyntaxError("lazy import is not allowed here", ("", line, 1, "")) from None
    return tree


def _keywords(source: str) -> Iterator[tuple[int, int]]:
    """The line and column, in characters, of each `lazy` that begins an import statement."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source, newline="\n").readline))
    except (tokenize.TokenError, SyntaxError):
        return
    for before, token, after in zip([None, *tokens], tokens, tokens[1:], strict=False):
        first = before is None or before.type in _BEFORE or before.string in {";", ":"}
        if first and token.string == "lazy" and after.string in {"import", "from"}:
            yield token.start


def _mark(body: list[ast.stmt], wanted: set[tuple[int, int]]) -> None:
    """Turn the markers of one block into marks on the imports behind them; what is left of `wanted` was misplaced."""
    for statement in list(body):
        place = statement.lineno, statement.col_offset
        if place in wanted and isinstance(statement, ast.Expr):
            wanted.discard(place)
            imported = body[body.index(statement) + 1]
            imported.col_offset = statement.col_offset
            imported.is_lazy = 1  # type: ignore[attr-defined]  # a field of the node from Python 3.15 on
            body.remove(statement)
        elif isinstance(statement, ast.If | ast.With):
            _mark(statement.body, wanted)
            _mark(getattr(statement, "orelse", []), wanted)
