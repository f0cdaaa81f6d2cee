"""Airflow's own REST API, for what a task cannot ask otherwise: other Dags and their runs."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from httpx import Client


class AirflowApiHook(BaseHook):
    """Speaks to the REST API as the login of the connection `airflow_api`.

    The connection's host is Airflow's whole address, such as `http://localhost:8080`.
    """

    def __init__(self, airflow_api_conn_id: str = "airflow_api") -> None:
        """Use the connection of this id."""
        super().__init__()
        self.airflow_api_conn_id = airflow_api_conn_id
        self._client: Client | None = None

    def get_conn(self) -> "Client":
        """Return a client of `/api/v2/` that is logged in.

        Raises:
            httpx.HTTPError: Airflow does not answer, or refuses the login.
        """
        if self._client is None:
            from httpx import Client

            facts = self.get_connection(self.airflow_api_conn_id)
            client = Client(base_url=f"{facts.host}/api/v2/", timeout=30)
            login = {"username": facts.login, "password": facts.password}
            answer = client.post(f"{facts.host}/auth/token", json=login).raise_for_status()
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            self._client = client
        return self._client

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the JSON at a path such as `dags/my_dag`.

        Raises:
            httpx.HTTPStatusError: there is no such thing, or this login may not see it.
        """
        return self.get_conn().get(path, params=parameters).raise_for_status().json()

    def dependencies(self) -> dict[str, Any]:
        """Return the graph of dependencies between all Dags: its `nodes` and its `edges`.

        Airflow serves it to its own pages, outside of the API that it keeps stable.

        Raises:
            httpx.HTTPStatusError: this login may not see it, or Airflow serves it no more.
        """
        client = self.get_conn()
        answer = client.get(client.base_url.join("/ui/dependencies")).raise_for_status()
        graph: dict[str, Any] = answer.json()
        return graph

    def events(self, after: str | None = None) -> list[dict[str, Any]]:
        """Return what the event log has, oldest first; from `after` on, a moment in ISO 8601.

        Raises:
            httpx.HTTPStatusError: this login may not read the event log.
        """
        found: list[dict[str, Any]] = []
        facts = {"order_by": "event_log_id", "limit": 100, **({"after": after} if after else {})}
        while page := self.get("eventLogs", offset=len(found), **facts)["event_logs"]:
            found += page
        return found

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run of a Dag, without a logical date; return its id.

        Raises:
            httpx.HTTPStatusError: there is no such Dag, or this login may not start it.
        """
        body = {"logical_date": None, "conf": conf or {}}
        answer = self.get_conn().post(f"dags/{dag_id}/dagRuns", json=body)
        run_id: str = answer.raise_for_status().json()["dag_run_id"]
        return run_id

    def trigger_version(self, dag_id: str, version: str) -> str | None:
        """Start a run of a Dag if Airflow has loaded this version of its bundle; return its id.

        None says that Airflow knows another version, which it is asked to read now, or no such Dag
        yet.

        Raises:
            httpx.HTTPStatusError: this login may not see or start it.
        """
        answer = self.get_conn().get(f"dags/{dag_id}")
        if answer.status_code == 404:
            return None
        known = answer.raise_for_status().json()
        # A Dag that has left its bundle is kept, stale, with the last version that had it.
        if known["is_stale"]:
            return None
        if known["bundle_version"] == version:
            return self.trigger(dag_id)
        self._read_again(known["file_token"])
        return None

    def _read_again(self, file_token: str) -> None:
        """Ask for a file that may be the same, while what it imports is another version's."""
        answer = self.get_conn().put(f"parseDagFile/{file_token}")
        # It may have been asked for already.
        if answer.status_code != 409:
            answer.raise_for_status()

    def has_succeeded(self, dag_id: str, run_id: str) -> bool:
        """Return whether a run has ended well, or False while it has not ended.

        Raises:
            AirflowFailException: it failed, which trying again does not change.
            httpx.HTTPStatusError: there is no such run, or this login may not see it.
        """
        run = self.get(f"dags/{dag_id}/dagRuns/{run_id}")
        if run["state"] == "failed":
            raise AirflowFailException(f"Run {run_id} of {dag_id} failed; its log says why.")
        return bool(run["state"] == "success")
