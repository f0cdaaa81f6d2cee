"""Experiments in the warehouse: each keeps to itself, and a new write replaces the former."""

from collections.abc import Iterator

import pytest

from include.experiments import store
from include.experiments.comparison import Group
from include.experiments.experiment import Experiment, load
from include.experiments.verdict import Decision, take_looks
from include.experiments.visits import simulate
from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from tests.lessons import query


@pytest.fixture
def experiment(lab: Lab) -> Iterator[Experiment]:
    """An experiment that no lesson has, gone after the test."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(store.TABLES)
    yield load("one_page_checkout").model_copy(update={"name": "test_checkout"})
    for kind in ("visits", "looks", "decisions"):
        with open_warehouse() as connection, connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM marts.experiment_{kind} WHERE experiment LIKE 'test%%'")


def test_visits_are_counted_as_they_were_at_each_look(experiment: Experiment) -> None:
    """Recorded twice, they stand there once; the first look knows nothing of later visits."""
    for _ in range(2):
        seen = store.record_visits(open_warehouse, experiment)

    visits = list(simulate(experiment))
    assert sum(seen.values()) == len(visits)
    found = store.count_groups(open_warehouse, experiment, 2)
    for end, groups in zip(experiment.ends_of_looks(), found, strict=False):
        before = [one for one in visits if one.at < end]
        for variant, group in zip(experiment.variants, groups, strict=True):
            mine = [one.bought for one in before if one.variant == variant]
            assert group == Group(len(mine), sum(mine))


def test_lost_visits_are_not_recorded(experiment: Experiment) -> None:
    """Only those of the treatment are."""
    whole = store.record_visits(open_warehouse, experiment)
    some = store.record_visits(open_warehouse, experiment, lose=True)

    assert some["three_pages"] == whole["three_pages"]
    assert some["one_page"] < whole["one_page"]


def test_a_decision_holds_until_the_next(experiment: Experiment) -> None:
    """And for its own experiment only."""
    assert store.winner(open_warehouse, experiment) is None
    for variant in ("one_page", None, "three_pages"):
        decision = Decision("winner" if variant else "go on", variant, 1, "a reason")
        store.roll_out(open_warehouse, experiment, decision)
        assert store.winner(open_warehouse, experiment) == variant

    other = experiment.model_copy(update={"name": "test_other"})
    assert store.winner(open_warehouse, other) is None


def test_looks_are_kept_whole(experiment: Experiment) -> None:
    """Fewer looks than before leave none behind."""
    pairs = [(Group(500, 150), Group(500, 160)), (Group(1000, 300), Group(1000, 310))]
    for number in (2, 1):
        looks = take_looks(experiment, 4000, pairs[:number])
        store.write_looks(open_warehouse, experiment, looks)

    rows = query("SELECT * FROM marts.experiment_looks WHERE experiment = %s", experiment.name)
    assert rows == [("test_checkout", 1, 500, 150, 500, 160, *looks[0][3:])]
