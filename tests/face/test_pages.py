"""What a person sees: the list, a lesson's page, its graph, its form, the inbox, the shop."""

import re
import smtplib
from collections.abc import Callable
from typing import Any

import httpx

from include.curriculum import syllabus
from include.lab.settings import Lab
from include.notifications.email import build_mail
from tests.face.conftest import SCREENSHOTS

LESSON = "phase5_03_task_groups"


def _look(page: Any, address: str, text: str, name: str) -> None:
    """Open the address, wait for the text, and keep what is seen."""
    page.goto(address)
    page.get_by_text(text).first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def test_list_shows_the_lessons(lab: Lab, page: Any) -> None:
    """The list of Dags is in the order of the course: 01.01, 01.02, 02.01 ..."""
    lessons = [lesson.display_name for lesson in syllabus.load().lessons]

    _look(page, f"{lab.url('airflow')}/dags", lessons[0], "dags")

    links = [text.strip() for text in page.get_by_role("link").all_inner_texts()]
    shown = list(dict.fromkeys(text for text in links if re.match(r"\d\d\.\d\d · ", text)))
    assert shown[:20] == lessons[:20]
    assert page.get_by_text("phase1").first.is_visible()


def test_lessons_page_is_rendered(lab: Lab, page: Any) -> None:
    """The button for the Dag's documentation opens the lesson's page as text, not as Markdown."""
    _look(page, f"{lab.url('airflow')}/dags/{LESSON}", "05.03 · Task groups", "lesson")

    page.get_by_role("button", name="Dag Docs").first.click()

    heading = page.get_by_role("heading", name="What you will learn")
    heading.wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=SCREENSHOTS / "doc.png")
    assert page.get_by_text("## What you will learn").count() == 0


def test_graph_shows_the_groups(lab: Lab, page: Any, untouched: Callable[[str], str]) -> None:
    """The graph of a run shows its groups as boxes."""
    run_id = untouched(LESSON)
    _look(page, f"{lab.url('airflow')}/dags/{LESSON}/runs/{run_id}", "publish", "run")

    page.get_by_role("button", name="Show Graph").click()
    page.get_by_role("button", name="Expand all task groups").click()

    page.get_by_test_id("node-check.orders").or_(page.get_by_text("has_sales")).first.wait_for()
    page.wait_for_timeout(2000)
    page.screenshot(path=SCREENSHOTS / "graph.png")
    assert page.locator(".react-flow__node").count() >= 10


def test_trigger_form_names_its_fields(lab: Lab, page: Any) -> None:
    """A lesson with parameters shows a form with a field for each."""
    page.goto(f"{lab.url('airflow')}/dags/phase5_04_callbacks")
    page.get_by_role("button", name="Trigger").first.click()
    page.get_by_text("late").first.wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=SCREENSHOTS / "form.png")

    assert page.get_by_text("Let the run miss its deadline").first.is_visible()


def test_inbox_shows_what_was_sent(lab: Lab, page: Any) -> None:
    """A Slack message and a page are shown as their receivers would see them."""
    inbox = lab.url("inbox")
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Orders are late"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*42* orders wait in `staging`"}},
    ]
    payload = {"summary": "Warehouse is down", "source": "warehouse", "severity": "critical"}
    page_call = {"routing_key": "on-call", "event_action": "trigger", "payload": payload}
    httpx.post(f"{inbox}/slack/T/B/X", json={"blocks": blocks}, trust_env=False)
    httpx.post(f"{inbox}/pager/events", json=page_call, trust_env=False)

    _look(page, inbox, "Orders are late", "inbox")

    assert page.locator("b", has_text="42").is_visible()
    assert page.get_by_text("Warehouse is down").is_visible()


def test_page_is_taken_by_a_button(lab: Lab, page: Any) -> None:
    """Who presses Acknowledge sees that the page is theirs now."""
    payload = {"summary": "The shelf is empty", "source": "shelf", "severity": "error"}
    page_call = {"routing_key": "on-call", "event_action": "trigger", "payload": payload}
    httpx.post(f"{lab.url('inbox')}/pager/v2/enqueue", json=page_call, trust_env=False)
    _look(page, f"{lab.url('inbox')}/?kind=pager", "The shelf is empty", "pager")

    page.locator("article", has_text="The shelf is empty").get_by_text("Acknowledge").click()

    taken = page.locator("article", has_text="The shelf is empty")
    taken.locator(".badge", has_text="acknowledged").wait_for()
    assert taken.get_by_role("button").count() == 0


def test_mail_is_shown_as_html(lab: Lab, page: Any) -> None:
    """In a frame of its own, with the text beside it and the attachment to save."""
    report = build_mail(
        "airflow@shop.example",
        ["team@shop.example"],
        *("Sales in a frame", "12 orders", "<h2>12 orders</h2>"),
        {"sales.csv": "a,b\n"},
    )
    with smtplib.SMTP("127.0.0.1", lab.port("mail")) as server:
        server.send_message(report)

    _look(page, f"{lab.url('inbox')}/?kind=mail", "Sales in a frame", "mail")

    assert page.frame_locator("iframe").first.get_by_role("heading", name="12 orders").is_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="sales.csv").first.click()
    assert saved.value.suggested_filename == "sales.csv"


def test_shop_says_what_it_is(lab: Lab, page: Any) -> None:
    """The partner API has a front page for people."""
    _look(page, lab.url("shop_api"), "partner", "shop_api")
