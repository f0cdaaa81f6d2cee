"""What a partner can read."""

from itertools import pairwise

import pytest
from fastapi.testclient import TestClient

from include.data import seeds
from include.retail.orders import Order, newest_orders


def all_pages(api: TestClient, path: str, **params: object) -> list[dict]:
    """Follow the cursors to the end."""
    found, cursor = [], {}
    while True:
        answer = api.get(path, params=params | cursor)
        assert answer.status_code == 200, answer.text
        found += answer.json()[path.strip("/")]
        if answer.json()["next_cursor"] is None:
            return found
        assert len(answer.json()[path.strip("/")]) == params["limit"]
        cursor = {"cursor": answer.json()["next_cursor"]}
        api.post("/settings", json={})  # fills the bucket, this test is not about the rate limit


def refused_fields(answer: object) -> list[list[str]]:
    """Return where FastAPI says the mistakes are."""
    assert answer.status_code == 422, answer.text
    return [mistake["loc"] for mistake in answer.json()["detail"]]


@pytest.mark.parametrize("limit", [57, 200])
def test_the_pages_hold_every_order_once(partner: TestClient, limit: int):
    """All pages together are the newest version of each order, sorted by the time of change."""
    orders = [Order.parse(record) for record in all_pages(partner, "/orders", limit=limit)]
    assert sorted(orders) == newest_orders(seeds.orders())
    assert all((a.updated_at, a.order_id) < (b.updated_at, b.order_id) for a, b in pairwise(orders))


def test_a_partner_can_ask_for_what_changed(partner: TestClient):
    """With `updated_since` only orders of that moment and later come, and none is left out."""
    newest = newest_orders(seeds.orders())
    since = sorted(order.updated_at for order in newest)[-30]
    found = all_pages(partner, "/orders", limit=10, updated_since=since.isoformat())
    assert {record["order_id"] for record in found} == {
        order.order_id for order in newest if order.updated_at >= since
    }


def test_nothing_changed_gives_an_empty_last_page(partner: TestClient):
    """A watermark after the last change gives no orders and no cursor."""
    answer = partner.get("/orders", params={"updated_since": "2027-01-01T00:00:00Z"})
    assert answer.json() == {"orders": [], "next_cursor": None}


def test_a_full_last_page_is_the_last(partner: TestClient):
    """If the page size divides the number of reviews, no empty page follows."""
    assert len(all_pages(partner, "/reviews", limit=100)) == 500


def test_money_and_times_travel_exactly(partner: TestClient):
    """An amount is text with two decimals and a time ends in Z; a missing country is null."""
    record = partner.get("/orders/10001").json()
    order = newest_orders(seeds.orders())[0]
    assert record["amount"] == f"{order.amount:.2f}"
    assert record["updated_at"] == f"{order.updated_at:%Y-%m-%dT%H:%M:%SZ}"
    nowhere = next(o for o in newest_orders(seeds.orders()) if o.country is None)
    assert partner.get(f"/orders/{nowhere.order_id}").json()["country"] is None


def test_stock_is_that_of_the_products(partner: TestClient):
    """The list holds every product's units, and one product can be asked for."""
    stock = partner.get("/stock").json()["stock"]
    assert stock == [
        {"product_id": p.product_id, "sku": p.sku, "units": p.stock} for p in seeds.products()
    ]
    assert partner.get("/stock/7").json() == stock[6]


def test_reviews_are_those_of_the_seeds(partner: TestClient):
    """Every review comes once, oldest first."""
    reviews = all_pages(partner, "/reviews", limit=200)
    assert [review["review_id"] for review in reviews] == list(range(1, 501))
    assert reviews[0]["comment"] == seeds.reviews()[0].comment


@pytest.mark.parametrize("path", ["/orders/1", "/stock/81"])
def test_what_is_not_there_is_named(partner: TestClient, path: str):
    """An unknown id is answered with 404 and the id."""
    answer = partner.get(path)
    assert answer.status_code == 404
    assert path.rpartition("/")[2] in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/orders?limit=0", ["query", "limit"]),
        ("/orders?limit=201", ["query", "limit"]),
        ("/orders?updated_since=yesterday", ["query", "updated_since"]),
        ("/orders?updated_since=2026-01-01T00:00:00", ["query", "updated_since"]),
        ("/orders?cursor=nonsense", ["query", "cursor"]),
        ("/orders?cursor=é", ["query", "cursor"]),
        # ["orders", "2026-01-01T00:00:00", 1]: no time zone
        ("/orders?cursor=WyJvcmRlcnMiLCAiMjAyNi0wMS0wMVQwMDowMDowMCIsIDFd", ["query", "cursor"]),
        ("/reviews?limit=many", ["query", "limit"]),
        ("/orders/first", ["path", "order_id"]),
    ],
)
def test_a_wrong_parameter_is_named(partner: TestClient, path: str, field: list[str]):
    """FastAPI's own 422 says which parameter is wrong, a cursor like any other."""
    assert refused_fields(partner.get(path)) == [field]


def test_a_cursor_fits_its_own_list_only(partner: TestClient):
    """A cursor of the orders is refused by the reviews."""
    cursor = partner.get("/orders?limit=1").json()["next_cursor"]
    assert refused_fields(partner.get("/reviews", params={"cursor": cursor})) == [
        ["query", "cursor"]
    ]


def test_health_needs_no_token(api: TestClient):
    """The health check answers everybody."""
    assert api.get("/health").json() == {"status": "ok"}


def test_the_pages_for_people_explain_themselves(partner: TestClient):
    """The documentation has a title and a sentence for each route; the front page links to it."""
    assert "Shop partner API" in partner.get("/docs").text
    routes = partner.get("/openapi.json").json()["paths"]
    assert {"/oauth/token", "/orders", "/faults", "/received", "/settings"} <= routes.keys()
    assert all(call["summary"] for route in routes.values() for call in route.values())
    assert 'href="/docs"' in partner.get("/").text


def test_the_front_page_shows_faults_and_calls(partner: TestClient):
    """A person sees what will fail and what arrived, and no call can smuggle HTML into the page."""
    assert "None yet." in partner.get("/").text
    partner.post("/faults", json={"next": 7, "status": 502, "path": "/stock"})
    partner.get("/orders")
    partner.get("/<script>")

    page = partner.get("/").text
    assert "<tr><td>7</td><td>/stock</td><td>502</td>" in page
    assert "<td>/orders</td><td>200</td><td>partner</td>" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
