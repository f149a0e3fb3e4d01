"""The last words of a step: what reads like an error near its end, for a failure that no signature knows."""

import re
from collections import deque
from dataclasses import dataclass, field

from cifix.logs.lines import Line

_LIKELY = re.compile(
    r"rror|xception|FAIL|[Ff]ail|atal|ERR|annot|ould not|nable|[Nn]ot found|No such|denied|Aborted|E  "
)
_ERROR = re.compile(
    r"E {2,}\S"
    r"|(?:[\w.]{1,200}\.)?[A-Z]\w{0,80}(?:Error|Exception)\b"
    r"|.{0,300}?(?:\b(?:error|Error|ERROR|fatal|Fatal|FATAL|failure)(?:\[\w{1,20}\])?\s?[:!]|\bERROR\b|\bERR!)"
    r"|.{0,300}: (?:No such file|Permission denied|not found)|\S{1,200}: (?:cannot|can't|unable|failed)\b"
    r"|npm (?:error|ERR!) \S|FAILED?\b"
    r"|Aborted\b|(?:Could not|Cannot|Can't|Unable to|Failed to) \w"
)
_HOLLOW = re.compile(
    r".{0,60}(?:exit(?:ed with)? (?:code|status) \d|exit code: \d|[Pp]rocess '.{1,300}' failed with|exited with \d)"
    r"|(?:g?make|ninja)(?:\[\d{1,3}\])?: (?:\*\*\* .{0,300}Error \d|build stopped)|ERROR: Job failed|\s{0,8}note: "
    r"|npm (?:ERR!|error)(?:\s{0,20}$| {2}| A complete log"
    r"| (?:code|errno|path|command|Lifecycle|workspace|Exit status) )"
    r"|\s{0,12}error: (?:command '|subprocess-exited|metadata-gen)|\s{0,12}ERROR: (?:Failed building|Could not build)"
    r"|\s{0,12}error: (?:could not compile|aborting due to)|\s{0,12}\w{1,10}: (?:\|-|>-)?$|\s{0,12}Failed to build"
    r"|ERROR: {1,4}InvocationError|.{0,80}FAIL code|.{0,200}(?:\b0 (?:errors?|failures?)|PASSED)"
    r"|.{0,200}\b(?:ok|passed)$|\[command\]|.{0,40}\bWARN|Error in (?:atexit|sys)"
)
"""What only says that something failed which the lines before have told of."""

_RAISED = re.compile(r"E\s{2,20}(?:[\w.]{0,100}(?:Error|Exception|Failed|Warning)\b|assert\b)")
_APART = 6
"""Lines between two errors that have nothing to do with each other."""
_KEPT = 3


@dataclass(slots=True)
class Words:
    """The first lines of the last run of errors, what tests raised, and the end whatever it says, a few of each."""

    last: list[Line] = field(default_factory=list)
    raised: list[Line] = field(default_factory=list)
    end: int = 0
    tail: deque[Line] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def take(self, line: Line) -> None:
        """Remember a line that reads like an error."""
        text = line.text
        if not line.level:
            self.tail.append(line)
        if line.level not in ("", "error") or not (line.level or _LIKELY.search(text)) or _HOLLOW.match(text):
            return
        if len(self.raised) < _KEPT and _RAISED.match(text):
            self.raised.append(line)
        if line.level or _ERROR.match(text.lstrip()):
            if line.number - self.end > _APART:
                self.last.clear()
            if len(self.last) < _KEPT:
                self.last.append(line)
            self.end = line.number
