"""`phase10_03_data_profiling`: the month that drifted is told, the ordinary one is silent."""

from collections.abc import Iterator

import pytest

from tests.inbox import Inbox
from tests.lessons import Run, lake, query

LESSON = "phase10_03_data_profiling"
PLACE = "phase10/03_data_profiling/"
PROFILES = 'SELECT * FROM marts.data_profiles ORDER BY month, "column"'
ALERTS = "SELECT severity, team, title FROM marts.alerts WHERE dag_id = %s"


@pytest.fixture(autouse=True)
def _alerts_are_new(known_connections: None) -> Iterator[None]:
    """An alert of an earlier test would not be told again."""
    from plugins.hooks.alerts import AlertsHook

    AlertsHook().forget(LESSON)
    yield
    AlertsHook().forget(LESSON)


def test_the_month_that_drifted_is_told(run: Run, inbox: Inbox) -> None:
    """In the team's channel and its mail, with the columns; a second run tells nobody again."""
    left = []
    for _ in range(2):
        result = run(LESSON)

        assert result.state == "success"
        assert result.returned("is_drift") == ["quantity", "amount", "channel"]
        left.append((query(PROFILES), lake(PLACE)))
    assert left[0] == left[1]
    assert len(left[0][0]) == 10
    title = "orders of 2026-03 have drifted: quantity, amount, channel"
    assert query(ALERTS, LESSON) == [("P2", "sales", title)]
    (slack,), (mail,) = inbox.newest("slack"), inbox.newest("mail")
    assert slack["path"] == "#sales-alerts"
    assert title in slack["content"]["text"]
    assert mail["path"] == "sales-team@shop.example"
    assert title in mail["content"]["subject"]
    page = lake(PLACE)["index.html"].decode()
    assert "Drift in quantity, amount, channel." in page
    assert page.count("<svg") == 5
    assert result.returned("publish_report").endswith(f"/lake/{PLACE}index.html")


def test_the_ordinary_month_is_silent(run: Run, inbox: Inbox) -> None:
    """The page says that nothing has drifted, and nobody is told."""
    result = run(LESSON, conf={"month": "2026-02"})

    assert result.state == "success"
    assert result.states["tell_team"] == "skipped"
    assert inbox.count() == dict.fromkeys(("slack", "pager", "mail"), 0)
    assert query(ALERTS, LESSON) == []
    assert b"No column has drifted." in lake(PLACE)["index.html"]
    assert {row[0] for row in query(PROFILES)} == {"2026-01", "2026-02"}


def test_wrong_conf_is_refused_by_name(run: Run) -> None:
    """There is no month before the first."""
    with pytest.raises(ValueError, match="month"):
        run(LESSON, conf={"month": "2026-01"})
