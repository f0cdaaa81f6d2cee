"""Work with the partner API, and wait for it without holding a worker slot.

Both operators are tried again as `RetryByError` decides, unless the task has a policy of its own.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator

from include.resilience.errors import PermanentError, TransientError
from plugins.hooks.shop_api import ShopApiHook
from plugins.retry_policies.by_error import RetryByError

PROGRESS = "progress"
NOTHING_YET = {"pages": 0, "records": 0, "waits": 0, "in_vain": 0}
GRACE = timedelta(minutes=1)
"""How long a triggerer may need to begin, and to say that it is done."""


class SyncPagesOperator(BaseOperator):
    """Hand every page of ``path`` that is new since the watermark to ``keep``.

    ``keep`` moves the watermark together with the page, so that a sync which stops goes on there:
    after a wait, in the next try, in the next run. When the API asks to be left alone
    (`Retry-After`), the task defers itself: it holds no slot, and the wait is no failed try.

    Returns how many ``pages`` and ``records`` were kept, by all tries together, and how often it
    had to wait.
    """

    def __init__(
        self,
        *,
        path: str,
        since: Callable[[], str | None],
        keep: Callable[[Any], int],
        page_size: int = 200,
        per_second: float = 20,
        patience: int = 5,
        **kwargs: Any,
    ) -> None:
        """Copy ``path`` with at most ``per_second`` calls in a second.

        ``since`` returns the watermark; ``keep`` takes a page as the API gives it, and returns how
        many records it has. After more than ``patience`` waits in a row that led to no page, the
        task fails.
        """
        super().__init__(**{"retry_policy": RetryByError(), **kwargs})
        self.path = path
        self.since = since
        self.keep = keep
        self.page_size = page_size
        self.per_second = per_second
        self.patience = patience

    def execute(self, context: Any, event: Any = None) -> dict[str, int]:
        """Copy to the end, or to where the API asks to wait; then this is called again.

        Raises:
            TransientError: a call failed that may succeed later.
            PermanentError: a call failed that will fail again.
        """
        store = context["task_state_store"]
        done = store.get(PROGRESS) or NOTHING_YET
        shop = ShopApiHook(per_second=self.per_second)
        try:
            pages = shop.pages(self.path, limit=self.page_size, updated_since=self.since())
            for page in pages:
                kept = self.keep(page)
                done = {
                    **done,
                    "pages": done["pages"] + 1,
                    "records": done["records"] + kept,
                    "in_vain": 0,
                }
                store.set(PROGRESS, done)
        except TransientError as error:
            if error.retry_after is None or done["in_vain"] >= self.patience:
                raise
            waits = {"waits": done["waits"] + 1, "in_vain": done["in_vain"] + 1}
            store.set(PROGRESS, {**done, **waits})
            self._wait(error.retry_after)
        store.delete(PROGRESS)
        return {name: done[name] for name in ("pages", "records", "waits")}

    def _wait(self, seconds: float) -> None:
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

        self.log.info("The API asks for a wait of %g s; this task gives its slot back.", seconds)
        wait = timedelta(seconds=seconds)
        self.defer(trigger=TimeDeltaTrigger(wait), method_name="execute")


class ShopApiCallOperator(BaseOperator):
    """Return the JSON at ``path``; the call itself is made in the triggerer.

    The task runs twice for a moment: to hand the call over, and to take the answer.
    """

    template_fields = ("path",)

    def __init__(
        self, *, path: str, http_conn_id: str = "shop_api", timeout: float = 60, **kwargs: Any
    ) -> None:
        """GET ``path`` of the connection ``http_conn_id``, within ``timeout`` seconds."""
        super().__init__(**{"retry_policy": RetryByError(), **kwargs})
        self.path = path
        self.http_conn_id = http_conn_id
        self.timeout = timeout

    def execute(self, context: Any) -> None:
        """Hand the call to the triggerer, and end this process."""
        from plugins.triggers.shop_api import ShopApiTrigger

        caller = ShopApiHook(http_conn_id=self.http_conn_id).correlation_id
        self.defer(
            trigger=ShopApiTrigger(self.path, caller, self.http_conn_id, self.timeout),
            method_name="take_answer",
            timeout=timedelta(seconds=2 * self.timeout) + GRACE,
        )

    def take_answer(self, context: Any, event: dict[str, Any]) -> Any:
        """Return what was answered.

        Raises:
            TransientError: the same call may succeed later.
            PermanentError: it will not.
        """
        if "answer" in event:
            return event["answer"]
        if event["transient"]:
            raise TransientError(event["error"], event["retry_after"])
        raise PermanentError(event["error"])
