"""`phase12_01_metrics_monitoring`: what is scraped equals what the run did."""

import os
import signal
from collections import Counter
from typing import Any

import httpx
import pytest
from airflow.sdk.exceptions import AirflowFailException

from include.data import seeds
from include.lab.settings import Lab
from include.lab.supervisor import read_state
from include.observability import scrape
from include.retail.orders import Order, newest_orders
from tests.labs import wait_for
from tests.lessons import Run, query

LESSON = "phase12_01_metrics_monitoring"


def pushed(lab: Lab) -> list[scrape.Sample]:
    """What Prometheus would scrape of this job, without the moment of the push."""
    page = httpx.get(f"{lab.url('metrics')}/pushgateway/metrics", trust_env=False).text
    return [s for s in scrape.read(page) if s.labels["job"] == LESSON and s.name[:4] != "push"]


def push(dag: Any, country: str) -> int:
    """What the task does that pushes a country's metrics."""
    measured: int = dag.get_task("push_metrics").python_callable({"country": country}, dag)
    return measured


def compare(dag: Any, country: str) -> dict[str, float]:
    """What the task does that compares, with what the warehouse counts of a country."""
    count = dag.get_task("count_in_warehouse").sql.replace("%(country)s", "%s")
    counted = query(count, *[country] * count.count("%s"))
    found: dict[str, float] = dag.get_task("compare_metrics").python_callable(counted, dag)
    return found


def of(country: str) -> list[Order]:
    """The orders of a country, or all, as the seeds have them."""
    return [o for o in newest_orders(seeds.orders()) if country in ("all", o.country)]


def require_equal(scraped: list[scrape.Sample], orders: list[Order]) -> None:
    """Counter, gauge and histogram are those of the orders."""
    counted = scrape.by_label(scraped, "shop_orders_total", "status")
    assert counted == dict(Counter(order.status for order in orders))
    newest = scrape.value(scraped, "shop_newest_order_timestamp_seconds")
    assert newest == max(order.ordered_at for order in orders).timestamp()
    cheap = scrape.value(scraped, "shop_order_amount_euros_bucket", le="50.0")
    assert cheap == len([order for order in orders if order.amount <= 50])
    total = scrape.value(scraped, "shop_order_amount_euros_sum")
    assert total == pytest.approx(float(sum(order.amount for order in orders)))


def test_scraped_equals_the_run(run: Run, lab: Lab) -> None:
    """Counter, gauge and histogram are those of the shop's orders."""
    result = run(LESSON)

    assert result.state == "success"
    orders = of("all")
    require_equal(pushed(lab), orders)
    assert result.returned("push_metrics") == len(orders)
    assert result.returned("compare_metrics")["shop_order_amount_euros_count"] == len(orders)
    assert result.returned("compare_airflow") == {"push_metrics": 1, "compare_metrics": 1}


@pytest.mark.usefixtures("known_connections")
def test_a_countrys_orders_replace_all_and_equal_the_warehouses(bag: Any, lab: Lab) -> None:
    """What was pushed before is gone, and the comparison holds for the country alone."""
    dag, orders = bag.dags[LESSON], of("DE")

    assert push(dag, "DE") == len(orders)

    require_equal(pushed(lab), orders)
    told = compare(dag, "DE")
    assert told["shop_order_amount_euros_count"] == len(orders)


@pytest.mark.usefixtures("known_connections")
def test_another_result_than_the_warehouses_fails(bag: Any, lab: Lab) -> None:
    """Who counts other orders than are pushed is told both; no other try could help."""
    dag = bag.dags[LESSON]
    push(dag, "all")

    with pytest.raises(AirflowFailException, match=r"Scraped is \{.*\}, but counted \{"):
        compare(dag, "FR")


@pytest.mark.usefixtures("known_connections")
def test_a_restart_of_the_service_fails_nothing(bag: Any, lab: Lab) -> None:
    """What was pushed before the kill is there; that counters began anew is no error."""
    dag = bag.dags[LESSON]
    before = dag.get_task("look_before").python_callable(dag)
    push(dag, "DE")
    pid = read_state(lab)["metrics"]["pid"]

    os.kill(pid, signal.SIGKILL)
    wait_for(lab, "metrics", "ready", but_not=pid)

    assert compare(dag, "DE")["shop_order_amount_euros_count"] == len(of("DE"))
    assert dag.get_task("compare_airflow").python_callable(before, dag) == {}
    assert dag.get_task("wait_until_late").python_callable(before, {"late": True}, dag)


@pytest.mark.usefixtures("known_connections")
def test_a_count_that_is_wrong_fails(bag: Any) -> None:
    """Nothing has ended since, and the service has not restarted: that is told."""
    dag = bag.dags[LESSON]
    before = dag.get_task("look_before").python_callable(dag)

    with pytest.raises(AirflowFailException, match="Each has ended once, but Airflow has counted"):
        dag.get_task("compare_airflow").python_callable(before, dag)
