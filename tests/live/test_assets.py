"""Phase 14 on the live scheduler: what starts a Dag, and what does not."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.lessons import query
from tests.live.rest import Rest

PRODUCER, CONSUMER = "phase14_01_dataset_producer", "phase14_02_dataset_consumer"
PATTERNS = "phase14_03_dataset_patterns"
CAUSES = {
    "both": {"patterns_orders", "patterns_stock"},
    "daily": {"patterns_stock"},
    "each": {"DE", "FR"},
    "either": {"patterns_orders", "patterns_stock"},
    "later": {"patterns_delivery"},
    "message": {"patterns_signals"},
    "retrain": {"patterns_model_due"},
}


def runs(rest: Rest, dag_id: str) -> dict[str, dict[str, Any]]:
    """Every run of a Dag that Assets have started, by its id."""
    found = rest.get(f"dags/{dag_id}/dagRuns", limit=100, run_type="asset_triggered")["dag_runs"]
    return {run["dag_run_id"]: run for run in found}


def update(rest: Rest, writer: str) -> None:
    """Let one writer of the producer announce its data."""
    run_id = rest.trigger(PRODUCER, conf={"update": writer})
    assert rest.wait(PRODUCER, run_id) == "success"


def settle(rest: Rest) -> None:
    """Let what is owed to the consumer from before be given to it."""
    update(rest, "export_orders")
    update(rest, "refresh_stock")
    rest.settle()


@pytest.mark.timeout(300)
def test_consumer_starts_once_when_both_are_new_and_not_before(rest: Rest) -> None:
    """Two events of one Asset start nothing; one of the other starts one run, with all three."""
    settle(rest)
    before = runs(rest, CONSUMER).keys()

    update(rest, "export_orders")
    update(rest, "export_orders")
    time.sleep(3)
    assert runs(rest, CONSUMER).keys() == before

    update(rest, "refresh_stock")
    end = time.monotonic() + 60
    while not (new := runs(rest, CONSUMER).keys() - before):
        assert time.monotonic() < end
        time.sleep(0.3)
    (run_id,) = new
    assert rest.wait(CONSUMER, run_id) == "success"
    path = f"dags/{CONSUMER}/dagRuns/{run_id}/upstreamAssetEvents"
    names = [event["name"] for event in rest.get(path)["asset_events"]]
    assert sorted(names) == ["partner_stock", "shop_orders", "shop_orders"]
    assert runs(rest, CONSUMER).keys() == before | new


def test_every_pattern_plays_its_scenario(rest: Rest, untouched: Callable[[str], str]) -> None:
    """Each of seven Dags is started by what its schedule names, partitions by their keys."""
    began = rest.get(f"dags/{PATTERNS}/dagRuns/{untouched(PATTERNS)}")["queued_at"]

    causes: dict[str, set[str]] = {}
    for pattern, cause in query("SELECT pattern, cause FROM marts.asset_causes"):
        causes.setdefault(pattern, set()).add(cause)
    assert causes == CAUSES
    new = {
        name: [
            one for one in runs(rest, f"{PATTERNS}__{name}").values() if one["queued_at"] > began
        ]
        for name in CAUSES
    }
    assert {name: len(started) for name, started in new.items()} | {"either": 1} == {
        **dict.fromkeys(CAUSES, 1),
        "each": 2,
    }
    assert {run["partition_key"] for run in new["each"]} == {"DE", "FR"}
    message = rest.get(
        f"dags/{PATTERNS}__message/dagRuns/{new['message'][0]['dag_run_id']}/upstreamAssetEvents"
    )["asset_events"]
    assert message[0]["extra"]["payload"] == {"signal": "stock counted"}


@pytest.mark.timeout(300)
def test_a_broken_contract_starts_nobody(rest: Rest) -> None:
    """The orders are not announced: whoever waits for them and for stock does not start."""
    before = runs(rest, f"{PATTERNS}__both").keys()

    run_id = rest.trigger(PATTERNS, conf={"break_contract": True})

    assert rest.wait(PATTERNS, run_id) == "failed"
    states = {ti["task_id"]: ti["state"] for ti in rest.tasks(PATTERNS, run_id)}
    assert states["announce.publish_orders"] == "failed"
    said = rest.log(PATTERNS, run_id, "announce.publish_orders")
    assert "The contract about patterns_orders does not allow this" in said
    assert "TYPE_NARROWED at amount" in said
    time.sleep(2)
    assert runs(rest, f"{PATTERNS}__both").keys() == before
