"""One error class per exit code; the message says what happened, where, and what to do next."""

from enum import IntEnum


class Exit(IntEnum):
    """What the process tells its caller; each code has one meaning, listed in the README."""

    DONE = 0
    FOUND = 1
    USAGE = 2
    REMAIN = 3
    UNPROVEN = 4
    CRASHED = 5
    GIT = 6
    HELD = 7
    INTERRUPTED = 130


class CifixError(Exception):
    """Something cifix expected might go wrong; shown to the user without a traceback."""

    code = Exit.USAGE


class UsageError(CifixError):
    """The command line or the configuration asks for something that does not exist."""

    code = Exit.USAGE


class UnprovenError(CifixError):
    """A plan that does not come to rest, or a fix whose claim does not hold; nothing was written for it."""

    code = Exit.UNPROVEN


class CrashError(CifixError):
    """A rule or a plugin could not be loaded or raised an exception of its own."""

    code = Exit.CRASHED


class GitError(CifixError):
    """Git, the file system under it, or the forge of a remote refused."""

    code = Exit.GIT
