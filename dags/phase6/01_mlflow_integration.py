"""# 6.01 · MLflow integration

A churn model is trained and tracked, and the copy loaded back from the registry predicts the
same; running the date again reuses its MLflow run.

**Level** Intermediate · **Time** 20 minutes · **After** `phase5_01_connections_variables` ·
**Services** `mlflow`, `object_store`, `postgres`

## What you will learn

- **MLflow** keeps a record of each training: parameters, metrics, files, and the model itself. Its
  address comes from the connection `mlflow`, through the project's `MlflowHook`.
- One **MLflow run** goes through several tasks: they hand each other its id, and each opens it
  again with `mlflow.start_run(run_id=...)`.
- A model is logged with its **signature** (names and types of its columns), an example of its input
  and the packages it needs, so that others can use it without asking.
- The **registry** gives models names and versions. An **alias**, here `current`, is a name for one
  of the versions that can be moved: users load `models:/phase6_01_churn@current`.

## Run it

1. Press **Trigger**. Open `evaluate`, **Storage · XCom**: the ROC AUC is about 0.8, on customers
   that the model has never seen. 0.5 would be chance.
2. Open MLflow: `make status` prints its address. Choose **Model training** at the top left, then
   **Experiments**, `phase6_01_mlflow_integration`, and the run: its parameters and metrics,
   `quality.png` under **Artifacts**, and a description that leads back to this task in Airflow.
3. Under **Models**, `phase6_01_churn`: version 1, with the alias `current`.
4. **Trigger** again on the same day: the same ids come back, and MLflow has no run and no version
   more. Trigger with *C* 0.01: that is another training, so a second run and version 2.

## Why it is written this way

A run in MLflow bears a key in its tags: the day, the setting, and a fingerprint of the data. Each
task asks for what is there before it makes it, so a task that is cleared, or a day that is run
again, finds its own run instead of adding one. The model is saved with skops: a pickle, the usual
way, may run any code when it is loaded. `compare_copy` does what a user of the model does, in
another process than the one that trained it: only then is it known that the copy is whole.

## Next

`phase6_02_complete_ml_pipeline` lets several models compete, and deploys only what is better.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from include.ml import candidates, evaluation, tracking
from include.ml.datasets import CUSTOMERS_QUERY, DATASETS
from include.ml.examples import Example, fingerprint, frame, labels, part
from plugins.hooks.mlflow import MlflowHook, origin

MODEL, ALIAS = "phase6_01_churn", "current"
KIND = "logistic_regression"
SCORES = "scores.json"
HOLD_BACK = "How freely the model may follow the data: small values hold it back"


def read_customers(name: str | None = None) -> list[Example]:
    """Return the shop's customers as examples: all, or those of one part."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    records = [record for (record,) in PostgresHook("warehouse").get_records(CUSTOMERS_QUERY)]
    examples = DATASETS["customers"].examples(records)
    return part(examples, name) if name else examples


@dag(
    dag_display_name="06.01 · MLflow integration",
    description=(
        "A churn model is trained and tracked, and the copy loaded back from the registry predicts "
        "the same; running the date again reuses its MLflow run."
    ),
    schedule=None,
    max_active_runs=1,
    params={"C": Param(1.0, type="number", minimum=0.001, maximum=1000, description=HOLD_BACK)},
    # MLflow takes 15 seconds to start again: the tries outlast that.
    default_args={"owner": "marketing", "retries": 3, "retry_delay": timedelta(seconds=10)},
    tags=["phase6", "intermediate", "mlflow", "object_store", "postgres"],
    doc_md=__doc__,
)
def phase6_01_mlflow_integration() -> None:
    """Train a model that says who leaves, and keep track of it."""

    @task
    def open_run(dag_run: Any, params: dict[str, Any]) -> str:
        """Return the id of the day's run in MLflow: the one that is there, or a new one."""
        day = (dag_run.data_interval_start or dag_run.run_after).date()
        facts = {"C": float(params["C"]), "data": fingerprint(read_customers())}
        key = tracking.training_key(day=day, **facts)
        client = MlflowHook("mlflow").get_conn()
        return tracking.open_run(client, dag_run.dag_id, f"churn {day}", key, origin())

    @task
    def train(mlflow_run: str, params: dict[str, Any]) -> str:
        """Train and log the model, with its scores on the test part; return its id in MLflow."""
        import mlflow

        if model_id := tracking.finished_model(MlflowHook("mlflow").get_conn(), mlflow_run):
            return model_id
        examples, unseen = read_customers("train"), read_customers("test")
        model = candidates.build(KIND, C=params["C"]).fit(frame(examples), labels(examples))
        with mlflow.start_run(run_id=mlflow_run):
            mlflow.log_params({"kind": KIND, "C": float(params["C"]), "rows": len(examples)})
            mlflow.log_dict({"scores": evaluation.scores(model, unseen)}, SCORES)
            return tracking.log_classifier(model, frame(examples))

    @task
    def evaluate(mlflow_run: str, model_id: str) -> dict[str, float]:
        """Log and return how good the model is on customers that it has never seen."""
        client, unseen = MlflowHook("mlflow").get_conn(), read_customers("test")
        answers = labels(unseen)
        scores = evaluation.scores(tracking.load_classifier(f"models:/{model_id}"), unseen)
        metrics = evaluation.measure(answers, scores)
        picture = evaluation.draw(answers, scores, f"Who leaves, of {len(unseen)} customers")
        tracking.log_evaluation(client, mlflow_run, model_id, metrics, picture)
        return metrics

    @task
    def register(model_id: str) -> str:
        """Give the model a version in the registry, and let the alias point at it."""
        client = MlflowHook("mlflow").get_conn()
        return tracking.deploy(client, MODEL, ALIAS, model_id, origin())

    @task
    def compare_copy(mlflow_run: str) -> int:
        """Fail unless the registry's copy predicts what the model did; return for how many."""
        import mlflow

        MlflowHook("mlflow").get_conn()
        model = tracking.load_classifier(f"models:/{MODEL}@{ALIAS}")
        found = evaluation.scores(model, read_customers("test"))
        if found != mlflow.artifacts.load_dict(f"runs:/{mlflow_run}/{SCORES}")["scores"]:
            raise AirflowFailException(f"{MODEL}@{ALIAS} does not predict what was trained.")
        return len(found)

    mlflow_run = open_run()
    model_id = train(mlflow_run)
    evaluate(mlflow_run, model_id) >> register(model_id) >> compare_copy(mlflow_run)


phase6_01_mlflow_integration()
