"""14.03: what can be seen of the patterns without a scheduler."""

from typing import Any

import pytest

from tests.lessons import Run

LESSON = "phase14_03_dataset_patterns"
SCHEDULES = {
    "both": "AssetTriggeredTimetable",
    "either": "AssetTriggeredTimetable",
    "daily": "AssetOrTimeSchedule",
    "later": "AssetTriggeredTimetable",
    "each": "PartitionedAssetTimetable",
    "message": "AssetTriggeredTimetable",
    "retrain": "AssetTriggeredTimetable",
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_pattern_has_its_schedule(bag: Any, name: str) -> None:
    """The Dags differ in nothing else."""
    dag = bag.dags[f"{LESSON}__{name}"]

    assert type(dag.timetable).__name__ == SCHEDULES[name]
    assert dag.task_ids == ["note_cause"]


def test_a_broken_contract_is_named(run: Run) -> None:
    """With its rule, its field and who has to be asked; nothing is announced."""
    result = run(LESSON, {"break_contract": True})

    assert result.state == "failed"
    assert result.states["announce.publish_orders"] == "failed"
    assert result.states["announce.publish_others"] == "success"
    assert result.states["wait_for_all"] == "upstream_failed"
