"""Which names a module binds, uses and deletes."""

import ast

import pytest

from cifix.formats.python.names import Names, certain, dunder_all, flattened, has_dunder_all, names, running


def read(source: str) -> Names:
    return names(ast.parse(source))


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        ("import a.b, c as d\nfrom e import f as g, h\nfrom i import *", {"a": 1, "d": 1, "g": 1, "h": 1}),
        ("x, (y, *z) = 1, (2, 3)\nx += 1", {"x": 2, "y": 1, "z": 1}),
        ("a: int\nb: int = 1", {"b": 1}),
        ("def f(x):\n    y = x\nclass C:\n    z = 1\nasync def g(): ...", {"f": 1, "C": 1, "g": 1}),
        ("for i in []:\n    j = i\nwith a as b: ...", {"i": 1, "j": 1, "b": 1}),
        ("try: ...\nexcept E as e:\n    x = 1", {"x": 1}),
        ("match a:\n    case [b, *c]: ...\n    case {'k': d, **e}: ...\n    case _: ...", dict.fromkeys("bcde", 1)),
        ("[x for x in y if (z := x)]", {"z": 1}),
        ("def f():\n    global g\n    g = h = 1\ng = 2", {"f": 1, "g": 2}),
        ("lambda a: (b := a)", {}),
    ],
)
def test_the_names_a_module_binds(source: str, bound: dict[str, int]) -> None:
    assert read(source).bound == bound


@pytest.mark.parametrize(
    ("source", "now", "later"),
    [
        ("class C(Base, metaclass=Meta):\n    x = value", {"Base", "Meta", "value"}, set()),
        ("@deco\ndef f(a: Note = default, *b: More, k=kd, **c) -> Result: return body", None, {"body"}),
        ("class C:\n    def m(self): return inside", set(), {"inside"}),
        ("def f(a, *b, c, **d): return a, b, c, d, e", set(), {"e"}),
        ("def f():\n    a = 1\n    def g(): return a, b", set(), {"b"}),
        ("def f():\n    global g\n    return g", set(), {"g"}),
        ("f = lambda a, b=c: a + d", {"c"}, {"d"}),
        ("def f(a: 'Quoted[Inner]', b: '] bad ['): ...", set(), {"Quoted", "Inner"}),
        ("x: 'Late' = 'Word'", set(), {"Late"}),
        ("[a for b in c if d]", {"a", "c", "d"}, set()),
        ("del gone", set(), set()),
    ],
)
def test_when_names_are_used(source: str, now: set[str] | None, later: set[str]) -> None:
    found = read(source)
    expected = {"deco", "Note", "default", "More", "kd", "Result"} if now is None else now
    assert found.now == expected
    assert found.later | found.hinted == later


def test_names_that_are_gone_at_the_end() -> None:
    assert read("import a\ndel a\ntry: ...\nexcept E as e: ...").deleted == {"a", "e"}


@pytest.mark.parametrize(
    "source",
    ["globals()['x'] = 1", "def f(): return locals()", "exec('x = 1')", "import sys\nsys.modules[__name__].x = 1"],
)
def test_a_namespace_used_as_a_dictionary_is_dynamic(source: str) -> None:
    assert read(source).dynamic


@pytest.mark.parametrize("source", ["vars(thing)", "dir(thing)", "other.modules", "print()"])
def test_other_calls_are_not(source: str) -> None:
    assert not read(source).dynamic


@pytest.mark.parametrize(
    ("source", "listed"),
    [
        ("x = 1", ()),
        ("__all__ = ['a', 'b']", ("a", "b")),
        ("__all__: list[str] = ['a']", ("a",)),
        ("__all__ = ('a',) + ('b',)\n__all__ += ['c']", ("a", "b", "c")),
        ("__all__ = ['a']\n__all__ = ['b']", ("b",)),
        ("__all__ = sub.__all__", None),
        ("__all__ = ['a'] + sub.__all__", None),
        ("__all__ = ['a', b]", None),
        ("__all__ = ['a']\n__all__.append('b')", None),
        ("if x:\n    __all__ = ['a']", None),
        ("from .sub import __all__", None),
    ],
)
def test_a_literal_list_of_public_names(source: str, listed: tuple[str, ...] | None) -> None:
    tree = ast.parse(source)
    assert dunder_all(tree) == listed
    assert has_dunder_all(tree) == (source != "x = 1")


@pytest.mark.parametrize(
    ("source", "bound"),
    [
        ("a = 1\nif c:\n    b = d = 1\nelse:\n    b = 2", {"a", "b"}),
        ("if c:\n    b = 1", set()),
        ("try:\n    import a\nexcept E:\n    a = None", {"a"}),
        ("try:\n    import a\nexcept E: ...", set()),
        ("try:\n    import a\nexcept E:\n    raise\nfinally:\n    b = 1", {"a", "b"}),
        ("for i in x:\n    a = 1", set()),
        ("with x:\n    a = 1", {"a"}),
    ],
)
def test_names_that_are_bound_whatever_happens(source: str, bound: set[str]) -> None:
    assert certain(ast.parse(source).body) == bound


def test_what_only_a_type_checker_sees_does_not_run() -> None:
    tree = running(ast.parse("if t.TYPE_CHECKING:\n    import a\nelse:\n    b = 1\nif TYPE_CHECKING: ...\nc = 1"))
    assert ast.unparse(tree) == "b = 1\nc = 1"


def test_flattening_stays_inside_one_scope() -> None:
    source = "try:\n    a\nexcept E:\n    b\nelse:\n    c\nfinally:\n    d"
    source += "\nmatch x:\n    case 1:\n        e\ndef f():\n    g"
    found = [ast.unparse(each) for each in flattened(ast.parse(source).body) if isinstance(each, ast.Expr)]
    assert found == ["a", "c", "d", "b", "e"]
