"""Every lesson, triggered untouched on the live scheduler, twice."""

import pytest

from tests.live.rest import Rest
from tests.live.rounds import LESSONS, Round


def test_lists_exactly_the_lessons(rest: Rest) -> None:
    """The list shows each built lesson and its helpers, nothing else, and no import error."""
    listed = {dag["dag_id"] for dag in rest.get("dags", limit=500)["dags"]}

    assert rest.get("importErrors")["import_errors"] == []
    assert {dag_id.split("__")[0] for dag_id in listed} == set(LESSONS)
    assert listed >= set(LESSONS)


def test_every_component_is_healthy(rest: Rest) -> None:
    """Airflow calls its database and each of its components healthy."""
    health = rest.get("monitor/health")

    assert {name: facts["status"] for name, facts in health.items()} == dict.fromkeys(
        ("metadatabase", "scheduler", "triggerer", "dag_processor"), "healthy"
    )


@pytest.mark.timeout(1800)
def test_each_ends_in_success(rounds: list[Round]) -> None:
    """All lessons at once, untouched; and all of them again."""
    for one in rounds:
        assert one.states == dict.fromkeys(LESSONS, "success"), one.why


def test_each_leaves_the_same_state_twice(rounds: list[Round]) -> None:
    """Rows, files, objects, messages and model versions are after the second round as before."""
    first, second = (one.left for one in rounds)

    assert all(first.values())
    for kind, there in first.items():
        assert second[kind] == there, kind
