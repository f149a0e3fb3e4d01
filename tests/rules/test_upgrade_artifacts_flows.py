"""upgrade-artifacts on random workflows, judged by an interpreter of its own that runs them before and after."""

import re
from fnmatch import fnmatchcase
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cifix.model.finding import Fix
from cifix.model.snapshot import Snapshot
from cifix.rules.upgrade_artifacts import Options, rule

PATH = ".github/workflows/a.yml"
NAMES = st.sampled_from(["N", "N-a", "M", "N-${{ matrix.os }}", "M-${{ matrix.v }}-${{ matrix.os }}", None])
PATHS = st.sampled_from(["x.txt", "y.txt", "*.whl", "out/*.gz", "out"])

UPLOAD = st.builds(
    lambda name, path: {
        "uses": "actions/upload-artifact@v3",
        "with": {**({"name": name} if name else {}), "path": path},
    },
    NAMES,
    PATHS,
)
DOWNLOAD = st.builds(
    lambda name, path: {
        "uses": "actions/download-artifact@v3",
        **({"with": {**({"name": name} if name else {}), **({"path": path} if path else {})}} if name or path else {}),
    },
    st.one_of(NAMES, st.just("artifact")),
    st.sampled_from([None, "in", "in/all"]),
)
MATRIX: st.SearchStrategy[dict[str, Any] | None] = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"os": st.lists(st.sampled_from(["a", "b", "c/d"]), min_size=1, max_size=2, unique=True)},
        optional={"v": st.lists(st.sampled_from([1, 2]), min_size=1, max_size=2, unique=True)},
    ),
)


@st.composite
def workflows(draw: Any) -> dict[str, Any]:
    jobs: dict[str, Any] = {}
    for index in range(draw(st.integers(1, 3))):
        job: dict[str, Any] = {"runs-on": "ubuntu-latest"}
        if matrix := draw(MATRIX):
            job["strategy"] = {"matrix": matrix}
        if jobs and draw(st.booleans()):
            job["needs"] = draw(st.sampled_from(sorted(jobs)))
        job["steps"] = draw(st.lists(st.one_of(UPLOAD, UPLOAD, DOWNLOAD), min_size=1, max_size=3))
        jobs[f"j{index}"] = job
    return {"on": "push", "jobs": jobs}


def dumped(workflow: dict[str, Any]) -> bytes:
    lines = ["on: push", "jobs:"]
    for name, job in workflow["jobs"].items():
        lines += [f"  {name}:", f"    runs-on: {job['runs-on']}"]
        lines += [f"    needs: {job['needs']}"] if "needs" in job else []
        if "strategy" in job:
            lines += ["    strategy:", "      matrix:"]
            lines += [
                f"        {axis}: {values}".replace("'", "") for axis, values in job["strategy"]["matrix"].items()
            ]
        lines.append("    steps:")
        for step in job["steps"]:
            lines.append(f"      - uses: {step['uses']}")
            if "with" in step:
                lines.append("        with:")
                lines += [f'          {key}: "{value}"' for key, value in step["with"].items()]
    return ("\n".join(lines) + "\n").encode()


def rendered(text: str, leg: dict[str, Any], index: int, job: str) -> str:
    def value(found: re.Match[str]) -> str:
        context, _, key = found.group(1).partition(".")
        if context == "matrix":
            return str(leg.get(key, ""))
        return {"strategy.job-index": str(index), "github.job": job}[found.group(1)]

    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text)


def steps(text: bytes) -> list[tuple[str, int, dict[str, Any], str]]:
    """Every step in every leg: its job, the number of its leg, its inputs with values, and its action."""
    found = []
    for name, job in YAML(typ="safe").load(text.decode())["jobs"].items():
        matrix = job.get("strategy", {}).get("matrix", {})
        for index, values in enumerate(product(*matrix.values())):
            leg = dict(zip(matrix, values, strict=True))
            for step in job["steps"]:
                inputs = {key: rendered(str(value), leg, index, name) for key, value in step.get("with", {}).items()}
                found.append((name, index, inputs, step["uses"]))
    return found


def before(text: bytes, job: str) -> set[str]:
    """The jobs that surely start after this one is done."""
    jobs = YAML(typ="safe").load(text.decode())["jobs"]
    later = {job}
    for name, other in jobs.items():
        if other.get("needs") in later:
            later.add(name)
    return later - {job}


def fetched(inputs: dict[str, str], uses: str, there: list[tuple[int, str]]) -> set[tuple[int, str]]:
    """What one download gets of the artifacts that are there: from v5 on a single one gets no folder of its own."""
    base = inputs.get("path", ".")
    if inputs.get("name"):
        return {(index, base) for index, name in there if name == inputs["name"]}
    if "v3" in uses:
        return {(index, f"{base}/{name}".removeprefix("./")) for index, name in there}
    chosen = [(index, name) for index, name in there if fnmatchcase(name, inputs.get("pattern", "*"))]
    single = len({name for _, name in chosen}) == 1 and not uses.endswith("@v4")
    flat = single or inputs.get("merge-multiple", "").lower() == "true"
    return {(index, base if flat else f"{base}/{name}".removeprefix("./")) for index, name in chosen}


def run(text: bytes) -> tuple[list[str], dict[Any, set[Any]]]:
    """The names that are stored, and by job, leg and uploads before it what each download gets, and where."""
    every = steps(text)
    stored = [(place, one) for place, one in enumerate(every) if "upload" in one[3]]
    names = [one[2].get("name") or "artifact" for _, one in stored]
    got: dict[Any, set[Any]] = {}
    for place, (job, leg, inputs, uses) in enumerate(every):
        if "upload" in uses:
            continue
        seen = sum(1 for other, _ in stored if other < place)
        there = [
            index
            for index, (other, one) in enumerate(stored)
            if not (one[:2] == (job, leg) and other > place) and one[0] not in before(text, job)
        ]
        got.setdefault((job, leg, seen), set()).update(
            fetched(inputs, uses, [(index, names[index]) for index in there])
        )
    return names, {slot: some for slot, some in got.items() if some}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(workflows())
def test_a_fix_keeps_what_every_download_gets(workflow: dict[str, Any]) -> None:
    text = dumped(workflow)
    snapshot = Snapshot.of({PATH: text})
    for fix in {id(one.outcome): one.outcome for one in rule.find(snapshot, Options())}.values():
        if isinstance(fix, Fix):
            after = snapshot.with_changes(fix.changes).read(PATH)
            assert b"@v3" not in after
            names, got = run(after)
            rewritten = after.count(b"overwrite: true")
            assert len(names) - len({name.lower() for name in names}) == rewritten, after.decode()
            assert got == run(text)[1], after.decode()
