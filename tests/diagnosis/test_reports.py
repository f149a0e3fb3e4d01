import io
import json
from contextlib import nullcontext

import jsonschema

from cifix.diagnosis import machine, markdown, text
from cifix.diagnosis.diagnose import Diagnosis
from cifix.logs.keylines import KeyLine
from tests.diagnosis.held import log, told
from tests.diagnosis.test_diagnose import DEAD, GUESS, PACKAGE, WORKFLOW

FILES = {
    **PACKAGE,
    "car/__init__.py": b"from . import lib\n",
    ".gitignore": b"lib.py\n",
    ".github/workflows/ci.yml": WORKFLOW.encode(),
    ".github/workflows/other.yml": WORKFLOW.replace("upload-artifact", "download-artifact").encode(),
}


def diagnosis() -> Diagnosis:
    found = told(FILES, log(GUESS, job="a"), log(f"{DEAD}`actions/upload-artifact: v3`.", job="b"))
    return Diagnosis(found.failures, found.causes, found.coming, (KeyLine("a.txt", 3, "token=abcdefghij | x"),), True)


def test_json_fulfils_its_schema() -> None:
    for one in (diagnosis(), told(None, log("x")), told(None)):
        document = json.loads(machine.document(one))
        jsonschema.Draft202012Validator(machine.schema()).validate(document)
        assert (document["key_lines"] is None) == (one.key_lines is None)


def test_json_names_what_can_be_applied() -> None:
    document = json.loads(machine.document(diagnosis()))
    assert document["rules"] == ["upgrade-artifacts"]
    assert document["key_lines"] == [{"log": "a.txt", "line": 3, "text": "token=[hidden] | x"}]
    retired = next(cause for cause in document["causes"] if cause["id"] == "action-retired:actions/upload-artifact:v3")
    assert (retired["verdict"], retired["findings"][0]["fix"]["safety"]) == ("confirmed", "safe")


def test_text_contradicts_the_log_and_says_what_to_type() -> None:
    printed = "\n".join(line.data.decode() for line in text.lines(diagnosis(), "cifix apply"))
    assert "failed: a / pytest (a.txt:1, exit code 1)" in printed
    assert "The interpreter guesses a circular import. There is none: car/lib.py is not in git" in printed
    assert "$ git check-ignore -v --no-index car/lib.py" in printed
    assert "2 failed steps, 2 causes, 1 with a fix that is ready." in printed
    assert printed.endswith("Next: cifix apply")
    assert "token=[hidden]" in printed


def test_text_says_when_there_is_nothing_to_say() -> None:
    assert [line.data for line in text.lines(told(None), "")] == [b"", b"Nothing failed in these logs."]
    printed = [line.data.decode() for line in text.lines(told(None, log()), "")]
    assert printed[-1] == "1 failed step: no line says anything that is known here; read the end of the log."


def test_text_asks_for_a_checkout() -> None:
    printed = [line.data.decode() for line in text.lines(told(None, log(GUESS)), "")]
    assert printed[-1].startswith("A cause needs a checkout to be confirmed")


def test_markdown_has_a_section_for_each_cause_and_does_nothing() -> None:
    written = markdown.document(diagnosis(), "cifix apply --select x")
    assert written.count("\n## ") == 1 + 2 + 1 + 1 + 1
    assert "```sh\ncifix apply --select x\n```" in written
    assert "token=[hidden] | x" in written
    hostile = told(None, log("FAILED t.py::x[@everyone] - <script>"))
    assert "<script>" not in markdown.document(hostile, "").replace("`FAILED t.py::x[@everyone] - <script>`", "")


def test_an_empty_log_is_no_failure() -> None:
    empty = log()
    blank = type(empty)("e", "", "", lambda: nullcontext(io.BytesIO(b"")))
    assert told(None, blank).failures == ()
