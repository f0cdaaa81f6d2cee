"""`phase12_03_health_checks`: real things are broken, and healed or escalated."""

import threading
from typing import Any

import pytest

from include.health import database
from include.lab.seeding import open_object_store
from include.lab.settings import Lab
from plugins.hooks.health import BUCKET, COMPONENTS, TABLE
from tests.inbox import Inbox
from tests.labs import stopped
from tests.lessons import Run, query

pytestmark = pytest.mark.airflow
LESSON = "phase12_03_health_checks"
HISTORY = "SELECT component, state, detail FROM marts.health_checks ORDER BY 1"
WELL = dict.fromkeys(COMPONENTS, "healthy")


def forget_alerts() -> None:
    """Let the lesson's alerts be new."""
    if query("SELECT to_regclass('marts.alerts') IS NOT NULL") == [(True,)]:
        query("DELETE FROM marts.alerts WHERE dag_id = %s RETURNING 1", LESSON)


@pytest.fixture
def inbox(lab: Lab) -> Inbox:
    """The lab's inbox, emptied."""
    inbox = Inbox(lab)
    inbox.clear()
    return inbox


@pytest.mark.parametrize(
    ("broken", "component", "detail"),
    [
        (None, "object_store", f"bucket {BUCKET} is missing; made it anew"),
        ("table", "database", f"table {TABLE} is missing; made it anew"),
        ("topic", "queue", "topic shop.health is missing; made it anew"),
        ("nothing", "", ""),
    ],
)
def test_what_is_broken_is_healed(
    run: Run, inbox: Inbox, broken: str | None, component: str, detail: str
) -> None:
    """And nothing else is touched; twice leaves the same; nobody is told."""
    for _ in range(2):
        result = run(LESSON, conf={"break": broken} if broken else None)

        assert result.state == "success"
        expected = {**WELL, **({component: "healed"} if component else {})}
        assert result.returned("report") == expected
        assert query(HISTORY) == [
            (name, state, detail if name == component else "")
            for name, state in sorted(expected.items())
        ]
    assert sum(inbox.count().values()) == 0
    open_object_store().head_bucket(Bucket=BUCKET)
    assert query(f"SELECT count(*) FROM {TABLE}") == [(0,)]


@pytest.mark.usefixtures("known_connections")
def test_a_session_that_holds_a_lock_is_ended(run: Run) -> None:
    """A real one, which would have kept everybody out for a minute."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    assert run(LESSON, conf={"break": "nothing"}).state == "success"
    holder, ended = PostgresHook("warehouse").get_conn(), list[bool]()
    thread = threading.Thread(target=lambda: ended.append(database.hold(holder, TABLE, 60)))
    thread.start()
    locked = f"SELECT count(*) FROM pg_locks WHERE relation = '{TABLE}'::regclass AND granted"
    while query(locked) == [(0,)]:
        assert thread.is_alive()

    result = run(LESSON, conf={"break": "nothing"})

    thread.join(10)
    assert ended == [True]
    assert result.returned("report") == {**WELL, "database": "healed"}
    (said,) = [detail for name, _, detail in query(HISTORY) if name == "database"]
    assert said == f"table {TABLE} is locked by another session; ended 1 session(s) that held it"


def test_what_does_not_heal_is_escalated_once(run: Run, inbox: Inbox) -> None:
    """The team hears of it; the second run within the hour notes it; the run ends well."""
    forget_alerts()
    for _ in range(2):
        result = run(LESSON, conf={"break": "api", "patience": 1})

        assert result.state == "success"
        assert result.returned("escalate") == ["shop_api"]
        assert result.returned("report") == {**WELL, "shop_api": "unhealthy"}
        assert inbox.count() == {"slack": 1, "pager": 0, "mail": 0}
    (message,) = inbox.newest("slack")
    assert message["path"] == "#platform-alerts"
    assert "shop_api is ill and does not heal" in message["content"]["text"]


@pytest.mark.parametrize(
    ("service", "component"),
    [
        ("shop_api", "shop_api"),
        ("kafka", "queue"),
        ("object_store", "object_store"),
        ("mlflow", "mlflow"),
    ],
)
def test_a_service_that_is_really_stopped_is_escalated_and_found_again(
    run: Run, lab: Lab, inbox: Inbox, service: str, component: str
) -> None:
    """The others are well all the same; started again, it is well."""
    forget_alerts()
    conf = {"break": "nothing", "patience": 1}
    with stopped(lab, service):
        result = run(LESSON, conf=conf)
        assert result.state == "success"
        assert result.returned("report") == {**WELL, component: "unhealthy"}
        assert result.returned("escalate") == [component]
        assert inbox.count()["slack"] == 1

    assert run(LESSON, conf=conf).returned("report")[component] in {"healthy", "healed"}


@pytest.mark.parametrize("conf", [{"break": "everything"}, {"patience": 0}, {"patience": "long"}])
def test_wrong_conf_is_refused_by_name(run: Run, conf: dict[str, Any]) -> None:
    """Nothing is broken."""
    with pytest.raises(ValueError, match=next(iter(conf))):
        run(LESSON, conf=conf)
