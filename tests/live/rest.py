"""Airflow's REST API as a user calls it: log in, trigger, wait, look."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from include.lab.airflow_settings import ADMIN
from include.lab.settings import Lab

ENDED = {"success", "failed"}


class Rest:
    """One logged-in user of a running Airflow."""

    def __init__(self, lab: Lab, user: str = ADMIN[0], password: str = ADMIN[1]) -> None:
        """Log in."""
        self.client = httpx.Client(base_url=lab.url("airflow"), timeout=30, trust_env=False)
        login = {"username": user, "password": password}
        answer = self.client.post("/auth/token", json=login)
        answer.raise_for_status()
        self.client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON at `/api/v2/<path>`."""
        answer = self.client.get(f"/api/v2/{path}", params=parameters)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """The answer to a POST, whatever its status."""
        return self.client.post(f"/api/v2/{path}", json=body)

    def trigger(self, dag_id: str, **body: Any) -> str:
        """Trigger a Dag, untouched if no body is given; return the run's id."""
        answer = self.post(f"dags/{dag_id}/dagRuns", {"logical_date": None, **body})
        assert answer.status_code == 200, answer.text
        run_id: str = answer.json()["dag_run_id"]
        return run_id

    def wait(self, dag_id: str, run_id: str, seconds: float = 150, pause: float = 0.3) -> str:
        """The state in which the run ended; it is asked for again after each pause.

        Raises:
            TimeoutError: it has not ended after `seconds`; its tasks' states are told.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state: str = self.get(f"dags/{dag_id}/dagRuns/{run_id}")["state"]
            if state in ENDED:
                return state
            time.sleep(pause)
        states = {ti["task_id"]: ti["state"] for ti in self.tasks(dag_id, run_id)}
        raise TimeoutError(f"{dag_id} {run_id} has not ended after {seconds} s: {states}")

    def answer(
        self, dag_id: str, run_id: str, task_id: str, option: str, seconds: float = 200
    ) -> None:
        """Choose an option of the task's question as soon as it asks.

        Raises:
            TimeoutError: it has not asked after `seconds`; the states of all tasks are told.
        """
        end, states = time.monotonic() + seconds, dict[str, str]()
        while states.get(task_id) != "awaiting_input":
            if time.monotonic() > end:
                raise TimeoutError(f"{dag_id} {run_id} {task_id} has not asked: {states}")
            time.sleep(0.5)
            states = {ti["task_id"]: ti["state"] for ti in self.tasks(dag_id, run_id)}
        # As a person would, later than the scheduler hears that the task has asked.
        time.sleep(3)
        place = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        reply = {"chosen_options": [option], "params_input": {}}
        self.client.patch(f"/api/v2/{place}", json=reply).raise_for_status()

    def settle(self, seconds: float = 150) -> None:
        """Wait until no run of any Dag is left, nor one that Assets are about to start.

        Raises:
            TimeoutError: some are left after `seconds`; they are named.
        """
        end, quiet = time.monotonic() + seconds, 0
        while quiet < 3:
            left = self.get("dags/~/dagRuns", state=["queued", "running"], limit=100)["dag_runs"]
            quiet = 0 if left else quiet + 1
            if time.monotonic() > end:
                runs = [f"{run['dag_id']} {run['dag_run_id']}" for run in left]
                raise TimeoutError(f"not ended after {seconds} s: {runs}")
            time.sleep(0.7)

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Every task instance of the run, mapped ones one by one."""
        answer = self.get(f"dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=500)
        found: list[dict[str, Any]] = answer["task_instances"]
        return found

    def log(
        self, dag_id: str, run_id: str, task_id: str, attempt: int = 1, map_index: int = -1
    ) -> str:
        """The log of one try, as text."""
        path = f"dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{attempt}"
        return "\n".join(str(line) for line in self.get(path, map_index=map_index)["content"])

    def failures(self, dag_id: str, run_id: str) -> str:
        """What each failed task of a run said last."""
        return "\n".join(
            f"{dag_id} {task_id}[{index}]: {self.log(dag_id, run_id, task_id, last, index)[-2000:]}"
            for ti in self.tasks(dag_id, run_id)
            if ti["state"] == "failed"
            for task_id, index, last in [(ti["task_id"], ti["map_index"], ti["try_number"])]
        )


def until(holds: Callable[[], object]) -> None:
    """Wait until it holds, for a minute at the most."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "this did not come about within a minute"
        time.sleep(0.3)
