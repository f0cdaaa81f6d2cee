"""Roles as they are wanted and as they are: the difference, and nothing else."""

import pytest

from include.access.roles import Change, changes

READ, EDIT = ("can_read", "DAGs"), ("can_edit", "DAGs")
WEBSITE = ("can_read", "Website")


@pytest.mark.parametrize(
    ("wanted", "there", "found"),
    [
        ({"team": [READ]}, {"team": [READ, WEBSITE]}, []),
        ({"team": [READ, WEBSITE]}, {"team": [READ]}, []),
        ({"team": [READ]}, {"team": [READ], "Admin": [EDIT]}, []),
        ({"team": [READ]}, {"team": [READ, EDIT]}, [("team", False, [], ["can_edit on DAGs"])]),
        ({"team": [READ, EDIT]}, {"team": [READ]}, [("team", False, ["can_edit on DAGs"], [])]),
        ({"team": [EDIT]}, {}, [("team", True, ["can_edit on DAGs"], [])]),
        ({"team": []}, {}, [("team", True, [], [])]),
        ({}, {"Admin": [EDIT]}, []),
    ],
    ids=["same", "page", "others", "too much", "too little", "missing", "empty", "nobody"],
)
def test_only_what_differs_is_changed(
    wanted: dict[str, list[tuple[str, str]]],
    there: dict[str, list[tuple[str, str]]],
    found: list[tuple[str, bool, list[str], list[str]]],
) -> None:
    """Airflow's own roles and its first page are left alone."""
    assert changes(wanted, there) == [Change(*one) for one in found]
