"""Copies a list of the partner API page by page, from where the last copy ended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator

from include.resilience.errors import TransientError
from plugins.hooks.shop_api import ShopApiHook

PROGRESS = "progress"
NOTHING_YET = {"pages": 0, "records": 0, "waits": 0, "in_vain": 0}


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
        super().__init__(**kwargs)
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
