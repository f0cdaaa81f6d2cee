"""What a person sees on the pages that lessons make, opened at the address that the run returns."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from include.delivery import report
from include.delivery.checks import Outcome, Report
from include.lab.settings import Lab
from tests.face.conftest import SCREENSHOTS
from tests.live.rest import Rest

DOCS, DRIFT = "phase10_01_great_expectations", "phase10_03_data_profiling"
TESTS, GRAPH = "phase11_01_dag_testing", "phase13_03_dag_dependencies"
LINEAGE = "phase17_01_openlineage"

Untouched = Callable[[str], str]


def _returned(rest: Rest, lesson: str, run_id: str, task: str) -> Any:
    """What the task of the lesson's run returned."""
    path = f"dags/{lesson}/dagRuns/{run_id}/taskInstances/{task}/xcomEntries/return_value"
    return rest.get(path, deserialize=True)["value"]


def _open(page: Any, address: str, name: str) -> None:
    """Open the page, which asks no other server for anything, and keep what is seen."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    _keep(page, name)
    home = address.rpartition("/")[0]
    # A browser asks by itself for an icon.
    assert [url for url in asked if not url.startswith((home, "data:", "blob:"))] in (
        [],
        _icon(home),
    )


def _icon(home: str) -> list[str]:
    return ["/".join([*home.split("/")[:3], "favicon.ico"])]


def _keep(page: Any, name: str) -> None:
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, f"{name} is {width} px wider than the window"


@pytest.fixture
def tab(page: Any) -> Any:
    """A fresh tab, since what a page asks for is looked at one by one."""
    tab = page.context.browser.new_page(viewport={"width": 1440, "height": 900})
    yield tab
    tab.close()


def test_data_docs_say_what_is_wrong(rest: Rest, tab: Any) -> None:
    """10.01: the start page names the broken rule, and the page behind it marks one of eleven."""
    run_id = rest.trigger(DOCS, conf={"spoil": "customer is missing"})
    assert rest.wait(DOCS, run_id) == "failed"
    found = _returned(rest, DOCS, run_id, "check_batch")
    _open(tab, found["page"], "data_docs")
    assert tab.get_by_role("heading", name="Data Docs").is_visible()
    assert tab.locator(".bad", has_text="Failed").is_visible()
    assert tab.get_by_text("expect_column_values_to_not_be_null(customer_id)").is_visible()

    tab.get_by_role("link", name="What was found, rule by rule").click()
    tab.get_by_text("Expectation Validation Result").first.wait_for()
    _keep(tab, "data_docs_results")

    marks = [tab.locator(f"td .{kind}:visible").count() for kind in ("fa-check-circle", "fa-times")]
    assert marks == [found["rules"] - 1, 1]
    row = tab.locator("tr", has=tab.locator(".fa-times"))
    assert row.get_by_text("values must never be null").is_visible()


def test_drift_is_drawn(rest: Rest, untouched: Untouched, tab: Any) -> None:
    """10.03: a picture for each column, with bars of both months; the verdicts stand above."""
    _open(tab, _returned(rest, DRIFT, untouched(DRIFT), "publish_report"), "drift")

    assert tab.get_by_role("heading", name="Orders of 2026-03 against 2026-02").is_visible()
    assert tab.locator(".moved").inner_text() == "Drift in quantity, amount, channel."
    sizes = [one.bounding_box() for one in tab.locator("figure svg").all()]
    assert len(sizes) == 5
    assert all(size["width"] > 300 and size["height"] > 150 for size in sizes)
    for title in ("quantity", "amount", "country", "status", "channel"):
        assert tab.locator("svg text", has_text=f"{title}, PSI").is_visible()


def test_test_report_shows_tests_and_coverage(rest: Rest, untouched: Untouched, tab: Any) -> None:
    """11.01: all tests have passed, and the bars of coverage have a length."""
    _open(tab, _returned(rest, TESTS, untouched(TESTS), "publish_report"), "test_report")

    assert tab.get_by_role("heading", name="Tests of the revenue report").is_visible()
    assert tab.get_by_text("11 tests, 0 failed").is_visible()
    bars = tab.locator(".bar i")
    assert bars.count() == 4
    assert all(bars.nth(place).bounding_box()["width"] > 50 for place in range(4))


def test_test_report_names_the_failed_test(tab: Any) -> None:
    """11.01: a failed test is marked, with its reason."""
    outcomes = [Outcome("unit.py::test_good", "passed")]
    outcomes.append(Outcome("unit.py::test_bad", "failed", "assert 1 == 2"))
    tab.set_content(report.page("Tests", [Report("unit", outcomes, {}, {})]))
    _keep(tab, "test_report_failed")

    assert tab.get_by_text("2 tests, 1 failed").is_visible()
    (failed,) = tab.locator("tr", has=tab.locator("td.failed")).all()
    assert "test_bad" in failed.inner_text()
    assert "assert 1 == 2" in failed.inner_text()


def test_dependencies_are_drawn(rest: Rest, untouched: Untouched, tab: Any) -> None:
    """13.03: four boxes and five arrows, no box upon another, and the same edges in words."""
    address = _returned(rest, GRAPH, untouched(GRAPH), "draw_graph")
    _open(tab, address, "dependencies")

    assert tab.get_by_role("heading", name=GRAPH).is_visible()
    boxes = [one.bounding_box() for one in tab.locator("svg rect").all()]
    assert len(boxes) == 4
    for one, other in itertools.pairwise(boxes):
        assert one["x"] + one["width"] < other["x"] or one["y"] + one["height"] < other["y"]
    assert tab.locator("svg > path").count() == 5
    assert tab.locator("table tr").count() == 1 + 5
    natural = tab.evaluate(
        """async (address) => {
            const image = new Image()
            image.src = address
            await image.decode()
            return [image.naturalWidth, image.naturalHeight]
        }""",
        address.replace("index.html", "graph.svg"),
    )
    assert min(natural) > 0


@pytest.mark.usefixtures("rounds")
def test_lineage_is_drawn(lab: Lab, tab: Any) -> None:
    """17.01: from the tables through the jobs to the newsletter, and the facet of our own."""
    _open(tab, f"{lab.url('inbox')}/lineage", "lineage")

    for name in ("shop.orders", "marts.lineage_revenue", "newsletter"):
        assert tab.locator("svg text", has_text=name).first.is_visible()
    tab.locator("summary", has_text=f"{LINEAGE}.add_up").click()
    assert tab.get_by_text("shop_trust").first.is_visible()


@pytest.mark.usefixtures("rounds")
def test_the_catalogue_shows_tables_owners_and_tags(lab: Lab, tab: Any) -> None:
    """17.02: all there is; behind a tag, only what bears it."""
    _open(tab, f"{lab.url('inbox')}/catalog", "catalogue")

    everything = tab.locator("article").count()
    assert tab.locator("article", has_text="shop.customers").locator("tr").count() > 5
    tab.get_by_role("link", name="pii").click()
    tab.locator("a.here", has_text="pii").wait_for()
    assert 0 < tab.locator("article").count() < everything
