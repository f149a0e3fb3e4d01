"""The edits that turn an `assert` into a raise, around all that is written in it."""

import ast
import re
from collections.abc import Iterator

from cifix.formats.python import Module
from cifix.formats.python.asserts import opposite
from cifix.model.change import Edit

_KEYWORD = re.compile(r"assert(?:[ \t\f]|\\(?:\r\n|\r|\n))*")
_NOT = re.compile(r"not(?:[ \t\f]|\\(?:\r\n|\r|\n))*")
_OPERATOR = re.compile(r"\b(?:is(?:\s+not)?|(?:not\s+)?in)\b")
_TO_COMMA = re.compile(r"(?:[^,#]|#[^\r\n]*)*")
_BLANK = " \t\f\r\n\\"
_LOOSER = ast.BoolOp | ast.Compare | ast.IfExp | ast.Lambda
"""What `not` in front of it would take only a part of, or seem to."""
_WORDS = {ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}


def replaced(path: str, module: Module, node: ast.Assert) -> tuple[Edit, ...]:
    """The edits for an `assert` that has its lines to itself."""
    written, newline = module.text.text, module.text.newline_at(module.span(node)[0])
    start, end = module.span(node)
    margin = written[module.line_start(start) : start].lstrip("\ufeff")
    unit = "\t" if margin.strip("\t") == "" and margin else module.indent
    condition_end, message_start = _parts(module, node)
    if isinstance(node.test, ast.Constant) and node.test.value is False:
        edits, head, unit = [Edit(path, start, condition_end, "raise AssertionError")], "", ""
    else:
        edits = list(_condition(path, module, node.test, start, condition_end))
        head = f":{newline}{margin}{unit}raise AssertionError"
    if node.msg is None:
        return _joined([*edits, *([Edit(path, end, end, head)] if head else ())])
    inside = message_start < module.span(node.msg)[0] and not isinstance(node.msg, ast.Yield | ast.YieldFrom)
    edits.append(Edit(path, condition_end, message_start, head + ("" if inside else "(")))
    edits += _deeper(path, module, (message_start, end), unit)
    if inside:
        edits += _comma(path, module, node.msg, end)
    return _joined([*edits, *([] if inside else [Edit(path, end, end, ")")])])


def _parts(module: Module, node: ast.Assert) -> tuple[int, int]:
    """Where the condition ends and where the message starts, their parentheses included."""
    end = module.span(node)[1]
    if node.msg is None:
        return end, end
    found = _TO_COMMA.match(module.text.text, module.span(node.test)[1], end)
    assert found is not None  # noqa: S101 - the expression matches nothing at all
    comma = found.end()
    condition = module.text.text[:comma].rstrip(_BLANK)
    message = module.text.text[comma + 1 : end].lstrip(_BLANK)
    return len(condition), end - len(message)


def _condition(path: str, module: Module, test: ast.expr, start: int, end: int) -> Iterator[Edit]:
    """Negate what stands from `start`, the keyword, to `end`."""
    written, first = module.text.text, module.span(test)[0]
    keyword = _end(_KEYWORD, written, start)
    operator = opposite(test)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and first == keyword:
        yield Edit(path, start, _end(_NOT, written, keyword), "if ")
    elif isinstance(test, ast.Compare) and operator and (place := _operator(module, test)):
        yield Edit(path, start, keyword, "if ")
        yield Edit(path, *place, _WORDS[operator])
    elif isinstance(test, _LOOSER) and first == keyword:
        yield Edit(path, start, keyword, "if not (")
        yield Edit(path, end, end, ")")
    else:
        yield Edit(path, start, keyword, "if not ")


def _operator(module: Module, test: ast.Compare) -> tuple[int, int] | None:
    """The characters of the operator of a single comparison; None if a comment stands beside it."""
    first, last = module.span(test.left)[1], module.span(test.comparators[0])[0]
    found = _OPERATOR.search(module.text.text, first, last)
    return found.span() if found and "#" not in module.text.text[first:last] else None


def _deeper(path: str, module: Module, message: tuple[int, int], unit: str) -> Iterator[Edit]:
    """Indent the further lines of a message, unless one may belong to a string."""
    start, end = message
    written = module.text.text[start:end]
    if any(mark in written for mark in ('"""', "'''", "\\\n", "\\\r")):
        return
    for line in module.text.line_starts:
        if start < line < end and unit:
            yield Edit(path, line, line, unit)


def _comma(path: str, module: Module, message: ast.expr, end: int) -> Iterator[Edit]:
    """The comma that formatters want after an argument whose parenthesis closes on a line of its own."""
    last = module.span(message)[1]
    between = module.text.text[last : end - 1]
    if re.fullmatch(r"[ \t\f]*(?:#[^\r\n]*)?[\r\n]\s*", between):
        yield Edit(path, last, last, ",")


def _joined(edits: list[Edit]) -> tuple[Edit, ...]:
    """The same edits, with two that stand at one place made one."""
    made: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if made and made[-1].end == edit.start:
            before = made.pop()
            made.append(Edit(edit.path, before.start, edit.end, before.text + edit.text))
        else:
            made.append(edit)
    return tuple(made)


def _end(expression: re.Pattern[str], written: str, start: int) -> int:
    found = expression.match(written, start)
    assert found is not None  # noqa: S101 - the parser saw the word there
    return found.end()
