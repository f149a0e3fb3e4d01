"""The files of a new rule: a module that works, and a case that proves it."""

import re
from pathlib import Path
from string import Template

from cifix.errors import UsageError

_MODULE = Template('''"""Say in one line what the fix does.

Why:
    What breaks, with the exact error message that people search for. Here, as a start: a tab in
    `example.txt` becomes a space.

When this is wrong:
    When a person should say no.

What it will not touch:
    Files that cannot be read as text.

Sources:
    - the page that proves the claim, and the day it was read
"""

from collections.abc import Iterator

from cifix.model.change import Edit
from cifix.model.finding import Finding, Fix, Refusal, Safety
from cifix.model.rule import NoOptions, declare
from cifix.model.snapshot import Snapshot
from cifix.model.text import Opaque


@declare(
    __doc__,
    reads=("example.txt",),
    needles=(b"\\t",),
    safety=Safety.REVIEW,
    refusals={"opaque": "the file cannot be read as text"},
)
def rule(snapshot: Snapshot, options: NoOptions) -> Iterator[Finding]:
    """Find what breaks, and say how to mend it."""
    del options
    for path in rule.candidates(snapshot):
        try:
            text = snapshot.text(path)
        except Opaque as why:
            yield Finding("$id", path, 0, 0, "holds a tab", Refusal("opaque", str(why)))
            continue
        place = text.text.index("\\t")
        fix = Fix("Replace the tab by a space", Safety.REVIEW, (Edit(path, place, place + 1, " "),))
        yield Finding("$id", path, place, place + 1, "holds a tab", fix)
''')


def scaffold(rule_id: str, project: Path) -> tuple[Path, ...]:
    """Write the module and two cases of rule `rule_id` below `project`; returns the new files.

    In a checkout of cifix the module goes where the other rules are, else beside the fixtures.
    Raises `UsageError` for an id that is not lower-case words joined by dashes, or if a file exists.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule_id):
        raise UsageError(f"{rule_id!r} is not a rule id: use lower-case words joined by dashes, such as my-rule")
    rules = project / "src" / "cifix" / "rules"
    cases = project / "fixtures" / rule_id
    told = {
        (rules if rules.is_dir() else project) / f"{rule_id.replace('-', '_')}.py": _MODULE.substitute(id=rule_id),
        cases / "tab" / "before" / "example.txt": "one\ttwo\n",
        cases / "tab" / "after" / "example.txt": "one two\n",
        cases / "tab" / "case.toml": 'says = "A tab becomes a space."\nshow = true\nsafety = "review"\n',
        cases / "binary" / "before" / "example.txt": "one\ttwo\0\n",
        cases / "binary" / "case.toml": 'says = "A binary file is refused."\nrefuses = ["opaque"]\n',
    }
    for path in told:
        if path.exists():
            raise UsageError(f"{path} exists already; nothing was written")
    for path, content in told.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    return tuple(told)
