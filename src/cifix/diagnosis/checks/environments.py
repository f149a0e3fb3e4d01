"""Installers without an environment to install into: the order of the steps tells.

Sources: https://peps.python.org/pep-0668/ and https://docs.astral.sh/uv/pip/environments/, read 2026-11.
"""

import re
from collections.abc import Callable, Iterator

from cifix.diagnosis.catalogue import Verdict
from cifix.diagnosis.insight import Insight, Question
from cifix.diagnosis.jobs import Site
from cifix.formats.actions.workflow import Step

_PIP = re.compile(r"(?<![\w-])(?<!uv )(?:pip3?|python3? -m pip) install\b(?![^\n]*--break-system-packages)")
_UV_PIP = re.compile(r"\buv pip (?:install|sync)\b(?![^\n]*(?:--system|--python|--target|--prefix|-p ))")
_MADE = re.compile(r"-m venv\b|\bvirtualenv\b|\buv venv\b|\buv sync\b|/activate\b|\bconda\b|\bpyenv\b")
_SET_UP = re.compile(r"setup-python|setup-miniconda|setup-micromamba|setup-uv|setup-pixi|pypy|install-python")


def why_external(question: Question) -> Insight | None:
    """Pip meets the Python of the system: nothing before it sets up another one."""
    place = next(_unprepared(question, _PIP, _no_python), None)
    if place is None:
        return None
    return Insight(
        Verdict.CONFIRMED if question.sure else Verdict.LIKELY,
        f"{place} runs pip, and no step before it sets up Python or makes a virtual environment",
        "add actions/setup-python before it, or `python3 -m venv .venv` and `.venv/bin/pip`",
        f"git grep -n -e setup-python -e venv -- {place.rpartition(':')[0]}",
    )


def why_no_environment(question: Question) -> Insight | None:
    """Uv pip finds no environment: none is made before it, and the system's is not asked for."""
    place = next(_unprepared(question, _UV_PIP, _no_uv), None)
    if place is None:
        return None
    return Insight(
        Verdict.CONFIRMED if question.sure else Verdict.LIKELY,
        f"{place} runs `uv pip` without `--system`, and no step before it makes an environment",
        "run `uv venv` before it, or add `--system` to that line",
        f"git grep -n 'uv ' -- {place.rpartition(':')[0]}",
    )


def _unprepared(question: Question, asked: re.Pattern[str], without: Callable[[Step, Site], bool]) -> Iterator[str]:
    for site in question.sites:
        if site.job.node.get("container") is not None or "UV_SYSTEM_PYTHON" in {**site.workflow.env, **site.job.env}:
            continue
        for step in site.job.steps:
            script = step.node.word("run") or ""
            found = asked.search(script)
            made = _MADE.search(script)
            if found and (made is None or made.start() > found.start()):
                run = step.node.entry("run")
                yield f"{site.path}:{site.line(run.key.start if run else step.node.start)}"
            if made or not without(step, site):
                break


def _no_python(step: Step, _site: Site) -> bool:
    return not _SET_UP.search(step.node.word("uses") or "")


def _no_uv(step: Step, _site: Site) -> bool:
    activated = step.inputs.get("activate-environment")
    return (
        (activated is None or activated.value == "false")
        and "UV_SYSTEM_PYTHON" not in step.env
        and "conda" not in (step.node.word("uses") or "")
    )
