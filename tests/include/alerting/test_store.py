"""Alerts in their tables: recorded once, told once, and never lost."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.alerting.alert import Alert
from include.alerting.routes import Target
from include.alerting.store import AlertStore, Delivery, DeliveryError
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from tests.lessons import query

ALERT = Alert("P1", "sales", "test_store", "load", "run1", "load failed", "why", "http://x")
PAGER, SLACK = Target("pager", "sales-on-call"), Target("slack", "slack_sales")
NOW = datetime(2026, 3, 24, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def opened(lab: Lab) -> Iterator[Callable[[], AlertStore]]:
    """Opens a store on a connection of its own; no alert and nothing to be told is there."""
    connections: list[Any] = []

    def open_store() -> AlertStore:
        connections.append(open_warehouse())
        return AlertStore(connections[-1])

    open_store()
    query("DELETE FROM marts.alerts RETURNING 1")
    yield open_store
    for connection in connections:
        connection.close()
    query("DELETE FROM marts.alerts RETURNING 1")


@pytest.fixture
def store(opened: Callable[[], AlertStore]) -> AlertStore:
    return opened()


class Receivers:
    """Note who was told of what, and refuse as long as an address is down."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, bool]] = []
        self.asked: list[str] = []
        self.down: set[str] = set()

    def __call__(self, delivery: Delivery) -> None:
        self.asked.append(delivery.target.address)
        if delivery.target.address in self.down:
            raise DeliveryError("no answer")
        alert = delivery.recorded.alert
        self.told.append((alert.task_id, delivery.target.address, delivery.escalated))


@pytest.fixture
def receivers() -> Receivers:
    return Receivers()


def now() -> datetime:
    return NOW


def test_everybody_is_told_once(store: AlertStore, receivers: Receivers):
    """However often the deliveries are made."""
    number, new = store.record(ALERT, [PAGER, SLACK], NOW, HOUR)

    assert new
    assert store.deliver(receivers, now) == (2, [])
    assert store.deliver(receivers, now) == (0, [])
    assert receivers.told == [("load", "sales-on-call", False), ("load", "slack_sales", False)]
    sql = "SELECT DISTINCT sent_at, attempts FROM marts.alert_deliveries WHERE alert_id = %s"
    assert query(sql, number) == [(NOW, 1)]


@pytest.mark.parametrize(("minutes", "new"), [(0, False), (59, False), (60, True), (600, True)])
def test_repeat_within_the_window_is_noted(store: AlertStore, minutes: int, new: bool):
    """From the first time on; the same alert is new again when the window is over."""
    first, _ = store.record(ALERT, [PAGER], NOW, HOUR)
    later = NOW + timedelta(minutes=minutes)

    number, is_new = store.record(replace(ALERT, run_id="run2"), [PAGER], later, HOUR)

    assert is_new is new
    assert (number == first) is not new
    sql = "SELECT run_id, raised_at FROM marts.alert_runs WHERE alert_id = %s ORDER BY 1"
    assert query(sql, number) == [*([] if new else [("run1", NOW)]), ("run2", later)]


def test_task_that_is_cleared_raises_the_alert_of_its_run_again(store: AlertStore):
    """The run is noted once, however often it fails."""
    for minutes in (0, 5):
        store.record(ALERT, [PAGER], NOW + timedelta(minutes=minutes), HOUR)

    assert query("SELECT run_id, raised_at FROM marts.alert_runs") == [
        ("run1", NOW + timedelta(minutes=5))
    ]


def test_other_trouble_is_another_alert(store: AlertStore):
    """Another task or severity is new at the same moment."""
    alerts = [ALERT, replace(ALERT, task_id="x"), replace(ALERT, severity="P2")]
    assert [store.record(alert, [], NOW, HOUR)[1] for alert in alerts] == [True] * 3


def test_tasks_that_fail_at_once_raise_one_alert(
    opened: Callable[[], AlertStore], receivers: Receivers
):
    """Eight side by side, each on a connection of its own: one is new, everybody is told once."""
    together = threading.Barrier(8)
    new: list[bool] = []

    def fail() -> None:
        store = opened()
        together.wait(20)
        new.append(store.record(ALERT, [PAGER, SLACK], NOW, HOUR)[1])
        store.deliver(receivers, now)

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(new) == [False] * 7 + [True]
    assert sorted(receivers.told) == [
        ("load", "sales-on-call", False),
        ("load", "slack_sales", False),
    ]
    assert query("SELECT count(*) FROM marts.alerts") == [(1,)]


def test_delivery_under_way_is_left_to_who_makes_it(opened: Callable[[], AlertStore]):
    """While one call tells a receiver, another passes it by and does not wait."""
    first, second = opened(), opened()
    first.record(ALERT, [PAGER], NOW, HOUR)
    meanwhile: list[tuple[int, list[str]]] = []

    def tell(delivery: Delivery) -> None:
        meanwhile.append(second.deliver(lambda _: None, now))

    assert first.deliver(tell, now) == (1, [])
    assert meanwhile == [(0, [])]


def test_receiver_that_is_down_is_told_later(store: AlertStore, receivers: Receivers):
    """It is asked once in a call, whatever waits for it; the others are told, and later it too."""
    receivers.down = {"slack_sales"}
    for task in ("a", "b", "c"):
        store.record(replace(ALERT, task_id=task), [PAGER, SLACK], NOW, HOUR)

    sent, errors = store.deliver(receivers, now)

    assert (sent, errors) == (3, ["slack slack_sales: no answer"])
    assert receivers.asked.count("slack_sales") == 1
    sql = "SELECT attempts, last_error FROM marts.alert_deliveries WHERE sent_at IS NULL ORDER BY 1"
    assert query(sql) == [(0, None), (0, None), (1, "no answer")]

    receivers.down = set()
    assert store.deliver(receivers, now) == (3, [])
    assert [told[0] for told in receivers.told if told[1] == "slack_sales"] == ["a", "b", "c"]


def test_page_that_nobody_takes_is_escalated_once(store: AlertStore, receivers: Receivers):
    """Also to a receiver that was told before; what is escalated waits for nobody any more."""
    number, _ = store.record(ALERT, [PAGER, SLACK], NOW, HOUR)
    assert store.unanswered() == [], "nobody has been paged yet"
    store.deliver(receivers, now)
    (waiting,) = store.unanswered("test_store")
    assert (waiting.alert, waiting.incident_key) == (ALERT, f"test_store/load/P1/{number}")
    assert store.unanswered("other") == []

    assert store.escalate(number, [Target("pager", "head-of-data"), SLACK], NOW)
    assert not store.escalate(number, [Target("pager", "head-of-data")], NOW)
    store.deliver(receivers, now)

    assert receivers.told[2:] == [("load", "head-of-data", True), ("load", "slack_sales", True)]
    assert store.unanswered() == []


def test_page_that_somebody_took_is_not_escalated(store: AlertStore, receivers: Receivers):
    """Not even by who looked before."""
    number, _ = store.record(ALERT, [PAGER], NOW, HOUR)
    store.deliver(receivers, now)

    store.acknowledge(number, NOW)

    assert store.unanswered() == []
    assert not store.escalate(number, [SLACK], NOW)
    assert store.deliver(receivers, now) == (0, [])


def test_forgotten_alert_is_new_again(store: AlertStore):
    """Those of other Dags stay."""
    store.record(ALERT, [PAGER], NOW, HOUR)
    store.record(replace(ALERT, dag_id="other"), [PAGER], NOW, HOUR)

    assert store.forget("test_store") == 1

    assert store.record(ALERT, [PAGER], NOW, HOUR)[1]
    assert not store.record(replace(ALERT, dag_id="other"), [PAGER], NOW, HOUR)[1]
