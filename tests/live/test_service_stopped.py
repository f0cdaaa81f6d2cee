"""A service that is really stopped: a clear error, nothing half-written, and the run can go on."""

import json
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.lab.settings import Lab
from tests.labs import stopped
from tests.lessons import Run, query
from tests.live.rest import Rest

LESSONS = {
    "object_store": ("phase2_02_taskflow_api", "object_store"),
    "kafka": ("phase9_04_message_queues", "kafka_default"),
    "mlflow": ("phase6_01_mlflow_integration", "mlflow"),
    "shop_api": ("phase9_02_api_integration", "shop_api"),
    "mail": ("phase8_01_email_notifications", "smtp_default"),
}
"""For each service a lesson that cannot do without it, and the connection that leads there."""


def left_behind() -> dict[str, Any]:
    """The rows of every table that lessons write; what only grows with each run apart."""
    names = query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'marts' "
        "AND table_name NOT IN ('events', 'alerts', 'alert_runs', 'alert_deliveries')"
    )
    return {name: sorted(map(str, query(f"SELECT * FROM marts.{name}"))) for (name,) in names}


def half_written(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The tables that hold something else than before, and are not empty for the next try."""
    return {name: rows for name, rows in now.items() if rows and rows != before[name]}


def failed_tasks(rest: Rest, lesson: str, run_id: str) -> dict[str, int]:
    """The tasks that failed by themselves, each with its number of tries."""
    tasks = rest.tasks(lesson, run_id)
    return {ti["task_id"]: ti["try_number"] for ti in tasks if ti["state"] == "failed"}


@pytest.mark.faults
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("rounds")
@pytest.mark.parametrize(
    "services", [("kafka", "mail", "mlflow", "shop_api"), ("object_store",)], ids="-".join
)
def test_the_lessons_fail_clearly_and_go_on_afterwards(
    lab: Lab, rest: Rest, services: tuple[str, ...]
) -> None:
    """A log names service, connection and command; cleared when all are back, a run succeeds.

    Lessons that do not need each other's service share the wait for it.
    """
    before = left_behind()

    with ExitStack() as all_back:
        for service in services:
            all_back.enter_context(stopped(lab, service))
        runs = {service: rest.trigger(LESSONS[service][0]) for service in services}
        for service, run_id in runs.items():
            lesson, conn_id = LESSONS[service]
            assert rest.wait(lesson, run_id, 300) == "failed"
            failed = failed_tasks(rest, lesson, run_id)
            assert failed
            for task_id, tries in failed.items():
                said = rest.log(lesson, run_id, task_id, tries)
                assert f"Service '{service}' (connection '{conn_id}') does not answer" in said
                assert f"`make start SERVICE={service}` starts it again" in said
        assert half_written(before, left_behind()) == {}

    for service, run_id in runs.items():
        body = {"dry_run": False, "only_failed": True}
        cleared = rest.post(f"dags/{LESSONS[service][0]}/dagRuns/{run_id}/clear", body)
        assert cleared.status_code == 200, cleared.text
    for service, run_id in runs.items():
        assert rest.wait(LESSONS[service][0], run_id, 300) == "success"
    assert left_behind() == before


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_without_the_warehouse_a_lesson_fails_clearly_and_goes_on_afterwards(
    run: Run, lab: Lab, hints: list[str]
) -> None:
    """PostgreSQL carries Airflow too, so the lesson runs on the tests' own metadata here."""
    lesson = "phase9_01_database_integration"
    assert run(lesson).state == "success"
    before = left_behind()

    with stopped(lab, "postgres"):
        assert run(lesson).state == "failed"

    assert "Service 'postgres' (connection 'warehouse') does not answer" in hints[0]
    assert "`make start SERVICE=postgres` starts it again" in hints[0]
    assert left_behind() == before
    assert run(lesson).state == "success"
    assert left_behind() == before


@pytest.mark.faults
def test_without_the_vault_its_hook_fails_clearly_and_finds_it_again_afterwards(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    """OpenBao forgets everything: what the lab keeps in it is there again at its next start."""
    from airflow.providers.hashicorp.hooks.vault import VaultHook

    from plugins.listeners import service_hint

    monkeypatch.setenv("AIRFLOW_CONN_VAULT", json.dumps(connections()["vault"]))
    greeting = {"value": "Hello from the vault"}
    assert VaultHook("vault").get_secret("airflow/variables/greeting") == greeting

    with stopped(lab, "vault"):
        with pytest.raises(OSError, match=r"Connection refused|Max retries"):
            VaultHook("vault").get_secret("airflow/variables/greeting")
        service_hint.on_task_instance_failed(task_of_a_dag_tagged("vault"), None)

    assert VaultHook("vault").get_secret("airflow/variables/greeting") == greeting
    (line,) = hints
    assert "Service 'vault' (connection 'vault') does not answer" in line
    assert "`make start SERVICE=vault` starts it again" in line


def task_of_a_dag_tagged(tag: str) -> Any:
    """What the listener looks at of a task that has failed."""
    return SimpleNamespace(task=SimpleNamespace(dag=SimpleNamespace(tags={tag})))
