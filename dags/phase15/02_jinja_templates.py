"""# 15.02 · Jinja templates

One template becomes a development, a staging and a production Dag with the right differences,
and a missing variable is named.

**Level** Enterprise Orchestration · **Time** 15 minutes · **After**
`phase15_01_yaml_dag_factory` · **Services** `postgres`

## What you will learn

- A **template** is a text with blanks: `configs/pipeline.yaml.j2` becomes the YAML of a Dag once
  **Jinja2** has filled it in, and the Dag factory of 15.01 checks and builds that.
- **Environments** differ in few things: `dev.env`, `staging.env` and `prod.env` say in which, as
  **environment variables**. One that is set where Airflow runs wins over the file.
- A template has more than blanks: `{% if %}` gives production a check more, and a macro writes what
  all SQL tasks have in common once.
- **StrictUndefined**: a blank without a value is an error with its name. Jinja's own way would be
  an empty text, here a Dag without a schedule, or a table with every row.

## Run it

1. Press **Trigger**. `start_report` starts three Dags: *dev* copies the orders of 5 in 100
   customers, *staging* of 25, *prod* of all, and checks that none is missing. Compare their
   graphs, schedules and retries. `show_differences`, **Storage · XCom**, has the lines that differ.
2. Trigger with *forget* `SHOP_RETRIES`: all three `render` fail, and say
   `pipeline.yaml.j2:22: dev: SHOP_RETRIES has no value; set it in dev.env`. No Dag is started.
3. Now for real: take `SHOP_RETRIES` out of `configs/dev.env`, and save this file too, so that
   Airflow reads it again at once. *dev* is tagged *refused* and says why; the others go on.

## Why it is written this way

Three copies of a Dag drift apart; three files of five lines are read side by side in a minute. The
template gives YAML, not Python: what comes out is data, checked by the same model as what people
write, and a variable can put no code into Airflow. Only variables that begin with `SHOP_` are seen,
so no password of Airflow's own environment ends up in a Dag.

## Next

`phase15_03_dynamic_dag_patterns` makes a Dag for each tenant, and keeps them apart.
"""

from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Param, dag, task

from include.dag_factory import templates
from plugins.factories import jinja_dags

LESSON, TITLE = "phase15_02_jinja_templates", "15.02 · Jinja templates"
TEMPLATE = Path(__file__).with_name("configs") / "pipeline.yaml.j2"
ENVIRONMENTS = ["dev", "staging", "prod"]
VARIABLES = ["SHOP_OWNER", "SHOP_SCHEDULE", "SHOP_SAMPLE_PERCENT", "SHOP_RETRIES"]

jinja_dags.load_environments(TEMPLATE, ENVIRONMENTS, LESSON, TITLE, globals())


@dag(
    dag_display_name="15.02 · Jinja templates",
    description=(
        "One template becomes a development, a staging and a production Dag with the right "
        "differences, and a missing variable is named."
    ),
    schedule=None,
    params={
        "forget": Param("nothing", enum=["nothing", *VARIABLES], description="Left without value"),
    },
    default_args={"owner": "platform"},
    tags=["phase15", "enterprise-orchestration", "postgres"],
    doc_md=__doc__,
)
def phase15_02_jinja_templates() -> None:
    """Render each environment, show how they differ, start their Dags."""

    @task(map_index_template="{{ environment }}")
    def render(environment: str, params: dict[str, Any]) -> str:
        """Return the YAML of an environment's Dag."""
        values = templates.variables(TEMPLATE.with_name(f"{environment}.env"))
        values.pop(params["forget"], None)
        return templates.render(TEMPLATE, environment, values)

    @task
    def show_differences(texts: list[str]) -> dict[str, list[str]]:
        """Return the lines that change from one environment to the next."""
        pairs = zip(ENVIRONMENTS, ENVIRONMENTS[1:], texts, list(texts)[1:], strict=False)
        return {f"{a} to {b}": templates.differences(one, other) for a, b, one, other in pairs}

    start_report = TriggerDagRunOperator.partial(
        task_id="start_report",
        trigger_run_id="started_by_15_02",
        reset_dag_run=True,
        map_index_template="{{ task.trigger_dag_id }}",
    ).expand(trigger_dag_id=[f"{LESSON}__{name}" for name in ENVIRONMENTS])
    texts = render.expand(environment=ENVIRONMENTS)
    show_differences(texts)
    texts >> start_report


phase15_02_jinja_templates()
