"""`phase18_01_feature_store`: online equals offline, training knows no future, age is watched."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.inbox import Inbox
from tests.lessons import Run, query

LESSON = "phase18_01_feature_store"
SET = "SELECT * FROM marts.repurchase_training ORDER BY order_id"
BATCH = "SELECT * FROM marts.customer_activity ORDER BY customer_id, at"
NEWEST = "SELECT DISTINCT ON (customer_id) * FROM marts.customer_activity ORDER BY 1, 2 DESC"
JOINED = """
SELECT o.order_id, o.customer_id, o.ordered_at, f.orders_30d, f.revenue_30d, f.days_idle,
    f.computed_for
FROM shop.orders o CROSS JOIN LATERAL (
    SELECT * FROM marts.customer_activity f WHERE f.customer_id = o.customer_id
    AND at <= ordered_at AND at >= ordered_at - interval '14 days' ORDER BY at DESC LIMIT 1) f
WHERE o.ordered_at >= '2026-01-12Z' AND o.ordered_at < '2026-03-16Z' ORDER BY o.order_id
"""


@pytest.fixture(autouse=True)
def _nothing_is_known(known_connections: None) -> Iterator[None]:
    """No batch came yet, and no alert was told."""
    from airflow.providers.redis.hooks.redis import RedisHook

    from plugins.hooks.alerts import AlertsHook

    def forget() -> None:
        AlertsHook().forget(LESSON)
        if query("SELECT to_regclass('marts.customer_activity')") != [(None,)]:
            query("DELETE FROM marts.customer_activity RETURNING 1")
        client = RedisHook("redis").get_conn()
        for key in client.scan_iter(b"*shop"):
            client.delete(key)

    forget()
    yield
    forget()


def online(customers: list[int]) -> dict[int, Any]:
    """What the hook serves, asked outside of a task as a web shop would."""
    from include.features.definitions import load
    from plugins.hooks.feature_store import FeatureStoreHook

    with FeatureStoreHook().open(load()) as features:
        return features.serve(customers)


def test_online_equals_offline_and_training_equals_sql(run: Run, inbox: Inbox) -> None:
    """Value by value, after one run as after two; nobody is alarmed."""
    left = []
    for _ in range(2):
        result = run(LESSON)

        assert result.state == "success"
        assert result.states["tell_team"] == "skipped"
        left.append((query(BATCH), query(SET)))
    assert left[0] == left[1]
    newest = query(NEWEST)
    served = online([row[0] for row in newest])
    assert result.returned("serve") == {"customers": len(newest), "days_old": 0}
    for customer, at, *values in newest:
        assert served[customer].at == at
        assert list(served[customer].features.values()) == values
    by_hand = query(JOINED)
    assert [(*row[:3], *row[4:]) for row in query(SET)] == by_hand
    assert all(row[6] <= row[2].timestamp() for row in by_hand)
    told = result.returned("build_training_set")
    assert told["orders"] == len(by_hand) > 1000
    assert 0 < told["other_today"] <= told["orders"]
    assert inbox.count() == dict.fromkeys(("slack", "pager", "mail"), 0)


def test_features_without_a_batch_raise_an_alarm(run: Run, inbox: Inbox) -> None:
    """Three weeks are too old, and the team is told; with the batch it is silent again."""
    late = run(LESSON, conf={"week": 16, "missed": 3})

    assert late.state == "success"
    assert late.returned("is_stale") == 21
    (slack,), (mail,) = inbox.newest("slack"), inbox.newest("mail")
    assert slack["path"] == "#sales-alerts"
    assert "features of customers are 21 days old" in mail["content"]["subject"]
    inbox.clear()

    result = run(LESSON, conf={"week": 16})

    assert result.states["tell_team"] == "skipped"
    assert inbox.newest("mail") == []


def test_what_is_served_wrongly_fails_the_run(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """If nothing was brought online, the difference is found and named."""
    from include.features.store import Features

    monkeypatch.setattr(Features, "materialise", lambda *_: None)

    result = run(LESSON)

    assert result.state == "failed"
    assert result.states["serve"] == "failed"
