"""Random YAML documents, written as people write them."""

from hypothesis import strategies as st

SCALARS = (
    *("word", "two words", "v3.1.2", "3.10", "007", "true", "~", "yes", "é😀", "a:b", "x#y", "${{ matrix.os }}", "<<"),
    *(
        "'single'",
        "'it''s'",
        '"double"',
        '"a\\tb \\u263a"',
        "''",
        '""',
        "-1.5e3",
        "http://x/y?z#w",
        "!!str 3",
        "!own x",
    ),
)
FLOW_SCALARS = tuple(scalar for scalar in SCALARS if "{" not in scalar and scalar != "<<")
COMMENTS = ("", "", "", "  # a comment", " # - x: [y", "   # é\ttab")
LINES = ("first", "  deeper", "", "# not a comment", "key: [value", "é 😀", "- item")


@st.composite
def flows(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.sampled_from(("scalar", "scalar", "map", "seq", "empty"))) if depth < 2 else "scalar"
    if kind == "scalar":
        return draw(st.sampled_from(FLOW_SCALARS))
    if kind == "empty":
        return draw(st.sampled_from(("{}", "[]", "{ }", "[ ]")))
    inner = draw(st.lists(flows(depth + 1), min_size=1, max_size=3))
    comma = draw(st.sampled_from((", ", ",  ", " , ")))
    if kind == "seq":
        return "[" + comma.join(inner) + draw(st.sampled_from(("]", " ]", ", ]")))
    return (
        "{ "
        + comma.join(f"k{index}: {value}" for index, value in enumerate(inner))
        + draw(st.sampled_from("} "))[:1].replace(" ", " }")
    )


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> list[str]:
    """The lines of a block mapping or sequence, not indented."""
    mapping = depth == 0 or draw(st.booleans())
    lines: list[str] = []
    for index in range(draw(st.integers(1, 4))):
        lines += draw(st.sampled_from(([], [], [""], ["# between"], ["", "   # far"])))
        value = draw(values(depth))
        key = draw(st.sampled_from((f"k{index}:", f"'k {index}':", f"k{index} :"))) if mapping else "-"
        rest = [line if not line else "  " + line for line in value[1:]]
        lines += [(key + " " + value[0]).rstrip(" ") if value[0] else key, *rest]
    return lines


@st.composite
def values(draw: st.DrawFn, depth: int) -> list[str]:
    """What stands behind a key or dash: the rest of its line, then lines to be indented by two."""
    kind = draw(st.sampled_from(("scalar", "scalar", "scalar", "flow", "literal", "plain", "empty", "block", "block")))
    comment = draw(st.sampled_from(COMMENTS))
    anchor = draw(st.sampled_from(("", "", "", "", "&name ")))
    if kind == "scalar":
        return [anchor + draw(st.sampled_from(SCALARS[:-2] if anchor else SCALARS)) + comment]
    if kind == "flow":
        return [anchor + draw(flows()) + comment]
    if kind == "literal":
        header = draw(st.sampled_from(("|", ">", "|-", ">-", "|+", ">+", "|2", "|  # header")))
        lines = draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=4))
        return [header, "start", *lines] if draw(st.booleans()) else [header, "start", *lines, "", ""]
    if kind == "plain":
        return ["folded", "over lines" + comment]
    if kind == "empty" or depth == 3:
        return [anchor.strip() + comment]
    return [anchor.strip() + comment, *draw(blocks(depth + 1))]


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """The bytes of a document with any newline, with or without a byte order mark and a final newline."""
    newline = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    lines = [*draw(st.sampled_from(([], [], ["---"], ["# head", ""], ["%YAML 1.2", "---"]))), *draw(blocks())]
    tail = draw(st.sampled_from(("", newline, newline, newline * 2, newline + "# end", newline + "..." + newline)))
    mark = draw(st.sampled_from(("", "", "\ufeff")))
    return (mark + newline.join(lines) + tail).encode()
