"""`phase8_01_email_notifications`: the mails are read back from where they arrived."""

import base64
import json
import re
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import pytest

from include.data import seeds
from include.lab.airflow_settings import XCOM_THRESHOLD_BYTES
from include.lab.settings import Lab
from include.retail.orders import newest_orders, revenue_by_country, sales_of_day
from tests.inbox import Inbox
from tests.lessons import Result, Run

LESSON = "phase8_01_email_notifications"
DAY = date(2026, 3, 24)
DATES = [datetime(2026, 4, day, tzinfo=UTC) for day in (1, 2)]
Mails = list[dict[str, Any]]


class Mailed(NamedTuple):
    """A run, and the inbox after it, newest first."""

    result: Result
    mails: Mails


@pytest.fixture(scope="module")
def unsent(run: Run, bag: Any, lab: Lab) -> Mailed:
    """A run whose mail server is down."""
    inbox = Inbox(lab)
    inbox.clear()
    gone = {"conn_type": "smtp", "host": "127.0.0.1", "port": lab.port_base + 39}
    gone["extra"] = {"disable_ssl": True, "disable_tls": True, "from_email": "a@shop.example"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(gone))
        for task_id in ("mail_headline", "mail_report"):
            patch.setattr(bag.dags[LESSON].get_task(task_id), "retry_delay", 0)
        # A run without a date would clear the tasks of all others.
        result = run(LESSON, logical_date=DATES[0])
        return Mailed(result, inbox.newest("mail"))


@pytest.fixture(scope="module")
def sent(run: Run, lab: Lab, unsent: Mailed) -> Mailed:
    """The run after it, of the same day."""
    return Mailed(run(LESSON, logical_date=DATES[1]), Inbox(lab).newest("mail"))


def by_name(mails: Mails) -> dict[str, Any]:
    """The content of each mail, by what its message id begins with."""
    return {mail["content"]["message_id"].split(".")[0]: mail["content"] for mail in mails}


def test_mail_server_that_is_down_fails_the_run(unsent: Mailed, sent: Mailed) -> None:
    """After its tries; once it is back, the same day's mails arrive, each once."""
    result = unsent.result

    assert result.state == "failed"
    assert {ti.try_number for ti in result.task_instances if "mail" in ti.task_id} == {3}
    assert unsent.mails == []
    assert sent.result.state == "success"
    assert len(sent.mails) == 3
    assert by_name(sent.mails).keys() == {"<failure", "<headline", "<report"}


def test_report_arrives_as_text_and_html_with_its_orders(sent: Mailed) -> None:
    """Both bodies say what the seeds say, and the attached file holds that day's orders."""
    orders = [o for o in newest_orders(seeds.orders()) if o.ordered_at.date() == DAY]
    sales = sales_of_day(orders, DAY)
    report = by_name(sent.mails)["<report"]
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


def test_failure_and_headline_are_mailed(sent: Mailed) -> None:
    """The failed check mails its error; the headline is a mail of HTML alone."""
    assert sent.result.states["check_countries"] == "failed"
    mails = by_name(sent.mails)
    failure, headline = mails["<failure"], mails["<headline"]
    assert failure["subject"] == "check_countries failed for 2026-03-24"
    assert failure["recipients"] == ["data-team@shop.example"]
    assert "<b>check_countries</b>" in failure["html"]
    assert "Test failed" in failure["html"]
    assert f"/dags/{LESSON}/" in failure["html"]
    assert headline["recipients"] == ["board@shop.example"]
    assert re.fullmatch(r"2026-03-24: \d+\.\d\d EUR", headline["subject"])
    assert headline["text"] == ""
    assert {mail["dag_id"] for mail in sent.mails} == {LESSON}


def test_same_day_is_told_once(run: Run, lab: Lab, sent: Mailed) -> None:
    """A second run leaves the inbox as it was; a day without orders has its mails: it is news."""
    again = run(LESSON)

    assert again.state == "success"
    assert Inbox(lab).newest("mail") == sent.mails

    other = run(LESSON, conf={"day": "2026-06-01"})

    assert other.state == "success"
    assert other.states["check_countries"] == "success"
    *new, _, _, _ = mails = Inbox(lab).newest("mail")
    assert mails[2:] == sent.mails
    subjects = [mail["content"]["subject"] for mail in new]
    assert sorted(subjects) == ["2026-06-01: 0.00 EUR", "Sales of 2026-06-01"]


@pytest.mark.usefixtures("known_connections")
def test_the_largest_day_fits_into_xcom(bag: Any, lab: Lab) -> None:
    """The report of no day needs the object store."""
    orders = newest_orders(seeds.orders())
    days = [order.ordered_at.date() for order in orders]
    largest = max(set(days), key=days.count)
    add_up_sales = bag.dags[LESSON].get_task("add_up_sales").python_callable

    found = add_up_sales(params={"day": largest.isoformat()})

    assert found["orders"] > 0
    assert len(str(found)) < XCOM_THRESHOLD_BYTES
