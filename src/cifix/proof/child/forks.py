"""Answers from a process of their own: a fork asks, and whatever it breaks ends with it."""

from __future__ import annotations

import json
import os
import signal
import struct
import traceback
from typing import Any, Callable, Dict  # noqa: UP035 - runs on Python 3.9 too

Answer = Dict[str, Any]  # noqa: UP006
"""`{"value": ...}`, or `{"error": words}` if there is none."""

_HEAD = struct.Struct("!Q")


def ask(question: Callable[[], Any], seconds: float, hidden: str = "") -> Answer:
    """The value of `question()`, worked out by a fork; the text `hidden` is cut out of error messages.

    A fork that does not answer within `seconds`, or ends without an answer, is an error like any other.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _reply(writing, question, seconds, hidden)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        head = pipe.read(_HEAD.size)
        body = pipe.read(_HEAD.unpack(head)[0]) if len(head) == _HEAD.size else b""
    _, status = os.waitpid(child, 0)
    if body:
        told: Answer = json.loads(body)
        return told
    return {"error": _ending(status, seconds)}


def alarm(seconds: float) -> None:
    """End this process after so many seconds; 0 calls it off."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    signal.setitimer(signal.ITIMER_REAL, seconds)


def words(why: BaseException, hidden: str = "") -> str:
    """An exception as its class and message, without the place of the tree."""
    try:
        text = str(why)
    except Exception:  # noqa: BLE001 - a message of the program under test may be broken itself
        text = "(its message cannot be read)"
    told = f"{type(why).__name__}: {text}" if text else type(why).__name__
    return told.replace(hidden, "") if hidden else told


def _reply(pipe: int, question: Callable[[], Any], seconds: float, hidden: str) -> None:
    """Answer and leave; nothing of the parent's clean-up may run here."""
    try:
        alarm(seconds)
        try:
            told: Answer = {"value": question()}
        except BaseException as why:  # noqa: BLE001 - SystemExit is an answer too
            told = {"error": words(why, hidden)}
            traceback.clear_frames(why.__traceback__)
        body = json.dumps(told).encode()
        os.write(pipe, _HEAD.pack(len(body)))
        while body:
            body = body[os.write(pipe, body) :]
    finally:
        os._exit(0)


def _ending(status: int, seconds: float) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGALRM:
            return f"it did not end within {seconds:g} seconds"
        return f"the process was ended by {signal.Signals(number).name}"
    return f"the process ended without an answer, exit code {os.WEXITSTATUS(status)}"
