"""What the retry policy says to each kind of error."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import RetryAction

from include.resilience.errors import PermanentError, TransientError
from plugins.retry_policies.by_error import RetryByError

POLICY = RetryByError(timedelta(seconds=10), 2, timedelta(seconds=35))


def context(run_id: str = "run-1") -> dict[str, object]:
    ti = SimpleNamespace(dag_id="dag", run_id=run_id, task_id="task", map_index=-1)
    return {"ti": ti}


def test_a_permanent_error_fails_now():
    """No retry is left for what will fail again, and the reason is the error's."""
    decision = POLICY.evaluate(PermanentError("no such product"), 1, 4, context())
    assert decision.action is RetryAction.FAIL
    assert decision.reason == "no such product"


@pytest.mark.parametrize(("tries", "seconds"), [(1, 10), (2, 20), (3, 35), (9, 35)])
def test_a_transient_error_waits_longer_each_time(tries: int, seconds: int):
    """The wait grows up to the cap, and the jitter makes it at most a quarter longer."""
    decision = POLICY.evaluate(TransientError("busy"), tries, 9, context())
    assert decision.action is RetryAction.RETRY
    assert seconds <= decision.retry_delay.total_seconds() <= 1.25 * seconds


@pytest.mark.parametrize("asked", [0, 3, 90])
def test_a_service_that_asks_for_a_wait_gets_it(asked: int):
    """`Retry-After` counts, be it shorter or longer than our own wait, and is never cut short."""
    error = TransientError("slow down", retry_after=asked)
    decision = POLICY.evaluate(error, 3, 4, context())
    assert asked <= decision.retry_delay.total_seconds() <= 1.25 * asked


def test_two_runs_do_not_come_back_together():
    """The same task of two runs waits differently; the same try of one run the same."""
    error = TransientError("busy")
    first, again, other = (
        POLICY.evaluate(error, 1, 4, context(run)).retry_delay for run in ("a", "a", "b")
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyboardInterrupt()])
def test_any_other_error_is_left_to_the_task(error: BaseException):
    """What the policy does not know, the task's own retries decide."""
    assert POLICY.evaluate(error, 1, 4, context()).action is RetryAction.DEFAULT


def test_it_decides_without_a_context():
    """Airflow may have none to give."""
    decision = POLICY.evaluate(TransientError("busy"), 1, 4)
    assert decision.retry_delay >= timedelta(seconds=10)
