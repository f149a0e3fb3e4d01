"""Which effects of a module would be lost if it were imported later."""

import pytest

from cifix.formats.python.effects import Effects
from cifix.formats.python.packages import packages
from cifix.model.snapshot import Snapshot

REGISTRY = """
import functools
ITEMS = {}
COUNT = 0

def register(cls):
    ITEMS[cls.__name__] = cls
    return cls

def appended(cls):
    KNOWN.append(cls)
    return cls
KNOWN = []

def through(cls):
    return register(cls)

def counted(cls):
    global COUNT
    COUNT += 1
    return cls

def marked(cls):
    cls.mark = {}
    cls.mark["a"] = 1
    return cls

def deep(cls):
    return deep(cls)

def sets(cls):
    setattr(functools, "x", cls)
    return cls

class Hooked:
    def __init_subclass__(cls):
        KNOWN.append(cls)

class Inner(Hooked): ...
class Meta(type):
    def __init__(cls, name, bases, namespace):
        cls.known.append(cls)
class WithMeta(metaclass=Meta): ...
class Inherited(Meta): ...
class Foreign(functools.Unknown): ...
class WithForeign(metaclass=Foreign): ...
class Listed: ...
class Asking:
    @classmethod
    def kinds(cls): return cls.__subclasses__()
class Quiet:
    def __init_subclass__(cls):
        cls.mark = cls.__name__
class QuietMeta(type):
    def __new__(mcs, name, bases, namespace):
        return super().__new__(mcs, name, bases, namespace)
class WithQuiet(Quiet, metaclass=QuietMeta): ...
class Far1(Hooked): ...
class Far2(Far1): ...
class Far3(Far2): ...
class Far4(Far3): ...
class Far5(Far4): ...
class Plain:
    def __init__(self): self.x = 1
    def other(self): ITEMS["x"] = self
class Counting:
    def __init__(self): ITEMS["x"] = self
    @classmethod
    def maker(cls): ...
plugins = Plain()

@functools.singledispatch
def shown(x): ...

class Recursive(Listed): ...
class Loop(Loop): ...

def adds(cls):
    KNOWN.sort()
    "".join(())
    functools.cache(cls)
    return cls

class Methods: ...
def method(f):
    setattr(Methods, f.__name__, f)
    return f
def raw(f):
    type.__setattr__(Methods, "f", f)
    return f
def renamed(cls):
    known = KNOWN
    known.append(cls)
    return cls
def grouped(cls):
    group = ITEMS.setdefault("group", [])
    group.append(cls)
    return cls
def each(cls):
    for known in ITEMS.values():
        known.append(cls)
    return cls
def copied(cls):
    known = list(KNOWN)
    known.append(cls)
    return cls
def exported(cls):
    globals()[cls.__name__] = cls
    return cls
class Keeper:
    def __init__(self): self.kept = []
    def keep(self, x):
        self.kept.append(x)
        return x
    def look(self, x): return x in self.kept
class KeepsMore(Keeper): ...
keeper = KeepsMore()
class Marker:
    def __call__(self, f):
        f.marked = True
        return f
class Noting:
    def __call__(self, f):
        KNOWN.append(f)
        return f
class Calling:
    def __init__(self): self.calls = []
    def __call__(self, f):
        self.calls.append(f)
        return f
mark = Marker()
note = Noting()
calling = Calling()
try:
    from warnings import deprecated
except ImportError:
    from typing_extensions import deprecated
def the_keeper():
    return keeper

def plugin_list():
    return Listed.__subclasses__()
"""

LOST = {
    "import atexit\natexit.register(print)": "atexit.register",
    "import os\nos.environ['A'] = 'b'": "os.environ",
    "import os\nos.environ.setdefault('A', 'b')": "os.environ",
    "import sys\nsys.path.insert(0, '.')": "sys.path",
    "from sys import path\npath += ['.']\npath[0] = 1": "sys.path",
    "import signal as s\nx = s.signal(1, print)": "signal.signal",
    "import logging\nlogging.getLogger('a').addHandler(1)": "logging.getLogger",
    "import numpy as np\nnp.seterr(all='raise')": "numpy.seterr",
    "import json\njson.x = 1": "json",
    "import json\nif True:\n    del json.dumps": "json",
    "from p.registry import register\n@register\nclass A: ...": "register",
    "from p.registry import appended\n@appended\nclass A: ...": "appended",
    "from p.registry import through\nx = through(int)": "through",
    "from p.again import register\n@register\nclass A: ...": "register",
    "from p.registry import counted\ncounted(int)": "counted",
    "from p.registry import deep\ndeep(int)": "deep",
    "from p.registry import sets\nsets(int)": "sets",
    "from p.registry import plugins\n@plugins.hook\ndef f(): ...": "plugins.hook",
    "from p import registry\nregistry.ITEMS['a'] = 1": "p.registry",
    "from p.registry import ITEMS\nx = [ITEMS.setdefault('a', 1)]": "ITEMS",
    "from p.registry import ITEMS\nITEMS.update(a=1)": "ITEMS",
    "from p import registry\nsetattr(registry, 'a', 1)": "p.registry",
    "from p.registry import shown\n@shown.register\ndef f(x: int): ...": "shown",
    "from p.registry import Hooked\nclass A(Hooked): ...": "Hooked",
    "from p.registry import Inner\nclass A(Inner): ...": "Inner",
    "from p.registry import Meta\nclass A(metaclass=Meta): ...": "Meta",
    "from p.registry import WithMeta\nclass A(WithMeta): ...": "WithMeta",
    "from p.registry import Listed\nclass A(Listed): ...": "Listed",
    "from p.registry import Recursive\nclass A(Recursive): ...": "Recursive",
    "from p.registry import Far5\nclass A(Far5): ...": "Far5",
    "from p.registry import Asking\nclass A(Asking): ...": "Asking",
    "from p.registry import Inherited\nclass A(metaclass=Inherited): ...": "Inherited",
    "from p.registry import WithForeign\nclass A(WithForeign): ...": "WithForeign",
    "from p.registry import Counting\nx = Counting()": "Counting",
    "import os\ndef set_up():\n    os.environ['a'] = 'b'\nset_up()": "set_up",
    "import sys\nclass A:\n    sys.path.append('.')": "sys.path",
    "from p.registry import method\n@method\ndef f(): ...": "method",
    "from p.registry import raw\n@raw\ndef f(): ...": "raw",
    "from p.registry import renamed\n@renamed\nclass A: ...": "renamed",
    "from p.registry import grouped\nx = grouped(int)": "grouped",
    "from p.registry import each\nx = each(int)": "each",
    "from p.registry import exported\nx = exported(int)": "exported",
    "from p import registry\ntable = registry.ITEMS\ntable['a'] = 1": "p.registry.ITEMS",
    "from p import registry\nkeep = registry.keeper.keep\n@keep\ndef f(): ...": "keeper.keep",
    "import functools as f\nfrom p.registry import register\nput = f.partial(register)\n@put\nclass A: ...": "register",
    "import logging\nlog = logging.getLogger('a')\nlog.addHandler(1)": "logging.getLogger",
    "from p.registry import Counting\nclass A(Counting): ...\nx = A()": "A",
    "from p.registry import Plain\nx = Plain()\nx.other()": "x.other",
    "import os\nclass A:\n    @classmethod\n    def go(cls): os.environ['a'] = 'b'\nA.go()": "A.go",
    "from p.registry import keeper\nx = keeper.keep(1)": "keeper.keep",
    "from p import registry\nx = [registry.keeper.keep(1)]": "keeper.keep",
    "from p.registry import the_keeper\nk = the_keeper()\nk.add(1)": "k.add",
    "from p.registry import register\nwith register(int): ...": "register",
    "from p.registry import register\nfor x in register(int): ...": "register",
    "from p.registry import register\nif register(int): ...": "register",
    "from p.registry import note\n@note\ndef f(): ...": "note",
    "from p.registry import calling\n@calling\ndef f(): ...": "calling",
    "from p.registry import plugin_list as made\n@made.hook\ndef f(): ...": "plugin_list.hook",
}

KEPT = (
    "x = 1",
    "import os\nos.getcwd",
    "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1",
    "import logging\nlog = logging.getLogger(__name__)\nlog.setLevel(1)",
    "ITEMS = {}\ndef register(cls):\n    ITEMS[cls] = 1\n    return cls\n@register\nclass A: ...",
    "ITEMS = {}\nITEMS['a'] = 1\nITEMS.clear()",
    "from p.registry import marked\n@marked\nclass A: ...",
    "from p.registry import Plain\nclass A(Plain): ...\nx = Plain()",
    "from p.registry import Loop\nclass A(Loop): ...",
    "from p.registry import shown\nclass A(shown): ...",
    "from p.registry import WithQuiet\nclass A(WithQuiet): ...",
    "import mimetypes\nknown = mimetypes.MimeTypes()",
    "import os\ndef later():\n    os.environ['a'] = 'b'",
    "import os\nlater = lambda: os.environ.update(a='b')",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import os\n    os.environ['a'] = 'b'",
    "import threading\nlock = threading.Lock()",
    "import os\nif __name__ == '__main__':\n    os.environ['a'] = 'b'",
    "(lambda: 1)()",
    "from p.registry import adds\n@adds\nclass A: ...",
    "from p import registry\nx = registry.marked",
    "setattr(object, 'x')",
    "from p.missing import thing\nx = thing",
    "from p.registry import copied\n@copied\nclass A: ...",
    "from p.registry import Keeper\nk = Keeper()\nk.keep(1)",
    "from p.registry import keeper\nx = keeper.look(1)",
    "from p.registry import Keeper\nclass A(Keeper): ...\nx = A()\nx.keep(1)",
    "from p import registry\ntable = registry.ITEMS\nx = table['a']",
    "from p.registry import keeper\nx = keeper.unknown(1)",
    "x = made()\nx.add(1)",
    "from p.registry import mark\n@mark\ndef f(): ...",
    "from p.registry import deprecated\n@deprecated('old')\ndef f(): ...",
    "from p.registry import Marker\nm = Marker()\n@m\ndef f(): ...",
)


def effects(source: str) -> Effects:
    files = {"__init__": "", "registry": REGISTRY, "again": "from .registry import register", "m": source}
    (package,) = packages(Snapshot.of({f"p/{name}.py": text.encode() for name, text in files.items()}))
    return Effects(package)


@pytest.mark.parametrize("source", LOST)
def test_an_effect_that_reaches_out_is_seen(source: str) -> None:
    found = effects(source).of("p.m")
    assert found is not None
    assert found.module == "p.m"
    assert LOST[source] in found.what


@pytest.mark.parametrize("source", KEPT)
def test_what_stays_inside_the_module_can_wait(source: str) -> None:
    assert effects(source).of("p.m") is None


def test_a_module_that_cannot_be_read_has_no_effect_to_be_seen() -> None:
    assert effects("print 1").of("p.m") is None
    assert effects("").of("p.nowhere") is None


@pytest.mark.parametrize(
    ("source", "computed"),
    [
        ("from importlib import import_module as load\nx = load('p.a')", True),
        ("x = [__import__(n) for n in 'ab']", True),
        ("import pkgutil\nclass A:\n    found = list(pkgutil.iter_modules())", True),
        ("import importlib\ndef find():\n    return importlib.import_module('.a')\nx = find()", True),
        ("import importlib\ndef find():\n    return importlib.import_module('json')\nx = find()", False),
        ("from p.registry import deep\nx = deep(1)", False),
        ("import importlib\ndef find():\n    return importlib.import_module('a')", False),
        ("from p.registry import Plain\nx = Plain()", False),
        ("print 1", False),
    ],
)
def test_imports_by_computed_names_are_found_where_they_run(source: str, computed: bool) -> None:
    assert effects(source).computes_imports("p.m") is computed
