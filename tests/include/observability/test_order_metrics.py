"""What a run tells of its orders, beside a count made another way."""

from bisect import bisect_left
from collections import Counter
from decimal import Decimal

from prometheus_client import generate_latest

from include.data import seeds
from include.observability import order_metrics, scrape
from include.retail.orders import newest_orders


def test_metrics_equal_a_count_of_the_same_orders():
    """By status, of the newest, and by ranges of amounts."""
    orders = newest_orders(seeds.orders())

    registry = order_metrics.measure(orders)

    ranges = Counter(bisect_left(order_metrics.BOUNDS, float(order.amount)) for order in orders)
    counted = (
        dict(Counter(order.status for order in orders)),
        max(order.ordered_at for order in orders).timestamp(),
        [ranges[place] for place in reversed(range(len(order_metrics.BOUNDS) + 1))],
    )
    samples = scrape.read(generate_latest(registry).decode())
    assert order_metrics.shown(samples) == order_metrics.expected(*counted)
    assert scrape.value(samples, "shop_order_amount_euros_bucket", le="+Inf") == len(orders)
    assert not [sample for sample in samples if sample.name.endswith("_created")]


def test_a_bound_belongs_to_its_range():
    """An order of exactly 25 euros costs up to 25 euros."""
    order = newest_orders(seeds.orders())[0]._replace(amount=Decimal("25.00"))

    samples = scrape.read(generate_latest(order_metrics.measure([order])).decode())

    assert scrape.value(samples, "shop_order_amount_euros_bucket", le="10.0") == 0
    assert scrape.value(samples, "shop_order_amount_euros_bucket", le="25.0") == 1
