"""# 6.02 · Complete ML pipeline

Candidates train side by side, the best one is deployed only if it beats the champion, and its
scores land in the warehouse.

**Level** Intermediate · **Time** 25 minutes · **After** `phase6_01_mlflow_integration`,
`phase4_02_branching`, `phase4_04_dynamic_tasks` · **Services** `mlflow`, `object_store`,
`postgres`

## What you will learn

- A whole **pipeline**: take in, check, make features, train, evaluate, decide, deploy, score.
- Candidates train side by side, one **mapped** task each; the best in **cross-validation** goes on.
- The **champion** is the model in use, the **challenger** may take its place. A plain function
  decides: good enough, and better than the champion on the same rows.
- Deploying moves an alias: users load `models:/phase6_02_customers@champion` and never change.

## Run it

1. Press **Trigger**. Open `decide`, **Storage · XCom**: the `reason`. The first time there is no
   champion: `deploy` registers version 1, and `score` writes 600 rows to `marts.ml_scores`.
2. **Trigger** again: nothing is trained anew, `deploy` is skipped, the scores stay the same.
3. Trigger with `one_question` as the only candidate: it is worse than the champion, which stays.
4. Trigger with the data set `breast_cancer` and a ROC AUC of 1: no champion, so nothing is scored.
5. Open MLflow (`make status` prints its address), **Model training**: a run for each candidate, to
   compare; the best has `quality.png`. Under **Models**, version 1 links back to its Dag run.

## Why it is written this way

The test part is for the decision alone: candidates picked by it would look better than they are.
A hash of its id keeps a row in its part for ever: no champion meets a row that it was trained on.
Rows go through the warehouse, models through MLflow; an XCom holds ids and numbers.

## Next

`phase7_01_retry_strategies` looks closely at what happens when a service fails.
"""

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, TriggerRule, dag, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from include.ml import candidates, datasets, evaluation, pipeline, tables, tracking
from include.ml.validation import require_valid
from plugins.hooks.mlflow import MlflowHook, origin

log = logging.getLogger(__name__)

ALL = list(candidates.CANDIDATES)
MODEL = "phase6_02_{{ params.dataset }}"


def connect() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


@dag(
    dag_display_name="06.02 · Complete ML pipeline",
    description=(
        "Candidates train side by side, the best one is deployed only if it beats the champion, "
        "and its scores land in the warehouse."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "dataset": Param("customers", type="string", enum=list(datasets.DATASETS)),
        "candidates": Param(ALL[:3], type="array", items={"enum": ALL}, minItems=1, examples=ALL),
        "threshold": Param(0.65, type="number", minimum=0.5, maximum=1, title="ROC AUC to reach"),
    },
    default_args={
        "owner": "marketing",
        # MLflow takes 15 seconds to start again: the tries outlast that.
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "conn_id": "warehouse",
    },
    tags=["phase6", "intermediate", "mlflow", "object_store", "postgres"],
    doc_md=__doc__,
)
def phase6_02_complete_ml_pipeline() -> None:
    """Train candidates, deploy the best if it beats the champion, and score all rows."""

    @task
    def ingest(params: dict[str, Any]) -> int:
        """Keep the rows as they come; return how many."""
        return tables.ingest(connect, params["dataset"])

    @task
    def validate(params: dict[str, Any]) -> int:
        """Return how many rows there are; fail if they are not fit to learn from."""
        dataset = datasets.DATASETS[params["dataset"]]
        return require_valid(dataset, tables.read_records(connect, dataset.name))

    @task
    def make_features(params: dict[str, Any]) -> int:
        """Make an example of each row, for training or for testing; return how many."""
        dataset = datasets.DATASETS[params["dataset"]]
        examples = dataset.examples(tables.read_records(connect, dataset.name))
        return tables.write_examples(connect, dataset.name, examples)

    @task_group
    def prepare() -> None:
        """Bring rows into the shape that models learn from."""
        make_tables = SQLExecuteQueryOperator(task_id="make_tables", sql=tables.CREATE_TABLES)
        make_tables >> ingest() >> validate() >> make_features()

    @task
    def choose_candidates(params: dict[str, Any]) -> list[str]:
        """Return who competes, each once."""
        return sorted(set(params["candidates"]))

    @task(map_index_template="{{ task.op_kwargs['candidate'] }}")
    def train(candidate: str, dag_run: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Train one candidate and log it; return its run, its model and how good it is."""
        examples = tables.read_examples(connect, params["dataset"], "train")
        client, tags = MlflowHook().get_conn(), {**origin(), "dataset": params["dataset"]}
        return pipeline.train(client, dag_run.dag_id, candidate, examples, tags)._asdict()

    @task
    def evaluate(model: str, trained: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Measure the best candidate and the champion on the test part."""
        unseen = tables.read_examples(connect, params["dataset"], "test")
        return pipeline.evaluate(MlflowHook().get_conn(), model, trained, unseen)

    @task.branch
    def decide(judged: dict[str, Any], params: dict[str, Any], ti: Any) -> str:
        """Deploy only what is good enough, and better than the champion."""
        decision = pipeline.decide(judged, params["threshold"])
        ti.xcom_push("reason", decision.reason)
        return "deploy" if decision.deploy else "score"

    @task
    def deploy(model: str, judged: dict[str, Any]) -> str:
        """Register the challenger and let the alias point at it; return its version."""
        client, model_id = MlflowHook().get_conn(), judged["challenger"]["model_id"]
        return tracking.deploy(client, model, tracking.CHAMPION, model_id, origin())

    @task(trigger_rule=TriggerRule.NONE_FAILED)
    def score(model: str, params: dict[str, Any]) -> dict[str, int]:
        """Store the champion's score of each row; return its version, and of how many."""
        champion = tracking.version_at(MlflowHook().get_conn(), model)
        if champion is None:
            reason = f"{model} has no champion: no candidate was good enough."
            log.info(reason)  # The exception's own text is in a folded group of the log.
            raise AirflowSkipException(reason)
        examples, version = tables.read_examples(connect, params["dataset"]), int(champion.version)
        scores = evaluation.scores_by_id(tracking.load_classifier(champion.source), examples)
        rows = tables.write_scores(connect, params["dataset"], scores, model, version)
        return {"version": version, "rows": rows}

    trained = train.expand(candidate=choose_candidates())
    prepare() >> trained
    judged = evaluate(MODEL, trained)
    deployed, scored = deploy(MODEL, judged), score(MODEL)
    decide(judged) >> [deployed, scored]
    deployed >> scored


phase6_02_complete_ml_pipeline()
