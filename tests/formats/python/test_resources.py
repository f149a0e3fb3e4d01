"""Which files a module surely reads."""

import pytest

from cifix.formats.python.resources import NEEDLES, READS, At, loads
from cifix.model.text import Text


def at(source: str) -> list[At]:
    text = Text.decode(source.encode())
    assert any(needle in text.raw for needle in NEEDLES)
    assert READS.search(text.raw)
    return [load.at for load in loads(text)]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ('Path(__file__).parent / "a" / "b.csv"', At(parts=("a", "b.csv"))),
        ('pathlib.Path(__file__).resolve().parent / "a/b.csv"', At(parts=("a", "b.csv"))),
        ('Path(__file__).parents[1] / "b.csv"', At(up=1, parts=("b.csv",))),
        ('Path(__file__).parent.parent.joinpath("a", "b.csv")', At(up=1, parts=("a", "b.csv"))),
        ('Path(__file__).with_name("b.csv")', At(parts=("b.csv",))),
        ('Path(os.path.dirname(__file__), "b.csv")', At(parts=("b.csv",))),
        ('Path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "b.csv"))', At(up=1, parts=("b.csv",))),
        ('(Path(__file__).parent / "a" / ".." / "b.csv")', At(parts=("b.csv",))),
        ('files("pkg.in") / "b.csv"', At(package="pkg.in", parts=("b.csv",))),
        ('importlib.resources.files(__package__).joinpath("b.csv")', At(parts=("b.csv",))),
    ],
)
def test_every_way_to_write_a_path_is_followed(path: str, place: At) -> None:
    head = "# __file__ resources\n"
    assert at(f"{head}p = {path}\np.read_text()\n") == [place]
    assert at(f"{head}def f():\n    p = {path}\n    with open(p, 'rb') as s:\n        s.read()\n") == [place]
    assert at(f"{head}({path}).open(mode='r')\n") == [place]


@pytest.mark.parametrize(
    "path",
    [
        "Path(__file__).parent / name",
        'Path(__file__).parent / "/etc/hosts"',
        'Path(__file__) / "b.csv"',
        'Path(__file__).parent / "a\\\\b.csv"',
        'Path.cwd() / "b.csv"',
        'Path("b.csv")',
        "Path(__file__).parent",
        'files(pkg) / "b.csv"',
        'files("not a package") / "b.csv"',
        'Path(__file__).with_suffix(".csv")',
        'Path(__file__).parents[n] / "b.csv"',
        "p",
    ],
)
def test_a_path_that_is_not_certain_is_left(path: str) -> None:
    assert at(f"# __file__ resources\np = {path}\np.read_text()\n") == []


@pytest.mark.parametrize(
    "body",
    [
        "try:\n    P.read_text()\nexcept (OSError, ValueError):\n    pass",
        "try:\n    P.read_text()\nexcept:\n    pass",
        "with suppress(FileNotFoundError):\n    P.read_text()",
        "if x:\n    P.read_text()",
        "y = P.read_text() if x else ''",
        "P.write_text('')\nP.read_text()",
        "if not P.exists():\n    raise SystemExit\nP.read_text()",
        "if not os.path.isfile(P):\n    make()\nopen(P)",
        "open(P, 'w')\nopen(P)",
        "open(P, mode)",
        "def f(P):\n    P.read_text()",
        "def f():\n    for P in x:\n        P.read_text()",
        "P = other\nP.read_text()",
    ],
)
def test_a_file_that_may_be_absent_is_left(body: str) -> None:
    assert at(f"P = Path(__file__).parent / 'b.csv'\n{body}\n# read_text\n") == []


def test_what_a_handler_or_another_kind_of_error_holds_counts() -> None:
    source = "P = Path(__file__).parent / 'b.csv'\ntry:\n    x = P.read_text()\nexcept ValueError:\n    raise\n"
    assert at(source) == [At(parts=("b.csv",))]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ('pkgutil.get_data("pkg", "a/b.csv")', [At(package="pkg", parts=("a", "b.csv"))]),
        ('pkg_resources.resource_filename(__name__, "b.csv")', [At(parts=("b.csv",))]),
        ('resources.read_text("pkg", "b.csv")', [At(package="pkg", parts=("b.csv",))]),
        ('other.get_data("pkg", "b.csv")', []),
        ('pkgutil.get_data("pkg", name)', []),
    ],
)
def test_resources_of_packages_are_named_by_them(call: str, found: list[At]) -> None:
    assert at(f"{call}\n# resources open(\n") == found


@pytest.mark.parametrize(
    ("loader", "found"),
    [
        ('PackageLoader("pkg")', [At(package="pkg", parts=("templates", "a.html"))]),
        ('PackageLoader("pkg", "in")', [At(package="pkg", parts=("in", "a.html"))]),
        ('PackageLoader("pkg", folder)', []),
        ('PackageLoader("pkg", package_path="in")', []),
        ("PackageLoader(package)", []),
        ('FileSystemLoader(Path(__file__).parent / "in")', [At(parts=("in", "a.html"))]),
        ('FileSystemLoader([Path(__file__).parent / "in"])', []),
        ("DictLoader({})", []),
        ('FileSystemLoader("in")', []),
    ],
)
def test_a_template_lies_where_the_only_loader_looks(loader: str, found: list[At]) -> None:
    assert at(f'ENV = Environment(loader={loader})\nENV.get_template("a.html")\nENV.get_template(name)\n') == found


def test_names_that_stand_for_each_other_end() -> None:
    assert at("def f():\n    p = q\n    q = p\n    open(p)\n# __file__\n") == []
