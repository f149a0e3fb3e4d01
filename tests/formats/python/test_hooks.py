"""Hooks that run for each new class: which of them leave a trace, and which only dress up the class."""

import ast

import pytest

from cifix.formats.python.hooks import counts, hooks, traced

TRACED = (
    "def __init_subclass__(cls):\n    cls.known.append(cls)",
    "def __init_subclass__(cls):\n    cls.known[cls.__name__] = cls",
    "def __init_subclass__(cls):\n    del cls.known['a']",
    "def __init_subclass__(cls):\n    known = cls.known\n    known[cls.__name__] = cls",
    "def __init_subclass__(cls):\n    many = known = cls.known\n    known.add(cls)",
    "def __init_subclass__(cls):\n    for base in cls.__mro__:\n        base.children = True",
    "def __init_subclass__(cls):\n    if known := cls.known:\n        known.add(cls)",
    "def __init_subclass__(cls):\n    cls.settings.last = cls",
    "def __init_subclass__(cls):\n    announce(cls)",
    "def __init_subclass__(cls):\n    announce(kind=cls)",
    "def __init_subclass__(cls):\n    cls.parent().children.add(cls)",
    "def __init__(cls, name, bases, namespace):\n    bases[0].children.append(cls)",
    "def __init__(cls, name, bases, namespace):\n    for base in bases:\n        setattr(base, 'last', cls)",
    (
        "def __new__(mcs, name, bases, namespace):\n    made = super().__new__(mcs, name, bases, namespace)\n"
        "    mcs.made[name] = made\n    return made"
    ),
    (
        "def __new__(mcs, name, bases, namespace):\n    made = type.__new__(mcs, name, bases, namespace)\n"
        "    made.known.append(made)\n    return made"
    ),
    "async def __init_subclass__(cls): ...",
)
QUIET = (
    "def __init_subclass__(cls, **options):\n    super().__init_subclass__(**options)\n    cls.name = cls.__name__",
    "def __init_subclass__(cls):\n    setattr(cls, 'a', 1)\n    del cls.b",
    "def __init_subclass__(cls):\n    if not hasattr(cls, 'a'):\n        raise TypeError(cls)",
    "def __init_subclass__(cls):\n    found = []\n    for name in dir(cls):\n        found.append(name)",
    (
        "def __new__(mcs, name, bases, namespace):\n    namespace['a'] = 1\n"
        "    made = super().__new__(mcs, name, bases, namespace)\n    made.b = 2\n    return made"
    ),
    (
        "def __new__(mcs, name, bases, namespace):\n    fields = {}\n    for base in bases:\n"
        "        fields.update(base.fields)\n    return type.__new__(mcs, name, bases, {**namespace, 'fields': fields})"
    ),
    "def __init__(cls, name, bases, namespace):\n    super().__init__(name, bases, namespace)\n    print(name)",
)


@pytest.mark.parametrize("source", TRACED)
def test_a_hook_that_changes_what_classes_share_leaves_a_trace(source: str) -> None:
    assert traced(ast.parse(source).body[0])


@pytest.mark.parametrize("source", QUIET)
def test_a_hook_that_dresses_up_its_class_leaves_none(source: str) -> None:
    assert not traced(ast.parse(source).body[0])


def test_the_hooks_of_a_class_and_of_a_metaclass() -> None:
    source = "class A:\n    x: int = 1\n    def __init__(self): ...\n    __init_subclass__ = f\n    (a, b) = c\n"
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.ClassDef)
    assert [ast.unparse(hook) for hook in hooks(node, meta=False)] == ["__init_subclass__ = f"]
    assert [type(hook) for hook in hooks(node, meta=True)] == [ast.FunctionDef]
    assert traced(node.body[2])


def test_a_class_that_lists_its_subclasses_counts_them() -> None:
    asking, plain = ast.parse("class A:\n    x = object.__subclasses__()\nclass B:\n    x = 1").body
    assert isinstance(asking, ast.ClassDef)
    assert isinstance(plain, ast.ClassDef)
    assert (counts(asking), counts(plain)) == (True, False)
