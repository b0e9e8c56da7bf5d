"""Executors: results in order, one death harms one job, nothing is left running."""

import os
import sys
import time
from functools import partial
from operator import call

import pytest

from bench.waiting import until
from scanform.errors import InputError
from scanform.model.page import Fate
from scanform.scan.files.limits import Limits
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.reading import executors
from scanform.workflow.reading.executors import Died, processes, run_in_order, serial
from tests.programs import started


def results(workers, jobs):
    return [outcome.result for outcome in run_in_order(workers, call, jobs)]


def test_serial_gives_results_in_order():
    """The simplest executor: each job at once; an exception comes out where it belongs."""
    assert results(serial(), [partial(abs, -number) for number in range(5)]) == [0, 1, 2, 3, 4]
    with pytest.raises(ZeroDivisionError):
        results(serial(), [partial(divmod, 1, 0)])


@pytest.mark.slow
def test_a_death_costs_one_job():
    """A job that ends its process comes back as `Died`; all others have their results, in order, each once."""
    jobs = [partial(abs, -1), partial(os._exit, 3), partial(abs, -2), partial(time.sleep, 0.01), partial(abs, -3)]
    found = results(processes(2, Limits()), jobs)
    assert (found[0], found[2], found[4]) == (1, 2, 3)
    assert isinstance(found[1], Died)


@pytest.mark.slow
def test_jobs_are_taken_when_a_worker_is_free():
    """Never more than a window of jobs is taken ahead, so that a long batch does not pile up."""
    taken = []

    def jobs():
        for number in range(30):
            taken.append(number)
            yield partial(abs, -number)

    workers = processes(1, Limits())
    for done, _ in enumerate(run_in_order(workers, call, jobs()), start=1):
        assert len(taken) <= done + workers.window


def test_an_interrupt_ends_the_processes():
    """Ctrl-C in the parent: the generator closes and its processes are gone soon."""
    stream = run_in_order(processes(1, Limits()), call, [partial(os.getpid), partial(time.sleep, 3600)])
    process = next(stream).result
    with pytest.raises(KeyboardInterrupt):
        stream.throw(KeyboardInterrupt)
    until(lambda: not _alive(process), "the end of the worker")


def _alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def stack(tiny_survey, folder):
    for form in range(1, 5):
        tiny_survey.tiff(
            folder / f"{form}.tif",
            *(tiny_survey.sheet(form, page, open="no", quiet="yes", seed=form * 10 + page) for page in (1, 2)),
        )
    tiny_survey.jpeg(folder / "copy.jpg", 1, 1, open="yes", floor="1", seed=99)
    return folder


def outcome(tiny_survey, target, folder, workers):
    with tiny_survey.project(target) as project:
        summary = read_batch(project, [folder], workers)
        return summary.pages, [(r.id, r.answers, r.problems) for r in project.store.responses()]


@pytest.mark.slow
def test_serial_and_processes_give_the_same(tiny_survey, tmp_path):
    """The same stack read in this process and by two others: same fates, same answers to the last digit."""
    folder = stack(tiny_survey, tmp_path / "in")
    first = outcome(tiny_survey, tmp_path / "p1", folder, serial())
    assert sum(first[0].values()) == 9
    assert first[0][Fate.COPY] == 1
    assert outcome(tiny_survey, tmp_path / "p2", folder, processes(2, Limits())) == first


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_dask_gives_the_same(tiny_survey, tmp_path):
    """A local dask cluster gives what the serial executor gives."""
    distributed = pytest.importorskip("distributed")
    folder = stack(tiny_survey, tmp_path / "in")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        found = outcome(tiny_survey, tmp_path / "p2", folder, executors.dask(cluster.scheduler_address))
    assert found == outcome(tiny_survey, tmp_path / "p1", folder, serial())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_does_not_answer_is_named():
    """A wrong address ends in a message, not in a traceback."""
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match=r"127\.0\.0\.1"):
        executors.dask("tcp://127.0.0.1:1")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_orphaned_worker_ends(tmp_path):
    """When the parent is killed, its workers notice and end."""
    script = (
        "import os, time\nfrom functools import partial\nfrom operator import call\n"
        "from scanform.scan.files.limits import Limits\nfrom scanform.workflow.reading.executors import processes, "
        "run_in_order\n"
        "if __name__ == '__main__':\n"
        "    for done in run_in_order(processes(1, Limits()), call, [os.getpid, partial(time.sleep, 3600)]):\n"
        "        print(done.result, flush=True)\n"
    )
    program = tmp_path / "program.py"
    program.write_text(script)
    with started([sys.executable, program], stderr=None, start_new_session=False) as parent:
        worker = int(parent.stdout.readline())
        assert _alive(worker)
        parent.kill()
    until(lambda: not _alive(worker), "the end of the worker")
