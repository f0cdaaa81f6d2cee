"""# 8.03 · Alert routing

One file of routes decides who hears of an alert by severity and team; a repeated alert is told
once, and one that nobody takes is escalated.

**Level** Advanced · **Time** 20 minutes · **After** `phase8_01_email_notifications`,
`phase8_02_slack_notifications` · **Services** `inbox`, `mail`, `postgres`

## What you will learn

- A **severity** says how bad it is. P1 pages the person on call, posts in #incidents and mails
  leadership; P2 posts in the team's channel and mails the team; P3 posts only; P4 is logged.
- The Dag's **tag** `team:sales` names the team; `configs/alert_routes.yaml` says where to reach it.
- `AlertRouter("P2")` is all that a task, or a Dag for its runs, needs: one notifier, one file.
- **Deduplication**: an alert that comes again within an hour is noted, and nobody is told.
- **Escalation**: a page that nobody acknowledges goes to the next person.

## Run it

1. Press **Trigger** and open the inbox (its address is in the terminal of `make up`). The four
   checks really fail, one of each severity, and six messages come: a page, two of Slack for
   #sales-alerts, one for #incidents, two mails. The run ends green.
2. Nobody takes the page for ten seconds, so the head of data is paged, and #incidents hears of it.
3. Trigger again: the checks fail again, and no message comes, for it is the same alerts within the
   hour. `show_alerts` (**Storage · XCom**) says in how many runs each came, and who was told.
4. Trigger with *forget* ticked, which makes them new again, and *patience* 60. This time press
   **Acknowledge** in the inbox, **Pager**: the waiting soon ends, and nothing is escalated.

## Why it is written this way

Who is told is a fact and not code: it changes when people do. The file is checked when it is read,
every mistake with its line. An alert is recorded first, with everybody who has to be told, in one
transaction; then each is told, and a receiver that is down is told with the next alert or by
`send_pending`. Two tasks that fail at once take turns in recording, so one alone is new. If the
warehouse itself is down, everybody is told at once, for that is when it matters.

## Next

`phase9_01_database_integration` works on a database, all or nothing.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.sdk import Param, TaskGroup, TriggerRule, dag, task

from plugins.notifiers.alert_router import AlertRouter

CHECKS = {
    "P1": ("orders_come_in", "SELECT max(ordered_at) > now() - interval '1 day' FROM shop.orders"),
    "P2": ("nothing_is_sold_out", "SELECT min(stock) > 0 FROM shop.products"),
    "P3": ("orders_have_a_country", "SELECT count(*) = count(country) FROM shop.orders"),
    "P4": ("ages_are_known", "SELECT count(*) = count(birth_year) FROM shop.customers"),
}
ALERTS = """
SELECT a.severity, a.title, a.acknowledged_at IS NOT NULL AS acknowledged,
       (SELECT count(*) FROM marts.alert_runs r WHERE r.alert_id = a.alert_id) AS runs,
       count(d.sent_at) AS told, string_agg(d.channel || ' ' || d.address, ', ' ORDER BY d)
FROM marts.alerts a LEFT JOIN marts.alert_deliveries d USING (alert_id)
WHERE a.dag_id = '{{ dag.dag_id }}' GROUP BY a.alert_id ORDER BY a.severity, a.raised_at
"""


@dag(
    dag_display_name="08.03 · Alert routing",
    description=(
        "One file of routes decides who hears of an alert by severity and team; a repeated alert "
        "is told once, and one that nobody takes is escalated."
    ),
    schedule=None,
    params={
        "patience": Param(
            10,
            type="integer",
            minimum=1,
            maximum=900,
            description="Seconds until a page that nobody takes is escalated",
        ),
        "forget": Param(False, type="boolean", description="Forget this Dag's alerts first"),
    },
    on_failure_callback=AlertRouter("P2"),
    default_args={"owner": "sales", "conn_id": "warehouse"},
    tags=["phase8", "advanced", "inbox", "mail", "postgres", "team:sales"],
    doc_md=__doc__,
)
def phase8_03_alert_routing() -> None:
    """Let one check of each severity fail, and see who hears of it."""

    @task
    def forget_alerts(params: dict[str, Any], dag: Any = None) -> int:
        """Forget this Dag's alerts if that is wanted; return how many."""
        from plugins.hooks.alerts import AlertsHook

        return AlertsHook().forget(dag.dag_id) if params["forget"] else 0

    with TaskGroup("checks") as checks:
        for severity, (check, sql) in CHECKS.items():
            SQLCheckOperator(task_id=check, sql=sql, on_failure_callback=AlertRouter(severity))

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def send_pending() -> int:
        """Tell those who could not be told before; return how many."""
        from plugins.hooks.alerts import AlertsHook

        return AlertsHook().send_pending()

    @task.sensor(poke_interval=5, timeout=960, mode="reschedule")
    def wait_for_answer(params: dict[str, Any], dag: Any = None) -> bool:
        """Wait until each page is taken, or has waited long enough."""
        from datetime import UTC, datetime

        from plugins.hooks.alerts import AlertsHook

        limit = datetime.now(UTC) - timedelta(seconds=params["patience"])
        return all(page.raised_at <= limit for page in AlertsHook().unanswered(dag.dag_id))

    @task
    def escalate(params: dict[str, Any], dag: Any = None) -> list[str]:
        """Pass on what nobody has taken; return which alerts."""
        from plugins.hooks.alerts import AlertsHook

        after = timedelta(seconds=params["patience"])
        return AlertsHook().escalate_unanswered(dag.dag_id, after)

    show_alerts = SQLExecuteQueryOperator(task_id="show_alerts", sql=ALERTS)

    forget_alerts() >> checks >> send_pending() >> wait_for_answer() >> escalate() >> show_alerts


phase8_03_alert_routing()
