"""What a run tells of the orders that it saw: a counter, a gauge and a histogram."""

from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from include.observability.scrape import Sample
from include.retail.orders import Order

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

ORDERS = "shop_orders"
NEWEST = "shop_newest_order_timestamp_seconds"
AMOUNTS = "shop_order_amount_euros"
BOUNDS = (10.0, 25.0, 50.0, 100.0, 200.0, 400.0)
"""Upper bounds of the ranges of the histogram, in euros; what is above all is `+Inf`."""

FROM_ORDERS = "FROM shop.orders WHERE %(country)s IN ('all', country)"
COUNT = f"""
SELECT (SELECT json_object_agg(status, n)
        FROM (SELECT status, count(*) AS n {FROM_ORDERS} GROUP BY status) AS by_status),
       (SELECT extract(epoch FROM max(ordered_at))::float {FROM_ORDERS}),
       (SELECT json_agg(n ORDER BY range)
        FROM (SELECT range, (SELECT count(*) {FROM_ORDERS} AND range = width_bucket(
                  -amount, ARRAY{sorted(-bound for bound in BOUNDS)}::numeric[])) AS n
              FROM generate_series(0, {len(BOUNDS)}) AS range) AS by_amount)
"""
"""Counts by status, the newest order's moment and counts by range, those of the largest first.

A range of `width_bucket` holds its lower bound, one of a histogram its upper: hence the minus.
"""


def measure(orders: Iterable[Order]) -> "CollectorRegistry":
    """Count the orders by status, keep when the newest was placed, and sort amounts into ranges.

    Names and units follow Prometheus' habits: base units, the unit in the name, a moment as
    seconds since 1970, so that its age is for the reader to compute.
    """
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
    from prometheus_client.metrics import disable_created_metrics

    # They say when the process has begun to count, which nobody asks of a job.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    counted = Counter(ORDERS, "Orders that the run has seen.", ["status"], registry=registry)
    newest = Gauge(NEWEST, "When the newest order was placed.", registry=registry)
    amounts = Histogram(AMOUNTS, "What an order costs.", buckets=BOUNDS, registry=registry)
    for order in sorted(orders, key=lambda order: order.ordered_at):
        counted.labels(order.status).inc()
        newest.set(order.ordered_at.timestamp())
        amounts.observe(float(order.amount))
    return registry


def shown(samples: Iterable[Sample]) -> dict[str, float]:
    """Return what a scrape shows of these metrics, by `name{label}`; the sum is left out.

    Sums of floats depend on their order, and money is summed elsewhere.
    """
    names = {f"{ORDERS}_total": "status", NEWEST: "", f"{AMOUNTS}_bucket": "le"}
    names[f"{AMOUNTS}_count"] = ""
    return {
        f"{s.name}{{{s.labels[label]}}}" if label else s.name: s.value
        for s in samples
        if (label := names.get(s.name)) is not None
    }


def expected(statuses: dict[str, int], newest: float, amounts: list[int]) -> dict[str, Any]:
    """Return the samples, by `name{label}`, that a scrape has to show.

    The three are what `COUNT` answers. The ranges of a histogram are cumulative: each has all that
    is below it.
    """
    bounds = [*(f"{bound}" for bound in BOUNDS), "+Inf"]
    return {
        **{f"{ORDERS}_total{{{status}}}": float(n) for status, n in statuses.items()},
        NEWEST: newest,
        **{
            f"{AMOUNTS}_bucket{{{bound}}}": float(n)
            for bound, n in zip(bounds, accumulate(reversed(amounts)), strict=True)
        },
        f"{AMOUNTS}_count": float(sum(amounts)),
    }
