"""# 8.02 · Slack notifications

A message built of Slack blocks reaches the right channel, from a task and from a notifier, and
you look at it as it would be shown.

**Level** Advanced · **Time** 15 minutes · **After** `phase5_04_callbacks` · **Services**
`inbox`, `postgres`

## What you will learn

- Slack is told through an **incoming webhook**: an address that takes JSON. Airflow keeps it as a
  connection, for who knows the address can write into the channel.
- **`SlackWebhookOperator`** posts from a task, **`SlackWebhookNotifier`** is the callback.
- **Block Kit** is a message of blocks: heading, paragraph with fields, small print, line, buttons.
  `message` and `text` are what stands in the notification on a phone.
- A webhook belongs to **one channel**: another channel is another connection.

## Run it

1. Press **Trigger**. `check_stock` turns red, for six products really are sold out; the run ends
   green, because `post_message` does not mind.
2. Open the inbox (its address is in the terminal of `make up`), **Slack**: the failure stands in
   `#sales-alerts`, the list in `#shop`. The buttons open the task and the Dag.
3. Trigger again: what was said last has not changed, so everything behind `is_news` is skipped. Set
   *Units* to 2, and a shorter list is posted.

To use a Slack of yours, create an app with an incoming webhook and set
`AIRFLOW_CONN_SLACK_WEBHOOK='{"conn_type": "slackwebhook", "password": "T…/B…/…"}'` for all
components: the password is what follows `https://hooks.slack.com/services/`.

## Why it is written this way

A mail has an id by which its receiver knows it again; a webhook has none and takes no message back.
So the Dag remembers what it said last in the channel, and says only what is new. It remembers after
posting: if it dies in between, the message comes twice, which is better than never. The blocks are
built by plain functions that keep Slack's limits, and that a test can call. A value from outside is
escaped: a product called `<!channel>` would otherwise call everybody. The provider's Slack client
takes a tenth of a second to import, which this file pays because it is about it; other lessons
leave that to `plugins/notifiers/slack_message.py`.

## Next

`phase8_03_alert_routing` decides who hears of what.
"""

from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.slack.operators.slack_webhook import SlackWebhookOperator
from airflow.sdk import Param, TriggerRule, conf, dag, task

from include.notifications.slack import buttons, context, fingerprint, header, section
from include.retail.shortages import Shortage, shortage_message

LAST_POSTS = """
CREATE TABLE IF NOT EXISTS marts.slack_posts (channel text PRIMARY KEY, fingerprint text NOT NULL)
"""
SHORTAGES = """
SELECT p.name, p.stock, s.name FROM shop.products p JOIN shop.suppliers s USING (supplier_id)
WHERE p.stock <= %s ORDER BY p.stock, p.name
"""
REMEMBER = """
INSERT INTO marts.slack_posts VALUES ('#shop', %(fingerprint)s)
ON CONFLICT (channel) DO UPDATE SET fingerprint = excluded.fingerprint
"""
FAILURE = [
    header("{{ ti.task_id }} failed"),
    section("In the Dag `{{ dag.dag_id }}`", {"Run": "{{ run_id }}", "Try": "{{ ti.try_number }}"}),
    context("A product is sold out that the shop still offers."),
    buttons({"Read the log": "{{ ti.log_url }}"}),
]


@dag(
    dag_display_name="08.02 · Slack notifications",
    description=(
        "A message built of Slack blocks reaches the right channel, from a task and from a "
        "notifier, and you look at it as it would be shown."
    ),
    schedule=None,
    params={
        "units": Param(
            5, type="integer", minimum=0, maximum=100, title="Units", description="Few is up to"
        )
    },
    default_args={"owner": "sales", "conn_id": "warehouse"},
    tags=["phase8", "advanced", "inbox", "postgres"],
    doc_md=__doc__,
)
def phase8_02_slack_notifications() -> None:
    """Say in Slack which products run out, and that a check failed."""
    make_table = SQLExecuteQueryOperator(task_id="make_table", sql=LAST_POSTS)

    @task
    def draw_up_message(params: dict[str, Any], dag: Any = None) -> dict[str, Any]:
        """Return the message about the products that run out, as blocks, and its fingerprint."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        rows = PostgresHook("warehouse").get_records(SHORTAGES, [params["units"]])
        link = f"{conf.get('api', 'base_url')}/dags/{dag.dag_id}"
        blocks = shortage_message([Shortage(*row) for row in rows], params["units"], link)
        return {"blocks": blocks, "fingerprint": fingerprint(blocks)}

    @task.short_circuit
    def is_news(fingerprint: str) -> bool:
        """Tell whether the channel was last told something else."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        sql = "SELECT 1 FROM marts.slack_posts WHERE channel = '#shop' AND fingerprint = %s"
        return not PostgresHook("warehouse").get_first(sql, [fingerprint])

    check_stock = SQLCheckOperator(
        task_id="check_stock",
        sql="SELECT min(stock) > 0 FROM shop.products",
        on_failure_callback=SlackWebhookNotifier(
            slack_webhook_conn_id="slack_sales", text="{{ ti.task_id }} failed", blocks=FAILURE
        ),
    )
    message = draw_up_message()
    post_message = SlackWebhookOperator(
        task_id="post_message",
        slack_webhook_conn_id="slack_webhook",
        message="Products run out",
        blocks=message["blocks"],
        trigger_rule=TriggerRule.ALL_DONE,
        retries=2,
        retry_delay=2,
    )
    remember = SQLExecuteQueryOperator(
        task_id="remember", sql=REMEMBER, parameters={"fingerprint": message["fingerprint"]}
    )

    make_table >> message
    is_news(message["fingerprint"]) >> check_stock >> post_message >> remember


phase8_02_slack_notifications()
