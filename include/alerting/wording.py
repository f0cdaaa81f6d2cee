"""What is said of an alert: on the pager, in Slack, by mail."""

import html
from typing import Any
from urllib.parse import urlsplit

from include.alerting.alert import Alert, Severity
from include.notifications import slack

PAGER_SEVERITIES: dict[Severity, str] = {
    "P1": "critical",
    "P2": "error",
    "P3": "warning",
    "P4": "info",
}
_DETAIL_CHARACTERS = 1500


def headline(alert: Alert, escalated: bool = False) -> str:
    """One line that says it all; it also stands in the notification on a phone."""
    said = f"[{alert.severity}] {alert.team}: {alert.title}"
    return f"Nobody has taken {said}" if escalated else said


def page(alert: Alert, routing_key: str, dedup_key: str, escalated: bool = False) -> dict[str, Any]:
    """An event that wakes somebody, in the form of PagerDuty's Events API v2."""
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": dedup_key,
        "payload": {
            "summary": headline(alert, escalated)[:1024],
            "source": alert.dag_id,
            "severity": PAGER_SEVERITIES[alert.severity],
            "component": alert.task_id,
            "custom_details": {"run_id": alert.run_id, "detail": _short(alert.detail)},
        },
        "links": [{"href": alert.link, "text": label(alert.link)}] if alert.link else [],
    }


def blocks(alert: Alert, escalated: bool = False) -> list[slack.Block]:
    """A message for Slack."""
    facts = {"Severity": alert.severity, "Team": alert.team, "Dag": alert.dag_id}
    facts |= {"Task": alert.task_id} if alert.task_id else {}
    # A code block ends at the first three backticks: an error's text must not hold them.
    detail = slack.escape(_short(alert.detail)).replace("```", "'''")
    return [
        slack.header(headline(alert, escalated)),
        slack.section(f"```{detail}```" if detail else "No more is known.", facts),
        *([slack.buttons({label(alert.link): alert.link})] if alert.link else []),
        slack.context(f"Run `{slack.escape(alert.run_id)}`"),
    ]


def mail(alert: Alert, escalated: bool = False) -> tuple[str, str, str]:
    """Subject, text and HTML of a mail."""
    subject = headline(alert, escalated)
    facts = {
        "Severity": alert.severity,
        "Team": alert.team,
        "Dag": alert.dag_id,
        "Task": alert.task_id,
        "Run": alert.run_id,
    }
    shown = {name: value for name, value in facts.items() if value}
    lines = [f"{name}: {value}" for name, value in shown.items()]
    detail = _short(alert.detail)
    text = "\n".join([subject, "", *lines, "", detail, "", alert.link]).strip() + "\n"
    rows = "".join(
        f"<tr><td style='padding-right: 1.5em; color: #666'>{name}</td>"
        f"<td>{html.escape(value)}</td></tr>"
        for name, value in shown.items()
    )
    link = html.escape(alert.link)
    body = (
        "<html><body style='font-family: sans-serif; margin: 1.5em'>"
        f"<h2 style='margin: 0 0 .5em'>{html.escape(subject)}</h2><table>{rows}</table>"
        f"<pre style='background: #f4f4f4; padding: .8em'>{html.escape(detail)}</pre>"
        + (f"<p><a href='{link}'>{label(alert.link)}</a></p>" if link else "")
        + "</body></html>"
    )
    return subject, text, body


def label(link: str) -> str:
    """What a link says: an alert leads to its run in Airflow, or to a page that a run published."""
    return "Open in Airflow" if "/dags/" in urlsplit(link).path else "Open the page"


def _short(text: str) -> str:
    """The beginning of a long text: the reader follows the link for the rest."""
    return text if len(text) <= _DETAIL_CHARACTERS else f"{text[:_DETAIL_CHARACTERS]}…"
