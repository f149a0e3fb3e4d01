"""What is fed with mutated texts, and what must hold."""

import io
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from cifix.engine.plan import Settings, plan
from cifix.engine.registry import discover
from cifix.engine.verify import verify
from cifix.formats import gitignore, ini, ini_places, python, shell, toml, toml_places, wildmatch, yaml
from cifix.formats.actions.conditions import exclusive
from cifix.formats.actions.expression import Unknown, evaluate, holds, render
from cifix.formats.actions.matrix import expand
from cifix.formats.actions.workflow import action, workflow
from cifix.logs.collect import Log
from cifix.logs.facts import failures
from cifix.logs.redact import redact
from cifix.model.change import Edit, inverse, splice
from cifix.model.finding import Safety
from cifix.model.glob import compiled
from cifix.model.rule import Rule
from cifix.model.snapshot import File, Snapshot
from cifix.model.text import Opaque, Text
from cifix.report.diff import patch
from cifix.testing import build
from cifix.vcs.ignores import ignored
from tests.fuzz.mutate import mutated, trees

Target = Callable[[Random, str], None]


@cache
def pieces(corpus: str, *endings: str) -> tuple[bytes, ...]:
    """The files of all trees whose path has one of the endings."""
    return tuple(data for _, tree in trees(corpus) for path, data in tree.items() if path.endswith(endings))


def text(random: Random, corpus: str, *endings: str) -> Text:
    some = pieces(corpus, *endings)
    return Text.decode(mutated(random.choice(some), random, some), cookie=".py" in endings)


def letters(random: Random, corpus: str, *endings: str) -> str:
    return text(random, corpus, *endings).text


def texts(random: Random, corpus: str) -> None:
    one = text(random, corpus, "", ".py")
    assert one.text.encode(one.encoding) == one.raw
    places = sorted(random.randrange(len(one.text) + 1) for _ in range(6))
    edits = [
        Edit("a", start, end, random.choice(("", "x", "\n")))
        for start, end in zip(places[::2], places[1::2], strict=True)
    ]
    with suppress(ValueError):
        made = splice(one.text, edits)
        assert splice(made, inverse(one.text, edits)) == one.text
        for place in places:
            one.line_column(place)


def yamls(random: Random, corpus: str) -> None:
    one = text(random, corpus, ".yml", ".yaml")
    document = yaml.parse_merging(one)
    for _, node in document.walk():
        assert 0 <= node.outer <= node.start <= node.end <= len(one.text)
        if isinstance(node, yaml.Scalar) and not node.style and len(one.text[node.start : node.end].splitlines()) == 1:
            assert one.text[node.start : node.end].strip() == node.value
    yaml.leaves(one)
    list(document.comments)


def tomls(random: Random, corpus: str) -> None:
    one = text(random, corpus, ".toml")
    with suppress(Opaque):
        toml.leaves(one)
    for table in toml_places.places(one).tables:
        assert 0 <= table.end <= len(one.text)
        for value in table.entries.values():
            tomllib.loads(f"x = {one.text[value.start : value.end]}")


def inis(random: Random, corpus: str) -> None:
    one = text(random, corpus, ".ini", ".cfg", ".toml")
    with suppress(Opaque):
        ini.sections(one)
    ini_places.parse(one)


def pythons(random: Random, corpus: str) -> None:
    module = python.parse(text(random, corpus, ".py"))
    for statement in module.tree.body:
        module.lines(statement)
        module.trailing_comment(statement)
    python.untouched(module, [(0, 9)])


def shells(random: Random, corpus: str) -> None:
    script = letters(random, corpus, ".yml", ".sh")
    for command in shell.commands(script[: random.randrange(2_000)]):
        for word in command.words:
            assert 0 <= word.start <= word.end <= len(script)


def workflows(random: Random, corpus: str) -> None:
    one = text(random, corpus, ".yml", ".yaml")
    with suppress(Opaque):
        action(one)
    for job in workflow(one).jobs:
        strategy = job.node.get("strategy")
        if isinstance(strategy, yaml.Map):
            expand(strategy.get("matrix"))


def expressions(random: Random, _corpus: str) -> None:
    parts = [random.choice(_EXPRESSIONS) for _ in range(random.randrange(1, 14))]
    source = mutated("".join(parts).encode(), random, [b"matrix.os", b"'a'"]).decode("latin-1")
    evaluate(source, Unknown)
    render(f"a-${{{{ {source} }}}}-b", Unknown)
    holds(source, Unknown)
    exclusive(source, "github.ref == 'a'")


_EXPRESSIONS = (
    "(",
    ")",
    "!",
    "&&",
    "||",
    "==",
    " != ",
    "'a'",
    "''",
    "1",
    "0x1F",
    "1e400",
    "matrix.os",
    "github['a']",
    ".b",
    "[0]",
    "contains(",
    ",",
    "startsWith('a', 'b')",
    "null",
    "true",
    "-",
    "*",
    " ",
    "fromJSON(a)",
)


def logs(random: Random, corpus: str) -> None:
    some = (
        *pieces(corpus, ".txt", ".log"),
        b"##[group]Run pytest\n2026-01-01T00:00:00.0000000Z E   ModuleNotFoundError: No module named 'a.b'\n"  # noqa: ISC004
        b"##[error]Process completed with exit code 1.\n",
        b"job\tstep\t2026-01-01T00:00:00.0000000Z fatal: x\n",
    )
    data = mutated(random.choice(some), random, some)
    list(failures([Log("a", "b", "", lambda: nullcontext(io.BytesIO(data)))]))


def redaction(random: Random, _corpus: str) -> None:
    secret = "ghp_" + "".join(random.choice("abcXYZ0189") for _ in range(36))
    around = mutated(b"token: x, password=y https://a:b@c.d/e ", random, [b"Bearer ", b"://"]).decode("latin-1")
    at = random.randrange(len(around) + 1)
    left, right = around[:at].rstrip("abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"), around[at:]
    assert secret not in redact(f"{left} {secret} {right}")


def ignoring(random: Random, corpus: str) -> None:
    some = pieces(corpus, ".gitignore")
    files = {".gitignore": mutated(random.choice(some), random, some)}
    if random.random() < 0.5:
        files["a/.gitignore"] = mutated(random.choice(some), random, some)
    names = ("a", "lib", "build", "b.py", "x.so", ".env", "[", "é", "a b", "dist", "Z", "*", "!a", "#b")
    paths = sorted({"/".join(random.choice(names) for _ in range(random.randrange(1, 5))) for _ in range(40)})
    paths = [path for path in paths if not any(other.startswith(f"{path}/") for other in (*paths, *files))]
    assert gitignore.ignored(files, {}, paths) == ignored(files, {}, paths)


def globs(random: Random, _corpus: str) -> None:
    glob = "".join(
        random.choice(("*", "**", "**/", "a", "b", "/", "?", "[ab]", "[!a]", "{a,b}", "{", "[")) for _ in range(9)
    )
    path = "/".join("".join(random.choice("abc") for _ in range(3)) for _ in range(3))
    compiled((glob,)).fullmatch(path)
    wildmatch.path_expression(glob.encode()).fullmatch(path.encode())


def fixes(random: Random, corpus: str) -> None:
    """Rules over a tree with one mutated file: no crash, only claimed edits, nothing invalid, nothing left to fix."""
    rule, tree = random.choice(trees(corpus))
    path = random.choice(sorted(tree))
    some = pieces(corpus, "." + path.rpartition(".")[2])
    snapshot = Snapshot.of({**tree, path: mutated(tree[path], random, some)})
    chosen = [discovered for name, discovered in known_rules().items() if name == rule or not rule]
    made = plan(snapshot, chosen, Settings(Safety.REVIEW))
    assert not made.crashes, made.crashes
    for one in made.patches:
        broken = [proof for proof in verify(one) if not proof.ok]
        assert not broken, broken
        for changed in one.paths:
            if changed.endswith(".toml") and changed in one.after:
                tomllib.loads(one.after.text(changed).text)
        diff = patch(one.before, one.after)
        if random.randrange(_SAMPLED) == 0:
            assert applied(one.before, diff) == {path: one.after.read(path) for path in one.after.paths}
    again = plan(made.after, chosen, Settings(Safety.REVIEW))
    assert not again.patches, [one.paths for one in again.patches]


def applied(before: Snapshot, diff: bytes) -> Mapping[str, bytes]:
    """What git makes of a diff, for the files that the snapshot tracks."""
    with TemporaryDirectory(prefix="cifix-fuzz-") as folder:
        place = Path(folder) / "tree"
        build({path: File(before.read(path), before.mode(path)) for path in before.paths}, place, force=before.paths)
        subprocess.run(["git", "apply", "--index", "-"], cwd=place, input=diff, check=True, capture_output=True)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=place, check=True, capture_output=True).stdout
        return {path: (place / path).read_bytes() for path in listed.decode().split("\0")[:-1]}


_SAMPLED = 20
"""One diff in so many is given to git."""


@cache
def known_rules() -> Mapping[str, Rule]:
    return dict(discover(points=()).rules)


TARGETS: Mapping[str, Target] = {
    "text": texts,
    "yaml": yamls,
    "toml": tomls,
    "ini": inis,
    "python": pythons,
    "shell": shells,
    "workflow": workflows,
    "expression": expressions,
    "logs": logs,
    "redact": redaction,
    "ignore": ignoring,
    "glob": globs,
    "rules": fixes,
}


def run(target: str, seed: int, corpus: str = "") -> bool:
    """`once` with the choices that a seed makes."""
    return once(target, Random(f"{target}-{seed}"), corpus)  # noqa: S311 - a seed must bring an input back


def once(target: str, random: Random, corpus: str = "") -> bool:
    """Whether one input was read to its end; the only error that may come of it is `Opaque`."""
    try:
        TARGETS[target](random, corpus)
    except Opaque:
        return False
    return True
