"""Dags from a template: one for each environment, and one that tells what is missing."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from plugins.factories import jinja_dags, yaml_dags
from tests.bench.parsing import ROOT

LESSON, TITLE = "phase15_02_jinja_templates", "15.02 · Jinja templates"
CONFIGS = ROOT / "dags/phase15/configs"
ENVIRONMENTS = ["dev", "staging", "prod"]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A copy of the lesson's template and variables."""
    for name in ("pipeline.yaml.j2", *(f"{one}.env" for one in ENVIRONMENTS)):
        shutil.copy(CONFIGS / name, tmp_path / name)
    return tmp_path / "pipeline.yaml.j2"


def test_three_dags_differ_in_what_they_should(template: Path):
    """Schedule, retries, owner and the sample; production alone checks its table."""
    made: dict[str, DAG] = {}

    assert jinja_dags.load_environments(template, ENVIRONMENTS, LESSON, TITLE, made) == []

    found: dict[str, Any] = {name: made[f"{LESSON}__{name}"] for name in ENVIRONMENTS}
    fill = {name: dag.get_task("fill_table") for name, dag in found.items()}
    assert {name: (dag.schedule, fill[name].retries) for name, dag in found.items()} == {
        "dev": (None, 0),
        "staging": ("0 3 * * 0", 1),
        "prod": ("0 3 * * *", 3),
    }
    assert {n: task.sql.rpartition(" < ")[2] for n, task in fill.items()} == {
        "dev": "5",
        "staging": "25",
        "prod": "100",
    }
    assert [task.owner for task in fill.values()] == ["developer", "platform", "sales"]
    usual = {"make_table", "empty_table", "fill_table"}
    assert {name: set(dag.task_ids) - usual for name, dag in found.items()} == {
        "dev": set(),
        "staging": set(),
        "prod": {"check_table"},
    }


def test_an_environment_without_a_variable_hides_no_other(template: Path):
    """Its Dag says what is missing; the other two are built."""
    file = template.with_name("dev.env")
    file.write_text(file.read_text().replace("SHOP_RETRIES=0\n", ""))
    made: dict[str, DAG] = {}

    with pytest.warns(UserWarning, match="SHOP_RETRIES"):
        (mistake,) = jinja_dags.load_environments(template, ENVIRONMENTS, LESSON, TITLE, made)

    assert ": dev: SHOP_RETRIES has no value" in mistake
    assert set(made) == {f"{LESSON}__{name}" for name in ENVIRONMENTS}
    assert {dag.dag_display_name for dag in made.values()} == {
        f"{TITLE}: {name}" for name in ENVIRONMENTS
    }
    refused = [name for name, dag in made.items() if yaml_dags.REFUSED in dag.tags]
    assert refused == [f"{LESSON}__dev"]
    assert mistake in str(made[refused[0]].doc_md)
