"""Rows in the warehouse between two tasks."""

from collections.abc import Iterator

import pytest

from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.ml import tables
from include.ml.datasets import DATASETS
from include.ml.examples import Example, part
from tests.include.ml.rows import customer_records
from tests.lessons import query


@pytest.fixture
def place(lab: Lab) -> Iterator[str]:
    """The name of a data set that no lesson has, gone after the test."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(tables.CREATE_TABLES)
    yield "test"
    for table in ("ml_records", "ml_examples", "ml_scores"):
        with open_warehouse() as connection, connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM marts.{table} WHERE dataset = 'test'")


def test_records_come_back_as_they_are(place: str) -> None:
    """In their order, and only those of the last write."""
    tables.write_records(open_warehouse, place, [{"id": 9}, {"id": 9, "gone": True}])

    assert tables.write_records(open_warehouse, place, [{"id": 2}, {"id": 1, "x": None}]) == 2

    assert tables.read_records(open_warehouse, place) == [{"id": 2}, {"id": 1, "x": None}]


def test_examples_come_back_by_their_part(place: str) -> None:
    """All, or one part; every number to the last bit."""
    rows = [Example(n, {"a": n / 7, "b": None}, n % 2 == 0) for n in range(1, 30)]

    assert tables.write_examples(open_warehouse, place, rows) == 29

    assert tables.read_examples(open_warehouse, place) == rows
    for name in ("train", "test"):
        assert tables.read_examples(open_warehouse, place, name) == part(rows, name)


def test_a_write_that_fails_changes_nothing(place: str) -> None:
    """The former rows are there as they were."""
    tables.write_scores(open_warehouse, place, {1: 0.5, 2: 0.25}, "m", 1)

    with pytest.raises(Exception, match="out of range"):
        tables.write_scores(open_warehouse, place, {1: 0.75, 2**40: 0.5}, "m", 2)

    rows = query("SELECT * FROM marts.ml_scores WHERE dataset = %s ORDER BY row_id", place)
    assert rows == [(place, 1, 0.5, "m", 1), (place, 2, 0.25, "m", 1)]


def test_customers_are_taken_in_from_the_warehouse(place: str) -> None:
    """Each as the shop knows it; the samples of scikit-learn come from there."""
    assert tables.ingest(open_warehouse, "customers") == 600
    examples = DATASETS["customers"].examples(tables.read_records(open_warehouse, "customers"))
    assert examples == DATASETS["customers"].examples(customer_records())
    assert tables.ingest(open_warehouse, "breast_cancer") == 569
