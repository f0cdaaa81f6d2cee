"""`phase17_01_openlineage`: SQL runs, and the collector knows where each column comes from."""

from typing import Any

import httpx
import pytest

from include.configuration.metadata import connections
from include.lab.settings import Lab
from include.lineage.graph import dataset_id, edges_of, field_id
from tests.lessons import Result, Run, query

LESSON = "phase17_01_openlineage"


@pytest.fixture
def collector(lab: Lab) -> httpx.Client:
    """The inbox, as a collector of lineage."""
    return httpx.Client(base_url=lab.url("inbox"), timeout=30, trust_env=False)


def node(table: str) -> str:
    where = connections()["warehouse"]
    return dataset_id(f"postgres://{where['host']}:{where['port']}", f"warehouse.{table}")


def job(task: str) -> str:
    return f"job:shop:{LESSON}.{task}"


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, untouched."""
    return run(LESSON)


def test_lineage_appears_unasked(result: Result, collector: httpx.Client) -> None:
    """Tables, columns, an own facet, an own event: as the SQL has it, read from the collector."""
    revenue, orders = "marts.lineage_revenue", "marts.lineage_orders"
    assert result.state == "success"

    column = field_id(node(revenue), "revenue")
    answer = collector.get("/api/v1/column-lineage", params={"nodeId": column}).json()
    assert edges_of(answer) == sorted(
        [
            (field_id(node(orders), "amount"), column),
            (field_id(node("shop.orders"), "amount"), field_id(node(orders), "amount")),
        ]
    )

    answer = collector.get("/api/v1/lineage", params={"nodeId": node(revenue)}).json()
    edges = edges_of(answer)
    assert {
        (node("shop.orders"), job("collect_orders")),
        (node("shop.customers"), job("collect_orders")),
        (job("collect_orders"), node(orders)),
        (node(orders), job("add_up")),
        (job("add_up"), node(revenue)),
        (job("write_newsletter"), "dataset:mail://shop.example:newsletter"),
    } <= set(edges)
    found: dict[str, Any] = {one["id"]: one["data"] for one in answer["graph"]}
    trust = found[job("add_up")]["facets"]["shop_trust"]
    (counted,) = query(f"SELECT count(*) FROM {revenue}")
    assert (trust["table"], trust["rows"], trust["incomplete"]) == (revenue, *counted, 0)
    assert trust["owner"] == "sales"
    assert trust["_schemaURL"].endswith("TrustFacet")
    assert set(found[node(revenue)]["fields"]) == {"country", "orders", "revenue"}

    traced = result.returned("trace_column")
    assert traced["revenue comes from"] == sorted(
        [field_id(node(orders), "amount"), field_id(node("shop.orders"), "amount")]
    )
    assert node(revenue) in traced["depends on shop.orders"]

    page = collector.get("/lineage").text
    assert "<svg" in page
    assert f"{LESSON}.add_up" in page


def test_the_tables_are_those_of_the_orders(result: Result) -> None:
    """Each order once, and the revenue of all of them."""
    assert query("SELECT count(*), sum(amount) FROM marts.lineage_orders") == query(
        "SELECT count(*), sum(amount) FROM shop.orders"
    )
    assert query("SELECT sum(orders), sum(revenue) FROM marts.lineage_revenue") == query(
        "SELECT count(*), sum(amount) FROM shop.orders"
    )
    assert len(result.returned("write_newsletter")) == 3


def test_other_lessons_tell_nothing(run: Run, collector: httpx.Client) -> None:
    """Lineage is told by phase 17 alone."""
    assert run("phase1_01_hello_airflow").state == "success"

    assert "phase1_01" not in collector.get("/lineage").text


def test_the_collector_refuses_what_is_no_event(collector: httpx.Client) -> None:
    """With the name of what is missing; and a node that nobody knows is not found."""
    refused = collector.post("/api/v1/lineage", json={"eventType": "START"})

    assert refused.status_code == 422
    assert "eventTime" in refused.text
    for path in ("/api/v1/lineage", "/api/v1/column-lineage"):
        assert collector.get(path, params={"nodeId": "dataset:x:y"}).status_code == 404
