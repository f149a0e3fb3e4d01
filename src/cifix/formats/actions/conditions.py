"""Whether two `if:` conditions can both hold in one run."""

import re

from cifix.formats.actions.expression import dynamic

_LONGEST = 1_000
"""Characters of a condition above which nothing is said about it."""

_CONSTANT = ("github.", "vars.")
_GROUP = re.compile(r"(?<![\w-])\(")
_SPOT = re.compile(r"\$\{\{(.*)\}\}", re.DOTALL)
_COMPARED = re.compile(r"([\w.-]+)(==|!=)('(?:[^']|'')*'|[\w.-]+)")
_PATH = re.compile(r"(?<![\w.'])[a-z_][\w-]*(?:\.[\w-]+)+", re.IGNORECASE)
_TEXT = re.compile(r"'(?:[^']|'')*'")


def exclusive(one: str, other: str) -> bool:
    """Whether two conditions can never both hold in one run.

    Only what is the same in the whole run is compared: `github` and `vars`, each with a text or asked for as it is.
    Anything else counts as possible.
    """
    if max(len(one), len(other)) > _LONGEST:
        return False
    return any(_contradict(mine, theirs) for mine in _terms(one) for theirs in _terms(other))


def _terms(condition: str) -> list[str]:
    """What must all hold, in one spelling each; nothing if alternatives are among them."""
    spot = _SPOT.fullmatch(condition.strip())
    text = spot.group(1) if spot else condition
    if "||" in text or dynamic(text) or _GROUP.search(text):
        return []
    found = [_spelled(term) for term in text.split("&&")]
    return [term for term in found if term.count("(") == term.count(")")]


def _spelled(term: str) -> str:
    """A term without spaces outside its texts, and in lower case, since texts are compared without case."""
    texts = _TEXT.findall(term)
    bare = re.sub(r"\s", "", _TEXT.sub("'", term))
    for text in texts:
        bare = bare.replace("'", f"\0{text[1:-1]}\0", 1)
    return bare.replace("\0", "'").lower()


def _contradict(one: str, other: str) -> bool:
    paths = _PATH.findall(_TEXT.sub("''", one))
    if not paths or not all(path.startswith(_CONSTANT) for path in paths):
        return False
    if one == f"!{other}" or other == f"!{one}":
        return "==" not in one and "!=" not in one
    mine, theirs = _COMPARED.fullmatch(one), _COMPARED.fullmatch(other)
    if not mine or not theirs or mine.group(1) != theirs.group(1):
        return False
    signs, same = {mine.group(2), theirs.group(2)}, mine.group(3) == theirs.group(3)
    both_texts = mine.group(3).startswith("'") and theirs.group(3).startswith("'")
    return (signs == {"=="} and not same and both_texts) or (signs == {"==", "!="} and same)
