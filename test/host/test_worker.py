# Copyright 2026 The camera_driver authors
# SPDX-License-Identifier: Apache-2.0
"""One thread, a short queue, and honest words when it is full."""

import threading

from helpers import wait_until
import pytest

from camera_driver.errors import Busy, Cancelled
from camera_driver.host.worker import DeviceWorker, MOST_WAITING, Priority, SteppedWorker
from camera_driver.model import Progress
from camera_driver.sim.loop import Clock

FOREVER = 60.0  # s


@pytest.fixture
def worker():
    one = DeviceWorker('worker under test')
    yield one
    assert one.shutdown(lambda: None, FOREVER)


class Gate:
    """A job that runs until it is opened."""

    def __init__(self, worker, label='holding'):
        self._open = threading.Event()
        begun = threading.Event()

        def job():
            begun.set()
            assert self._open.wait(FOREVER)

        self.future = worker.start(label, job)
        assert begun.wait(FOREVER)

    def open(self):  # noqa: A003
        self._open.set()


def test_jobs_run_in_one_thread_of_their_own(worker):
    threads = {worker.call('asking', threading.current_thread, FOREVER) for _ in range(3)}
    assert len(threads) == 1 and threading.current_thread() not in threads


def test_errors_reach_the_caller(worker):
    with pytest.raises(ZeroDivisionError):
        worker.call('dividing', lambda: 1 / 0, FOREVER)
    with pytest.raises(ZeroDivisionError):
        worker.start('dividing', lambda: 1 / 0).result(FOREVER)


def test_a_job_that_does_not_begin_in_time_never_runs(worker):
    gate = Gate(worker, 'downloading image 3')
    ran = []
    with pytest.raises(Busy, match='capturing: the device is downloading image 3, and was not '
                                   'free within 0.01 s'):
        worker.call('capturing', lambda: ran.append(1), 0.01)
    gate.open()
    worker.call('asking', lambda: None, FOREVER)
    assert not ran


def test_a_job_that_has_begun_is_waited_for(worker):
    gate, results = Gate(worker), []
    caller = threading.Thread(
        target=lambda: results.append(worker.call('asking', lambda: 5, FOREVER)))
    caller.start()
    wait_until(lambda: worker._waiting)
    gate.open()
    caller.join(FOREVER)
    assert results == [5]


def test_a_full_queue_is_busy_at_once(worker):
    gate = Gate(worker)
    waiting = [worker.start(f'job {n}', lambda: None) for n in range(MOST_WAITING)]
    with pytest.raises(Busy, match='the device is holding, and job 0, job 1, job 2, job 3 wait'):
        worker.start('one more', lambda: None)
    assert waiting[0].cancel()
    more = worker.start('one more', lambda: None)  # takes the place of what was withdrawn
    gate.open()
    more.result(FOREVER)


def test_a_capture_goes_before_downloads_and_polls(worker):
    gate, order = Gate(worker), []
    jobs = [worker.start(priority.name, lambda priority=priority: order.append(priority), priority)
            for priority in (Priority.DOWNLOAD, Priority.IDLE, Priority.NORMAL, Priority.CAPTURE)]
    gate.open()
    for job in jobs:
        job.result(FOREVER)
    assert order == [Priority.CAPTURE, Priority.NORMAL, Priority.DOWNLOAD, Priority.IDLE]


def test_later_waits_for_the_time_and_for_the_rest(worker):
    gate, order, done = Gate(worker), [], threading.Event()
    worker.later(0.001, '', lambda: (order.append('later'), done.set()))
    worker.later(0.0, '', lambda: order.append('next'))
    asked = worker.start('asking', lambda: order.append('asked'))
    gate.open()
    asked.result(FOREVER)
    assert done.wait(FOREVER)
    assert order == ['next', 'asked', 'later']


def test_what_is_planned_can_be_forgotten(worker):
    ran = []
    gate = Gate(worker)
    worker.later(0.001, '', lambda: ran.append(1))
    worker.forget_later()
    gate.open()
    done = threading.Event()
    worker.later(0.01, '', done.set)
    assert done.wait(FOREVER) and not ran


def test_an_error_that_nobody_waits_for_is_logged(worker, caplog):
    worker.later(0.0, 'checking', lambda: 1 / 0)
    wait_until(lambda: 'ZeroDivisionError' in caplog.text)
    worker.call('asking', lambda: None, FOREVER)


def test_activity_and_progress():
    changes = []
    worker = DeviceWorker('worker under test', lambda: changes.append(worker.activity))
    try:
        def job():
            worker.report(Progress(1, 4, 'image 1 of 2'))
            return worker.activity, worker.progress

        assert worker.call('downloading', job, FOREVER) == ('image 1 of 2', 0.25)
        wait_until(lambda: not worker.busy and len(changes) == 2)
        assert changes == ['downloading', ''] and worker.progress != worker.progress
        worker.call('', lambda: None, FOREVER)
        assert len(changes) == 2  # what has no name is nobody's business
    finally:
        worker.shutdown(lambda: None, FOREVER)


def report_for_ever(worker, begun):
    while True:
        worker.report(Progress(0, None))
        begun.set()


def test_a_job_that_reports_can_be_stopped(worker):
    begun = threading.Event()
    job = worker.start('reporting', lambda: report_for_ever(worker, begun))
    assert begun.wait(FOREVER) and not worker.idle(0.0)
    worker.stop_job()
    with pytest.raises(Cancelled, match='reporting'):
        job.result(FOREVER)
    assert worker.idle(FOREVER)
    worker.call('asking', lambda: worker.report(Progress(0, None)), FOREVER)  # the next may run


def test_shutdown_ends_what_runs_and_withdraws_what_waits():
    worker, begun, last = DeviceWorker('worker under test'), threading.Event(), []
    running = worker.start('reporting', lambda: report_for_ever(worker, begun))
    assert begun.wait(FOREVER)
    waiting = worker.start('waiting', lambda: last.append('no'))
    worker.later(0.001, '', lambda: last.append('no'))
    assert worker.shutdown(lambda: last.append('closed'), FOREVER)
    for job in (running, waiting):
        with pytest.raises(Cancelled):
            job.result(FOREVER)
    assert last == ['closed']
    with pytest.raises(Cancelled):
        worker.start('one more', lambda: None)


def test_shutdown_says_when_the_thread_does_not_end():
    worker, last = DeviceWorker('worker under test'), []
    gate = Gate(worker)
    assert not worker.shutdown(lambda: last.append(1), 0.01)
    gate.open()
    assert worker.shutdown(lambda: last.append(2), FOREVER)
    assert last == [1]


def test_a_job_must_not_wait_for_another(worker):
    with pytest.raises(RuntimeError):
        worker.call('asking', lambda: worker.call('asking', lambda: None, 1.0), FOREVER)


# Without a thread.

def test_a_stepped_worker_runs_its_jobs_in_the_same_order_in_who_waits():
    clock, order = Clock(), []
    worker = SteppedWorker('stepped', now=clock.now)
    assert worker.next_due is None and not worker.busy
    worker.later(5.0, '', lambda: order.append('later'))
    assert worker.next_due == 5.0
    jobs = [worker.start(priority.name, lambda priority=priority: order.append(priority), priority)
            for priority in (Priority.DOWNLOAD, Priority.CAPTURE)]
    assert worker.next_due == 0.0 and not order
    assert worker.call('asking', lambda: order.append('asked') or 5, 0.0) == 5
    assert order == [Priority.CAPTURE, 'asked'] and not jobs[1].running() and worker.busy
    worker.run_due()
    assert order == [Priority.CAPTURE, 'asked', Priority.DOWNLOAD]
    clock.time = 5.0
    worker.run_due()
    assert order[-1] == 'later' and worker.next_due is None


def test_a_stepped_worker_ends_as_one_with_a_thread():
    worker, last = SteppedWorker('stepped'), []
    waiting = worker.start('waiting', lambda: last.append('no'))

    def job():
        worker.stop_job()
        assert not worker.idle(1.0)
        worker.report(Progress(0, None))

    with pytest.raises(Cancelled, match='reporting'):
        worker.call('reporting', job, 0.0, Priority.CAPTURE)
    with pytest.raises(RuntimeError):
        worker.call('asking', lambda: worker.call('asking', lambda: None, 1.0), 0.0,
                    Priority.CAPTURE)
    assert worker.shutdown(lambda: last.append('closed'), 0.0) and last == ['closed']
    with pytest.raises(Cancelled):
        waiting.result()
    with pytest.raises(Cancelled):
        worker.start('one more', lambda: None)
