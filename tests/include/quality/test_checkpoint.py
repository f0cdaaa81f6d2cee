"""Great Expectations itself on a real table."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from include.configuration.metadata import connections
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.quality import checkpoint
from include.quality.expectations import Rule, Suite

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
TABLE = "test_checkpoint"


@pytest.fixture
def url(lab: Lab) -> Iterator[str]:
    """The warehouse's address; a small table is in it."""
    where = connections()["warehouse"]
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE marts.{TABLE} (id int, amount int)")
        cursor.execute(f"INSERT INTO marts.{TABLE} VALUES (1, 5), (2, 50), (3, NULL)")
    connection.close()
    password, at = quote(where["password"]), f"{where['host']}:{where['port']}"
    yield f"postgresql+psycopg2://{where['login']}:{password}@{at}/{where['schema']}"
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE marts.{TABLE}")
    connection.close()


def rule(kind: str, severity: str = "critical", **kwargs: object) -> Rule:
    facts = {"type": kind, "kwargs": kwargs, "severity": severity, "why": "A test."}
    return Rule.model_validate(facts)


def test_what_is_broken_is_said_in_the_order_of_the_suite(url: str):
    """Rule, column and what was found; the severity is the suite's."""
    suite = Suite(
        name="test",
        expectations=(
            rule("expect_column_to_exist", column="lost"),
            rule("expect_table_row_count_to_be_between", min_value=4),
            rule("expect_column_values_to_be_between", column="amount", max_value=10),
            rule("expect_column_values_to_not_be_null", "warning", column="amount"),
            rule("expect_column_max_to_be_between", column="lost", max_value=1),
            rule("expect_column_values_to_be_unique", column="id"),
        ),
    )

    found = checkpoint.check_table(suite, url, "marts", TABLE, AS_OF)

    assert found.rules == 6
    assert [str(one) for one in found.broken][:4] == [
        "expect_column_to_exist(lost): it is not there",
        "expect_table_row_count_to_be_between: found 3",
        "expect_column_values_to_be_between(amount): 1 of 3 rows do not fit, such as 50",
        "expect_column_values_to_not_be_null(amount): 1 of 3 rows do not fit, such as None",
    ]
    assert 'column "lost"' in found.broken[4].found.lower()
    assert [one.severity for one in found.broken] == ["critical"] * 3 + ["warning", "critical"]


def test_pages_are_the_same_twice_and_hold_no_password(url: str):
    """Three pages and their style; nobody is told of it over the internet."""
    suite = Suite(name="test", expectations=(rule("expect_column_to_exist", column="id"),))

    first, second = (checkpoint.check_table(suite, url, "marts", TABLE, AS_OF) for _ in range(2))

    assert first == second
    kinds = {path.partition("/")[0] for path in first.pages}
    assert kinds == {"index.html", "style.css", "validations", "expectations"}
    secret = connections()["warehouse"]["password"].encode()
    assert not any(secret in page for page in first.pages.values())
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_a_table_that_is_not_there_is_named(url: str):
    """The error says which."""
    suite = Suite(name="test", expectations=(rule("expect_column_to_exist", column="id"),))

    with pytest.raises(Exception, match="nowhere") as error:
        checkpoint.check_table(suite, url, "marts", "nowhere", AS_OF)

    assert type(error.value).__module__.startswith("great_expectations")
    assert connections()["warehouse"]["password"] not in str(error.value)
