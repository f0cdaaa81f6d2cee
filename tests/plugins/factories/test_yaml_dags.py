"""Dags from YAML: what is built, and what stands for what cannot be."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from include.dag_factory import edits
from plugins.factories import yaml_dags
from tests.bench.parsing import ROOT

LESSON, TITLE = "phase15_01_yaml_dag_factory", "15.01 · YAML Dag factory"
FILE = ROOT / "dags/phase15/configs/dag_definitions.yaml"
TEXT = FILE.read_text(encoding="utf-8")


def edges(dag: Any) -> dict[str, set[str]]:
    return {task.task_id: task.upstream_task_ids for task in dag.tasks}


def test_each_entry_becomes_a_dag():
    """With the tasks, edges, settings and defaults that stand in the file."""
    made: dict[str, DAG] = {}

    assert yaml_dags.load(TEXT, FILE.name, TITLE, made) == []

    assert set(made) == {f"{LESSON}__countries", f"{LESSON}__channels"}
    channels = made[f"{LESSON}__channels"]
    assert channels.dag_display_name == f"{TITLE}: channels"
    assert edges(channels) == {
        "make_table": set(),
        "fill_table": {"make_table"},
        "read_table": {"fill_table"},
        "tell": {"read_table"},
    }
    task: Any = channels.get_task("fill_table")
    assert (task.conn_id, task.retries, task.owner) == ("warehouse", 2, "sales")
    assert "fill_table" in str(channels.doc_md)


@pytest.mark.parametrize("name", edits.EDITS)
def test_a_wrong_entry_hides_no_other(tmp_path: Path, name: str):
    """Airflow finds all Dags; the wrong one's page, run and warning say what is wrong."""
    lesson = tmp_path / "01_yaml_dag_factory.py"
    shutil.copy(ROOT / "dags/phase15" / lesson.name, lesson)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / FILE.name).write_text(edits.edit(TEXT, name), encoding="utf-8")

    bag = DagBag(dag_folder=lesson)

    assert bag.import_errors == {}
    assert set(bag.dags) == {LESSON, f"{LESSON}__countries", f"{LESSON}__channels"}
    assert edges(bag.dags[f"{LESSON}__countries"]).keys() == {
        *("make_table", "fill_table", "check_table")
    }
    refused = bag.dags[f"{LESSON}__channels"]
    assert refused.tags == {yaml_dags.REFUSED}
    assert refused.dag_display_name == f"{TITLE}: channels"
    told = [line for line in bag.captured_warnings[str(lesson)] if FILE.name in line]
    assert told
    for line in told:
        mistake = line.partition("UserWarning: ")[2]
        assert line.startswith(":".join(mistake.split(":")[:2]))
        assert mistake in str(refused.doc_md)
    task: Any = refused.get_task("tell_mistakes")
    with pytest.raises(AirflowFailException, match=r"dag_definitions\.yaml:\d+: "):
        task.python_callable()


@pytest.mark.filterwarnings("ignore:x.yaml")
def test_what_only_the_operator_finds_is_told_with_the_entrys_line():
    """A function that is not there is known when it is looked for."""
    made: dict[str, DAG] = {}
    text = TEXT.replace("wording.headline", "wording.headlines")

    (mistake,) = yaml_dags.load(text, "x.yaml", TITLE, made)

    line = 1 + text[: text.index(f"{LESSON}__channels:")].count("\n")
    assert mistake.startswith(f"x.yaml:{line}: {LESSON}__channels: ")
    assert "headlines" in mistake
    assert made[f"{LESSON}__countries"].tags != made[f"{LESSON}__channels"].tags


@pytest.mark.filterwarnings("ignore:x.yaml")
def test_wrong_defaults_are_everybodys_mistake():
    """Each Dag that they are for is refused with it, and it is told once."""
    made: dict[str, DAG] = {}

    mistakes = yaml_dags.load(TEXT.replace("retries: 2", "retries: -2", 1), "x.yaml", TITLE, made)

    assert [line.split(": ")[1] for line in mistakes] == ["default.default_args.retries"]
    assert [dag.tags for dag in made.values()] == [{yaml_dags.REFUSED}] * 2
