"""Places in TOML: each value's source is that value, and lists grow by what was to be added."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifix.formats.toml_places import add, append, places
from cifix.model.change import splice
from cifix.model.text import Opaque, Text

WHOLE = '''\
top = 1  # one
"quoted key".'other' = 2020-01-02 03:04:05
[a . b]
text = """
] " \\" """
raw = \'\'\'
'' # \'\'\'
flag = true
list = [ [1, 2], {x = [3], y = "}"}, # aside ]
  'last' , ]
inline = { p.q = 1, r = [] }
none = {}
[[many]]
x = 1
[[many]]
x = 2.5e3
'''


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_source_of_a_value_is_the_value(newline: str) -> None:
    text = Text.decode(WHOLE.replace("\n", newline).encode())
    found = places(text)
    data = tomllib.loads(WHOLE)
    assert [table.route for table in found.tables] == [(), ("a", "b"), ("many", 0), ("many", 1)]
    seen = 0
    for table in found.tables:
        for route, value in table.entries.items():
            expected: object = data
            for step in route:
                expected = expected[step]  # type: ignore[index]
            source = text.text[value.start : value.end].replace("\r\n", "\n")
            assert tomllib.loads(f"k = {source}")["k"] == expected
            seen += 1
    assert seen == 10
    assert found.value(("a", "b", "flag")) is not None
    assert found.value(("a", "b", "inline", "p")) is None
    assert found.table(("a",)) is None


ITEMS = st.lists(st.sampled_from(["1", '"two"', "[3]"]), max_size=3)
SPACE = st.sampled_from(["", " ", "\n", "\n  ", " # aside\n  "])


@given(ITEMS, st.lists(SPACE, min_size=4, max_size=4), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_a_list_in_any_shape_gets_more_items(items: list[str], space: list[str], comma: bool, newline: str) -> None:
    inner = "".join(f"{space[index]}{item}," for index, item in enumerate(items))
    source = f"k = [{inner if comma else inner[:-1]}{space[3]}]  # end\n".replace("\n", newline)
    text = Text.decode(source.encode())
    found = places(text)
    value = found.value(("k",))
    assert value
    after = splice(text.text, append("x", found, value, ["8", "9"])).replace("\r\n", "\n")
    assert tomllib.loads(after)["k"] == [*tomllib.loads(source.replace("\r\n", "\n"))["k"], 8, 9]
    assert "\r" not in after


@pytest.mark.parametrize("source", ["[t]", "[t]\n", "[t] # aside\na = 1 # more", "[t]\na = [\n 1\n]\n[u]\n"])
def test_a_table_gets_a_list(source: str) -> None:
    text = Text.decode(source.encode())
    found = places(text)
    table = found.table(("t",))
    assert table
    after = splice(text.text, [add("x", found, table, "new", ["1", "2"])])
    expected = tomllib.loads(source)
    expected["t"]["new"] = [1, 2]
    assert tomllib.loads(after) == expected


def test_what_is_no_toml() -> None:
    with pytest.raises(Opaque):
        places(Text.decode(b"[a"))
