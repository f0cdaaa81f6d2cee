"""`phase12_01_metrics_monitoring`: what is scraped equals what the run did."""

from collections import Counter
from typing import Any

import httpx
import pytest

from include.data import seeds
from include.lab.settings import Lab
from include.observability import scrape
from include.retail.orders import newest_orders
from tests.lessons import Run

LESSON = "phase12_01_metrics_monitoring"


def pushed(lab: Lab) -> list[scrape.Sample]:
    """What Prometheus would scrape of this job, without the moment of the push."""
    page = httpx.get(f"{lab.url('metrics')}/pushgateway/metrics", trust_env=False).text
    return [s for s in scrape.read(page) if s.labels["job"] == LESSON and s.name[:4] != "push"]


@pytest.mark.parametrize("country", ["all", "DE"])
def test_scraped_equals_the_run(run: Run, lab: Lab, country: str) -> None:
    """Counter, gauge and histogram are those of the shop's orders; again leaves the same."""
    orders = [o for o in newest_orders(seeds.orders()) if country in ("all", o.country)]
    left = []
    for _ in range(2):
        result = run(LESSON, conf={"country": country})
        assert result.state == "success"
        left.append(pushed(lab))

    assert left[0] == left[1]
    counted = scrape.by_label(left[0], "shop_orders_total", "status")
    assert counted == dict(Counter(order.status for order in orders))
    newest = scrape.value(left[0], "shop_newest_order_timestamp_seconds")
    assert newest == max(order.ordered_at for order in orders).timestamp()
    cheap = scrape.value(left[0], "shop_order_amount_euros_bucket", le="50.0")
    assert cheap == len([order for order in orders if order.amount <= 50])
    total = scrape.value(left[0], "shop_order_amount_euros_sum")
    assert total == pytest.approx(float(sum(order.amount for order in orders)))
    assert result.returned("push_metrics") == len(orders)
    assert result.returned("compare_metrics")["shop_order_amount_euros_count"] == len(orders)
    assert result.returned("compare_airflow") == {"push_metrics": 1, "compare_metrics": 1}


def test_another_result_than_the_warehouses_fails(
    run: Run, bag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who counts other orders than are pushed is told both."""
    count = bag.dags[LESSON].get_task("count_in_warehouse")
    monkeypatch.setattr(count, "parameters", {"country": "FR"})

    result = run(LESSON)

    assert result.states["compare_metrics"] == "failed"
    assert result.state == "failed"


@pytest.mark.parametrize("conf", [{"country": "XX"}, {"late": "very"}])
def test_wrong_conf_is_refused_by_name(run: Run, lab: Lab, conf: dict[str, Any]) -> None:
    """Nothing is pushed."""
    before = pushed(lab)
    with pytest.raises(ValueError, match=next(iter(conf))):
        run(LESSON, conf=conf)
    assert pushed(lab) == before
