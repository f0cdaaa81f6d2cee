"""Decides by the kind of error whether, and when, a task is tried again (Airflow 3.3)."""

from datetime import timedelta
from typing import Any

from airflow.sdk import RetryDecision, RetryPolicy

from include.resilience.backoff import backoff, spread
from include.resilience.errors import PermanentError, TransientError


class RetryByError(RetryPolicy):
    """Tries a TransientError again and fails at once on a PermanentError.

    A service that says when to come back (`Retry-After`) is taken at its word, and never asked
    sooner; else each wait is longer than the one before. Airflow adds no jitter to a wait that a
    policy names, so this one does. Any other error is left to the task's own settings.
    """

    def __init__(
        self,
        first: timedelta = timedelta(seconds=1),
        factor: float = 2,
        cap: timedelta = timedelta(minutes=5),
    ) -> None:
        """Wait `first` after the first try, then `factor` times as long each, up to `cap`."""
        self.first = first
        self.factor = factor
        self.cap = cap

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any = None
    ) -> RetryDecision:
        """Decide; the number of tries that the task has is still the limit."""
        if isinstance(exception, PermanentError):
            return RetryDecision.fail(str(exception))
        if not isinstance(exception, TransientError):
            return RetryDecision.default()
        if exception.retry_after is None:
            wait = backoff(try_number, self.first, self.factor, self.cap)
        else:
            wait = timedelta(seconds=exception.retry_after)
        return RetryDecision.retry(spread(wait, _key(context, try_number)), str(exception))


def _key(context: Any, try_number: int) -> str:
    """What tells this try from every other: also from that of the same task in another run."""
    ti = context["ti"] if context else None
    place = (ti.dag_id, ti.run_id, ti.task_id, ti.map_index) if ti else ()
    return "/".join(map(str, (*place, try_number)))
