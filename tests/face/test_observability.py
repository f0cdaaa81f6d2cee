"""What a person sees of metrics."""

from typing import Any

import pytest

from include.lab.settings import Lab
from tests.face.conftest import SCREENSHOTS
from tests.live.rest import Rest


@pytest.mark.usefixtures("rounds")
def test_the_page_of_metrics_draws_the_board(lab: Lab, page: Any) -> None:
    """After a run, the orders by status stand there as bars, without anything from elsewhere."""
    asked: list[str] = []
    page = page.context.browser.new_page()
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{lab.url('metrics')}/")
    page.get_by_text("status=shipped").wait_for()
    page.screenshot(path=SCREENSHOTS / "metrics.png", full_page=True)

    orders = page.locator("section", has_text="Orders by status").locator(".bar")
    widths = [orders.nth(place).bounding_box()["width"] for place in range(orders.count())]
    assert len(widths) == 5
    assert widths == sorted(widths, reverse=True)
    assert {url for url in asked if not url.startswith(lab.url("metrics"))} == set()
    page.close()


def test_mlflow_draws_the_trace(lab: Lab, page: Any) -> None:
    """The address that the run returns opens its tree: the run, its tasks, their calls."""
    rest, lesson = Rest(lab), "phase12_02_logging_tracing"
    run_id = rest.trigger(lesson, conf={"failures": 1})
    assert rest.wait(lesson, run_id) == "success"
    task = f"dags/{lesson}/dagRuns/{run_id}/taskInstances/close_trace"

    page.goto(rest.get(f"{task}/xcomEntries/return_value", deserialize=True)["value"])

    page.get_by_text("GET /orders/10001").first.wait_for()
    page.wait_for_timeout(500)
    page.screenshot(path=SCREENSHOTS / "trace.png")
    assert page.get_by_text("GET /orders/10001").count() == 2
    assert page.get_by_text("read_reviews").first.is_visible()
