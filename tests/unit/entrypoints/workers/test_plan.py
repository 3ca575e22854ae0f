"""When a worker is started, started again, and given up; by a clock of the tests' own."""

import signal

import pytest

from entrypoints.workers.plan import FIRST_PAUSE, GRACE, LONGEST_PAUSE, STEADY, Ended, WorkerPlan

KILLED = -int(signal.SIGKILL)


def complete(count: int = 2) -> WorkerPlan:
    """Return the plan of workers that all serve since moment 0."""
    plan = WorkerPlan(count, 0.0)
    for number in range(1, count + 1):
        plan.started(number)
        plan.ready(number, 0.0)
    return plan


def test_the_first_worker_is_started_alone() -> None:
    """The others follow when it is ready: where it cannot start, none can."""
    plan = WorkerPlan(3, 0.0)
    assert plan.due(0.0) == [1]
    plan.started(1)
    assert (plan.due(100.0), plan.pause(100.0)) == ([], None)
    plan.ready(1, 100.0)
    assert plan.due(100.0) == [2, 3]


def test_a_worker_that_ends_is_replaced_after_a_pause() -> None:
    """The others go on, and nothing is started before it is due."""
    plan = complete()
    plan.ended(Ended(2, KILLED), 1.0)
    assert (plan.due(1.0), plan.is_stopping) == ([], False)
    assert plan.pause(1.0) == pytest.approx(FIRST_PAUSE)
    assert plan.due(1.0 + FIRST_PAUSE) == [2]
    plan.started(2)
    assert (plan.due(100.0), plan.pause(100.0)) == ([], None)


@pytest.mark.parametrize("status", [0, 1, KILLED, -int(signal.SIGTERM)])
def test_however_a_worker_ends_it_is_replaced(status: int) -> None:
    """Also one that was asked to end by itself, and ended in order."""
    plan = complete()
    plan.ended(Ended(1, status), 1.0)
    assert plan.due(1.0 + FIRST_PAUSE) == [1]


def test_pauses_double_up_to_a_bound_and_begin_again_after_a_steady_time() -> None:
    """What fails again and again takes little, and what failed once long ago is started at once."""
    plan, now, pauses = complete(), 0.0, []
    for _ in range(12):
        plan.ended(Ended(1, 1), now)
        pauses.append(plan.pause(now))
        now += LONGEST_PAUSE
        plan.started(1)
        plan.ready(1, now)
    assert pauses[:3] == [pytest.approx(FIRST_PAUSE * factor) for factor in (1, 2, 4)]
    assert pauses[-1] == LONGEST_PAUSE
    plan.ended(Ended(1, 1), now + STEADY)
    assert plan.pause(now + STEADY) == pytest.approx(FIRST_PAUSE)


def test_a_first_worker_that_cannot_start_gives_the_service_up() -> None:
    """With its exit status, and without a second attempt."""
    plan = WorkerPlan(2, 0.0)
    plan.started(1)
    plan.ended(Ended(1, 3), 1.0)
    assert (plan.failure, plan.is_over, plan.due(100.0)) == (Ended(1, 3), True, [])


def test_until_all_have_been_ready_one_that_cannot_start_gives_the_service_up() -> None:
    """A service that was never whole is not taken for one; those that run are to end."""
    plan = WorkerPlan(2, 0.0)
    plan.started(1)
    plan.ready(1, 0.0)
    plan.started(2)
    plan.ended(Ended(2, 4), 1.0)
    assert (plan.failure, plan.is_stopping, plan.is_over) == (Ended(2, 4), True, False)
    plan.ended(Ended(1, 0), 2.0)
    assert (plan.failure, plan.is_over) == (Ended(2, 4), True)


def test_a_replacement_that_cannot_start_is_repeated_while_another_worker_serves() -> None:
    """And gives the service up where none does, so that what supervises the parent notices."""
    plan = complete()
    plan.ended(Ended(1, KILLED), 1.0)
    plan.started(1)
    plan.ended(Ended(1, 4), 2.0)
    assert (plan.failure, plan.is_stopping) == (None, False)
    plan.ended(Ended(2, KILLED), 3.0)
    plan.started(1)
    plan.ended(Ended(1, 4), 4.0)
    assert (plan.failure, plan.is_over) == (Ended(1, 4), True)


def test_all_that_are_killed_at_once_are_replaced() -> None:
    """Each served, so that nothing says that it could not again."""
    plan = complete()
    plan.ended(Ended(1, KILLED), 1.0)
    plan.ended(Ended(2, KILLED), 1.0)
    assert (plan.is_stopping, plan.due(1.0 + FIRST_PAUSE)) == (False, [1, 2])


@pytest.mark.parametrize("status", [0, -int(signal.SIGTERM)])
def test_workers_that_are_asked_to_stop_end_in_order(status: int) -> None:
    """None is started again, and the end of the last is the end."""
    plan = complete()
    plan.stop(1.0)
    assert (plan.is_over, plan.due(100.0)) == (False, [])
    plan.ended(Ended(1, status), 2.0)
    assert not plan.is_over
    plan.ended(Ended(2, status), 3.0)
    assert (plan.is_over, plan.failure) == (True, None)


def test_a_stop_ends_the_wait_for_a_replacement() -> None:
    """What was due is not started any more."""
    plan = complete()
    plan.ended(Ended(1, KILLED), 1.0)
    plan.stop(1.0)
    assert plan.due(100.0) == []
    plan.ended(Ended(2, 0), 2.0)
    assert plan.is_over


def test_workers_have_their_time_to_stop_from_the_first_request() -> None:
    """A second one gives them no more of it; one that had to be killed has not stopped in order."""
    plan = complete()
    plan.stop(10.0)
    plan.stop(20.0)
    assert plan.pause(15.0) == GRACE - 5
    assert (plan.is_late(10.0 + GRACE - 0.1), plan.is_late(10.0 + GRACE)) == (False, True)
    plan.ended(Ended(1, KILLED), 50.0)
    plan.ended(Ended(2, 1), 50.0)
    assert (plan.failure, plan.is_over) == (Ended(1, KILLED), True)
