"""`phase8_01_email_notifications`: the mails are read back from where they arrived."""

import base64
import json
import re
from datetime import date

import pytest

from include.data import seeds
from include.lab.airflow_settings import XCOM_THRESHOLD_BYTES
from include.lab.settings import Lab
from include.retail.orders import newest_orders, revenue_by_country, sales_of_day
from tests.inbox import Inbox
from tests.lessons import Run

LESSON = "phase8_01_email_notifications"
DAY = date(2026, 3, 24)


def test_report_arrives_as_text_and_html_with_its_orders(run: Run, inbox: Inbox) -> None:
    """Both bodies say what the seeds say, and the attached file holds that day's orders."""
    result = run(LESSON)

    orders = [o for o in newest_orders(seeds.orders()) if o.ordered_at.date() == DAY]
    sales = sales_of_day(orders, DAY)
    mails = {mail["content"]["message_id"].split(".")[0]: mail for mail in inbox.newest("mail")}
    assert result.state == "success"
    report = mails["<report"]["content"]
    assert report["subject"] == "Sales of 2026-03-24"
    assert report["from"] == "airflow@shop.example"
    assert report["recipients"] == ["data-team@shop.example", "sales@shop.example"]
    assert report["type"] == "multipart/mixed"
    for body in (re.sub(r"<[^>]+>", "", report["html"]), report["text"]):
        assert f"{sales.orders} orders" in " ".join(body.split())
        assert f"{sales.revenue} EUR" in body
        for country, revenue in revenue_by_country(orders).items():
            assert re.search(rf"\b{country}\s+{revenue}", body), (country, body)
    assert "<table" in report["html"]
    (file,) = report["attachments"]
    assert (file["name"], file["type"]) == ("sales.csv", "text/csv")
    lines = base64.b64decode(file["base64"]).decode().splitlines()
    assert lines[0].startswith("order_id,")
    assert [int(line.split(",")[0]) for line in lines[1:]] == [o.order_id for o in orders]


def test_failure_and_headline_are_mailed(run: Run, inbox: Inbox) -> None:
    """The failed check mails its error; the headline is a mail of HTML alone."""
    result = run(LESSON)

    assert result.states["check_countries"] == "failed"
    mails = {mail["content"]["message_id"].split(".")[0]: mail for mail in inbox.newest("mail")}
    assert mails.keys() == {"<failure", "<headline", "<report"}
    failure, headline = mails["<failure"]["content"], mails["<headline"]["content"]
    assert failure["subject"] == "check_countries failed for 2026-03-24"
    assert failure["recipients"] == ["data-team@shop.example"]
    assert "<b>check_countries</b>" in failure["html"]
    assert "Test failed" in failure["html"]
    assert f"/dags/{LESSON}/" in failure["html"]
    assert headline["recipients"] == ["board@shop.example"]
    assert re.fullmatch(r"2026-03-24: \d+\.\d\d EUR", headline["subject"])
    assert headline["text"] == ""
    assert {mail["dag_id"] for mail in mails.values()} == {LESSON}


def test_same_day_is_told_once(run: Run, inbox: Inbox) -> None:
    """A second run leaves the inbox as it was; another day, whose check passes, has its mails."""
    run(LESSON)
    before = inbox.newest("mail")

    again = run(LESSON)
    assert again.state == "success"
    assert inbox.newest("mail") == before

    other = run(LESSON, conf={"day": "2026-03-25"})
    assert other.states["check_countries"] == "success"
    assert len(inbox.newest("mail")) == len(before) + 2


def test_a_day_without_orders_is_reported_too(run: Run, inbox: Inbox) -> None:
    """Nothing sold is news."""
    assert run(LESSON, conf={"day": "2026-06-01"}).state == "success"

    subjects = [mail["content"]["subject"] for mail in inbox.newest("mail")]
    assert sorted(subjects) == ["2026-06-01: 0.00 EUR", "Sales of 2026-06-01"]


def test_the_largest_day_fits_into_xcom(run: Run, inbox: Inbox) -> None:
    """The report of no day needs the object store."""
    orders = newest_orders(seeds.orders())
    days = [order.ordered_at.date() for order in orders]
    largest = max(set(days), key=days.count)

    result = run(LESSON, conf={"day": largest.isoformat()})

    assert len(str(result.returned("add_up_sales"))) < XCOM_THRESHOLD_BYTES


def test_mail_server_that_is_down_fails_the_run(
    run: Run, inbox: Inbox, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its tries; once it is back, the same day's mails arrive, each once."""
    gone = {"conn_type": "smtp", "host": "127.0.0.1", "port": lab.port_base + 39}
    gone["extra"] = {"disable_ssl": True, "disable_tls": True, "from_email": "a@shop.example"}
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(gone))

    result = run(LESSON)

    assert result.state == "failed"
    assert {ti.try_number for ti in result.task_instances if "mail" in ti.task_id} == {3}
    assert inbox.newest("mail") == []

    monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    assert run(LESSON).state == "success"
    assert len(inbox.newest("mail")) == 3


def test_wrong_day_is_refused_by_name(run: Run, inbox: Inbox) -> None:
    """Nothing is mailed."""
    with pytest.raises(ValueError, match="day"):
        run(LESSON, conf={"day": "yesterday"})
    assert inbox.newest("mail") == []
