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
:root {
  color-scheme: light dark; --text: #1f2328; --quiet: #59636e; --page: #f6f8fa; --card: #fff; --line: #d1d9e0;
  --good: #1a7f37; --bad: #cf222e; --wait: #9a6700; --plan: #0969da; --added: #dafbe1; --gone: #ffebe9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6edf3; --quiet: #9198a1; --page: #0d1117; --card: #151b23; --line: #3d444d;
    --good: #3fb950; --bad: #f85149; --wait: #d29922; --plan: #4493f8; --added: #12261e; --gone: #25171c;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; color: var(--text); background: var(--page);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0; font-size: 1.5rem; }
h1 + p { margin: .2rem 0 0; color: var(--quiet); }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
form { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .75rem; align-items: end;
  margin: 1rem 0; padding: .75rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
label { display: grid; gap: .2rem; flex: 1 1 9rem; font-size: .8rem; color: var(--quiet); }
input, select, button { height: 2.2rem; min-width: 0; padding: .35rem .5rem; font: inherit; font-size: .95rem;
  color: var(--text); background: var(--page); border: 1px solid var(--line); border-radius: 6px; }
output { flex: 1 0 auto; align-self: center; color: var(--quiet); text-align: right; }
details { margin: .5rem 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
summary { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; padding: .6rem .75rem;
  cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "\\25B8"; color: var(--quiet); }
[open] > summary::before { content: "\\25BE"; }
summary code { flex: 1 1 12rem; font-size: .95rem; font-weight: 600; }
details > p, details > ul { margin: 0; padding: 0 .75rem .6rem; }
details > ul { padding-left: 2rem; }
li { margin: .3rem 0; }
pre { margin: 0; padding: .75rem 0; overflow-x: auto; border-top: 1px solid var(--line); }
pre span { display: block; width: max-content; min-width: 100%; padding: 0 .75rem; }
.state { min-width: 4.6rem; padding: 0 .5rem; border: 1px solid currentColor; border-radius: 1rem; font-size: .8rem;
  font-weight: 600; text-align: center; color: var(--quiet); }
.failed { color: var(--bad); } .held, .left { color: var(--wait); } .applied { color: var(--good); }
.planned { color: var(--plan); }
.quiet { color: var(--quiet); } .add { background: var(--added); } .del { background: var(--gone); }
.hunk { color: var(--plan); }
[hidden] { display: none; }
@media (max-width: 40rem) { form { position: static; } label { flex-basis: 7rem; } }
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
function unfold() {
  const seen = rows.filter(row => !row.hidden), closed = seen.some(row => !row.open);
  for (const row of seen) row.open = closed;
}
for (const kind of ["input", "change"]) form.addEventListener(kind, filter);
form.addEventListener("submit", event => event.preventDefault());
form.unfold.addEventListener("click", unfold);
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
    yield '<button name="unfold" type="button">Open or close all</button><output></output></form>'


def _repository(repository: Document) -> Iterator[str]:
    state, slug = repository["state"], _shown(repository["slug"])
    rules = " ".join(sorted({finding["rule"] for finding in repository["findings"]}))
    yield f'<details data-state="{state}" data-rules="{_shown(rules)}" data-name="{slug}">'
    numbers = f"{fixed(repository)} fixed, {remaining(repository)} left" if repository["findings"] else ""
    yield f'<summary><span class="state {state}">{state}</span> <code>{slug}</code>'
    yield f'<span class="quiet">{numbers}</span></summary>\n<p>{_shown(said(repository))}</p>'
    known = filter(None, (repository["url"], repository["base_branch"], repository["base"]))
    yield f'<p class="quiet">{" ".join(f"<code>{_shown(part)}</code>" for part in known)}</p>'
    yield "<ul>"
    for finding in repository["findings"]:
        place = f"{finding['path']}:{finding['line']}"
        answer = finding["title"] or f"{finding['refusal']['key']}: {finding['refusal']['detail']}"
        yield f"<li><code>{_shown(place)}</code> {_shown(finding['rule'])}: {_shown(finding['message'])}"
        yield f'<br><span class="quiet">{finding["answer"]}: {_shown(answer)}</span></li>'
    yield "</ul>"
    if repository["patch"]:
        yield (
            "<pre>" + "".join(_coloured(line) for line in repository["patch"].removesuffix("\n").split("\n")) + "</pre>"
        )
    yield "</details>"


def _coloured(line: str) -> str:
    kinds = (("+++", "quiet"), ("---", "quiet"), ("diff ", "quiet"), ("@@", "hunk"), ("+", "add"), ("-", "del"))
    kind = next((kind for start, kind in kinds if line.startswith(start)), "same")
    return f'<span class="{kind}">{_shown(line)}\n</span>'


def _shown(text: str) -> str:
    """Text as it is to be read, also inside an attribute: no markup, and no character that cannot be seen."""
    return escape(printable(legible(text)), quote=True)


def _allowed(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
