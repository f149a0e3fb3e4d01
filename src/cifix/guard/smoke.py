"""A job that installs the package the way a user does and imports it from a folder without the sources."""

import re
from collections.abc import Iterator
from string import Template

from cifix.formats.actions.workflow import ACTIONS, WORKFLOWS, Step, action, workflow
from cifix.guard.distribution import PYPROJECT, Distribution, distribution
from cifix.guard.wanted import Wanted
from cifix.model.change import Create
from cifix.model.facts import sheet
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque

PLACES = (".github/workflows/smoke.yml", ".github/workflows/import-smoke.yml")
"""Where the job is written: the first that is free."""

_IMPORT = re.compile(
    r"""python[\d.]*["']?(?P<flags>(?:\s{1,9}-\w{1,30}){0,9})\s+-\w*c\s+["']\s*(?:import|from)\s+(?P<name>\w+)"""
)
_LEAVES = re.compile(r"(?:^|[\s;&|])(?:cd|pushd)\s")

_HEAD = Template("""\
# Installs the package the way a user does and imports it where its sources are not: a file in no commit is missed.
name: smoke

on: [push, pull_request]

permissions:
  contents: read

jobs:
  import:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: $checkout
        with:
          persist-credentials: false
""")
_PIP = Template("""\
      - uses: $setup
        with:
          python-version: "$python"
      - name: Install into a clean environment
        run: |
          python -m venv "$$RUNNER_TEMP/clean"
          "$$RUNNER_TEMP/clean/bin/python" -m pip install .
""")
_UV = Template("""\
      - uses: $setup
      - name: Install into a clean environment
        run: |
          uv venv --python "$python" "$$RUNNER_TEMP/clean"
          uv pip install --python "$$RUNNER_TEMP/clean" .
""")
_IMPORTS = Template("""\
      - name: Import away from the sources
        run: |
          cd "$$RUNNER_TEMP"
          clean/bin/python -c "import $names"
""")


def smoke(snapshot: Snapshot, wanted: Wanted) -> Iterator[Finding]:
    """The job, unless one imports the package away from its sources already."""
    del wanted
    message = "no job imports the installed package away from its sources"
    place = PYPROJECT if PYPROJECT in snapshot else "setup.py"
    try:
        outcome = _outcome(snapshot)
    except Opaque as why:
        outcome = Refusal("opaque", str(why))
    if outcome is not None:
        yield Finding("guard", place, 0, 0, message, outcome)


def _outcome(snapshot: Snapshot) -> Fix | Refusal | None:
    found = distribution(snapshot)
    if found is None:
        return Refusal("not-installable", "there is neither a project table, a build system nor a setup.py at the root")
    if not found.imports:
        return Refusal("unclear-package", "no package at the root or in src bears the name of the project")
    if any(_imports(step, found) for step in _steps(snapshot)):
        return None
    free = [path for path in PLACES if path not in snapshot]
    if not free:
        return Refusal("taken", f"{' and '.join(PLACES)} are there")
    title = f"Install the package and import {', '.join(found.imports)} away from the sources, in {free[0]}"
    return Fix(title, Safety.REVIEW, (Create(free[0], _text(snapshot, found).encode()),))


def _steps(snapshot: Snapshot) -> Iterator[Step]:
    """Every step of every workflow and composite action that can be read."""
    for path in snapshot.matching(WORKFLOWS):
        try:
            yield from (step for job in snapshot.parsed(path, workflow).jobs for step in job.steps)
        except Opaque:
            continue
    for path in snapshot.matching(ACTIONS):
        try:
            yield from snapshot.parsed(path, action).steps
        except Opaque:
            continue


def _imports(step: Step, found: Distribution) -> bool:
    """Whether a step imports one of the packages where their sources are not."""
    command = step.node.word("run") or ""
    away = (step.node.word("working-directory") or "").startswith(("/", "..", "~", "${{ runner.temp"))
    for one in _IMPORT.finditer(command):
        ours = one["name"] in {name.partition(".")[0] for name in found.imports}
        isolated = re.search(r"-\w*[IP]", one["flags"]) is not None
        if ours and (away or isolated or _LEAVES.search(command, 0, one.start())):
            return True
    return False


def _text(snapshot: Snapshot, found: Distribution) -> str:
    used = [step.uses for step in _steps(snapshot) if step.uses is not None and step.uses.ref]
    pinned = sum(one.sha for one in used) * 2 > len(used)
    facts = sheet("cifix.guard").data
    uv = found.uv or any(one.slug == facts["actions"]["setup-uv"]["slug"] for one in used)
    oldest = tuple(facts["oldest-python"])
    python = ".".join(map(str, max(found.lowest, oldest))) if found.lowest > (0, 0) else ("3" if uv else "3.x")
    install = _UV if uv else _PIP
    return (
        _HEAD.substitute(checkout=_action("checkout", pinned=pinned))
        + install.substitute(setup=_action("setup-uv" if uv else "setup-python", pinned=pinned), python=python)
        + _IMPORTS.substitute(names=", ".join(found.imports))
    )


def _action(name: str, *, pinned: bool) -> str:
    """What to write behind `uses:`: a tag, or a commit with its version where the project pins most actions so."""
    fact = sheet("cifix.guard").data["actions"][name]
    return f"{fact['slug']}@{fact['sha']}  # {fact['version']}" if pinned else f"{fact['slug']}@{fact['ref']}"
