"""Orders as messages of two versions."""

from include.data import seeds
from include.quality import order_messages, schemas
from include.quality.schemas import InvalidMessageError, read
from include.retail.orders import newest_orders


def test_messages_fit_their_version_but_for_the_faults():
    """Every hundredth is spoiled, and of each fault there are some; all others can be read."""
    versions = schemas.load("order")
    orders = newest_orders(seeds.orders())

    messages = list(order_messages.write((order, True) for order in orders))

    reasons = []
    for message, order in zip(messages, orders, strict=True):
        try:
            body = read(message, versions, versions[2])
        except InvalidMessageError as error:
            reasons.append((message["line"], str(error).partition(":")[0]))
            continue
        assert body["order_id"] == order.order_id
        assert message["version"] == (2 if order.channel == "app" else 1)
        assert body["customer"]["newsletter"] is (order.channel == "app")
        assert body["currency"] == "EUR"
    assert [line for line, _ in reasons] == list(range(100, len(orders) + 1, 100))
    assert {place for _, place in reasons} == {
        *("lines[0].quantity", "customer.id", "status", "ordered_at", "version")
    }
