"""Where a pipeline keeps its rows between two tasks, and at last the scores: in the warehouse.

Every write replaces all rows of one data set in one transaction: readers see the former ones until
then, and doing it again leaves the same.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any

from include.ml.datasets import CUSTOMERS_QUERY, Record, breast_cancer_records
from include.ml.examples import Example, part_of

Connect = Callable[[], Any]
"""Opens a connection to PostgreSQL."""

CREATE_TABLES = """
CREATE TABLE IF NOT EXISTS marts.ml_records (
    dataset text, row_id integer, record jsonb NOT NULL, PRIMARY KEY (dataset, row_id)
);
CREATE TABLE IF NOT EXISTS marts.ml_examples (
    dataset text, row_id integer, part text NOT NULL, features jsonb NOT NULL,
    label boolean NOT NULL, PRIMARY KEY (dataset, row_id)
);
CREATE TABLE IF NOT EXISTS marts.ml_scores (
    dataset text, row_id integer, score double precision NOT NULL, model text NOT NULL,
    version integer NOT NULL, PRIMARY KEY (dataset, row_id)
)
"""


def ingest(connect: Connect, dataset: str) -> int:
    """Keep a data set's rows as they come from its source, numbered; return how many.

    Their own ids are not trusted yet.
    """
    if dataset == "breast_cancer":
        records = breast_cancer_records()
    else:
        records = [record for (record,) in _select(connect, CUSTOMERS_QUERY)]
    return write_records(connect, dataset, records)


def write_records(connect: Connect, dataset: str, records: Sequence[Record]) -> int:
    """Keep records in their order; return how many."""
    rows = [(dataset, number, json.dumps(record)) for number, record in enumerate(records, 1)]
    return _replace(connect, "marts.ml_records", dataset, rows)


def read_records(connect: Connect, dataset: str) -> list[dict[str, Any]]:
    """Return what came in, in its order."""
    sql = "SELECT record FROM marts.ml_records WHERE dataset = %s ORDER BY row_id"
    return [record for (record,) in _select(connect, sql, dataset)]


def write_examples(connect: Connect, dataset: str, examples: Sequence[Example]) -> int:
    """Keep the examples, each with the part that it belongs to."""
    rows = [
        (dataset, one.row_id, part_of(one.row_id), json.dumps(one.features), one.label)
        for one in examples
    ]
    return _replace(connect, "marts.ml_examples", dataset, rows)


def read_examples(connect: Connect, dataset: str, part: str | None = None) -> list[Example]:
    """Return the examples, by their id: all, or those of the part `train` or `test`."""
    sql = """
        SELECT row_id, features, label FROM marts.ml_examples
        WHERE dataset = %s AND part = coalesce(%s, part) ORDER BY row_id
    """
    return [Example(*row) for row in _select(connect, sql, dataset, part)]


def write_scores(
    connect: Connect, dataset: str, scores: Mapping[int, float], model: str, version: int
) -> int:
    """Keep the score of each row, with the registered model and the version that gave it."""
    rows = [(dataset, row_id, score, model, version) for row_id, score in scores.items()]
    return _replace(connect, "marts.ml_scores", dataset, rows)


def _select(connect: Connect, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _replace(connect: Connect, table: str, dataset: str, rows: Sequence[Sequence[Any]]) -> int:
    """Let the table hold exactly these rows of the data set; return how many they are."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE dataset = %s", (dataset,))
        if rows:
            places = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
        connection.commit()
    return len(rows)
