"""The operator that says how far its table can be trusted."""

import pytest

from plugins.operators.trusted_sql import TrustedSqlOperator


@pytest.mark.parametrize("table", ["orders", "a.b.c", "marts.x; DROP TABLE y", "marts."])
def test_a_table_that_is_none_is_refused(table: str):
    """Its name goes into SQL, so it is held to the form of one."""
    with pytest.raises(ValueError, match="table: "):
        TrustedSqlOperator(task_id="x", sql="SELECT 1", table=table)


def test_nothing_is_told_of_what_was_not_counted():
    """A run that failed has no facet, rather than a wrong one."""
    operator = TrustedSqlOperator(task_id="x", sql="SELECT 1", table="marts.x")

    assert operator.counted is None
