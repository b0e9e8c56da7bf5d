"""Executors: jobs run in this process, in a pool of processes, or on a dask cluster; results come back in order."""

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, ParamSpec, TypeVar, cast

from scanform.errors import InputError, MissingProgramError, words
from scanform.scan.files.limits import Limits
from scanform.workflow.project.signals import starts_a_worker
from scanform.workflow.reading.worker import start_worker

P = ParamSpec("P")
T = TypeVar("T")
Job = TypeVar("Job")
Done = TypeVar("Done")

WINDOW_PER_WORKER = 4
"""Jobs handed out per worker: enough that none waits for the parent, few enough that little is repeated after
a death.
"""


class SerialExecutor(Executor):
    """Runs each job at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run the job; its result or exception is in the future returned."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to the caller of result()
            future.set_exception(error)
        return future


class _Pool(ProcessPoolExecutor):
    """A pool whose processes are started, and entered as its own, as a whole or not at all."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with starts_a_worker():
            return super().submit(fn, *args, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """A kind of executor: how to open one, a fresh one with a single worker, how many jobs to hand out at once, what to
    close at the end.
    """

    start: Callable[[], Executor]
    start_single: Callable[[], Executor]
    window: int
    close: Callable[[], object] = bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """A job that killed its worker twice, the second time alone. `seconds` is how long that took."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Job, Done]):
    """A job and its result."""

    job: Job
    result: Done | Died


def serial() -> Workers:
    """Everything in this process: for tests, and where processes are not allowed. No time limits."""
    return Workers(start=SerialExecutor, start_single=SerialExecutor, window=1)


def processes(jobs: int, limits: Limits) -> Workers:
    """A pool of `jobs` processes (0: one per core), each under `limits`."""
    count = jobs or _cores()
    for name in (
        "OPENBLAS_NUM_THREADS",
        "OMP_NUM_THREADS",
    ):  # numpy reads them when a worker loads it; its threads would compete with the other workers
        os.environ.setdefault(name, "1")

    def start(workers: int) -> Executor:
        context = multiprocessing.get_context("spawn")
        return _Pool(max_workers=workers, mp_context=context, initializer=start_worker, initargs=(limits, os.getpid()))

    return Workers(start=lambda: start(count), start_single=lambda: start(1), window=count * WINDOW_PER_WORKER)


def dask(scheduler: str) -> Workers:
    """A dask cluster; raises MissingProgramError without the package, InputError when the cluster does not answer."""
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingProgramError(words("ingest.no_dask"), remedy=words("ingest.no_dask_remedy")) from error
    try:
        client: Any = cast(Any, Client)(scheduler, timeout="10s")
    except (OSError, ValueError) as error:
        raise InputError(
            words("ingest.no_scheduler", url=scheduler), remedy=words("ingest.no_scheduler_remedy")
        ) from error
    threads = sum(client.nthreads().values()) or 1
    return Workers(
        start=client.get_executor,
        start_single=client.get_executor,
        window=threads * WINDOW_PER_WORKER,
        close=client.close,
    )


class Standby:
    """One worker process under limits, for a person who waits: started on demand, restarted after it died, one job at a
    time.
    """

    def __init__(self, limits: Limits) -> None:
        self._workers = processes(1, limits)
        self._executor: Executor | None = None
        self._lock = threading.Lock()

    def run(self, function: Callable[[Job], Done], job: Job) -> Done | Died:
        """The result of `function(job)`, or `Died` when that killed the process. Exceptions of the job are
        raised here.
        """
        with self._lock:
            if self._executor is None:
                self._executor = self._workers.start()
            started = time.monotonic()
            try:
                return self._executor.submit(function, job).result()
            except (
                Exception
            ) as error:  # whatever a job raised: the death of the worker is handled here, all else is raised again
                if not _is_death(error):
                    raise
                self._executor.shutdown(wait=False)
                self._executor = None
                return Died(seconds=time.monotonic() - started)

    def close(self) -> None:
        """End the process; the next job starts another one."""
        with self._lock:
            if self._executor is not None:
                _stop(self._executor)
                self._executor = None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_in_order(
    workers: Workers, function: Callable[[Job], Done], jobs: Iterable[Job]
) -> Iterator[Outcome[Job, Done]]:
    """Run all jobs, a window of them at a time, and yield the results in the order of the jobs.

    When a worker dies, a process pool fails all of its jobs: those in the window are repeated one by one, each in a
    fresh single worker; a job that dies again comes back as `Died`. Other exceptions of a job are raised here.
    """
    todo = iter(jobs)
    while True:
        with _opened(workers.start) as executor:
            unfinished = yield from _until_broken(executor, workers.window, function, todo)
        if not unfinished:
            return
        for job, future in unfinished:
            kept = future.done() and not future.cancelled() and future.exception() is None
            yield Outcome(job=job, result=future.result() if kept else _alone(workers, function, job))


def _until_broken(
    executor: Executor, window: int, function: Callable[[Job], Done], todo: Iterator[Job]
) -> Generator[Outcome[Job, Done], None, list[tuple[Job, Future[Done]]]]:
    """Run jobs from `todo` until all are done or a worker dies; returns the jobs taken without a result yet."""
    running: deque[tuple[Job, Future[Done]]] = deque()
    while True:
        try:
            for job in islice(todo, window - len(running)):
                running.append((job, Future()))
                running[-1] = (job, executor.submit(function, job))
            if not running:
                return []
            result = running[0][1].result()
        except (
            Exception
        ) as error:  # whatever a job raised: the death of a worker is handled here, all else is raised again
            if not _is_death(error):
                raise
            return list(running)
        yield Outcome(job=running.popleft()[0], result=result)


def _is_death(error: Exception) -> bool:
    """Whether a worker died during its job: broken pools, and what dask raises after some attempts."""
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"


def _alone(workers: Workers, function: Callable[[Job], Done], job: Job) -> Done | Died:
    """A job in a fresh single worker."""
    with _opened(workers.start_single) as executor:
        started = time.monotonic()
        try:
            return executor.submit(function, job).result()
        except (
            Exception
        ) as error:  # whatever a job raised: the death of a worker is handled here, all else is raised again
            if not _is_death(error):
                raise
            return Died(seconds=time.monotonic() - started)


@contextmanager
def _opened(start: Callable[[], Executor]) -> Iterator[Executor]:
    """An executor that is closed at the end; at once, with its processes ended, when something is raised (Ctrl-C)."""
    executor = start()
    try:
        yield executor
    except BaseException:
        _stop(executor)
        raise
    executor.shutdown(wait=True)


def _stop(executor: Executor) -> None:
    """Close without waiting for running jobs; the processes of a pool are ended, they hold nothing worth keeping."""
    started = list((getattr(executor, "_processes", None) or {}).values())
    manager = getattr(executor, "_executor_manager_thread", None)
    if isinstance(executor, ProcessPoolExecutor):
        executor.shutdown(wait=False, cancel_futures=True)
    else:
        executor.shutdown(wait=False)
    for process in started:
        # a child may not have set its signals yet, and may have inherited ignored ones
        process.kill()
    for process in started:
        process.join(timeout=5)
    if manager is not None:
        manager.join(timeout=5)  # it closes the pipe that the interpreter would write to at its end
