"""14.01: every writer announces what it wrote, with its rows; a skipped one announces nothing."""

import csv
import io

import pytest

from include.lab.settings import Lab
from tests.lessons import Run, lake, query

LESSON = "phase14_01_dataset_producer"
WRITERS = {"export_orders", "write_prices", "add_up_revenue", "refresh_stock"}


def written(lab: Lab) -> dict[str, object]:
    """What the four writers leave."""
    return {
        "orders": lake("phase14/orders/2026-01-05.csv"),
        "prices": (lab.landing / "phase14/prices.csv").read_text(),
        "revenue": query("SELECT * FROM marts.asset_revenue ORDER BY 1"),
        "stock": query("SELECT * FROM marts.asset_stock ORDER BY 1"),
    }


def test_events_tell_the_rows_that_are_there(run: Run, lab: Lab) -> None:
    """Of each Asset the event's extra equals what is in the object, file or table; twice."""
    result = run(LESSON)

    assert result.state == "success"
    first = written(lab)
    events = result.returned("show_events")
    (orders,) = first["orders"].values()  # type: ignore[union-attr]
    assert events["shop_orders"] == {
        "key": "phase14/orders/2026-01-05.csv",
        "rows": len([*csv.DictReader(io.StringIO(orders.decode()))]),
    }
    assert events["price_list"] == {"rows": len(str(first["prices"]).splitlines()) - 1}
    assert events["country_revenue"] == {"rows": len(first["revenue"])}  # type: ignore[arg-type]
    assert events["partner_stock"] == {"rows": len(first["stock"])}  # type: ignore[arg-type]

    assert run(LESSON).state == "success"
    assert written(lab) == first


def test_figures_are_the_shops(run: Run) -> None:
    """The object has exactly the day's orders, the table the revenue of every country."""
    run(LESSON)

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


@pytest.mark.parametrize("name", ["orders", "", 7])
def test_an_unknown_writer_is_refused(run: Run, name: object) -> None:
    """By the parameter's name, before anything is written."""
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises((ValueError, ParamValidationError), match="update"):
        run(LESSON, {"update": name})
