"""What holds for every helper Dag: `<lesson>__<name>`, which a lesson needs to be seen."""

from collections.abc import Iterator
from typing import Any

import pytest

from include.curriculum import syllabus
from tests.bench.parsing import ROOT

DEPLOYED = ROOT / "dags/phase11/demo_project/dags"
"""What 11.02 deploys to staging and to production; each copy is a helper of that lesson."""


@pytest.fixture(scope="module")
def helpers(bag: Any) -> Iterator[dict[str, Any]]:
    """Every helper, those that appear when 11.02 has run included."""
    from airflow.dag_processing.dagbag import DagBag

    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DEPLOYED)
        deployed = DagBag(DEPLOYED)
    assert deployed.import_errors == {}
    beside = {dag_id: dag for dag_id, dag in bag.dags.items() if "__" in dag_id}
    return {**beside, **deployed.dags}


def wrong(found: dict[str, bool]) -> list[str]:
    return [dag_id for dag_id, holds in found.items() if not holds]


def test_there_are_helpers(helpers: dict[str, Any]) -> None:
    """Else nothing would be proven below."""
    assert len(helpers) > 20


def test_it_stands_behind_its_lesson_in_the_list(helpers: dict[str, Any]) -> None:
    """`13.01 · External task sensor: closing` sorts right behind its lesson."""
    lessons = syllabus.load()
    assert {dag_id: dag.dag_display_name for dag_id, dag in helpers.items()} == {
        dag_id: f"{lessons.lesson(lesson).display_name}: {name}"
        for dag_id in helpers
        for lesson, _, name in [dag_id.partition("__")]
    }


def test_it_says_what_it_is_for(helpers: dict[str, Any]) -> None:
    """In a description, or on its page."""
    assert wrong({i: bool(dag.description or dag.doc_md) for i, dag in helpers.items()}) == []


def test_it_has_an_owner(helpers: dict[str, Any]) -> None:
    """Not the one that Airflow gives to what nobody answers for."""
    found = {i: {task.owner for task in dag.tasks} for i, dag in helpers.items()}
    assert wrong({i: len(o) == 1 and o != {"airflow"} for i, o in found.items()}) == []


def test_it_runs_without_being_switched_on(helpers: dict[str, Any]) -> None:
    """Wherever the lesson goes: an Airflow that pauses new Dags leaves these on."""
    assert wrong({i: dag.is_paused_upon_creation is False for i, dag in helpers.items()}) == []


def test_it_can_be_told_from_the_lessons(bag: Any, helpers: dict[str, Any]) -> None:
    """It has the tag `helper`, the tag of its phase, and no lesson is tagged so."""
    assert (
        wrong({i: {"helper", i.partition("_")[0]} <= dag.tags for i, dag in helpers.items()}) == []
    )
    assert [i for i, dag in bag.dags.items() if "helper" in dag.tags and "__" not in i] == []
