"""# 12.03 · Health checks

You break a database table, the API, the storage or the queue, and watch the Dag notice it, heal
it, check again, or call for help.

**Level** Enterprise Foundation · **Time** 20 minutes · **After** `phase7_03_circuit_breaker`,
`phase9_04_message_queues` · **Services** `postgres`, `shop_api`, `object_store`, `kafka`,
`mlflow`, `inbox`

## What you will learn

- A **health check** is a question with a quick answer: does this component do its work *now*? Not
  whether a port is open: the table is written to, the bucket gives back what was put there.
- **Self-healing**: what has a known remedy is mended without a person, once, and *checked again*.
  What is still ill after some patience is passed on to people.
- **Escalation** goes through the same router as all alerts (`phase8_03_alert_routing`), which tells
  nobody twice of the same trouble.

## Run it

1. Press **Trigger**. The run deletes a bucket of its own; `examine` finds that out, makes it anew
   and checks again. Open `report`, **Storage · XCom**: `object_store` is *healed*, the others are
   *healthy*. The table `marts.health_checks` says what was wrong and what was done.
2. Trigger with *break* set to `table`, `topic` or `lock`. A lock is held by a session of
   `hold_lock`, which the remedy ends: the task returns `true`, for it was thrown out.
3. Trigger with *break* `api`. Nobody here can mend a partner's API: after ten seconds `escalate`
   tells the platform team, and the inbox shows it. The run ends green, for it has done its work.
   Trigger it so again: the alert is noted, and nobody is told a second time.
4. Break something yourself: `make stop SERVICE=kafka`, Trigger with *break* `nothing` and
   *patience* 60, then `make start SERVICE=kafka` while `examine` still waits.

## Why it is written this way

Each component is a row of probe and remedy, and one rule applies them all. One mapped task each: a
component that is slow to answer holds up no other. A remedy must be safe to apply to what is well,
and is applied once, for one that is needed again and again hides the cause. What is not ours to
mend is only waited for: the supervisor starts Airflow's own components again. The check itself
does not fail: a red task would say that nobody knows how the component is.

## Next

`phase13_01_external_task_sensor` waits for the runs of other Dags.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.sdk import Param, dag, task

from include.alerting.alert import Alert
from include.health import check
from plugins.hooks.health import COMPONENTS, TABLE, HealthHook

HISTORY = "marts.health_checks"
TABLES = (
    f"CREATE TABLE IF NOT EXISTS {HISTORY} (component text PRIMARY KEY, state text, detail text)"
)
LOCKED = f"""
SELECT '{{{{ params.break }}}}' <> 'lock' OR EXISTS (
    SELECT FROM pg_locks WHERE relation = to_regclass('{TABLE}') AND granted
    AND mode = 'AccessExclusiveLock')
"""
BREAKS = ["nothing", "bucket", "table", "topic", "lock", "api"]


@dag(
    dag_display_name="12.03 · Health checks",
    description=(
        "You break a database table, the API, the storage or the queue, and watch the Dag notice "
        "it, heal it, check again, or call for help."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "break": Param("bucket", enum=BREAKS, description="What the run breaks, to see it healed"),
        "patience": Param(
            10, type="integer", minimum=1, maximum=300, description="Seconds that healing may take"
        ),
    },
    default_args={
        "owner": "platform",
        "retries": 2,
        "retry_delay": timedelta(seconds=1),
        "conn_id": "warehouse",
    },
    tags=[
        "phase12",
        "enterprise-foundation",
        *("postgres", "shop_api", "object_store", "kafka", "mlflow", "inbox"),
    ],
    doc_md=__doc__,
)
def phase12_03_health_checks() -> None:
    """Examine what the shop depends on, heal it, or call for help."""
    open_history = SQLExecuteQueryOperator(task_id="open_history", sql=TABLES)

    @task
    def break_something(params: dict[str, Any]) -> None:
        """Let everything of our own be there, then break what is wanted."""
        health = HealthHook()
        health.prepare()
        if params["break"] not in ("nothing", "lock"):
            health.break_(params["break"])

    @task(retries=0)
    def hold_lock(params: dict[str, Any]) -> bool:
        """Hold a lock on the table, if that is wanted; return whether the session was ended."""
        return params["break"] == "lock" and HealthHook().hold_lock(seconds=60)

    wait_for_lock = SqlSensor(task_id="wait_for_lock", sql=LOCKED, poke_interval=1, timeout=60)

    @task(map_index_template="{{ component }}")
    def examine(component: str, params: dict[str, Any]) -> dict[str, str]:
        """Probe one component, heal it if need be, probe again; return what was found."""
        found = check.examine(HealthHook().check(component), params["patience"])
        return found._asdict()

    @task
    def escalate(findings: list[dict[str, str]], run_id: str, dag: Any = None) -> list[str]:
        """Raise an alert for each component that did not heal; return their names."""
        from plugins.hooks.alerts import AlertsHook

        ill = [found for found in findings if found["state"] == check.State.UNHEALTHY]
        alerts = AlertsHook()
        for found in ill:
            name, title = found["name"], f"{found['name']} is ill and does not heal"
            team = alerts.routes.team_of(dag.tags)
            alerts.raise_alert(Alert("P3", team, dag.dag_id, name, run_id, title, found["detail"]))
        return [found["name"] for found in ill]

    @task
    def report(findings: list[dict[str, str]], params: dict[str, Any]) -> dict[str, str]:
        """Keep what each check has found; return how each component is."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        if params["break"] == "api":
            HealthHook().mend_api()
        rows = sorted((f["name"], f["state"], f["detail"]) for f in findings)
        columns = ("component", "state", "detail")
        hook = PostgresHook("warehouse")
        hook.insert_rows(HISTORY, rows, columns, replace=True, replace_index="component")
        return {name: state for name, state, _ in rows}

    broken = open_history >> break_something()
    broken >> hold_lock()
    findings = examine.expand(component=list(COMPONENTS))
    broken >> wait_for_lock >> findings
    escalate(findings) >> report(findings)


phase12_03_health_checks()
