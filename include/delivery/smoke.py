"""`python -m include.delivery.smoke`: does a deployed Airflow run a lesson to its end?

Asks the Airflow at `AIRFLOW_URL` as `AIRFLOW_USER` with `AIRFLOW_PASSWORD`; without them, the lab
that runs on this machine. The lesson is `LESSON`; without one, the first.
"""

import os
import sys
import time
from collections.abc import Mapping

from include.curriculum import syllabus
from include.lab.airflow_settings import ADMIN
from include.lab.settings import Lab

SECONDS = 120


class SmokeTestFailedError(Exception):
    """The deployed Airflow does not run a lesson; the message says what it did."""


def smoke_test(url: str, user: str, password: str, lesson: str, seconds: float = SECONDS) -> str:
    """Trigger a lesson over REST and wait until it has succeeded; return the run's id.

    Raises:
        SmokeTestFailedError: Airflow does not answer or refuses, or the run did not succeed.
    """
    import httpx

    try:
        with httpx.Client(base_url=url, timeout=30) as client:
            login = {"username": user, "password": password}
            token = client.post("/auth/token", json=login).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {token['access_token']}"
            path = f"/api/v2/dags/{lesson}/dagRuns"
            started = client.post(path, json={"logical_date": None}).raise_for_status().json()
            run_id: str = started["dag_run_id"]
            end = time.monotonic() + seconds
            while (run := client.get(f"{path}/{run_id}").raise_for_status().json())[
                "state"
            ] not in (
                "success",
                "failed",
            ):
                if time.monotonic() > end:
                    raise SmokeTestFailedError(
                        f"{lesson} {run_id} is still {run['state']} after {seconds:g} s."
                    )
                time.sleep(0.5)
    except httpx.HTTPError as error:
        raise SmokeTestFailedError(f"AIRFLOW_URL={url}: {error}") from error
    if run["state"] == "failed":
        raise SmokeTestFailedError(f"{lesson} {run_id} failed; its log says why.")
    return run_id


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Run the test where the environment says; return the exit code."""
    url = environment.get("AIRFLOW_URL") or Lab.from_environment(environment).url("airflow")
    user = environment.get("AIRFLOW_USER") or ADMIN[0]
    password = environment.get("AIRFLOW_PASSWORD") or ADMIN[1]
    lesson = environment.get("LESSON") or syllabus.load().lessons[0].id
    if lesson not in {one.id for one in syllabus.load().lessons}:
        sys.stderr.write(f"LESSON={lesson} is no lesson: README.md lists them.\n")
        return 1
    try:
        run_id = smoke_test(url, user, password, lesson)
        sys.stdout.write(f"{lesson} {run_id} succeeded at {url}\n")
    except SmokeTestFailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
