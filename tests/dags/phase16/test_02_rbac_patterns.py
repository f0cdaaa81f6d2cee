"""`phase16_02_rbac_patterns`: roles follow their file, and every call is as agreed."""

from collections.abc import Iterator

import pytest

from include.access.table import load
from tests.lessons import Run, query

LESSON = "phase16_02_rbac_patterns"
CHECKS = "SELECT * FROM marts.access_checks ORDER BY login, call"
SALES_SEES = """
SELECT expected, found FROM marts.access_checks
WHERE login = 'sales' AND call = 'read connections'
"""

pytestmark = pytest.mark.airflow


@pytest.fixture(autouse=True)
def _roles_are_right(known_connections: None) -> Iterator[None]:
    """Whatever a test has broken is mended."""
    from plugins.hooks.airflow_access import AirflowAccessHook, wanted_roles

    yield
    AirflowAccessHook("airflow_access").apply(wanted_roles())


def test_all_is_as_agreed(run: Run) -> None:
    """Nothing has to be changed, all calls of all logins are kept; a second run leaves the same."""
    left = []
    for _ in range(2):
        result = run(LESSON)

        assert result.state == "success"
        assert result.returned("apply_roles") == []
        assert result.returned("compare") == 5 * len(load())
        left.append(query(CHECKS))
    assert left[0] == left[1]
    assert len(left[0]) == 5 * len(load())
    assert all(expected is found for _, _, expected, found in left[0])


def test_what_was_given_by_hand_is_taken_away(run: Run) -> None:
    """It is named, and the calls are as agreed again."""
    result = run(LESSON, conf={"tamper": True})

    assert result.state == "success"
    (change,) = result.returned("apply_roles")
    assert change == {
        "role": "sales_team",
        "made": False,
        "added": [],
        "removed": ["can_read on Connections"],
    }
    assert query(SALES_SEES) == [(False, False)]


def test_a_role_that_is_not_as_agreed_is_found(run: Run) -> None:
    """The run fails, and the table says who may do what."""
    result = run(LESSON, conf={"tamper": True, "apply": False})

    assert result.state == "failed"
    assert result.states["compare"] == "failed"
    assert query(SALES_SEES) == [(False, True)]
