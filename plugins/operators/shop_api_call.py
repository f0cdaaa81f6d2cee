"""Asks the partner API without holding a worker slot while the answer is awaited."""

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator

from include.resilience.errors import PermanentError, TransientError

GRACE = timedelta(minutes=1)
"""How long a triggerer may need to begin, and to say that it is done."""


class ShopApiCallOperator(BaseOperator):
    """Return the JSON at ``path``; the call itself is made in the triggerer.

    The task runs twice for a moment: to hand the call over, and to take the answer.
    """

    template_fields = ("path",)

    def __init__(
        self, *, path: str, http_conn_id: str = "shop_api", timeout: float = 60, **kwargs: Any
    ) -> None:
        """GET ``path`` of the connection ``http_conn_id``, within ``timeout`` seconds."""
        super().__init__(**kwargs)
        self.path = path
        self.http_conn_id = http_conn_id
        self.timeout = timeout

    def execute(self, context: Any) -> None:
        """Hand the call to the triggerer, and end this process."""
        from plugins.hooks.shop_api import ShopApiHook
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
