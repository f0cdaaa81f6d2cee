"""# 8.01 · Email notifications

A daily report arrives by mail as HTML and text with an attachment, and a failing task sends a
mail of its own.

**Level** Advanced · **Time** 15 minutes · **After** `phase5_04_callbacks` · **Services**
`mail`, `postgres`

## What you will learn

- **`EmailOperator`** sends a mail from a task: recipients, subject and HTML are Jinja templates.
- A mail of **text and HTML** is readable everywhere. `EmailOperator` sends HTML alone, so
  `ReportMailOperator` adds the text, and attaches what another task returned.
- Long templates are files; `template_searchpath` says where Airflow looks for them.
- **`SmtpNotifier`** is the callback that mails: here when a task has failed.
- Where mail goes is the connection `smtp_default`, and no line of a Dag.

## Run it

1. Press **Trigger** and keep the day. `check_countries` turns red, for one order of that day really
   has no country; the run ends green, because `add_up_sales` does not mind.
2. Open the inbox (its address is in the terminal of `make up`), **Mail**: the failure with its
   error, the headline for the board, the report as HTML, *As text*, and with its attachment.
3. Trigger again: no mail is in the inbox twice. With another day the mails of that day come.

To use a server of yours, set a variable for all components: it wins over the stored connection.
`AIRFLOW_CONN_SMTP_DEFAULT='{"conn_type": "smtp", "host": "smtp.example.com", "port": 587,
"login": "…", "password": "…", "extra": {"disable_ssl": true, "from_email": "you@example.com"}}'`
is STARTTLS; port 465 speaks TLS from the first byte: `"disable_tls": true` instead.

## Why it is written this way

A task that is cleared sends its mail again, and nothing calls a mail back. So each mail has a
`Message-ID` made of its kind and its day: the inbox drops what it has, as many mail servers do.
The attachment travels through XCom and not as a file, for the mail may leave from another machine
than the one that made the report. What comes from data is escaped (`| e`): Airflow's templates are
not HTML by themselves, and a name in a table must not become a tag.

## Next

`phase8_02_slack_notifications` says it in a channel instead.
"""

from typing import Any

from airflow.providers.common.sql.operators.sql import SQLCheckOperator
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.sdk import Param, TriggerRule, dag, task

from include.notifications.email import TEMPLATES
from include.retail.orders import Order, revenue_by_country, sales_of_day
from plugins.operators.report_mail import ReportMailOperator

ORDERS = (
    f"SELECT {', '.join(Order._fields)} FROM shop.orders "
    "WHERE ordered_at::date = %s ORDER BY order_id"
)
FAILURE = """
<p><b>{{ ti.task_id }}</b> of {{ dag.dag_id }} failed in run {{ run_id | e }}:</p>
<pre>{{ exception | e }}</pre>
<p><a href="{{ ti.log_url }}">Read its log</a></p>
"""


@dag(
    dag_display_name="08.01 · Email notifications",
    description=(
        "A daily report arrives by mail as HTML and text with an attachment, and a failing task "
        "sends a mail of its own."
    ),
    schedule=None,
    params={"day": Param("2026-03-24", type="string", format="date", description="Day to report")},
    template_searchpath=str(TEMPLATES),
    default_args={"owner": "sales"},
    tags=["phase8", "advanced", "mail", "postgres"],
    doc_md=__doc__,
)
def phase8_01_email_notifications() -> None:
    """Mail a day's sales, and a check that failed."""
    check_countries = SQLCheckOperator(
        task_id="check_countries",
        conn_id="warehouse",
        sql="SELECT count(*) = 0 FROM shop.orders "
        "WHERE country IS NULL AND ordered_at::date = '{{ params.day }}'",
        on_failure_callback=SmtpNotifier(
            to="data-team@shop.example",
            subject="{{ ti.task_id }} failed for {{ params.day }}",
            html_content=FAILURE,
            custom_headers={"Message-ID": "<failure.{{ params.day }}@phase8-01.shop.example>"},
        ),
    )

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def add_up_sales(params: dict[str, Any]) -> dict[str, Any]:
        """Return the day's number of orders, its revenue by country, and its orders as CSV."""
        from datetime import date

        from airflow.providers.postgres.hooks.postgres import PostgresHook

        from include.retail.records import csv_text

        day = date.fromisoformat(params["day"])
        orders = [Order(*row) for row in PostgresHook("warehouse").get_records(ORDERS, [day])]
        sales, countries = sales_of_day(orders, day), revenue_by_country(orders)
        return {
            "orders": sales.orders,
            "revenue": str(sales.revenue),
            "countries": {country: str(revenue) for country, revenue in countries.items()},
            "csv": csv_text(Order._fields, orders),
        }

    sales = add_up_sales()
    mail_headline = EmailOperator(
        task_id="mail_headline",
        to="board@shop.example",
        subject="{{ params.day }}: {{ ti.xcom_pull('add_up_sales').revenue }} EUR",
        html_content="<p>{{ ti.xcom_pull('add_up_sales').orders }} orders were kept.</p>"
        "<p>Sent by {{ dag.dag_id }}.</p>",
        custom_headers={"Message-ID": "<headline.{{ params.day }}@phase8-01.shop.example>"},
        retries=2,
        retry_delay=2,
    )
    mail_report = ReportMailOperator(
        task_id="mail_report",
        to=["data-team@shop.example", "sales@shop.example"],
        subject="Sales of {{ params.day }}",
        html="daily_sales.html",
        text="daily_sales.txt",
        attachments={"sales.csv": sales["csv"]},
        message_id="<report.{{ params.day }}@phase8-01.shop.example>",
        retries=2,
        retry_delay=2,
    )

    check_countries >> sales >> [mail_headline, mail_report]


phase8_01_email_notifications()
