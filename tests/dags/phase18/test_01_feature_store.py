"""`phase18_01_feature_store`: online equals offline, training knows no future, age is watched."""

from collections.abc import Iterator
from typing import Any

import pytest

from include.features import batch
from include.features.checks import OnlineDiffersError
from include.lab.settings import Lab
from tests.inbox import Inbox
from tests.lessons import Run, query

LESSON = "phase18_01_feature_store"
SET = "SELECT * FROM marts.repurchase_training ORDER BY order_id"
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
    """Value by value; nobody is alarmed."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.states["tell_team"] == "skipped"
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


def test_features_without_a_batch_raise_an_alarm(run: Run, bag: Any, inbox: Inbox) -> None:
    """Three weeks are too old, and the team is told; with the batch they are not old any more."""
    late = run(LESSON, conf={"week": 16, "missed": 3})

    assert late.state == "success"
    assert late.returned("is_stale") == 21
    (slack,), (mail,) = inbox.newest("slack"), inbox.newest("mail")
    assert slack["path"] == "#sales-alerts"
    assert "features of customers are 21 days old" in mail["content"]["subject"]

    tasks, conf = bag.dags[LESSON].task_dict, {"week": 16, "missed": 0}
    tasks["compute_features"].python_callable(conf)
    tasks["materialise"].python_callable()
    served = tasks["serve"].python_callable(conf)

    assert served["days_old"] == 0
    assert not tasks["is_stale"].python_callable(served)


def test_what_is_served_wrongly_fails(bag: Any, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was brought online, or something else than was computed: it is named."""
    from include.features.store import Features

    tasks, conf = bag.dags[LESSON].task_dict, {"week": 12, "missed": 0}
    query(f"{batch.TABLES}; SELECT 1")
    tasks["compute_features"].python_callable(conf)
    with monkeypatch.context() as patch:
        patch.setattr(Features, "materialise", lambda *_: None)
        tasks["materialise"].python_callable()

    with pytest.raises(OnlineDiffersError, match="No features are served"):
        tasks["serve"].python_callable(conf)

    tasks["materialise"].python_callable()
    query("UPDATE marts.customer_activity SET orders_30d = orders_30d + 1 RETURNING 1")

    with pytest.raises(OnlineDiffersError, match=r"customer_id \d+: .* is served, .* was computed"):
        tasks["serve"].python_callable(conf)
