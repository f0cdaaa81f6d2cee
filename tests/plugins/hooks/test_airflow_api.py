"""The hook for Airflow's own REST API, on the lab's Airflow, with the rights of its login."""

import re
import time

import httpx
import pytest
from airflow.sdk.exceptions import AirflowFailException

from include.lab.settings import Lab
from tests.live.rest import Rest

LESSON = "phase1_01_hello_airflow"

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("known_connections")]


def test_starts_a_run_and_sees_how_it_ends(lab: Lab) -> None:
    """Under its own login, which the run names; a failed run is not waited for."""
    from plugins.hooks.airflow_api import AirflowApiHook

    hook, rest = AirflowApiHook(), Rest(lab)
    run_id = hook.trigger(LESSON)
    assert rest.wait(LESSON, run_id) == "success"

    assert hook.has_succeeded(LESSON, run_id)
    assert hook.get(f"dags/{LESSON}/dagRuns/{run_id}")["triggering_user_name"] == "pipeline"

    rest.client.patch(f"/api/v2/dags/{LESSON}/dagRuns/{run_id}", json={"state": "failed"})
    with pytest.raises(AirflowFailException, match=re.escape(f"Run {run_id} of {LESSON} failed")):
        hook.has_succeeded(LESSON, run_id)


def test_only_the_version_that_is_wanted_is_started(lab: Lab) -> None:
    """The lessons' bundle has no versions, and what is not there has none either."""
    from plugins.hooks.airflow_api import AirflowApiHook

    assert AirflowApiHook().trigger_version(LESSON, "f" * 40) is None
    assert AirflowApiHook().trigger_version("phase11_nowhere", "f" * 40) is None


def test_a_version_that_is_not_there_yet_is_read_at_once(lab: Lab) -> None:
    """Airflow would read a file that has not changed after minutes; asking twice does no harm."""
    from plugins.hooks.airflow_api import AirflowApiHook

    rest, hook = Rest(lab), AirflowApiHook()
    before = rest.get(f"dags/{LESSON}")["last_parsed_time"]
    for _ in range(2):
        hook.trigger_version(LESSON, "f" * 40)

    end = time.monotonic() + 60
    while rest.get(f"dags/{LESSON}")["last_parsed_time"] == before:
        assert time.monotonic() < end
        time.sleep(0.5)


@pytest.mark.parametrize("path", ["connections", "variables", "users", "config"])
def test_its_login_sees_no_secrets(path: str) -> None:
    """It may look at Dags and start them, nothing else."""
    from plugins.hooks.airflow_api import AirflowApiHook

    with pytest.raises(httpx.HTTPStatusError, match=r"40[34]"):
        AirflowApiHook().get(path)
