"""Every rule for CI files, on files written in every way: bytes outside the edits stay, or the file is refused."""

import re
from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from cifix.engine.plan import Patch, Plan, Settings, plan
from cifix.engine.registry import discover
from cifix.engine.verify import verify
from cifix.model.change import Edit
from cifix.model.expect import Absent, Route, Value
from cifix.model.finding import Refusal, Safety
from cifix.model.glob import matches
from cifix.model.rule import Rule
from cifix.model.snapshot import Snapshot

WORKFLOW = ".github/workflows/ci.yml"
AZURE = "azure-pipelines.yml"
CIRCLE = ".circleci/config.yml"
GITLAB = ".gitlab-ci.yml"
OTHERS = {"scripts/check.py": b"print('checked')\n", "requirements/dev.txt": b"pytest\n"}

BASES = {
    WORKFLOW: """\
name: CI
on: [push, pull_request_target]
env:
  FORCE_JAVASCRIPT_ACTIONS_TO_NODE24: true
  TITLE: "voil\u00e0 \U0001f389 \u6f22\u5b57 e\u0301"
jobs:
  test:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [ubuntu-20.04, 'windows-2019']
        python-version: ["3.9", 3.10]
        include:
          - os: macOS-13
            python-version: 3.20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {python-version: "${{ matrix.python-version }}"}
      - name: say
        id: say
        shell: bash
        run: |
          # \u00fcber uns
          echo "::set-output name=day::$(date +%F)"
          echo "::set-env name=TITLE::${{ github.event.pull_request.title }}"

          pip install -r requirement/dev.txt
      - uses: "actions/upload-artifact@v3"
        with:
          name: report
          path: out/
  lone:
    runs-on: ubuntu-18.04
    steps:
      - uses: 'actions/download-artifact@v3'
        with: {name: report, path: in}
      - run: echo "::add-path::/opt/bin"
      - {uses: actions/upload-artifact@v2, with: {name: other, path: x}}
""",
    AZURE: """\
trigger: [main]
variables:
  - name: image
    value: "ubuntu-20.04"
strategy:
  matrix:
    old: {python.version: 3.10, title: "\u00e9t\u00e9 \U0001f31e"}
    new:
      python.version: '3.12'
pool:
  vmImage: $(image)
steps:
  - task: UsePythonVersion@0
    inputs:
      versionSpec: $(python.version)
  - script: |
      echo \u6f22\u5b57
      tox
""",
    CIRCLE: """\
version: 2.1
base: &base
  environment: {PYTHON_VERSION: 3.10}
jobs:
  test:
    <<: *base
    machine:
      image: ubuntu-1604:202104-01
    steps: [checkout, run: "echo caf\u00e9"]
workflows:
  main:
    jobs:
      - test:
          matrix:
            parameters:
              python-version: [3.9, 3.10]
""",
    GITLAB: """\
.base: &base
  variables: {PYTHON_VERSION: 3.10}
test:
  <<: *base
  image: python:$PYTHON
  script:
    - !reference [.base, script]
    - |
      echo "\U0001f600"
  parallel:
    matrix:
      - PYTHON: ['3.9', 3.10]
""",
}


@cache
def rules() -> tuple[Rule, ...]:
    known = discover(points=()).rules.values()
    return tuple(rule for rule in known if any(matches(path, rule.reads) for path in BASES))


def planned(path: str, data: bytes) -> Plan:
    made = plan(Snapshot.of({path: data, **OTHERS}), rules(), Settings(Safety.REVIEW))
    assert not made.crashes, made.crashes
    for patch in made.patches:
        broken = [proof for proof in verify(patch) if not proof.ok]
        assert not broken, (patch.rule.id, broken)
        for changed in patch.paths:
            assert_nothing_else_moved(patch, changed)
    return made


def assert_nothing_else_moved(patch: Patch, path: str) -> None:
    """What stands between the edits is the same bytes, and other parsers see no data change but the claimed one."""
    edits = sorted(
        (one for one in patch.changes if isinstance(one, Edit) and one.path == path), key=lambda one: one.start
    )
    before, after = patch.before.text(path), patch.after.read(path)
    position = offset = 0
    for edit in edits:
        kept = before.text[position : edit.start].encode()
        assert after[offset : offset + len(kept)] == kept
        offset += len(kept) + len(edit.text.encode())
        position = edit.end
    assert after[offset:] == before.text[position:].encode()
    old, new = loaded(before.raw), loaded(after)
    assert (old is None) == (new is None)
    if old is None or new is None:
        return
    claims = [claim for fix in patch.fixes for claim in fix.expects if isinstance(claim, Value | Absent)]
    claimed = {claim.route[:depth] for claim in claims for depth in range(1, len(claim.route) + 1)}
    merged = "<<" in {step for route in claimed for step in route}
    different = {route for route in {*old, *new} if old.get(route) != new.get(route)}
    assert merged or all(route in claimed or "".join(map(str, route)) == "" for route in different), different - claimed


def loaded(data: bytes) -> Mapping[Route, object] | None:
    """The scalars of a file as an independent loader sees them; None if it cannot read it."""
    reader = YAML(typ="safe", pure=True)
    reader.constructor.add_constructor("!reference", lambda loader, node: loader.construct_yaml_seq(node))
    try:
        return dict(scalars((), reader.load(data.decode("utf-8-sig"))))
    except YAMLError:
        return None


def scalars(route: Route, value: object) -> Iterator[tuple[Route, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from scalars((*route, str(key)), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from scalars((*route, index), inner)
    else:
        yield route, (type(value), value)


def fixes(made: Plan) -> list[str]:
    return sorted(re.sub(r" on line \d+|\bline \d+", "", fix.title) for patch in made.patches for fix in patch.fixes)


@cache
def plain(path: str) -> list[str]:
    return fixes(planned(path, BASES[path].encode()))


def free_lines(source: str) -> list[int]:
    """The numbers of the lines before which YAML allows a comment: those that no block scalar holds."""
    found, margin = [], -1
    for number, line in enumerate(source.splitlines()):
        indent = len(line) - len(line.lstrip())
        if margin >= 0 and (not line.strip() or indent > margin):
            continue
        margin = indent if line.rstrip().endswith("|") else -1
        found.append(number)
    return found


def written(source: str, ends: str) -> bytes:
    match ends:
        case "crlf":
            return source.replace("\n", "\r\n").encode()
        case "bom":
            return b"\xef\xbb\xbf" + source.encode()
        case "bom and crlf":
            return b"\xef\xbb\xbf" + source.replace("\n", "\r\n").encode()
        case "no newline at the end":
            return source.rstrip("\n").encode()
        case _:
            return source.encode()


ENDS = ["lf", "crlf", "bom", "bom and crlf", "no newline at the end"]


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("path", BASES)
def test_line_ends_and_marks_stay_and_change_no_answer(path: str, ends: str) -> None:
    assert len(plain(path)) >= 2
    made = planned(path, written(BASES[path], ends))
    assert fixes(made) == plain(path)
    after = made.after.read(path)
    assert after.startswith(b"\xef\xbb\xbf") == ("bom" in ends)
    assert after.count(b"\n") == after.count(b"\r\n") or "crlf" not in ends
    assert after.endswith(b"\n") == (ends != "no newline at the end")


COMMENTS = st.sampled_from(
    [
        "",
        "   ",
        "# plain",
        "      # indented: [ { 'quote",
        "#",
        "# 3.10 ubuntu-20.04 \u6f22 \U0001f389 e\u0301",
    ]
)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(data=st.data())
def test_comments_and_blank_lines_anywhere_change_no_answer(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(list(BASES)))
    lines = BASES[path].splitlines()
    free = free_lines(BASES[path])
    above = data.draw(st.dictionaries(st.sampled_from(free), COMMENTS, max_size=6))
    behind = data.draw(
        st.dictionaries(st.sampled_from(free), st.sampled_from([" # x", "  #\u00e9: y", " #"]), max_size=6)
    )
    made: list[str] = []
    for number, line in enumerate(lines):
        made += [above[number]] if number in above else []
        made.append(line + behind.get(number, ""))
    found = planned(path, written("\n".join(made) + "\n", data.draw(st.sampled_from(ENDS))))
    assert fixes(found) == plain(path)


VARIANTS = {
    "flow mappings": """\
on: push
jobs: {a: {runs-on: ubuntu-20.04, steps: [{uses: actions/upload-artifact@v3, with: {name: a,   path: b}},
  {run: 'echo "::set-output name=a::b"'}]}}
""",
    "quoted keys and values": """\
"on": 'push'
'jobs':
  "a":
    'runs-on': "ubuntu-20.04"
    "steps":
      - "uses": 'actions/setup-python@v5'
        'with': {"python-version": 3.10}
      - "run": "echo \\"::set-output name=a::b\\""
""",
    "escapes": """\
on: push
name: "caf\\u00e9 \\x2d"
jobs:
  a:
    runs-on: "ubuntu-20.04"
    steps:
      - uses: "actions/upload-artifact@v3"
        with: {name: "caf\\u00e9", path: "a\\tb"}
      - run: "echo \\"::set-output name=a::b\\" # \\U0001F389"
      - run: "\\x65cho \\"::set-output name=a::b\\""
""",
    "anchors and aliases": """\
on: push
jobs:
  a: &a
    runs-on: &os ubuntu-20.04
    steps: &steps
      - &up {uses: actions/upload-artifact@v3, with: {name: &n a, path: *n}}
      - run: &run echo "::set-output name=a::b"
  b: {runs-on: *os, steps: *steps}
  c: *a
  d:
    runs-on: *os
    steps: [*up, {run: *run}]
""",
    "empty values": """\
on:
jobs:
  a:
    runs-on: ubuntu-20.04
    env:
    steps:
      - uses: actions/upload-artifact@v3
        with:
      - run:
      - uses: actions/setup-python@v5
        with:
          python-version: 3.10
          cache:
""",
    "folds": """\
on: push
jobs:
  a:
    runs-on:
      ubuntu-20.04
    steps:
      - run: >-
          echo
          "::set-output name=a::b"
      - uses:
          actions/upload-artifact@v3
        with:
          name: >
            a
          path: b
""",
    "block scalars with indentation and chomping marks": """\
on: push
jobs:
  a:
    runs-on: |-
      ubuntu-20.04
    steps:
      - run: |2+
           echo "::set-output name=a::b"

      - run: |+
          echo "::set-output name=a::b"


""",
    "tags": """\
on: push
jobs:
  a:
    runs-on: !!str ubuntu-20.04
    steps:
      - uses: !!str actions/upload-artifact@v3
      - uses: actions/setup-python@v5
        with: !!map {python-version: !!float 3.10}
""",
    "a document start, directives and an end": """\
%YAML 1.2
---
on: push
jobs:
  a:
    runs-on: ubuntu-20.04
    steps: [{run: make}]
...
""",
    "mixed newlines": """\
on: push\r
jobs:
  a:\r
    runs-on: ubuntu-20.04
    steps:\r
      - run: |
          x\r
          echo "::set-output name=a::b"
""",
    "trailing blanks": """\
on: push \x20
jobs:\x20
  a: \x20
    runs-on: ubuntu-20.04 \x20
    steps:
      - run: | \x20
          echo "::set-output name=a::b" \x20
""",
    "wide characters before a value": """\
on: push
jobs: {"\U0001f389\u6f22e\u0301": {runs-on: ubuntu-20.04, steps: [{run: 'echo "\U0001f600" "::set-output"'},
  {run: 'true "\U0001f600" && echo "::set-output name=a::b"'}]}}
""",
}
REFUSED = {
    "duplicate keys": "on: push\njobs:\n  a:\n    runs-on: ubuntu-20.04\n    runs-on: ubuntu-20.04\n",
    "several documents": "on: push\njobs: {a: {runs-on: ubuntu-20.04}}\n---\na: 1\n",
    "tabs": "on: push\njobs:\n  a:\n    runs-on:\tubuntu-20.04\n",
    "a tab before a comment": "on: push\n\t# tab\njobs: {a: {runs-on: ubuntu-20.04}}\n",
    "a merge key": "on: push\nx: &x {runs-on: ubuntu-20.04}\njobs:\n  a:\n    <<: *x\n",
    "a syntax error": "on: push\njobs: {a: {runs-on: ubuntu-20.04\n",
    "latin-1": "on: push\nname: caf\xe9\njobs: {a: {runs-on: ubuntu-20.04}}\n",
}


@pytest.mark.parametrize("ends", ["lf", "bom and crlf"])
@pytest.mark.parametrize("name", VARIANTS)
def test_other_ways_to_write_a_file_keep_every_byte(name: str, ends: str) -> None:
    source = VARIANTS[name]
    made = planned(WORKFLOW, written(source, "lf" if name == "mixed newlines" else ends))
    left = [one for one in made.remaining if isinstance(one.finding.outcome, Refusal)]
    assert made.patches or left


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_edited_with_certainty_is_refused(name: str) -> None:
    data = REFUSED[name].encode("latin-1" if name == "latin-1" else "utf-8")
    made = planned(WORKFLOW, data)
    assert made.after.read(WORKFLOW) == data
    assert {one.finding.outcome.key for one in made.remaining if isinstance(one.finding.outcome, Refusal)} == {"opaque"}
