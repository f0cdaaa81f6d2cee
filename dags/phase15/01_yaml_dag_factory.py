"""# 15.01 · YAML Dag factory

Dags appear from a YAML file; a wrong entry is reported with file, line and key while its
neighbours keep running.

**Level** Enterprise Orchestration · **Time** 20 minutes · **After** `phase11_01_dag_testing` ·
**Services** `postgres`

## What you will learn

- A **Dag factory** builds Dags from data: `configs/dag_definitions.yaml` beside this file has an
  entry for each, with its tasks and their dependencies. The library **dag-factory** reads it.
- **Validation** comes first. A model says which keys there are; a **JSON Schema** made of it lets
  an editor say so while somebody types. What no schema can say is checked too: that a dependency
  is a task, and that tasks do not wait for each other in a circle.
- **One wrong entry** is told by file, line and key, and takes no other Dag with it.
- **Version control**: configuration is code, and lives in git. `tell_version` returns
  git's own id of the file: `git log --find-object=<version>` shows the commit that brought it.

## Run it

1. Press **Trigger**. Behind this Dag are two that nobody wrote in Python: *countries* and
   *channels*. `start_report` starts both; their **Details** show the YAML that they come from.
2. Trigger with *edit* `unknown_task`, which changes a copy of the file. `refuse_mistakes` fails:
   `dag_definitions.yaml:46: …__channels.tasks[1].dependencies[0]: no task is called 'make_tabel'`;
   the report of the countries is started all the same.
3. Now for real: in the file, write `descripton:` in the entry of `…__channels`, and save this file
   too, so that Airflow reads it again at once. The Dag is tagged *refused*, its page says the line,
   and *countries* works on. Write it right, and the Dag is back with its former runs.

## Why it is written this way

Airflow knows import errors for whole files alone: one wrong entry that raises would hide all Dags
of the file. Here a Dag stands in its place and fails if it is run, so the gap is seen where people
look. The library passes on what it does not know; the model refuses it, with the line.

## Next

`phase15_02_jinja_templates` makes one text the Dags of three environments.
"""

from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.dag_factory import definitions, edits
from plugins.factories import yaml_dags

FILE = Path(__file__).with_name("configs") / "dag_definitions.yaml"

yaml_dags.load_file(FILE, "15.01 · YAML Dag factory", globals())


def text_with(edit: str) -> str:
    """Return what the file says, with the mistake that is wanted."""
    return edits.edit(FILE.read_text(encoding="utf-8"), edit)


@dag(
    dag_display_name="15.01 · YAML Dag factory",
    description=(
        "Dags appear from a YAML file; a wrong entry is reported with file, line and key while its "
        "neighbours keep running."
    ),
    schedule=None,
    params={
        "edit": Param("nothing", enum=["nothing", *edits.EDITS], description="A mistake in a copy"),
    },
    default_args={"owner": "platform"},
    tags=["phase15", "enterprise-orchestration", "postgres"],
    doc_md=__doc__,
)
def phase15_01_yaml_dag_factory() -> None:
    """Check the definitions, start the Dags that are right, tell what is wrong."""

    @task
    def list_dags(params: dict[str, Any]) -> list[str]:
        """Return the ids of the Dags that can be built."""
        good = definitions.read(text_with(params["edit"]), FILE.name).good
        return [name for name in good if name != definitions.DEFAULT]

    @task
    def refuse_mistakes(params: dict[str, Any]) -> None:
        """Fail with every mistake; do nothing if there is none."""
        bad = definitions.read(text_with(params["edit"]), FILE.name).bad
        if bad:
            raise AirflowFailException("\n".join(line for lines in bad.values() for line in lines))

    @task
    def tell_version(params: dict[str, Any]) -> str:
        """Return git's id of the file."""
        return definitions.version(text_with(params["edit"]))

    TriggerDagRunOperator.partial(
        task_id="start_report",
        trigger_run_id="started_by_15_01",
        reset_dag_run=True,
        map_index_template="{{ task.trigger_dag_id }}",
    ).expand(trigger_dag_id=list_dags())
    refuse_mistakes()
    tell_version()


phase15_01_yaml_dag_factory()
