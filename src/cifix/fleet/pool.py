"""Executors: processes of this machine that are watched over, or the workers of a Dask cluster.

Both are `concurrent.futures.Executor`. One that lost its worker says so with `Lost`, one that took too long with
`TimeoutError`; every other repository goes on.
"""

import importlib
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from multiprocessing import parent_process
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from cifix.errors import UsageError

P = ParamSpec("P")
T = TypeVar("T")

_PRELOADED = ["cifix.fleet.turn", "git.cmd", "libcst", "ruamel.yaml"]
"""What every worker needs: imported once, by the process that workers are forked from."""
_TURNS = 200
"""Repositories after which a worker is replaced by a fresh one."""


class Supervised(Executor):
    """Processes of this machine: `timeout` in seconds and `memory` in MiB of address space for each repository."""

    def __init__(self, jobs: int, timeout: float, memory: int | None) -> None:
        from pebble import ProcessPool  # noqa: PLC0415 - only this executor needs it

        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        self._timeout = timeout
        self._pool: Any = ProcessPool(jobs, _TURNS, _prepare, (memory,), context)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Run `fn` in a worker; it and all it started are killed when the time is over."""
        future: Future[T] = self._pool.schedule(fn, args=list(args), kwargs=dict(kwargs), timeout=self._timeout)
        future.add_done_callback(_bury)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's
        """End the workers, at once if `cancel_futures`."""
        if cancel_futures:
            self._pool.stop()
        else:
            self._pool.close()
        if wait:
            self._pool.join()


@contextmanager
def executor(name: str, jobs: int, timeout: float, memory: int | None) -> Iterator[Executor]:
    """The executor called `name`: `local`, or `dask:` and the address of a scheduler; raises `UsageError`."""
    kind, colon, address = name.partition(":")
    if name == "local":
        opened: Executor = Supervised(jobs, timeout, memory)
    elif kind == "dask" and colon:
        opened = _dask(address)
    else:
        raise UsageError(f"there is no executor {name!r}; use `local`, or `dask:tcp://HOST:PORT` for a Dask scheduler")
    try:
        yield opened
    except BaseException:
        opened.shutdown(wait=True, cancel_futures=True)
        raise
    opened.shutdown(wait=True)


def lost(why: BaseException) -> bool:
    """Whether an exception of a future means that its worker died."""
    return type(why).__name__ in ("ProcessExpired", "KilledWorker")


def _dask(address: str) -> Executor:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as why:
        raise UsageError("Dask is not installed; type: pip install 'cifix[dask]'") from why
    try:
        client = distributed.Client(address, timeout=5, set_as_default=False)
    except (OSError, ValueError) as why:
        raise UsageError(f"no Dask scheduler answers at {address}: {why}") from why
    return _Cluster(client)


class _Cluster(Executor):
    """The workers of a Dask cluster, which retries elsewhere what a lost worker had."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - distributed is an extra
        self._client = client
        self._executor = client.get_executor(pure=False)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - Executor's
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._client.close()


def _bury(future: "Future[Any]") -> None:
    """End what a worker that died has left running: its process group outlives it."""
    why = None if future.cancelled() else future.exception()
    pid = getattr(why, "pid", None)
    if pid is not None and why is not None and lost(why):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _prepare(memory: int | None) -> None:
    """Make a worker the head of a process group that ends as a whole: when told to, and with its coordinator."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (memory * 1024**2, memory * 1024**2))


def _end(_signal: int = 0, _frame: FrameType | None = None) -> None:
    os.killpg(0, signal.SIGKILL)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        _end()
