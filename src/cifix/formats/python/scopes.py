"""Scopes of a module: which name belongs to which function or comprehension, and where it stands in the text."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from cifix.formats.python import Module, Span

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Function = ast.FunctionDef | ast.AsyncFunctionDef
Scope = Function | ast.Lambda | ast.ClassDef | Comprehension
_Named = ast.Name | ast.arg | ast.ExceptHandler
Parents = Mapping[ast.AST, ast.AST]

_NAMESPACES = frozenset({"locals", "vars", "eval", "exec", "dir"})
_FRAMES = frozenset({"currentframe", "_getframe", "stack", "query", "eval", "evaluate", "sql"})
"""Attributes that may find a local variable by its name: frames, and queries over data frames."""


def parents(tree: ast.Module) -> Parents:
    """Each node of a module but the first by the one that holds it."""
    return {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}


def parameters(node: ast.AST) -> tuple[ast.arg, ...]:
    """All parameters of a function or lambda in order; none of anything else."""
    if not isinstance(node, Function | ast.Lambda):
        return ()
    given = node.args
    several = [*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg]
    return tuple(each for each in several if each is not None)


def inside(node: ast.AST) -> list[ast.AST]:
    """The nodes that are evaluated in the scope that `node` opens; a module opens one as well."""
    match node:
        case ast.Lambda(body=body):
            return [body]
        case ast.Module(body=statements) | ast.FunctionDef(body=statements) | ast.AsyncFunctionDef(body=statements):
            return [*statements]
        case ast.ClassDef(body=statements):
            return [*statements]
        case ast.DictComp(key=key, value=value, generators=generators):
            results = [key, value]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            results, generators = [node.elt], node.generators
        case _:
            return []
    later = [part for each in generators for part in (each.target, *each.ifs)]
    return [*results, *later, *(each.iter for each in generators[1:])]


def around(node: Scope) -> list[ast.AST]:
    """The nodes of a scope's head, which are evaluated in the scope that it stands in."""
    if isinstance(node, Comprehension):
        return [node.generators[0].iter]
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords, *getattr(node, "type_params", ())]
    hints = [each.annotation for each in parameters(node) if each.annotation is not None]
    heads: list[ast.AST | None] = [*node.args.defaults, *node.args.kw_defaults, *hints]
    if not isinstance(node, ast.Lambda):
        heads += [*node.decorator_list, node.returns, *getattr(node, "type_params", ())]
    return [each for each in heads if each is not None]


def own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes below `nodes` that belong to the same scope; of an inner scope only itself and its head."""
    for node in nodes:
        yield node
        if isinstance(node, Scope):
            yield from own(around(node))
            if isinstance(node, Comprehension):
                yield from (part.target for part in own(inside(node)) if isinstance(part, ast.NamedExpr))
        else:
            yield from own(ast.iter_child_nodes(node))


def binds(node: ast.AST) -> tuple[str, ...]:
    """The names that a node itself binds or deletes, without those of nodes below it."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.alias(name=name, asname=asname):
            return (asname or name.partition(".")[0],)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case ast.MatchMapping(rest=str(name)):
            return (name,)
    return ()


def shared(node: ast.AST, *kinds: type[ast.Global | ast.Nonlocal]) -> frozenset[str]:
    """The names that a scope declares `global` or `nonlocal`, or only those of one of the two kinds."""
    wanted = kinds or (ast.Global, ast.Nonlocal)
    found = (part for part in own(inside(node)) if isinstance(part, wanted))
    return frozenset(name for part in found for name in part.names)


def local(node: ast.AST) -> frozenset[str]:
    """The names that belong to the scope that `node` opens."""
    if isinstance(node, Comprehension):
        return frozenset(name for part in own(each.target for each in node.generators) for name in binds(part))
    names = {name for part in own(inside(node)) for name in binds(part)}
    return frozenset((names | {each.arg for each in parameters(node)}) - shared(node))


def qualified(node: ast.AST, above: Parents) -> str:
    """The qualified name of a function, or of what a comprehension stands in: `Class.method`, `<module>`."""
    names: list[str] = []
    inner = False
    current: ast.AST | None = node
    while current is not None:
        if isinstance(current, Function | ast.ClassDef):
            names += [*(["<locals>"] if inner and isinstance(current, Function) else []), current.name]
            inner = True
        current = above.get(current)
    return ".".join(reversed(names)) or "<module>"


class Unsure(Exception):  # noqa: N818 - it says what is known, and callers answer it with a refusal
    """Not every use of a name is known; the message says why."""


def occurrences(module: Module, scope: ast.AST, name: str) -> tuple[Span, ...]:
    """Every place of a function or comprehension that means its own variable `name`.

    Raises `Unsure` if there may be others, or if one cannot be placed.
    """
    nodes: list[_Named] = list(_uses(module, inside(scope), name))
    nodes += [each for each in parameters(scope) if each.arg == name]
    spans = sorted({_place(module, node, name) for node in nodes})
    if any(module.text.text[start:end] != name for start, end in spans):
        raise Unsure(f"a place of {name} is not known")
    return tuple(spans)


def _uses(module: Module, nodes: Iterable[ast.AST], name: str) -> Iterator[_Named]:
    for node in nodes:
        _doubt(module, node, name)
        match node:
            case ast.Name(id=found) if found == name:
                yield node
            case ast.ExceptHandler(name=found) if found == name:
                yield node
        if not isinstance(node, Scope):
            yield from _uses(module, ast.iter_child_nodes(node), name)
            continue
        yield from _uses(module, around(node), name)
        if name in local(node):
            if isinstance(node, ast.ClassDef):
                raise Unsure(f"the class {node.name} has a {name} of its own")
        elif name in shared(node, ast.Nonlocal):
            raise Unsure(f"{name} is declared nonlocal")
        elif name not in shared(node):
            yield from _uses(module, inside(node), name)


def _doubt(module: Module, node: ast.AST, name: str) -> None:
    match node:
        case ast.Name(id=found) if found in _NAMESPACES - {name}:
            raise Unsure(f"{found} can read local variables by their names")
        case ast.Attribute(attr=found) if found in _FRAMES:
            raise Unsure(f".{found} may read local variables by their names")
        case ast.Global(names=found) | ast.Nonlocal(names=found) if name in found:
            raise Unsure(f"{name} is declared global or nonlocal")
        case ast.JoinedStr() if re.search(rf"\{{[^{{}}]*\b{name}\b[^{{}}]*=\s*[}}!:]", module.source(node)):
            raise Unsure(f"a string shows {name} with its name")
    if name in binds(node) and not isinstance(node, ast.Name | ast.ExceptHandler):
        raise Unsure(f"{name} is more than a variable: {type(node).__name__}")


def _place(module: Module, node: _Named, name: str) -> Span:
    if isinstance(node, ast.ExceptHandler):
        start = module.span(node.type)[1] if node.type else 0
        found = re.compile(rf"[\s)\\]*\bas[\s\\]+({name})\b").match(module.text.text, start)
        if found is None:
            raise Unsure(f"the place of {name} after `as` is not known")
        return found.span(1)
    start = module.offset(node.lineno, node.col_offset)
    return start, start + len(name)
