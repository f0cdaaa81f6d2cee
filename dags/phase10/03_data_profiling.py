"""# 10.03 · Data profiling

A profile of this month is compared with the last: the month known to have drifted raises an
alert with a report, the ordinary one stays silent.

**Level** Enterprise Foundation · **Time** 20 minutes · **After** `phase8_03_alert_routing`,
`phase10_01_great_expectations` · **Services** `postgres`, `object_store`, `inbox`, `mail`

## What you will learn

- A **data profile** says what a column looks like: how many values there are, how many are missing,
  which are usual. Each value may be valid, and the whole yet be another than last month: **drift**.
- **PSI**, the population stability index, compares the shares of a column's bins, before and now.
  From 0.1 on something has moved a little, from 0.25 on a lot. It works for words and numbers.
- The **Kolmogorov-Smirnov test** looks at the greatest distance between two distributions of
  numbers, and at how often chance alone gives one as great.
- **Thresholds** make a verdict of it. Here PSI 0.2, or a distance of 0.1 that is no chance.

## Run it

1. Press **Trigger**. March is compared with February, and the seeds let it drift: people buy more
   pieces at once, and through the app. Open `publish_report`, **Storage · XCom**, and the address
   in it: *quantity*, *amount* and *channel* have moved, *country* and *status* have not.
2. Open the inbox (its address is in the terminal of `make up`): #sales-alerts and the sales team's
   mail say which columns drifted. A second run within the hour tells nobody again.
3. Trigger with *month* `2026-02`. February is like January: `is_drift` stops there, `tell_team`
   is skipped, and the inbox stays as it is.

## Why it is written this way

Bins are cut at the reference's own quantiles, so each holds rows and none is decided by a single
outlier. The test's p-value is not enough: with many rows, differences that matter to nobody are
certain, so the distance has to be worth something too. Drift is no error, and the run ends green:
the data is valid, a person has to say what it means. The alert goes where 8.03's routes say.

## Next

`phase11_01_dag_testing` proves that Dags work before they run.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task

from include.quality import profile
from include.quality.drift import Drift, Limits, compare

PAGE = "phase10/03_data_profiling"
MONTHS = ["2026-01", "2026-02", "2026-03"]
COLUMNS = ["quantity", "amount", "country", "status", "channel"]
ORDERS = f"""
SELECT {", ".join(COLUMNS)} FROM shop.orders
WHERE to_char(ordered_at AT TIME ZONE 'UTC', 'YYYY-MM') = %s ORDER BY order_id
"""


def read_month(month: str) -> dict[str, list[Any]]:
    """Return the values of each column of a month's orders."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    rows = PostgresHook("warehouse").get_records(ORDERS, [month])
    return dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))


@dag(
    dag_display_name="10.03 · Data profiling",
    description=(
        "A profile of this month is compared with the last: the month known to have drifted raises "
        "an alert with a report, the ordinary one stays silent."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "month": Param("2026-03", enum=MONTHS[1:], description="Compared with the month before"),
    },
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=2)},
    tags=[
        *("phase10", "enterprise-foundation", "postgres", "object_store", "inbox", "mail"),
        "team:sales",
    ],
    doc_md=__doc__,
)
def phase10_03_data_profiling() -> None:
    """Compare a month's orders with the month before, and tell the team if they have drifted."""
    make_table = SQLExecuteQueryOperator(
        task_id="make_table", conn_id="warehouse", sql=profile.TABLE
    )

    @task
    def choose_months(params: dict[str, Any]) -> list[str]:
        """Return the month before and the month."""
        place = MONTHS.index(params["month"])
        return MONTHS[place - 1 : place + 1]

    @task(map_index_template="{{ month }}")
    def profile_month(month: str) -> list[list[Any]]:
        """Describe each column of a month."""
        return [list(one) for one in profile.profile(month, read_month(month))]

    @task
    def store_profiles(profiles: list[list[list[Any]]]) -> int:
        """Store the profiles of both months; return how many rows they are."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        from include.data.replace import replace_rows

        rows = [row for month in profiles for row in month]
        replace_rows(PostgresHook("warehouse").get_conn, {"marts.data_profiles": rows})
        return len(rows)

    @task
    def measure_drift(months: list[str]) -> list[list[Any]]:
        """Say of each column how far it has moved."""
        before, now = (read_month(month) for month in months)
        return [compare(column, before[column], now[column]).plain() for column in COLUMNS]

    @task
    def publish_report(months: list[str], profiles: list[Any], drifts: list[list[Any]]) -> str:
        """Draw the report; return the address of its page."""
        from include.quality import drift_report
        from plugins.hooks.pages import PagesHook

        rows = [profile.Profile(*row) for month in profiles for row in month]
        found = [Drift.read(one) for one in drifts]
        page = drift_report.write(*months, rows, found, Limits())
        return PagesHook().publish(PAGE, {"index.html": page})

    @task.short_circuit
    def is_drift(drifts: list[list[Any]]) -> list[str]:
        """Return the columns that have drifted; what follows is skipped if there are none."""
        return [one.column for one in map(Drift.read, drifts) if one.drifted]

    @task
    def tell_team(columns: list[str], page: str, ti: Any = None, params: Any = None) -> str:
        """Raise an alert for the team; return its title."""
        from include.alerting.alert import Alert
        from plugins.hooks.alerts import AlertsHook

        title = f"orders of {params['month']} have drifted: {', '.join(columns)}"
        source = (ti.dag_id, ti.task_id, ti.run_id)
        AlertsHook().raise_alert(Alert("P2", "sales", *source, title, "See the report.", page))
        return title

    months = choose_months()
    profiles, drifts = profile_month.expand(month=months), measure_drift(months)
    make_table >> store_profiles(profiles)
    tell_team(is_drift(drifts), publish_report(months, profiles, drifts))


phase10_03_data_profiling()
