"""Raise `AssertionError` where ruff forbids `assert`.

Why:
    `S101 Use of assert detected` ends the lint job where a repository selects that rule of ruff, and ruff has no fix
    for it. `assert x, message` becomes `if not x: raise AssertionError(message)`: the same exception with the same
    message in the same cases, so that nobody who catches it notices. `is`, `in` and `not` are turned round; all other
    conditions get `not` in front, since `a != b` asks another method than `a == b` does. What a type checker learned
    from the `assert`, it learns from the `if`.

    The rule asks the repository's own settings of ruff, as ruff itself would, for every single file, and does nothing
    where they do not select S101 or where a `noqa` comment turns it down. What ruff can fix itself is left to ruff:
    `ruff check --fix`.

When this is wrong:
    `python -O` drops asserts and keeps raises: a check that is slow, or that only holds while debugging, then runs
    always. An `assert` about what a caller gave is better a `ValueError` or `TypeError`; that is for a person to say.
    If a project means to keep its asserts, S101 should not be selected.

What it will not touch:
    Tests, where pytest shows the values of a plain `assert`: ignore S101 there in `per-file-ignores`. Places where
    the raise breaks another rule that the settings select, such as EM101. Line comments that tell a tool what to do.

Sources:
    - https://docs.astral.sh/ruff/rules/assert/ (read 2026-11)
    - https://docs.python.org/3/reference/simple_stmts.html#the-assert-statement (read 2026-11)
"""

import ast
import re
from collections.abc import Iterator

from cifix.formats import python
from cifix.formats.python import Module
from cifix.formats.python.names import is_type_checking
from cifix.formats.python.scopes import Parents, parents
from cifix.formats.ruff import Ruff, turned_down
from cifix.model.expect import SameFailures
from cifix.model.finding import ALREADY, Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.replace_assert.edits import replaced
from cifix.rules.replace_assert.trades import broken

_TEST = re.compile(r"(?:.*/)?(?:tests?/.*|conftest\.py|test_[^/]*|[^/]*_test\.py|tests\.py)")
_DIRECTIVE = re.compile(r"#\s*(?:type:|noqa|pragma|pyright:|pylint:|mypy:|ty:|nosec|fmt:|NOSONAR)", re.IGNORECASE)


@declare(
    __doc__,
    reads=("**/*.py",),
    needles=(b"assert",),
    safety=Safety.REVIEW,
    after=("anchor-gitignore", "missing-first-party-module"),
    refusals={
        "opaque": "the file cannot be read",
        "test": "the file belongs to the tests, where a plain assert is what pytest explains best",
        "tuple": "the assert is given a tuple with items, which is always true: it has never checked anything",
        "shared-line": "the assert shares its line with other code",
        "directive": "a comment on the line tells a tool what to do, and two lines would come of it",
        "shadowed": "the module binds the name AssertionError itself",
        "traded": "the raise would break another rule that the settings of ruff select",
    },
)
def rule(snapshot: Snapshot, _options: NoOptions) -> Iterator[Finding]:
    """Find the asserts that ruff reports as S101."""
    linter = Ruff(snapshot)
    for path in rule.candidates(snapshot) if linter.anywhere("S101") else ():
        try:
            if not linter.selects(path, "S101"):
                continue
            module = snapshot.parsed(path, python.parse)
        except Opaque as why:
            yield Finding("replace-assert", path, 0, 0, "an assert may be reported", Refusal("opaque", str(why)))
            continue
        yield from _findings(linter, path, module)


def _findings(linter: Ruff, path: str, module: Module) -> Iterator[Finding]:
    above = parents(module.tree)
    reported = [
        node
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Assert)
        and not _only_for_checkers(node, above)
        and not turned_down(module.text, module.span(node)[0], module.trailing_end(node), "S101")
    ]
    if reported and _TEST.fullmatch(path):
        reason = f"ignore S101 for it in per-file-ignores; it holds {len(reported)} asserts"
        yield _finding(linter, path, module, reported[0], Refusal("test", reason))
        return
    for node in reported:
        yield _finding(linter, path, module, node, _outcome(linter, path, module, node, above))


def _finding(linter: Ruff, path: str, module: Module, node: ast.Assert, outcome: Fix | Refusal) -> Finding:
    start = module.span(node)[0]
    red_from = ALREADY if linter.fails(path) else None
    message = "S101 Use of `assert` detected"
    return Finding("replace-assert", path, start, start + len("assert"), message, outcome, red_from, ("S101",))


def _only_for_checkers(node: ast.AST, above: Parents) -> bool:
    """Whether the place is seen by type checkers only, which ruff leaves alone."""
    while (parent := above.get(node)) is not None:
        if isinstance(parent, ast.If) and node in parent.body and is_type_checking(parent.test):
            return True
        node = parent
    return False


def _outcome(linter: Ruff, path: str, module: Module, node: ast.Assert, above: Parents) -> Fix | Refusal:
    if isinstance(node.test, ast.Tuple) and node.test.elts:
        return Refusal("tuple", "a tuple with items is always true; were the parentheses meant for a message?")
    if module.lines(node) is None:
        return Refusal("shared-line", f"the line is {module.line_at(module.span(node)[0])!r}")
    comment = module.trailing_comment(node)
    if _DIRECTIVE.search(comment):
        return Refusal("directive", f"the comment is {comment}")
    if _rebinds(module.tree):
        return Refusal("shadowed", "`raise AssertionError` would raise something else")
    edits = replaced(path, module, node)
    held = linter.settings(path)
    codes = broken(held, module, node, edits, above) if held else ()
    code = next((code for code in codes if linter.selects(path, code)), None)
    if code is not None:
        return Refusal("traded", f"ruff would report {code} instead")
    line, _ = module.text.line_column(module.span(node)[0])
    title = f"Raise AssertionError on line {line} of {path}"
    return Fix(title, Safety.REVIEW, edits, (SameFailures(path),))


def _rebinds(tree: ast.Module) -> bool:
    """Whether any scope of the module binds the name `AssertionError`."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id="AssertionError", ctx=ast.Store() | ast.Del()) | ast.arg(arg="AssertionError"):
                return True
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if name == "AssertionError":
                    return True
            case ast.alias(name=name, asname=asname) if "AssertionError" in (asname or name):
                return True
    return False
