"""Shell scripts as commands, judged by bash itself."""

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifix.formats.shell import Assignment, commands
from cifix.model.text import Opaque

PIECES = st.sampled_from(
    ["a", "b-1", "'x y'", '"p q"', r"\ ", r"\'", '"\\"z"', '"\\$n"', "--c=", "'#'", "a#b", "\\\n", "[", "=", ".", "''"]
)
WORDS = st.lists(PIECES, min_size=1, max_size=4).map("".join)
ANYTHING = st.text(alphabet="ab $\"'`\\\n(){}<>|&;#*[]=~!", max_size=30)


def texts(script: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in commands(script)]


def arguments(words: str) -> list[str]:
    """What bash hands to a program."""
    script = f"for word in {words}\ndo printf '%s\\0' \"$word\"; done"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=4))
def test_literal_words_are_what_bash_hands_to_a_program(words: list[str]) -> None:
    line = " ".join(words)
    (command,) = commands(f"printf {line}")
    assert all(word.literal for word in command.words if "[" not in word.text)
    assert [word.text for word in command.words][1:] == arguments(line)


@given(
    st.lists(st.lists(st.text(alphabet="ab '\"$#\n\\&;|", min_size=1), min_size=1, max_size=3), min_size=1, max_size=4)
)
def test_quoted_words_and_the_operators_between_them_come_back(lines: list[list[str]]) -> None:
    script = " && ".join("run " + shlex.join(line) for line in lines)
    found = commands(script)
    assert [[word.text for word in command.words][1:] for command in found] == lines
    assert {command.after for command in found[:-1]} <= {"&&"}


@given(ANYTHING)
def test_words_stand_where_they_say(script: str) -> None:
    try:
        found = commands(script)
    except Opaque:
        return
    places = [(word.start, word.end) for command in found for word in command.words]
    assert places == sorted(places)
    assert all(start < end <= len(script) and script[start:end].strip(" \n") for start, end in places)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a b\nc", [["a", "b"], ["c"]]),
        ("a \\\n  b # c\nd", [["a", "b"], ["d"]]),
        ("a && b || c | d & e; f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
        ("cat <<EOF > x\nuv run no\nEOF\ny", [["cat"], ["y"]]),
        ("cat <<-'E F'\n\tno\n\tE F\ny", [["cat"], ["y"]]),
        ("cat <<A <<B\nno\nA\nno\nB\ny", [["cat"], ["y"]]),
        ("cat <<EOF\nnever closed", [["cat"]]),
        ("cat <<< word", [["cat"]]),
        ("if a; then b; elif c; then d; else e; fi; f", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]),
        ("for x in 1 2; do a $x; done", [["a", "$x"]]),
        ("while read -r l\ndo a\ndone < <(b)", [["read", "-r", "l"], ["a"], []]),
        ("case $x in a|b) c ;; (d) e;; esac\nf", [["c"], ["e"], ["f"]]),
        ("case $x in *) c; esac; f", [["c"], ["f"]]),
        ("f() { a; }\nfunction g { b; }\nfunction h() ( c )\nd", [["a"], ["b"], ["c"], ["d"]]),
        ("( cd x && a )", [["cd", "x"], ["a"]]),
        ("[[ a && ( b < c ) ]] && d", [["[[", "a", "&&", "(", "b", "<", "c", ")", "]]"], ["d"]]),
        ("(( x << 2 )); a", [["(( x << 2 ))"], ["a"]]),
        ("time a", [["a"]]),
        ("a $(b; c) `d` ${e:-f g} ${{ h || i }}", [["a", "$(b; c)", "`d`", "${e:-f g}", "${{ h || i }}"]]),
        ("a <(b c)d e>(f)", [["a", "<(b c)d", "e>(f)"]]),
        ("", []),
        ("\n# all\n", []),
        ("#", []),
    ],
)
def test_commands(script: str, expected: list[list[str]]) -> None:
    assert texts(script) == expected


def test_operators_and_constructs_around_a_command() -> None:
    found = commands("a &&\nb | c\n! d; if e; then (f); fi\ng")
    around = [(one.before, one.after, one.inside, one.negated) for one in found]
    assert around == [
        ("", "&&", (), False),
        ("&&", "|", (), False),
        ("|", "\n", (), False),
        ("\n", ";", (), True),
        (";", ";", ("if",), False),
        ("(", ")", ("then", "("), False),
        ("\n", "", (), False),
    ]


def test_variables_set_for_a_command() -> None:
    one, other, last = commands('A=1 B+="$x y" c d=e\nF=(1 2) G[1]=2\nh I=3')
    assert one.env == (Assignment("A", "1", literal=True), Assignment("B", "$x y", literal=False))
    assert [word.text for word in one.words] == ["c", "d=e"]
    assert [each.name for each in other.env] == ["F", "G"]
    assert not other.words
    assert not last.env


def test_redirections() -> None:
    (found,) = commands("a 2>&1 >> b < c &> 'd e' {fd}> f")
    assert [(one.operator, one.target.text) for one in found.redirections] == [
        ("2>&", "1"),
        (">>", "b"),
        ("<", "c"),
        ("&>", "d e"),
        ("{fd}>", "f"),
    ]
    assert len(found.words) == 1


@pytest.mark.parametrize("written", ["$x", '"$x"', '"a`b`"', "a*", "?", "~/a", "{a,b}", "a[12]", "$'a'", "${{ x }}"])
def test_words_that_expand_are_not_literal(written: str) -> None:
    (found,) = commands(f"a {written}")
    assert not found.words[1].literal


@pytest.mark.parametrize("written", ["'$x'", '"\\$x"', "a~", "[", "a:b", "-k=v", '"*"', "'{a,b}'", "{}", "\\$x"])
def test_words_that_do_not_expand_are_literal(written: str) -> None:
    (found,) = commands(f"a {written}")
    assert found.words[1].literal


@pytest.mark.parametrize("script", ["a 'b", 'a "b', "a $(b", "${{ a", "if a; then b", "( a", "a )", "fi", "{ a; )"])
def test_what_is_not_closed_is_opaque(script: str) -> None:
    with pytest.raises(Opaque):
        commands(script)
