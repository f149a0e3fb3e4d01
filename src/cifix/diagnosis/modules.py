"""Why a module cannot be imported, by the tree alone: the message of the interpreter guesses, git does not.

Sources: https://docs.python.org/3/whatsnew/3.12.html#removed and https://docs.python.org/3/whatsnew/3.13.html#removed
for modules of the standard library that are gone; https://setuptools.pypa.io/en/latest/history.html for the release
(82.0.0) without pkg_resources; read 2026-11.
"""

from dataclasses import dataclass

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checkout import Checkout
from cifix.formats.gitignore import Ignores, ignore_files

GONE_312 = frozenset({"asynchat", "asyncore", "distutils", "imp", "smtpd"})
GONE_313 = frozenset(
    {"aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis", "nntplib"}
    | {"ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"}
)


@dataclass(frozen=True, slots=True)
class Insight:
    """What the tree says about a module: how sure that is, in one sentence, what to do, and what command shows it."""

    verdict: Verdict
    sentence: str
    advice: str
    command: str = ""
    ignored: bool = False


def why_missing(checkout: Checkout, module: str) -> Insight | None:
    """Why `module` is missing in a clean checkout; None if the tree does not say."""
    top = module.partition(".")[0]
    if top in GONE_312 | GONE_313 | {"pkg_resources"}:
        return _gone(top)
    stems = [stem for stem in checkout.stems(module) if _first_party(checkout, stem, module)]
    if not stems:
        return None
    there = next((stem for stem in stems if checkout.packages.exists(stem)), None)
    if there is not None:
        return Insight(
            Verdict.LIKELY,
            f"git has {there}: this job does not install the project, or runs a Python that it did not install it into",
            "install the project in this job, and run the tool in that same environment",
            f"git ls-files -- {there}.py {there}/",
        )
    return _absent(checkout, stems[0])


def why_unbound(checkout: Checkout, module: str, name: str, *, known: bool) -> Insight | None:
    """Why `module` has no `name` while it is being imported, if that is because no file of this name is in git.

    `known` says that a rule found the import to be impossible; without that only an ignored file counts, for `name`
    may be an attribute. None also where the file is there: then a circle of imports is possible.
    """
    for stem in checkout.stems(module):
        place = f"{stem}/{name}"
        if checkout.packages.plain(stem) or not _first_party(checkout, stem, module):
            continue
        insight = None if checkout.packages.exists(place) else _absent(checkout, place)
        return insight if insight is not None and (known or insight.ignored) else None
    return None


def _first_party(checkout: Checkout, stem: str, module: str) -> bool:
    """Whether the tree has the package that the module would lie in, or at least its topmost one."""
    top = stem.removesuffix(module.replace(".", "/")) + module.partition(".")[0]
    return checkout.packages.exists(top)


def _absent(checkout: Checkout, stem: str) -> Insight:
    snapshot = checkout.snapshot
    place = f"{stem}.py"
    match = Ignores.of(ignore_files(snapshot), snapshot.excludes).explain(place)
    if match is not None and not match.pattern.negated:
        source, number = match.line
        written = match.pattern.written.decode(errors="replace")
        return Insight(
            Verdict.CONFIRMED,
            f"{place} is not in git ({source}:{number} `{written}`)",
            f"let git see {place} and add it; whoever wrote it has it on disk",
            f"git check-ignore -v --no-index {place}",
            ignored=True,
        )
    for path in (place, f"{stem}/__init__.py"):
        if path in snapshot.history.removed:
            return Insight(
                Verdict.CONFIRMED,
                f"{path} is not in git any more: commit {snapshot.history.removed[path]} removed it",
                "bring it back, or remove what imports it",
                f"git log -1 --stat -- {path}",
            )
    return Insight(
        Verdict.CONFIRMED,
        f"{place} is not in git",
        f"add {place}, or correct the import; a build step may have to write it first",
        f"git ls-files -- {place} {stem}/",
    )


def _gone(top: str) -> Insight:
    if top == "pkg_resources":
        return Insight(
            Verdict.LIKELY,
            "setuptools 82 and newer has no pkg_resources",
            "use importlib.metadata or importlib.resources; require `setuptools<82` where a dependency still needs it",
        )
    version = "3.12" if top in GONE_312 else "3.13"
    return Insight(
        Verdict.LIKELY,
        f"Python {version} has no {top} any more",
        f"replace {top} in your own code, or upgrade the dependency that imports it",
    )
