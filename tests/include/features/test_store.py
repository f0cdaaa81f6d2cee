"""Feast with real Redis: online equals offline, and the future is not known."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from include.configuration.metadata import connections
from include.features.definitions import FeatureView, load
from include.features.store import Features, Served, open_features
from include.lab.settings import Lab

T1, T2, T3 = (datetime(2026, 1, day, tzinfo=UTC) for day in (5, 12, 19))
ROWS = [(1, T1, 1, 10.5, 2.0, 1), (1, T2, 2, 20.5, 1.0, 2), (2, T2, 7, 70.0, 0.5, 2)]
COLUMNS = ("order_id", "customer_id", "event_timestamp")
Open = partial[AbstractContextManager[Features]]


@pytest.fixture
def view() -> FeatureView:
    """Features of an entity that no lesson has."""
    return load().model_copy(update={"name": "test_activity", "entity": "test_customer"})


@pytest.fixture
def opened(lab: Lab, view: FeatureView, tmp_path: Path) -> Iterator[Open]:
    """Opens the store with other rows each time; its registry is known to nobody else."""
    redis, registry = connections()["redis"], f"sqlite:///{tmp_path}/registry.db"
    place = {"host": redis["host"], "port": redis["port"], "password": redis["password"], "db": 9}
    yield partial(open_features, view, registry, place)
    from redis import Redis

    Redis(**place).flushdb()


def known(view: FeatureView, row: tuple[Any, ...]) -> Served:
    return Served(row[1], dict(zip(view.features, row[2:], strict=True)))


def test_the_newest_row_of_each_is_served(opened: Open, view: FeatureView) -> None:
    """With its very values and its moment; who has none is not made up."""
    with opened(ROWS) as features:
        features.register()
        features.materialise(T1, T2)
    with opened() as features:
        served = features.serve([1, 2, 3])

    assert served == {1: known(view, ROWS[1]), 2: known(view, ROWS[2]), 3: Served(None, None)}


def test_older_rows_do_not_replace_newer_ones(opened: Open, view: FeatureView) -> None:
    """A batch that is repeated late takes nothing back."""
    with opened(ROWS) as features:
        features.register()
        features.materialise(T1, T2)
        features.materialise(T1, T1)

        assert features.serve([1])[1] == known(view, ROWS[1])


def test_a_decision_gets_what_was_known_then(opened: Open) -> None:
    """The row before it and none after, up to the time that a row is usable."""
    hour = timedelta(hours=1)
    decisions = [
        (10, 1, T1 - hour),
        (11, 1, T2 - hour),
        (12, 1, T2),
        (13, 1, T3),
        (14, 2, T1),
        (15, 1, T2 + timedelta(days=15)),
    ]
    with opened(ROWS) as features:
        features.register()
        found = features.training_set(COLUMNS, decisions)

    assert [(row[0], row[-1]) for row in found] == [(11, 1), (12, 2), (13, 2)]
    assert found[0] == [11, 1, T2 - hour, *ROWS[0][2:]]


def test_a_changed_future_changes_nothing(opened: Open) -> None:
    """Other values after the decision leave the training set; another value before it does not."""
    decision = [(11, 1, T2 - timedelta(seconds=1))]
    future = [ROWS[0], (1, T2, 99, 99.0, 99.0, 99), (1, T3, 99, 99.0, 99.0, 99)]
    past = [(1, T1, 5, 50.5, 2.0, 1), *ROWS[1:]]

    def training_set(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
        with opened(rows) as features:
            features.register()
            return features.training_set(COLUMNS, decision)

    before = training_set(ROWS)
    assert training_set(future) == before
    assert training_set(past) != before


def test_without_decisions_there_is_no_training_set(opened: Open) -> None:
    """That is no error."""
    with opened(ROWS) as features:
        features.register()

        assert features.training_set(COLUMNS, []) == []
