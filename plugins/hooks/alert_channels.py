"""Tells one receiver of an alert: on the pager, in Slack or by mail."""

from airflow.sdk.exceptions import AirflowException

from include.alerting import wording
from include.alerting.store import Delivery, DeliveryError
from include.notifications.email import message_id

SECONDS = 10
"""How long a receiver may take to answer."""


def send(delivery: Delivery) -> None:
    """Tell the receiver.

    Raises:
        DeliveryError: it does not answer, or refuses.
    """
    channels = {"pager": _page, "slack": _post, "mail": _mail}
    try:
        channels[delivery.target.channel](delivery)
    # What urllib, requests and smtplib raise are OSErrors; a refusal is Airflow's own error.
    except (OSError, AirflowException) as error:
        raise DeliveryError(f"{type(error).__name__}: {error}") from error


def _page(delivery: Delivery) -> None:
    from airflow.providers.http.hooks.http import HttpHook

    recorded = delivery.recorded
    event = wording.page(
        recorded.alert, delivery.target.address, recorded.incident_key, delivery.escalated
    )
    options = {"timeout": SECONDS}
    HttpHook("POST", "pager").run("v2/enqueue", json=event, extra_options=options)


def _post(delivery: Delivery) -> None:
    from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook

    alert, escalated = delivery.recorded.alert, delivery.escalated
    hook = SlackWebhookHook(slack_webhook_conn_id=delivery.target.address, timeout=SECONDS)
    hook.send(text=wording.headline(alert, escalated), blocks=wording.blocks(alert, escalated))


def _mail(delivery: Delivery) -> None:
    from plugins.hooks.mail import MailHook

    recorded, to = delivery.recorded, [delivery.target.address]
    subject, text, html = wording.mail(recorded.alert, delivery.escalated)
    kind = "escalation" if delivery.escalated else "alert"
    # The id alone starts anew with the table; the moment does not.
    identity = message_id(kind, str(recorded.alert_id), recorded.raised_at.isoformat())
    MailHook("smtp_default").send(to, subject, text, html, identity=identity)
