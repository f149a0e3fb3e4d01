"""The places of a variable, against the compiler's own idea of scopes."""

import ast
import re

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from cifix.formats.python import parse
from cifix.formats.python.alpha import renamed
from cifix.formats.python.scopes import Function, Unsure, local, occurrences, parents, qualified, shared
from cifix.model.change import Edit, splice
from cifix.model.text import Text

KNOWN = {
    "parameters": "def f(§a, b=a, *, c: a = a) -> a:\n  return §a(a=§a).a, b",
    "every-binding": (
        "def f(b):\n  for §a in b: §a += 1\n  with b as §a: pass\n  §a: int = b\n  (§a := b)\n  del §a\n"
        "  for x, (§a, *y) in §a: pass\n  [§a, c] = b\n  §a.a = 1; b[§a] = 1"
    ),
    "caught": "def f(b):\n  try: pass\n  except (§a.b) as §a: §a\n  except E as \\\n   §a: pass",
    "inner": "def f(§a):\n  def g(b=§a, *, c: §a = §a): return §a\n  return g, lambda b, c=§a: §a, lambda a: a",
    "hidden": (
        "def f(§a):\n  def g(a): return a\n  def h():\n    a = 1\n    return a\n  def i():\n    global a\n    return a"
    ),
    "classes": "def f(§a):\n  class C(§a, x=§a):\n    b = §a\n    def g(self): return §a\n  return C",
    "comprehensions": "def f(§a):\n  return [a for a in §a], {b: §a for b in c if §a}, (a for b in §a for a in b)",
    "generators": "def f(§a):\n  return sum(§a for b in c if §a), {§a for b in c}",
    "walrus": "def f(b):\n  c = [(§a := d) for d in b]\n  return §a",
    "strings": "def f(§a):\n  return f'{§a}{§a!r:>{§a}}', 'a', f'a'",
    "unicode": "def f(§a):\n  'ü'; return 'ü', §a",
}
DOUBTFUL = [
    "def f():\n  global a\n  a = 1",
    "def f(b):\n  try: pass\n  except (E  # why\n  ) as a: pass",
    "def f(a): return locals()",
    "def f(a): return eval('a')",
    "def f(a): return x.query('@a')",
    "def f(a): return f'{a=}'",
    "def f(a): return f'{a + 1 = !r}'",
    "def f():\n  a = 1\n  def g():\n    nonlocal a\n    a = 2",
    "def f():\n  a = 1\n  class C:\n    a = a",
    "def f():\n  def a(): pass\n  return a",
    "def f():\n  import a\n  return a",
    "def f(b):\n  match b:\n    case [a]: return a",
    "def f(b):\n  match b:\n    case {**a}: return a",
]


@pytest.mark.parametrize("name", KNOWN)
def test_every_place_is_known(name: str) -> None:
    source = KNOWN[name].replace("§", "")
    module = parse(Text.decode(source.encode()))
    spans = occurrences(module, module.tree.body[0], "a")
    marked = splice(source, [Edit("", start, start, "§") for start, _ in spans])
    assert marked == KNOWN[name]


@pytest.mark.parametrize("source", DOUBTFUL)
def test_what_may_have_other_uses_is_left_alone(source: str) -> None:
    module = parse(Text.decode(source.encode()))
    with pytest.raises(Unsure):
        occurrences(module, module.tree.body[0], "a")


def test_names_of_scopes() -> None:
    module = parse(Text.decode(b"class A:\n  def f(self):\n    def g(): return [x for x in y]\nz = [x for x in y]"))
    above = parents(module.tree)
    names = [qualified(node, above) for node in ast.walk(module.tree) if isinstance(node, Function | ast.ListComp)]
    assert sorted(names) == ["<module>", "A.f", "A.f.<locals>.g", "A.f.<locals>.g"]


def test_shared_names_are_not_local() -> None:
    tree = ast.parse("def f(x):\n  global a\n  nonlocal b\n  a = b = c = 1")
    function = tree.body[0]
    assert local(function) == {"x", "c"}
    assert shared(function) == {"a", "b"}
    assert shared(function, ast.Global) == {"a"}


LEAVES = st.sampled_from(
    [
        *("a = b", "b = a", "a += 1", "del a", "global a", "nonlocal a", "print(a)", "import a", "a.a = b(a=a)"),
        *(
            "b = [a for b in a]",
            "b = [a for a in b]",
            "b = {a: b for b in b for a in a if a}",
            "b = [(a := b) for b in b]",
        ),
        *("b = lambda a: a", "b = lambda c=a: a", "b = f'{a!r}'", "for a in b: pass", "b = [lambda: a for c in a]"),
        *(
            "with b as a: pass",
            "(a := b)",
            "a: b",
            "a: a = a",
            "b = [[a for a in c] for c in a]",
            "return a",
            "yield a",
        ),
    ]
)


def nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    block = st.lists(inner, min_size=1, max_size=3).map(lambda lines: "\n".join(lines).replace("\n", "\n "))
    heads = st.sampled_from(
        [
            *("def g(b=a):", "def g(a):", "def a(b):", "class C(a):", "if a:", "async def h(*a, c=a):", "class a:"),
            *("while b:", "for a, b in a:", "def g(b: a) -> a:", "def g(a, /, b=1, *, c):"),
        ]
    )
    plain = st.builds("{}\n {}".format, heads, block)
    caught = st.builds("try:\n {}\nexcept a as a:\n {}".format, block, block)
    return plain | caught


BODIES = st.lists(st.recursive(LEAVES, nested, max_leaves=6), min_size=1, max_size=4)


@given(st.sampled_from(["def f(a):", "def f(b):", "async def f(*a):"]), BODIES, BODIES)
@settings(max_examples=400)
def test_the_compiler_agrees_with_every_known_place(head: str, body: list[str], rest: list[str]) -> None:
    source = f"{head}\n " + "\n".join(body).replace("\n", "\n ") + "\n" + "\n".join(rest) + "\n"
    try:
        compile(source, "", "exec")
    except SyntaxError:
        return
    module = parse(Text.decode(source.encode()))
    function = module.tree.body[0]
    if "a" not in local(function):
        return
    try:
        spans = occurrences(module, function, "a")
    except Unsure:
        return
    made = splice(source, [Edit("", start, end, "a_") for start, end in spans])
    assert renamed(module, parse(Text.decode(made.encode())), [("f", "a", "a_")]), made
    assert re.sub(r"\ba_\b", "a", made) == source
