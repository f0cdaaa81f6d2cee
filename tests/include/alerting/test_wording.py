"""What is said of an alert is taken by its receivers, whatever an error's text holds."""

import pytest

from include.alerting import wording
from include.alerting.alert import SEVERITIES, Alert
from include.inbox import block_kit
from include.notifications.email import build_mail

NASTY = "<!channel> ``` <script>alert(1)</script> & " * 200


def alert(**changes: str) -> Alert:
    facts = {
        "severity": "P1",
        "team": "sales",
        "dag_id": "shop",
        "task_id": "load",
        "run_id": "r1",
        "title": "load failed",
        "detail": "no such table",
        "link": "http://localhost:8080/dags/shop",
    }
    return Alert(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(
    "nasty", [{}, {"detail": NASTY, "title": NASTY}, {"detail": "", "link": ""}]
)
def test_slack_takes_it(severity: str, nasty: dict[str, str]):
    """Within its limits, and with nothing in it that would call anybody."""
    blocks = wording.blocks(alert(severity=severity, **nasty))

    block_kit.check({"blocks": blocks})
    markup = [b["text"]["text"] for b in blocks if b["type"] == "section"]
    assert "<!channel>" not in str(markup)
    assert all(text.count("```") in (0, 2) for text in markup)


def test_pager_is_told_what_and_where():
    """In the form of PagerDuty's events."""
    event = wording.page(alert(), "sales-on-call", "shop/load/P1/7")

    assert event["routing_key"] == "sales-on-call"
    assert event["dedup_key"] == "shop/load/P1/7"
    assert event["payload"]["summary"] == "[P1] sales: load failed"
    assert event["payload"]["severity"] == "critical"
    assert event["links"][0]["href"] == "http://localhost:8080/dags/shop"
    assert wording.page(alert(link="", title=NASTY), "x", "y")["links"] == []


@pytest.mark.parametrize(
    ("link", "label"),
    [
        ("http://localhost:8080/dags/shop/runs/r1", "Open in Airflow"),
        ("https://shop.example/airflow/dags/shop", "Open in Airflow"),
        ("http://localhost:8082/lake/phase10/report.html", "Open the page"),
        ("http://localhost:8082/lake/report.html?back=/dags/shop", "Open the page"),
    ],
)
def test_a_link_says_where_it_leads(link: str, label: str):
    """On the pager, in Slack and in the mail: a published page is not in Airflow."""
    told = alert(link=link)

    (button,) = (b["elements"][0] for b in wording.blocks(told) if b["type"] == "actions")
    assert (button["text"]["text"], button["url"]) == (label, link)
    assert wording.page(told, "x", "y")["links"] == [{"href": link, "text": label}]
    assert f">{label}</a>" in wording.mail(told)[2]


def test_escalation_says_that_nobody_answered():
    """In each of the three."""
    for said in (
        wording.page(alert(), "x", "y", escalated=True)["payload"]["summary"],
        wording.blocks(alert(), escalated=True)[0]["text"]["text"],
        wording.mail(alert(), escalated=True)[0],
    ):
        assert said == "Nobody has taken [P1] sales: load failed"


def test_mail_says_the_same_in_text_and_html():
    """With every fact that there is; what comes from outside is escaped in HTML."""
    subject, text, html = wording.mail(alert(detail="1 < 2", task_id=""))

    built = build_mail("a@shop.example", ["b@shop.example"], subject, text, html)
    assert built["Subject"] == "[P1] sales: load failed"
    assert "Task" not in text
    assert "1 < 2" in text
    assert "1 &lt; 2" in html
    assert "<script" not in wording.mail(alert(detail=NASTY, title=NASTY))[2]
