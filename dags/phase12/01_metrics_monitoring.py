"""# 12.01 · Metrics and monitoring

Counters, gauges and histograms of a run, beside Airflow's own metrics, are scraped as
Prometheus would, and they equal what the run did.

**Level** Enterprise Foundation · **Time** 20 minutes · **After** `phase5_04_callbacks` ·
**Services** `metrics`, `postgres`

## What you will learn

- A **counter** only grows (`orders by status`), a **gauge** goes up and down (`newest order`), a
  **histogram** counts in ranges (`what orders cost`), from which percentiles can be computed.
- The **exposition format** of Prometheus: plain text, one sample per line, `name{label="x"} 7`.
- Prometheus *pulls*: it asks again and again. A task is gone before it is asked, so it **pushes**
  its metrics to a Pushgateway, which Prometheus asks instead.
- Airflow sends metrics of its own over StatsD: started and ended tasks, durations, heartbeats, and
  **deadline alerts** (in Airflow 2: SLA) that were met and missed.

## Run it

1. Press **Trigger**. Open `compare_metrics`, **Storage · XCom**: every sample that Prometheus would
   scrape, such as `shop_orders_total{shipped}`. The task fails if one differs from the warehouse.
2. `compare_airflow` shows what Airflow has counted of this very run: two more tasks ended well.
3. Open the address that `show_page` returns: the panels of the board in `configs/grafana`.
4. Trigger again with *country* DE: the same counters, pushed anew, and `compare_metrics` holds.
5. Trigger with *late* ticked. `wait_until_late` waits until the run has missed its deadline of 20
   seconds, and sees it where Prometheus would: *Deadlines set and missed* counts one more.

## Why it is written this way

The run measures in Python what it handles, one order after the other; what it should have seen is
counted by the database, another way. A push replaces what the job pushed before, so a task that is
cleared leaves the same. A moment is kept as it is and its age computed by the reader: so the age
grows when nothing is pushed any more. No label holds a run's id: each value of a label is a series
that Prometheus keeps. A counter that many processes raise, as `EventCounter` does from the
triggerer, goes over StatsD, where each sends its step and the receiver adds them up. A receiver
that restarts counts from zero: `compare_airflow` then has nothing to compare, and returns nothing.

## Next

`phase12_02_logging_tracing` follows one order through all tasks and into the API's log.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.observability import order_metrics, scrape
from include.retail.orders import Order
from plugins.hooks.metrics import MetricsHook
from plugins.notifiers.event_counter import EventCounter

COUNTRIES = ["all", "AT", "DE", "ES", "FR", "IT", "NL", "PL", "SE"]
LATE = "airflow_deadline_alerts_deadline_missed_total"
STARTED = "process_start_time_seconds"  # every page for Prometheus says since when it counts
MEASURED = ("push_metrics", "compare_metrics")
MISSED = DeadlineAlert(
    DeadlineReference.DAGRUN_QUEUED_AT,
    timedelta(seconds=20),
    AsyncCallback(EventCounter, kwargs={"metric": "shop.late_runs"}),
)


def counted_by_airflow(dag_id: str) -> dict[str, float]:
    """Return how often each task of the Dag succeeded and a run was late, and since when."""
    samples = MetricsHook().of_airflow()
    late = scrape.by_label(samples, LATE, "dag_id").get(dag_id, 0)
    of_dag = {"dag_id": dag_id, "state": "success"}
    ended = scrape.by_label(samples, "airflow_ti_finish_total", "task_id", **of_dag)
    return {**ended, LATE: late, STARTED: scrape.value(samples, STARTED)}


@dag(
    dag_display_name="12.01 · Metrics and monitoring",
    description=(
        "Counters, gauges and histograms of a run, beside Airflow's own metrics, are scraped as "
        "Prometheus would, and they equal what the run did."
    ),
    schedule=None,
    max_active_runs=1,
    deadline=MISSED,
    params={
        "country": Param("all", enum=COUNTRIES, description="Whose orders are measured"),
        "late": Param(False, type="boolean", description="Let the run miss its deadline"),
    },
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["phase12", "enterprise-foundation", "metrics", "postgres"],
    doc_md=__doc__,
)
def phase12_01_metrics_monitoring() -> None:
    """Measure orders, and see what Prometheus would see of it."""

    @task
    def look_before(dag: Any = None) -> dict[str, float]:
        """Return what Airflow has counted of this Dag's earlier runs."""
        return counted_by_airflow(dag.dag_id)

    @task
    def push_metrics(params: dict[str, Any], dag: Any = None) -> int:
        """Measure every order, and leave the metrics at the Pushgateway; return how many."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        rows = PostgresHook("warehouse").get_records(
            f"SELECT * {order_metrics.FROM_ORDERS}", params
        )
        MetricsHook().push(dag.dag_id, order_metrics.measure(map(Order._make, rows)))
        return len(rows)

    count_in_warehouse = SQLExecuteQueryOperator(
        task_id="count_in_warehouse",
        conn_id="warehouse",
        sql=order_metrics.COUNT,
        parameters={"country": "{{ params.country }}"},
    )

    @task
    def compare_metrics(counted: list[Any], dag: Any = None) -> dict[str, float]:
        """Fail unless a scrape shows exactly what the warehouse has counted; return it."""
        expected = order_metrics.expected(*counted[0])
        scraped = order_metrics.shown(MetricsHook().of_job(dag.dag_id))
        if scraped != expected:
            raise AirflowFailException(f"Scraped is {scraped}, but counted {expected}.")
        return scraped

    @task
    def compare_airflow(before: dict[str, float], dag: Any = None) -> dict[str, float]:
        """Fail unless Airflow has counted one success more of each task; return what is more."""
        now = counted_by_airflow(dag.dag_id)
        if now[STARTED] != before[STARTED]:
            return {}
        more = {name: now.get(name, 0) - before.get(name, 0) for name in MEASURED}
        if set(more.values()) != {1}:
            raise AirflowFailException(f"Each has ended once, but Airflow has counted {more}.")
        return more

    @task.sensor(poke_interval=5, timeout=120, mode="reschedule")
    def wait_until_late(before: dict[str, float], params: dict[str, Any], dag: Any = None) -> bool:
        """Wait, if that is wanted, until Airflow's metrics say that one run more was late."""
        now = counted_by_airflow(dag.dag_id)
        return not params["late"] or now[LATE] > before[LATE] or now[STARTED] != before[STARTED]

    @task
    def show_page() -> str:
        """Return the address of the page that draws the board."""
        return f"{MetricsHook.get_connection('metrics').host}/"

    before, pushed = look_before(), push_metrics()
    compared = compare_metrics(count_in_warehouse.output)
    before >> pushed >> count_in_warehouse
    compared >> compare_airflow(before) >> wait_until_late(before) >> show_page()


phase12_01_metrics_monitoring()
