"""14.01: every writer announces what it wrote, with its rows; a skipped one announces nothing."""

import csv
import io

import pytest

from include.lab.settings import Lab
from tests.lessons import Result, Run, lake, query

LESSON = "phase14_01_dataset_producer"
WRITERS = {"export_orders", "write_prices", "add_up_revenue", "refresh_stock"}


@pytest.fixture(scope="module")
def result(run: Run) -> Result:
    """The lesson, untouched."""
    return run(LESSON)


def test_events_tell_the_rows_that_are_there(result: Result, lab: Lab) -> None:
    """Of each Asset the event's extra equals what is in the object, file or table."""
    assert result.state == "success"
    events = result.returned("show_events")
    (orders,) = lake("phase14/orders/2026-01-05.csv").values()
    assert events["shop_orders"] == {
        "key": "phase14/orders/2026-01-05.csv",
        "rows": len([*csv.DictReader(io.StringIO(orders.decode()))]),
    }
    prices = (lab.landing / "phase14/prices.csv").read_text()
    assert events["price_list"] == {"rows": len(prices.splitlines()) - 1}
    for asset, table in (("country_revenue", "asset_revenue"), ("partner_stock", "asset_stock")):
        ((rows,),) = query(f"SELECT count(*) FROM marts.{table}")
        assert events[asset] == {"rows": rows}


def test_figures_are_the_shops(result: Result) -> None:
    """The object has exactly the day's orders, the table the revenue of every country."""
    day = query("SELECT count(*) FROM shop.orders WHERE ordered_at::date = '2026-01-05'")
    (text,) = lake("phase14/orders/2026-01-05.csv").values()
    assert len(text.decode().splitlines()) - 1 == day[0][0] > 0
    total = "SELECT sum(amount) FROM shop.orders WHERE status <> 'cancelled'"
    assert query("SELECT sum(revenue) FROM marts.asset_revenue") == query(total)


def test_what_is_not_updated_is_not_announced(run: Run) -> None:
    """One writer runs, three are skipped, and only its Asset has a new event."""
    before = events()

    result = run(LESSON, {"update": "write_prices"})

    assert result.state == "success"
    assert {name: result.states[name] for name in WRITERS} == {
        **dict.fromkeys(WRITERS, "skipped"),
        "write_prices": "success",
    }
    assert {name: count - before.get(name, 0) for name, count in events().items()} == {
        **dict.fromkeys(events(), 0),
        "price_list": 1,
    }


def events() -> dict[str, int]:
    """How many events each Asset has had."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    with create_session() as session:
        counted = (
            select(AssetModel.name, func.count())
            .join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
            .group_by(AssetModel.name)
        )
        return dict(map(tuple, session.execute(counted)))
