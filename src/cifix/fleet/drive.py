"""The coordinator: hand out jobs, note results as they come, give those whose worker died a second try, alone."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager

from cifix.fleet.job import Job, Result, State
from cifix.fleet.pool import lost
from cifix.fleet.turn import turn

Opening = Callable[[int], AbstractContextManager[Executor]]


def drive(jobs: Iterable[Job | None], opened: Opening, workers: int) -> Iterator[tuple[Job, Result] | None]:
    """Each job with its result, in the order they end; `opened` gives an executor for so many workers at a time.

    None among the jobs says that none can be begun now, and is handed on, so that other things can be seen to.
    No more than twice as many jobs as workers are under way, so that a run of thousands does not fill the memory.
    """
    again: list[Job] = []
    with opened(workers) as executor:
        for found in _ended(jobs, executor, workers * 2):
            if found is None:
                yield None
                continue
            job, ended = found
            why = ended.exception()
            if why is not None and lost(why):
                again.append(job)
            else:
                yield job, _result(job, ended)
    for job in again:
        with opened(1) as executor:
            yield job, _result(job, executor.submit(turn, job))


def _ended(
    jobs: Iterable[Job | None], executor: Executor, at_once: int
) -> Iterator[tuple[Job, "Future[Result]"] | None]:
    under_way: dict[Future[Result], Job] = {}
    for job in jobs:
        if job is None:
            yield None
        else:
            under_way[executor.submit(turn, job)] = job
        yield from _done(under_way, None if len(under_way) >= at_once else 0)
    while under_way:
        yield from _done(under_way, None)


def _done(under_way: dict["Future[Result]", Job], patience: float | None) -> Iterator[tuple[Job, "Future[Result]"]]:
    done, _ = wait(under_way, patience, FIRST_COMPLETED)
    for future in done:
        yield under_way.pop(future), future


def _result(job: Job, ended: "Future[Result]") -> Result:
    why = ended.exception()
    if why is None:
        return ended.result()
    if isinstance(why, TimeoutError):
        reason = "it took longer than --timeout allows, so it was stopped"
    elif lost(why):
        reason = f"its worker died twice, the second time with nothing else at work ({why})"
    elif isinstance(why, MemoryError):
        reason = "it needs more memory than --memory allows"
    else:
        reason = f"cifix crashed: {type(why).__name__}: {why}"
    return Result(State.FAILED, reason, job.target.base)
