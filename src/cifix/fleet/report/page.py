"""A fleet as one HTML page that needs nothing else: no network, no other file.

Names, messages and diffs are text of strangers. They are escaped, and a policy in the page lets nothing run but the
filter below, which reads attributes and shows or hides rows.
"""

import base64
import hashlib
from collections.abc import Iterator
from html import escape

from cifix.fleet.report.document import Document, fixed, remaining
from cifix.fleet.report.text import said, summary
from cifix.report.characters import legible, printable

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222; }
form { display: flex; gap: 1rem; flex-wrap: wrap; margin: 1rem 0; }
details { border-top: 1px solid #ddd; padding: .4rem 0; }
summary { cursor: pointer; }
code, pre { font: 13px/1.4 ui-monospace, monospace; }
pre { background: #f7f7f7; overflow-x: auto; padding: .6rem; }
.state { display: inline-block; min-width: 5rem; font-weight: 600; }
.failed { color: #b00; } .held { color: #960; } .applied { color: #060; } .planned { color: #046; }
.add { color: #060; } .del { color: #b00; } .hunk { color: #046; } .quiet { color: #666; }
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd; } pre { background: #222; } details { border-color: #444; }
  .failed, .del { color: #f77; } .held { color: #fc6; } .applied, .add { color: #7d7; }
  .planned, .hunk { color: #7bf; } .quiet { color: #999; }
}
"""

_SCRIPT = """
const form = document.forms[0], rows = [...document.querySelectorAll("details")], shown = form.querySelector("output");
function filter() {
  const rule = form.rule.value, state = form.state.value, name = form.name_.value.toLowerCase();
  let number = 0;
  for (const row of rows) {
    row.hidden = (rule && !row.dataset.rules.split(" ").includes(rule)) || (state && row.dataset.state !== state)
      || !row.dataset.name.toLowerCase().includes(name);
    number += !row.hidden;
  }
  shown.value = number + " of " + rows.length;
}
form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
filter();
"""


def document(told: Document) -> str:
    """The page as text, in UTF-8."""
    return "\n".join(_lines(told)) + "\n"


def _lines(told: Document) -> Iterator[str]:
    policy = f"default-src 'none'; style-src {_allowed(_STYLE)}; script-src {_allowed(_SCRIPT)}"
    yield f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Fleet: {_shown(told["branch"])}</title>'
    yield f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
    yield f'<meta name="viewport" content="width=device-width">\n<style>{_STYLE}</style>'
    yield f"<h1>Fleet: {_shown(told['branch'])}</h1>\n<p>{_shown(summary(told))}</p>"
    yield from _form(told)
    for repository in told["repositories"]:
        yield from _repository(repository)
    yield f"<script>{_SCRIPT}</script>"


def _form(told: Document) -> Iterator[str]:
    rules = sorted({finding["rule"] for repository in told["repositories"] for finding in repository["findings"]})
    states = [state for state, number in told["counts"].items() if number]
    yield '<form><label>Repository <input name="name_" type="search"></label>'
    for label, name, values in (("Rule", "rule", rules), ("State", "state", states)):
        options = "".join(f"<option>{_shown(value)}</option>" for value in values)
        yield f'<label>{label} <select name="{name}"><option value="">all</option>{options}</select></label>'
    yield "<output></output></form>"


def _repository(repository: Document) -> Iterator[str]:
    state, slug = repository["state"], _shown(repository["slug"])
    rules = " ".join(sorted({finding["rule"] for finding in repository["findings"]}))
    yield f'<details data-state="{state}" data-rules="{_shown(rules)}" data-name="{slug}">'
    numbers = f"{fixed(repository)} fixed, {remaining(repository)} left" if repository["findings"] else ""
    yield f'<summary><span class="state {state}">{state}</span> <code>{slug}</code>'
    yield f'<span class="quiet">{numbers}</span></summary>\n<p>{_shown(said(repository))}</p>'
    base = (repository["base_branch"], repository["base"])
    yield f'<p class="quiet"><code>{_shown(repository["url"])}</code> {_shown(" ".join(filter(None, base)))}</p>'
    yield "<ul>"
    for finding in repository["findings"]:
        place = f"{finding['path']}:{finding['line']}"
        answer = finding["title"] or f"{finding['refusal']['key']}: {finding['refusal']['detail']}"
        yield f"<li><code>{_shown(place)}</code> {_shown(finding['rule'])}: {_shown(finding['message'])}"
        yield f'<br><span class="quiet">{finding["answer"]}: {_shown(answer)}</span></li>'
    yield "</ul>"
    if repository["patch"]:
        yield "<pre>" + "\n".join(_coloured(line) for line in repository["patch"].split("\n")) + "</pre>"
    yield "</details>"


def _coloured(line: str) -> str:
    kinds = (("+++", "quiet"), ("---", "quiet"), ("diff ", "quiet"), ("@@", "hunk"), ("+", "add"), ("-", "del"))
    kind = next((kind for start, kind in kinds if line.startswith(start)), None)
    return f'<span class="{kind}">{_shown(line)}</span>' if kind else _shown(line)


def _shown(text: str) -> str:
    """Text as it is to be read, also inside an attribute: no markup, and no character that cannot be seen."""
    return escape(printable(legible(text)), quote=True)


def _allowed(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
