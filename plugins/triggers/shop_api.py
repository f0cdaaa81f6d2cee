"""A call to the partner API that is made in the triggerer."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
from airflow.sdk import BaseHook
from airflow.triggers.base import BaseTrigger, TriggerEvent

from include.oauth2.client_credentials_flow import ClientCredentialsFlow
from include.resilience.errors import ServiceError, TransientError, error_of_answer


class ShopApiTrigger(BaseTrigger):
    """Logs in, asks once, and fires with what was answered.

    The event is `{"answer": …}`, the JSON; or `{"error": …, "transient": …, "retry_after": …}`.
    Both are kept in Airflow's database until the task goes on, so ask for little. After a restart
    of the triggerer the call is made again, so ask for nothing that changes something.
    """

    def __init__(
        self, path: str, correlation_id: str, http_conn_id: str = "shop_api", timeout: float = 60
    ) -> None:
        """GET `path` for `correlation_id`; no answer for `timeout` seconds is an error."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.path = path
        self.correlation_id = correlation_id
        self.http_conn_id = http_conn_id
        self.timeout = timeout

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer makes its own copy from; no secret is among it."""
        settings = {
            "path": self.path,
            "correlation_id": self.correlation_id,
            "http_conn_id": self.http_conn_id,
            "timeout": self.timeout,
        }
        return f"{type(self).__module__}.{type(self).__qualname__}", settings

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fire once. While the answer is awaited, other triggers run."""
        try:
            said = {"answer": await self._ask()}
        except ServiceError as error:
            said = {
                "error": str(error),
                "transient": isinstance(error, TransientError),
                "retry_after": getattr(error, "retry_after", None),
            }
        yield TriggerEvent(said)  # type: ignore[no-untyped-call]

    async def _ask(self) -> Any:
        connection = await BaseHook.aget_connection(self.http_conn_id)
        call = f"GET {self.path}"
        try:
            async with httpx.AsyncClient(
                base_url=connection.host or "",
                auth=ClientCredentialsFlow(connection.login or "", connection.password or ""),
                headers={"X-Correlation-Id": self.correlation_id},
                timeout=self.timeout,
            ) as api:
                answer = await api.get(self.path)
            answer.raise_for_status()
        except httpx.TransportError as error:
            raise TransientError(f"{call} had no good answer: {error!r}") from error
        except httpx.HTTPStatusError as error:
            refusal = error.response
            said = refusal.text[:500] or refusal.reason_phrase
            waits = refusal.headers.get("Retry-After")
            raise error_of_answer(call, refusal.status_code, said, waits) from error
        return answer.json()
