"""`phase16_02_rbac_patterns`: roles follow their file, and every call is as agreed."""

from collections.abc import Iterator
from typing import Any

import pytest

from include.access.table import TABLE, AccessDiffersError, load
from tests.lessons import Run, query
from tests.live.rest import until

LESSON = "phase16_02_rbac_patterns"
CHECKS = "SELECT * FROM marts.access_checks ORDER BY login, call"
LOGINS = ("airflow_sales", "airflow_logistics", "airflow_auditor", "airflow_access", "airflow_api")
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
    """Nothing has to be changed, and all calls of all logins are kept."""
    result = run(LESSON)

    assert result.state == "success"
    assert result.returned("apply_roles") == []
    assert result.returned("compare") == 5 * len(load())
    checks = query(CHECKS)
    assert len(checks) == 5 * len(load())
    assert all(expected is found for _, _, expected, found in checks)


def test_what_was_given_by_hand_is_found_and_taken_away(bag: Any) -> None:
    """The comparison fails and the table says who may do what, until the roles are applied."""
    tasks = bag.dags[LESSON].task_dict
    apply, compare = (tasks[name].python_callable for name in ("apply_roles", "compare"))
    ask = tasks["ask"].python_callable
    query(f"{TABLE}; SELECT 1")

    tasks["tamper"].python_callable({"tamper": True})
    assert apply({"apply": False}) == []
    # Airflow keeps what a login may do for a second.
    until(lambda: ask("airflow_sales")[1]["read connections"])
    answers = dict(ask(login) for login in LOGINS)
    with pytest.raises(AccessDiffersError, match=r"^sales may read connections\. See"):
        compare(list(answers.items()))
    assert query(SALES_SEES) == [(False, True)]

    assert apply({"apply": True}) == [
        {
            "role": "sales_team",
            "made": False,
            "added": [],
            "removed": ["can_read on Connections"],
        }
    ]
    until(lambda: not ask("airflow_sales")[1]["read connections"])
    answers |= dict([ask("airflow_sales")])
    assert compare(list(answers.items())) == 5 * len(load())
    assert query(SALES_SEES) == [(False, False)]


def test_a_comparison_that_fails_is_not_made_again(bag: Any) -> None:
    """So the run fails with it."""
    assert bag.dags[LESSON].get_task("compare").retries == 0
