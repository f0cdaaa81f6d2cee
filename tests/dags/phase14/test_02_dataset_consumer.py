"""14.02: only what is new is read, and the watermark moves after the write."""

from typing import Any

import pytest

from tests.lessons import Run, query

PRODUCER, LESSON = "phase14_01_dataset_producer", "phase14_02_dataset_consumer"


KEY = "phase14/orders/{}.csv"


def test_reads_each_object_once(run: Run, bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is announced is read; again, and nothing is new; another day, and only that is read.

    A run that dies before its write has not moved the watermark, so the next one reads again.
    """
    from include.retail import asset_tables

    assert run(PRODUCER, {"update": "export_orders"}).state == "success"

    first = run(LESSON)

    assert first.state == "success"
    assert first.returned("find_new", key="keys") == [KEY.format("2026-01-05")]
    watermark = first.returned("move_watermark")
    received = query("SELECT * FROM marts.asset_orders ORDER BY order_id")
    assert received == query(
        "SELECT * FROM shop.orders WHERE ordered_at::date = '2026-01-05' ORDER BY order_id"
    )

    second = run(LESSON)

    assert second.returned("find_new", key="keys") == []
    assert second.returned("move_watermark") == watermark
    assert query("SELECT * FROM marts.asset_orders ORDER BY order_id") == received

    for _ in range(2):
        run(PRODUCER, {"update": "export_orders", "day": "2026-01-06"})
    with monkeypatch.context() as patch:
        patch.setattr(asset_tables, "RECEIVED", "marts.nowhere")
        patch.setattr(bag.dags[LESSON].get_task("read_orders"), "retries", 0)
        died = run(LESSON)
    assert died.state == "failed"
    assert died.returned("find_new", key="keys") == [KEY.format("2026-01-06")]

    third = run(LESSON)

    assert third.returned("find_new", key="keys") == [KEY.format("2026-01-06")]
    assert third.returned("move_watermark") > watermark


def test_starts_when_both_are_new(bag) -> None:
    """Its schedule is the two Assets, both of them."""
    condition = bag.dags[LESSON].timetable.asset_condition

    assert type(condition).__name__ == "AssetAll"
    assert {asset.name for asset in condition.objects} == {"shop_orders", "partner_stock"}
