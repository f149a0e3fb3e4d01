"""Where a module uses some of its names: while it is imported, in annotations that do not run, or in functions."""

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Uses:
    """The uses of `names` in one module.

    `now` are the lines of those that run with the module, `annotations` of those that no import runs.
    `functions` are the outermost functions whose bodies use a name, with the class each is a method of.
    `hidden` says that a name is bound once more, or is made global, somewhere; `quoted` that an annotation names
    one in quotation marks.
    """

    names: Collection[str]
    deferred: bool
    now: list[int] = field(default_factory=list)
    annotations: list[int] = field(default_factory=list)
    functions: dict[Function, str] = field(default_factory=dict)
    hidden: bool = False
    quoted: bool = False

    def block(self, body: Sequence[ast.AST], function: Function | None = None, owner: str = "") -> None:
        """Read statements or expressions that run with the module, or with `function`."""
        for node in body:
            self._node(node, function, owner)

    def _node(self, node: ast.AST, function: Function | None, owner: str) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.hidden |= node.name in self.names
                self._function(node, function, owner)
            case ast.ClassDef():
                self.hidden |= node.name in self.names
                self.block([*node.decorator_list, *node.bases, *node.keywords], function, owner)
                self.block(node.body, function, owner if function else node.name)
            case ast.AnnAssign(target=target, annotation=annotation, value=value):
                self._annotation(annotation, function, never=function is not None)
                self.block([target, *([value] if value else [])], function, owner)
            case ast.Name(id=name, ctx=context):
                if name in self.names and isinstance(context, ast.Load):
                    self._use(node.lineno, function, owner)
                self.hidden |= name in self.names and not isinstance(context, ast.Load)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                self.hidden |= not set(names).isdisjoint(self.names)
            case ast.arg(arg=name) | ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                self.hidden |= name in self.names
                self.block(list(ast.iter_child_nodes(node)), function, owner)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                bound = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
                self.hidden |= not bound.isdisjoint(self.names)
            case _:
                self.block(list(ast.iter_child_nodes(node)), function, owner)

    def _use(self, line: int, function: Function | None, owner: str) -> None:
        if function is None:
            self.now.append(line)
        else:
            self.functions.setdefault(function, owner)

    def _function(self, node: Function, outer: Function | None, owner: str) -> None:
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        for parameter in every:
            if parameter is not None:
                self.hidden |= parameter.arg in self.names
                self._annotation(parameter.annotation, outer, never=self.deferred)
        self._annotation(node.returns, outer, never=self.deferred)
        defaults = [default for default in (*arguments.defaults, *arguments.kw_defaults) if default is not None]
        self.block([*node.decorator_list, *defaults], outer, owner)
        self.block(node.body, outer or node, owner)

    def _annotation(self, node: ast.expr | None, function: Function | None, *, never: bool) -> None:
        """What is quoted does not run, nor does anything if annotations are put off; the rest runs like a default."""
        for part in ast.walk(node) if node is not None else ():
            match part:
                case ast.Name(id=name) if name in self.names and not (never or self.deferred):
                    self._use(part.lineno, function, "")
                case ast.Name(id=name) if name in self.names:
                    self.annotations.append(part.lineno)
                case ast.Constant(value=str(quoted)):
                    found = [part.lineno for name in _quoted(quoted) if name in self.names]
                    self.annotations += found
                    self.quoted |= bool(found)


def called(tree: ast.Module) -> frozenset[str]:
    """The last names of all that is called, or used as a decorator, while a module is imported."""
    return frozenset(name for node in _running(tree) for name in _last(node))


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Everything outside the bodies of functions."""
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            outside = [
                *child.args.defaults,
                *filter(None, child.args.kw_defaults),
                *getattr(child, "decorator_list", ()),
            ]
            yield from (part for one in outside for part in ast.walk(one))
        else:
            yield from _running(child)


def _last(node: ast.AST) -> Iterator[str]:
    functions = [node.func] if isinstance(node, ast.Call) else getattr(node, "decorator_list", [])
    for function in functions:
        match function:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name


def _quoted(annotation: str) -> Iterator[str]:
    try:
        tree = ast.parse(annotation.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return
    yield from (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
