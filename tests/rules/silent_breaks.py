"""Forty-one small packages, each with one way in which a careless move to lazy imports changes behaviour unnoticed.

`files` lie in a package `p`; `probe` prints what a user would see. Every package also re-exports a harmless
`Extra`, so that a tool which gives up on the whole package gains nothing by that.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Silent:
    """One package and what is looked at."""

    name: str
    init: str
    files: dict[str, str]
    probe: str

    @property
    def tree(self) -> dict[str, str]:
        """All files, with the harmless module and its re-export on top."""
        head, body = ("", self.init)
        if self.init.startswith("from __future__"):
            head, _, body = self.init.partition("\n")
            head += "\n"
        files = {"extra.py": "class Extra:\n    pass\n", **self.files}
        files["__init__.py"] = f"{head}from .extra import Extra\n{body}"
        return {f"p/{path}": source for path, source in files.items()}


def _names(*names: str) -> str:
    return f"__all__ = {['Extra', *names]}\n"


A = {"a.py": "class A:\n    pass\n"}
REGISTRY = {
    "store.py": "known = {}\n\n\ndef put(cls):\n    known[cls.__name__] = cls\n    return cls\n",
    "plug.py": "from .store import put\n\n\n@put\nclass Plug:\n    pass\n",
}

CASES = (
    Silent("plain", "from .a import A\n" + _names("A"), A, "from p import A; print(A, A.__module__)"),
    Silent("alias", "from .a import A as B\n" + _names("B"), A, "import p; print(p.B, hasattr(p, 'A'))"),
    Silent("submodule", "from . import a\n" + _names("a"), A, "import p; print(p.a.A)"),
    Silent("absolute", "from p.a import A\n" + _names("A"), A, "import p; print(p.A is p.a.A)"),
    Silent(
        "function called like its module, module first",
        "from .run import run\n" + _names("run"),
        {"run.py": "def run():\n    return 1\n"},
        "import p.run; print(callable(p.run))",
    ),
    Silent(
        "function called like its module, through a sibling",
        "from .run import run\nfrom .b import B\n" + _names("run", "B"),
        {"run.py": "def run():\n    return 1\n", "b.py": "from .run import run as _r\nB = 1\n"},
        "import p; p.B; print(callable(p.run))",
    ),
    Silent(
        "attribute called like another module",
        "from .a import b\n" + _names("b"),
        {"a.py": "b = 'text'\n", "b.py": "B = 1\n"},
        "import p.b; from p import b; print(b if isinstance(b, str) else 'module')",
    ),
    Silent("base class", "from .a import A\nclass B(A): pass\n" + _names("A", "B"), A, "import p; print(p.B.__mro__)"),
    Silent("used in a function", "from .a import A\ndef f(): return A\n" + _names("A"), A, "import p; print(p.f())"),
    Silent(
        "decorator and default",
        "from .a import deco, D\n@deco\ndef f(x=D): return x\n" + _names("f"),
        {"a.py": "D = 3\n\n\ndef deco(f):\n    return f\n"},
        "import p; print(p.f())",
    ),
    Silent(
        "optional dependency",
        "try:\n    from .fast import go\n    FAST = True\nexcept ImportError:\n    go, FAST = None, False\n"
        + _names("go"),
        {"fast.py": "import surely_not_there\n\n\ndef go():\n    return 1\n"},
        "import p; print(p.FAST, p.go)",
    ),
    Silent(
        "registration, name unused",
        "from . import plug as _plug\nfrom .store import known\n" + _names("known"),
        REGISTRY,
        "import p; print(sorted(p.known))",
    ),
    Silent(
        "registration, name offered",
        "from .plug import Plug\nfrom .store import known\n" + _names("Plug", "known"),
        REGISTRY,
        "from p.store import known; print(sorted(known))",
    ),
    Silent(
        "subclasses are listed",
        "from .base import Base, listed\nfrom .child import Child\n" + _names("Base", "Child", "listed"),
        {
            "base.py": "class Base:\n    pass\n\n\ndef listed():\n"
            "    return [c.__name__ for c in Base.__subclasses__()]\n",
            "child.py": "from .base import Base\n\n\nclass Child(Base):\n    pass\n",
        },
        "import p; print(p.listed())",
    ),
    Silent(
        "subclasses are counted",
        "from .base import Base\nfrom .child import Child\n" + _names("Base", "Child"),
        {
            "base.py": "class Base:\n    seen = []\n\n    def __init_subclass__(cls):\n"
            "        Base.seen.append(cls.__name__)\n",
            "child.py": "from .base import Base\n\n\nclass Child(Base):\n    pass\n",
        },
        "import p; print(p.Base.seen)",
    ),
    Silent(
        "star of a list",
        "from .a import *\n" + _names("A"),
        {"a.py": "__all__ = ['A']\nA = 1\nB = 2\n"},
        "import p; print(p.A, hasattr(p, 'B'))",
    ),
    Silent(
        "no list of names", "from .a import A\n", A, "from p import *; print(sorted(n for n in dir() if n[0] != '_'))"
    ),
    Silent(
        "computed list of names",
        "from . import a\nfrom .a import *\n__all__ = ['Extra'] + a.__all__\n",
        {"a.py": "__all__ = ['A']\nA = 1\n"},
        "from p import *; print(A)",
    ),
    Silent(
        "loop over the namespace",
        "from .a import A\nfor _n, _v in list(locals().items()):\n    if isinstance(_v, type): _v.__module__ = 'p'\n",
        A,
        "import p; print(p.A.__module__)",
    ),
    Silent("submodule that came along", "from .a import A\n" + _names("A"), A, "import p; print(p.a.A)"),
    Silent(
        "submodule that came along with another",
        "from .a import A\n" + _names("A"),
        {"a.py": "from . import b\nA = b.B\n", "b.py": "B = 1\n"},
        "import p; print(p.b.B)",
    ),
    Silent(
        "submodule further down",
        "from .sub.deep import D\n" + _names("D"),
        {"sub/__init__.py": "", "sub/deep.py": "D = 1\n"},
        "import p.sub; print(p.sub.deep.D)",
    ),
    Silent(
        "own __getattr__",
        "from .a import A\n" + _names("A") + "def __getattr__(name):\n    if name == 'old': return A.__name__\n"
        "    raise AttributeError(name)\n",
        A,
        "import p; print(p.old, p.A, getattr(p, 'nope', 0))",
    ),
    Silent("bound again", "from .a import A\nA = [A]\n" + _names("A"), A, "import p; print(p.A)"),
    Silent(
        "deleted after use", "from .a import A\nN = A.__name__\ndel A\n", A, "import p; print(p.N, hasattr(p, 'A'))"
    ),
    Silent("deleted", "from .a import A\ndel A\n", A, "import p; print(hasattr(p, 'A'))"),
    Silent(
        "another module is patched",
        "from .patch import P\n" + _names("P"),
        {"target.py": "value = 1\n", "patch.py": "from . import target\ntarget.value = 2\nP = 1\n"},
        "import p.target; print(p.target.value)",
    ),
    Silent(
        "environment",
        "from .env import E\n" + _names("E"),
        {"env.py": "import os\nos.environ['P_SET'] = '1'\nE = 1\n"},
        "import p, os; print(os.environ.get('P_SET'))",
    ),
    Silent(
        "cycle through the package",
        "from .b import B\nfrom .a import A\n" + _names("A", "B"),
        {"a.py": "from p import B\nA = B\n", "b.py": "B = 1\n"},
        "import p.a; print(p.A)",
    ),
    Silent(
        "type hints",
        "from __future__ import annotations\nfrom .a import A\ndef f(x: A) -> None: pass\n" + _names("A", "f"),
        A,
        "import p, typing; print(typing.get_type_hints(p.f))",
    ),
    Silent(
        "condition on the version",
        "import sys\nif sys.version_info >= (3, 8):\n    from .a import A\nelse:\n    from .b import A\n" + _names("A"),
        {**A, "b.py": "A = 1\n"},
        "import p; print(p.A)",
    ),
    Silent(
        "comments and brackets",
        "from .a import (  # noqa: F401\n    A,  # first\n    # second\n    B,\n)\n" + _names("A", "B"),
        {"a.py": "A = 1\nB = 2\n"},
        "import p; print(p.A, p.B)",
    ),
    Silent(
        "bound twice",
        "from .a import A\nfrom .b import A\n" + _names("A"),
        {"a.py": "A = 1\n", "b.py": "A = 2\n"},
        "import p; print(p.A)",
    ),
    Silent(
        "arithmetic with a version",
        "from ._version import parts\n__version__ = '.'.join(map(str, parts))\n" + _names(),
        {"_version.py": "parts = 1, 2\n"},
        "import p; print(p.__version__)",
    ),
    Silent(
        "call while importing",
        "from .a import setup\nSTATE = setup()\n" + _names("STATE"),
        {"a.py": "def setup():\n    return 'ready'\n"},
        "import p; print(p.STATE)",
    ),
    Silent(
        "single dispatch",
        "from .show import show\nfrom .ext import Ext\n" + _names("show", "Ext"),
        {
            "show.py": "from functools import singledispatch\n\n\n@singledispatch\ndef show(x):\n    return 'plain'\n",
            "ext.py": "from .show import show\n\n\nclass Ext:\n    pass\n\n\n@show.register(int)\n"
            "def _(x):\n    return 'number'\n",
        },
        "import p; print(p.show(1))",
    ),
    Silent(
        "warning filter",
        "from .quiet import Q\n" + _names("Q"),
        {"quiet.py": "import warnings\nwarnings.filterwarnings('ignore', message='p says')\nQ = 1\n"},
        "import p, warnings; print(any(f[1] and f[1].pattern == 'p says' for f in warnings.filters))",
    ),
    Silent("namespace as a dictionary", "from .a import A\n" + _names("A"), A, "import p; print('A' in vars(p))"),
    Silent(
        "pickled before",
        "from .a import A\n" + _names("A"),
        A,
        "import pickle; print(pickle.loads(b'cp\\nA\\n.'))",
    ),
    Silent(
        "handler of a logger",
        "import logging\nfrom .a import A\nlogging.getLogger('p').addHandler(logging.NullHandler())\n" + _names("A"),
        A,
        "import p, logging; print(len(logging.getLogger('p').handlers), p.A)",
    ),
    Silent(
        "re-export of a re-export",
        "from .sub import A\n" + _names("A"),
        {"sub/__init__.py": "from .a import A\n__all__ = ['A']\n", "sub/a.py": "class A:\n    pass\n"},
        "import p; print(p.A, p.sub.a.A)",
    ),
)
