r"""Move actions to a version that works, and their inputs with them.

Why:
    A job that uses an old actions/cache fails before its first step: "This request has been automatically failed
    because it uses a deprecated version of `actions/cache: v2`". An old actions/upload-pages-artifact or
    actions/deploy-pages finds no artifact. codeql-action prints "CodeQL Action major versions v1 and v2 have been
    deprecated". The fix moves each such step to a version that is known to exist: a tag to a tag, an exact version to
    an exact one, a commit to a commit, with the version in the comment beside it.

    The inputs move too, where a newer version calls them otherwise, does without them, or takes something else if
    they are missing: `version` of setup-node becomes `node-version`, `file` of codecov `files`, setup-python gets the
    `python-version` that used to be its default. The configuration of actions/labeler gets the form of v5.
    setup-miniconda gets Miniforge3 in the place of Mambaforge, without which it ends with "Unexpected HTTP response:
    404". Unasked the
    rule acts on versions that fail or were given up by their makers. Named on the command line it also moves what
    GitHub warns about, such as every action made for Node 20, and replaces archived actions.
    `target` says how far: `v4` to the lowest major that works, `minimal` to the lowest nobody warns about, `latest` to
    the newest, also what works without a warning.

When this is wrong:
    On GitHub Enterprise Server and on runners of your own older than 2.327.1, which lack Node 24. A fix must be
    reviewed where a version on the way behaves differently: its title says how. Where nothing changes for the inputs
    that a step gives, the fix is safe.

What it will not touch:
    upload-artifact and download-artifact, which are the business of `upgrade-artifacts`; branches, actions that the
    facts do not know, and steps that are commented out. It never adds `allow-unsafe-pr-checkout`. Parts of one action,
    such as those of codeql-action, move together in a file or not at all.

Sources:
    - https://github.blog/changelog/2025-09-19-deprecation-of-node-20-on-github-actions-runners (read 2026-11)
    - https://github.blog/changelog/2025-03-20-notification-of-upcoming-breaking-changes-in-github-actions (for the
      cache; read 2026-11)
    - the releases of each action, such as https://github.com/actions/setup-node/releases (read 2026-11); `cifix rules
      facts` lists all of them
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from cifix.formats.actions.enterprise import signs
from cifix.formats.actions.workflow import ACTIONS, LOCK, WORKFLOWS, action, reference, workflow
from cifix.formats.yaml import parse
from cifix.model.change import Edit
from cifix.model.expect import Absent, Value
from cifix.model.facts import sheet
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque
from cifix.rules.upgrade_actions.facts import facts
from cifix.rules.upgrade_actions.goal import Reach, missing, too_old
from cifix.rules.upgrade_actions.gone import gone
from cifix.rules.upgrade_actions.labels import DEFAULT, Labels, labels
from cifix.rules.upgrade_actions.sites import sites
from cifix.rules.upgrade_actions.verdict import Verdict, verdicts

_USES = re.compile(r"(?<![\w./-])[\w.-]+/[\w./-]+@[\w./-]+")
_LABELER, _FORM = "actions/labeler", 5


@dataclass(frozen=True, slots=True)
class Options:
    """How far to move.

    `target`: `"minimal"` is the lowest major that neither fails nor is warned about, `"v4"` the lowest that does not
    fail, `"latest"` the newest. `allow-locked`: move steps although `actions.lock` pins them; refresh it with
    `gh actions-lock` before you merge. `warned`: also move what GitHub only warns about, and replace archived actions,
    without being named on the command line. `ghes`: the workflows run on GitHub Enterprise Server.
    """

    target: Literal["v4", "minimal", "latest"] = "minimal"
    allow_locked: bool = False
    warned: bool = False
    ghes: bool = False
    selected: bool = False

    @property
    def reach(self) -> Reach:
        """How far to go."""
        return Reach(self.target, self.warned or self.selected)


@declare(
    __doc__,
    reads=(*WORKFLOWS, *ACTIONS),
    needles=(b"uses",),
    safety=Safety.SAFE,
    after=("upgrade-artifacts", "workflow-leftovers"),
    options=Options,
    facts=partial(sheet, __name__),
    refusals={
        "opaque": "the file is YAML that cannot be edited safely, or the step is written in a way that cannot",
        "alias": "the ref is shared, through an anchor, with something that is no step",
        "actions-lock": "`actions.lock` pins the actions: allow it with `allow-locked`, then run `gh actions-lock`",
        "ghes": "the workflows show signs of GitHub Enterprise Server, where other versions work",
        "unknown-sha": "a commit without a version beside it does not say which version it is",
        "unknown-ref": "no version that works is known by a ref as exact as the one that is there",
        "input": "an input of the step means nothing to newer versions, or something else",
        "missing-input": "newer versions need an input that the step does not give",
        "unsafe-checkout": "the step fetches code of a pull request where secrets are at hand, which is refused now",
        "archived": "nobody cares for the action, and what replaces it works in another way",
        "labeler-config": "the configuration of the labeler is not there, or cannot be put into the new form",
        "together": "another step of the same action in the file, or of one that belongs to it, cannot move",
    },
)
def rule(snapshot: Snapshot, options: Options) -> Iterator[Finding]:
    """Judge every step; those that belong together share a fix or have none."""
    groups: dict[tuple[str, object], list[Verdict]] = {}
    for path in rule.candidates(snapshot):
        try:
            text = snapshot.text(path).text
            lines = (line for line in text.splitlines() if "@" in line)
            if not any(_suspect(used, options.reach) for line in lines for used in _USES.findall(line)):
                continue
            inside = path.startswith(".github/workflows/")
            found = snapshot.parsed(path, workflow) if inside else snapshot.parsed(path, action)
        except Opaque as why:
            yield Finding(rule.id, path, 0, 0, "an action may be too old", Refusal("opaque", str(why)))
            continue
        every = list(sites(path, found))
        yield from gone(every)
        for verdict in verdicts(every, facts(), options.reach, snapshot):
            groups.setdefault(_group(verdict), []).append(verdict)
    held = _held(snapshot, options) if groups else None
    lesson = f"; refresh {LOCK} with `gh actions-lock` before you merge" if LOCK in snapshot.tracked else ""
    for together in groups.values():
        if held is not None:
            yield from (_finding(one, held) for one in together)
        else:
            yield from _judged(snapshot, together, lesson)


def _held(snapshot: Snapshot, options: Options) -> Refusal | None:
    """What keeps every step of the repository back."""
    if LOCK in snapshot.tracked and not options.allow_locked:
        detail = f"{LOCK} pins all actions; allow it with --allow-locked, then refresh it with `gh actions-lock`"
        return Refusal("actions-lock", detail)
    if options.ghes:
        return Refusal("ghes", "the option `ghes` is set")
    path, word = next(signs(snapshot), ("", ""))
    return Refusal("ghes", f"{path} mentions {word}") if path else None


def _suspect(used: str, reach: Reach) -> bool:
    """Whether a `uses` can name something too old, from its text alone."""
    named = reference(used)
    known = facts().actions.get(named.slug) if named else None
    if named is None or known is None:
        told = facts().gone.keys() | (facts().replacements.keys() if reach.warned else set())
        return named is not None and named.slug in told
    numbers = named.version
    return named.sha or (numbers is not None and (missing(known, named) or too_old(known, numbers, reach)))


def _group(verdict: Verdict) -> tuple[str, object]:
    site = verdict.site
    if site.uses.slug == _LABELER:
        return "", _LABELER
    return site.path, verdict.pair or site.key


def _judged(snapshot: Snapshot, together: Sequence[Verdict], lesson: str) -> Iterator[Finding]:
    """One finding per step: the fix they share, or what keeps them back."""
    outcome = _outcome(snapshot, together)
    for one in together:
        ending = one.refusal or outcome
        yield _finding(one, ending, lesson if isinstance(ending, Fix) else "")


def _outcome(snapshot: Snapshot, together: Sequence[Verdict]) -> Fix | Refusal:
    for one in together:
        if one.refusal is not None:
            return Refusal("together", f"{one.site} cannot move: {one.refusal.detail}")
    try:
        return _fix(together, _configuration(snapshot, together))
    except Opaque as why:
        return Refusal("labeler-config", str(why))


def _configuration(snapshot: Snapshot, together: Sequence[Verdict]) -> Labels:
    """The changes of all files that configure the labeler; raises `Opaque` if one cannot be changed."""
    edits: list[Edit] = []
    expects: list[Value | Absent] = []
    crossing = [one.site for one in together if one.site.uses.slug == _LABELER and _FORM in one.crossed]
    given = [site.step.inputs.get("configuration-path") for site in crossing]
    for path in dict.fromkeys(scalar.value if scalar else DEFAULT for scalar in given):
        if path not in snapshot.tracked:
            raise Opaque(f"{path} is not in the repository")
        found = labels(path, snapshot.parsed(path, parse))
        edits += found.edits
        expects += found.expects
    return Labels(tuple(edits), tuple(expects))


def _fix(together: Sequence[Verdict], configuration: Labels) -> Fix:
    edits = tuple(dict.fromkeys(edit for one in together for edit in one.edits))
    expects = tuple(dict.fromkeys(claim for one in together for claim in one.expects))
    notes = dict.fromkeys(note for one in together for note in one.notes)
    refs = ", ".join(
        dict.fromkeys(f"{one.site.name} to {one.to.removeprefix(f'{one.site.name}@')}" for one in together)
    )
    places = ", ".join(dict.fromkeys(str(one.site) for one in together))
    title = "; ".join((f"Move {refs} in {places}", *notes))
    safety = Safety.REVIEW if notes else Safety.SAFE
    return Fix(title, safety, (*edits, *configuration.edits), (*expects, *configuration.expects))


def _finding(one: Verdict, outcome: Fix | Refusal, lesson: str = "") -> Finding:
    site, written = one.site, one.site.written
    about = tuple(dict.fromkeys((f"{site.uses.slug}@{site.uses.ref}", written.value)))
    elsewhere = isinstance(outcome, Refusal) and outcome.key == "ghes"
    red_from = None if elsewhere else one.red_from
    return Finding(rule.id, site.path, written.start, written.end, one.message + lesson, outcome, red_from, about)
