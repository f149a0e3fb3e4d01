"""Taking secrets out of text that is quoted from a log.

Runners mask the secrets they know; those that a program prints in another form, or that were never registered, are
in the log for everybody. Sources of the shapes: GitHub's "Behind GitHub's new authentication token formats" and the
token pages of GitLab, PyPI, npm, Slack and AWS, read 2026-11.
"""

import re

HIDDEN = "[hidden]"

_TOKENS = re.compile(
    r"\bgh[pousr]_[A-Za-z0-9]{20,255}"
    r"|\bgithub_pat_[A-Za-z0-9_]{22,255}"
    r"|\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent)-[A-Za-z0-9_-]{16,255}"
    r"|\bpypi-[A-Za-z0-9_-]{50,300}"
    r"|\bnpm_[A-Za-z0-9]{30,60}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,250}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\beyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{0,2000}"
    r"|\bsk-[A-Za-z0-9_-]{20,200}"
)
_NAMED = re.compile(
    r"(?P<name>\b[\w-]{0,40}(?:token|secret|passw(?:or)?d|api[_-]?key|authorization)[\w-]{0,20}[\"']?\s{0,3}[:=]\s{0,3}"
    r"(?:(?:bearer|basic|token)\s{1,3})?[\"']?)(?P<value>[^\s\"'&,;]{6,2000})",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]{1,15}://)[^\s/@]{1,300}@", re.IGNORECASE)


def redact(text: str) -> str:
    """`text` with everything that looks like a secret replaced by `[hidden]`."""
    text = _TOKENS.sub(HIDDEN, text)
    text = _IN_URL.sub(rf"\g<scheme>{HIDDEN}@", text)
    return _NAMED.sub(lambda match: match["name"] + (match["value"] if "***" in match["value"] else HIDDEN), text)
