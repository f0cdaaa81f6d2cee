"""The shop's partner API as tasks call it: logged in, known by its run, errors of two kinds."""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, get_current_context

from include.resilience.errors import error_of_request
from include.resilience.pace import Pace

if TYPE_CHECKING:
    from airflow.providers.http.hooks.http import HttpHook
    from requests import Session


class ShopApiHook(BaseHook):
    """Calls the partner API through the connection `shop_api`, with one login for all calls.

    Each call bears a correlation id, so that the API can tell the calls of one run from all
    others: faults that are ordered here hit no other run. When the token expires, the call that
    finds out is repeated with a new one.

    Every method raises a TransientError if the same call may succeed later, and else a
    PermanentError. What it is made of is loaded with the first call: a quarter of a second, too
    long for a file of a Dag.
    """

    def __init__(
        self,
        correlation_id: str | None = None,
        http_conn_id: str = "shop_api",
        timeout: float = 10,
        per_second: float | None = None,
    ) -> None:
        """Call for `correlation_id`, the running task's Dag and run if left out.

        A call with no answer for `timeout` seconds has failed. With `per_second`, no more calls
        than that are sent in a second: below the API's limit, which others share.
        """
        super().__init__()
        self.http_conn_id = http_conn_id
        self.correlation_id = correlation_id or _this_run()
        self.timeout = timeout
        self._pace = Pace(per_second) if per_second else None

    def get_conn(self) -> "Session":
        """Return the session that bears the login and the correlation id."""
        return self._session

    def fetch(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path`; a query parameter that is None is left out."""
        return self._call("GET", path, params=query)

    def pages(self, path: str, limit: int = 200, **query: Any) -> Iterator[Any]:
        """Return one page after the other of a list, `limit` entries each, to its end."""
        page = self.fetch(path, limit=limit, **query)
        yield page
        while page["next_cursor"]:
            page = self.fetch(path, limit=limit, cursor=page["next_cursor"], **query)
            yield page

    def order_fault(self, **fault: Any) -> None:
        """Let calls of this run fail or wait; the fields are those of the API's `POST /faults`."""
        self._call("POST", "/faults", json={**fault, "correlation_id": self.correlation_id})

    def forget_faults(self) -> None:
        """Let the calls of this run succeed again."""
        self._call("DELETE", "/faults", params={"correlation_id": self.correlation_id})

    def received(self, path: str = "/") -> list[dict[str, Any]]:
        """Return what the API received from this run at `path` and below it, oldest first."""
        query = {"path": path, "correlation_id": self.correlation_id}
        calls: list[dict[str, Any]] = self._call("GET", "/received", params=query)
        return calls

    def forget_received(self) -> None:
        """Let the API forget what it received from this run."""
        self._call("DELETE", "/received", params={"correlation_id": self.correlation_id})

    def _call(self, method: str, path: str, **request: Any) -> Any:
        from requests import RequestException

        url = self._http.url_from_endpoint(path)
        if self._pace:
            self._pace.keep()
        try:
            answer = self._session.request(method, url, timeout=self.timeout, **request)
            answer.raise_for_status()
            return answer.json() if answer.content else None
        except RequestException as error:
            raise error_of_request(f"{method} {path}", error) from error

    @cached_property
    def _http(self) -> "HttpHook":
        from airflow.providers.http.hooks.http import HttpHook

        from include.oauth2.client_credentials import ClientCredentials

        return HttpHook("GET", self.http_conn_id, auth_type=ClientCredentials)

    @cached_property
    def _session(self) -> "Session":
        return self._http.get_conn({"X-Correlation-Id": self.correlation_id})


def _this_run() -> str:
    context = get_current_context()
    return f"{context['dag'].dag_id}/{context['run_id']}"
