"""Why a module cannot be imported, by the tree alone: the message of the interpreter guesses, git does not."""

from collections.abc import Iterator
from difflib import get_close_matches

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.checkout import Checkout
from cifix.diagnosis.checks.importers import first_needing, importers, needing, why_optional
from cifix.diagnosis.checks.installed import uninstalled
from cifix.diagnosis.checks.thirdparty import why_not_installed
from cifix.diagnosis.insight import Insight, Question
from cifix.formats.gitignore import Ignores, ignore_files


def why_missing(question: Question) -> Insight | None:
    """Why a module is missing in a clean checkout; None if the tree does not say."""
    checkout, module = question.checkout, question.values["module"]
    stems = [stem for stem in checkout.stems(module) if first_party(checkout, stem, module)]
    if not stems:
        return _spelled(checkout, module) or why_not_installed(question)
    there = next((stem for stem in stems if checkout.packages.exists(stem)), None)
    if there is not None:
        return _unbuilt(checkout, there) or uninstalled(question, there)
    return _absent(checkout, stems[0], module)


def why_unbound(question: Question, *, known: bool) -> Insight | None:
    """Why a module has no such name while it is being imported, if that is because no file of this name is in git.

    `known` says that a rule found the import to be impossible; without that only an ignored file counts, for the name
    may be an attribute. None also where the file is there: then a circle of imports is possible.
    """
    checkout, module, name = question.checkout, question.values["module"], question.values["name"]
    for stem in checkout.stems(module):
        place = f"{stem}/{name}"
        if checkout.packages.plain(stem) or not first_party(checkout, stem, module):
            continue
        insight = None if checkout.packages.exists(place) else _absent(checkout, place, f"{module}.{name}")
        return insight if insight is not None and (known or insight.ignored) else None
    return None


def why_no_package(question: Question) -> Insight | None:
    """Why a folder is a namespace and no package: nothing, or an ignore pattern, keeps its `__init__.py`."""
    checkout, module = question.checkout, question.values["module"]
    stem = next((stem for stem in checkout.stems(module) if stem in checkout.snapshot.folders), None)
    if stem is None or f"{stem}/__init__.py" in checkout.snapshot:
        return why_missing(question)
    match = Ignores.of(ignore_files(checkout.snapshot), checkout.snapshot.excludes).explain(f"{stem}/__init__.py")
    pattern = "" if match is None or match.pattern.negated else "{}:{} ".format(*match.line)
    written = f" ({pattern}`{match.pattern.written.decode(errors='replace')}`)" if match is not None and pattern else ""
    return Insight(
        Verdict.CONFIRMED if pattern else Verdict.LIKELY,
        f"git has {stem}/ without {stem}/__init__.py{written}",
        f"add {stem}/__init__.py; if it holds names, whoever wrote it has it on disk",
        f"git check-ignore -v --no-index {stem}/__init__.py" if pattern else f"git ls-files -- {stem}/",
        ignored=bool(pattern),
    )


def why_no_name(question: Question) -> Insight | None:
    """Whose change took a name away: that of a dependency, or of own code."""
    file = question.values.get("file", "")
    if "site-packages" in file:
        top = question.values["module"].partition(".")[0]
        return Insight(
            Verdict.UNCONFIRMED,
            f"the installed release of {top} has no {question.values['name']} in {question.values['module']}",
            f"require a release of {top} that has it, or write the import for the newer one",
        )
    path = question.checkout.tracked(file) if file else None
    if path is None:
        return None
    return Insight(
        Verdict.LIKELY,
        f"git has {path}, and the import of {question.values['name']} from it fails",
        f"see whether {path} binds {question.values['name']} at its top level, and in which commit it last did",
        f"git log -S {question.values['name']} --oneline -- {path}",
    )


def first_party(checkout: Checkout, stem: str, module: str) -> bool:
    """Whether the tree has the package that the module would lie in, or at least its topmost one."""
    top = stem.removesuffix(module.replace(".", "/")) + module.partition(".")[0]
    return checkout.packages.exists(top) or top in checkout.snapshot.links


def _spelled(checkout: Checkout, module: str) -> Insight | None:
    """A first-party name but for its case: file systems that do not tell the two apart hide that."""
    top = module.partition(".")[0]
    for name in sorted(checkout.packages.names):
        if name != top and name.casefold() == top.casefold():
            here = next(
                (stem for root in checkout.packages.roots if checkout.packages.exists(stem := _join(root, name))), None
            )
            if here is not None and needing(checkout, top) is not None:
                return Insight(
                    Verdict.CONFIRMED,
                    f"git has {here}, and the import says {top}: only file systems without case find it",
                    f"write {name} in the import, or rename {here} with `git mv`",
                    f"git ls-files -- ':(icase){here}*'",
                )
    return None


def _unbuilt(checkout: Checkout, stem: str) -> Insight | None:
    """The module is there as a source that has to be compiled first."""
    names = [path for path in checkout.snapshot.paths if path.startswith(f"{stem}.")]
    if not names or any(path.endswith((".py", ".pyi", ".so", ".pyd")) for path in names):
        return None
    return Insight(
        Verdict.CONFIRMED,
        f"git has only the source {names[0]} of it, which a build compiles",
        "build or install the project in this job before this step",
        f"git ls-files -- '{stem}.*'",
    )


def _absent(checkout: Checkout, stem: str, module: str) -> Insight:
    """Why git does not have it; confirmed if something in git cannot do without."""
    found = importers(checkout, module)
    if optional := why_optional(found, module):
        return optional
    needed = first_needing(found)
    sure = Verdict.CONFIRMED if needed is not None else Verdict.UNCONFIRMED
    by = f", and {needed.place} imports it" if needed is not None else ""
    place = f"{stem}.py"
    for insight in _reasons(checkout, stem, place, sure, by):
        return insight
    if needed is None:
        return Insight(
            Verdict.UNCONFIRMED,
            f"{place} is not in git, and no import statement in git asks for {module}",
            "something loads it by name, as a test of a loader may: see what the lines above say",
            f"git grep -n {module}",
        )
    near = _near(checkout, stem)
    return Insight(
        Verdict.CONFIRMED,
        f"{place} is not in git{by}",
        f"{near}add {place}, or correct the import; a build step may have to write it first",
        f"git ls-files -- {place} {stem}/",
    )


def _reasons(checkout: Checkout, stem: str, place: str, sure: Verdict, by: str) -> Iterator[Insight]:
    snapshot = checkout.snapshot
    match = Ignores.of(ignore_files(snapshot), snapshot.excludes).explain(place)
    if match is not None and not match.pattern.negated:
        source, number = match.line
        written = match.pattern.written.decode(errors="replace")
        yield Insight(
            sure if sure is Verdict.CONFIRMED else Verdict.LIKELY,
            f"{place} is not in git ({source}:{number} `{written}`){by}",
            f"let git see {place} and add it; whoever wrote it has it on disk",
            f"git check-ignore -v --no-index {place}",
            ignored=True,
        )
    for path in (place, f"{stem}/__init__.py"):
        if path in snapshot.history.removed:
            yield Insight(
                sure if sure is Verdict.CONFIRMED else Verdict.LIKELY,
                f"{path} is not in git any more: commit {snapshot.history.removed[path]} removed it{by}",
                "bring it back, or remove what imports it",
                f"git log -1 --stat -- {path}",
            )
        if path in snapshot.history.moved:
            now = snapshot.history.moved[path]
            yield Insight(
                sure if sure is Verdict.CONFIRMED else Verdict.LIKELY,
                f"{path} is not in git any more: it is {now} today{by}",
                f"import {now.removesuffix('.py').replace('/', '.')} instead",
                f"git log --follow --oneline -- {now}",
            )
    link = next((link for link in snapshot.links if place.startswith(f"{link}/") or stem == link), None)
    if link is not None:
        yield Insight(
            Verdict.CONFIRMED,
            f"{link} is a submodule or a link, whose files are not in this repository",
            "give the checkout step `submodules: recursive`",
            f"git ls-files -s -- {link}",
        )


def _near(checkout: Checkout, stem: str) -> str:
    """A module beside it that is called almost the same."""
    folder, _, name = stem.rpartition("/")
    beside = {path.removeprefix(f"{folder}/") for path in checkout.snapshot.paths if path.rpartition("/")[0] == folder}
    close = get_close_matches(f"{name}.py", sorted(one for one in beside if one.endswith(".py")), n=1, cutoff=0.8)
    return f"is {_join(folder, close[0])} meant? If not, " if close else ""


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}".lstrip("/")
