"""14.02: only what is new is read, and the watermark moves after the write."""

import pytest

from tests.lessons import Run, query

PRODUCER, LESSON = "phase14_01_dataset_producer", "phase14_02_dataset_consumer"


def test_reads_each_object_once(run: Run) -> None:
    """What is announced is read; again, and nothing is new; another day, and only that is read."""
    assert run(PRODUCER, {"update": "export_orders"}).state == "success"

    first = run(LESSON)

    assert first.state == "success"
    assert first.returned("find_new", key="keys") == ["phase14/orders/2026-01-05.csv"]
    watermark = first.returned("move_watermark")
    received = query("SELECT * FROM marts.asset_orders ORDER BY order_id")
    assert received == query(
        "SELECT * FROM shop.orders WHERE ordered_at::date = '2026-01-05' ORDER BY order_id"
    )

    second = run(LESSON)

    assert second.returned("find_new", key="keys") == []
    assert second.returned("move_watermark") == watermark
    assert query("SELECT * FROM marts.asset_orders ORDER BY order_id") == received

    run(PRODUCER, {"update": "export_orders", "day": "2026-01-06"})
    run(PRODUCER, {"update": "export_orders", "day": "2026-01-06"})
    third = run(LESSON)

    assert third.returned("find_new", key="keys") == ["phase14/orders/2026-01-06.csv"]
    assert third.returned("move_watermark") > watermark


def test_a_run_that_dies_before_its_write_reads_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watermark has not moved, so the next run gets the same object."""
    from include.retail import asset_tables

    run(PRODUCER, {"update": "export_orders", "day": "2026-01-07"})
    with monkeypatch.context() as patch:
        patch.setattr(asset_tables, "RECEIVED", "marts.nowhere")
        assert run(LESSON).state == "failed"

    assert run(LESSON).returned("find_new", key="keys") == ["phase14/orders/2026-01-07.csv"]


def test_starts_when_both_are_new(bag) -> None:
    """Its schedule is the two Assets, both of them."""
    condition = bag.dags[LESSON].timetable.asset_condition

    assert type(condition).__name__ == "AssetAll"
    assert {asset.name for asset in condition.objects} == {"shop_orders", "partner_stock"}
