"""# 18.03 · Automated retraining

Drifted data trains a challenger that passes shadow and canary and becomes champion over real
HTTP; a bad canary rolls back by itself.

**Level** Enterprise MLOps · **Time** 40 minutes · **After** `phase18_01_feature_store`,
`phase18_02_ab_testing`, `phase10_03_data_profiling` · **Services** `mlflow`, `model_server`,
`postgres`, `object_store`

## What you will learn

- A model is trained for a world that changes. **Data drift** in what it is asked starts a
  **retraining** by itself, before anybody complains.
- **Champion and challenger**: the new model has to beat the one in use, on rows that neither has
  seen, and must not fail one group of customers more than another (**bias**).
- **Shadow deployment**: the challenger answers real requests, and nobody hears it.
- **Canary release**: it gets 10, 25, then 50 % of the requests. Each step is judged by the
  **ground truth**, what the customers did later; at the first sign of harm it is **rolled back**.
- The life of a model: Train → Validate → Register → Stage → Canary → Production.

## Run it

1. Press **Trigger**. The shop has begun to sell subscriptions: `is_drift` names what moved,
   `validate` how much better the challenger is, and after three steps `conclude` made it champion.
   In MLflow, the alias `former` is the way back; `marts.model_feedback` has each answer's outcome.
2. Trigger without *lasting*: subscriptions are over when the rollout begins. The canary stops at
   the step that shows harm, and the champion answers all requests again.
3. Trigger without *drift*: `is_drift` stops there, and nothing is trained.
4. Open `deploy_elsewhere`: SageMaker, here the lab's own, serves the version. The others are
   skipped, and say what to put into the Variable `model_platforms`.

## Why it is written this way

Requests and outcomes are drawn from a seed, for nobody waits weeks for the truth here; training,
registry and the server that answers over HTTP are real. Each run begins with the same champion, so
it can be repeated. A hash decides who meets the challenger. Whatever fails, the champion answers.

## Next

`dags/airflow_usecases.md` has the checklist for production.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import BaseHook, Param, dag, task, task_group

from include.ml import tracking
from include.serving import client, retraining, rollout
from plugins.hooks.mlflow import MlflowHook, origin
from plugins.platforms.endpoints import PLATFORMS


def connect() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


def server() -> Any:
    """Return the model server, for the lesson's model."""
    address = str(BaseHook.get_connection("model_server").host)
    return client.ModelServer(address, retraining.MODEL)


@dag(
    dag_display_name="18.03 · Automated retraining",
    description=(
        "Drifted data trains a challenger that passes shadow and canary and becomes champion over "
        "real HTTP; a bad canary rolls back by itself."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "drift": Param(True, type="boolean", description="The newest requests have changed"),
        "lasting": Param(True, type="boolean", description="They stay so during the rollout"),
    },
    default_args={
        "owner": "marketing",
        # MLflow takes 15 seconds to start again: the tries outlast that.
        "retries": 3,
        "retry_delay": timedelta(seconds=10),
        "conn_id": "warehouse",
    },
    tags=["phase18", "enterprise-mlops", "mlflow", "model_server", "postgres", "object_store"],
    doc_md=__doc__,
)
def phase18_03_auto_retraining() -> None:
    """Find drift, train a challenger, and let it take over step by step, or not at all."""

    @task
    def restore_champion() -> int:
        """Let the first champion answer alone; return its version."""
        version = retraining.restore(MlflowHook().get_conn(), origin())
        server().route(0)
        return version

    @task.short_circuit
    def is_drift(params: dict[str, Any]) -> list[str]:
        """Return the features that have drifted; what follows is skipped if there are none."""
        return [one.column for one in retraining.measure_drift(params["drift"]) if one.drifted]

    @task_group
    def watch() -> None:
        """Begin as each run does, and look at what the model is asked."""
        make_table = SQLExecuteQueryOperator(task_id="make_table", sql=retraining.TABLE)
        make_table >> restore_champion() >> is_drift()

    @task
    def train_challenger(params: dict[str, Any]) -> str:
        """Train on the newest rows whose outcome is known; return the model's id."""
        return retraining.train(MlflowHook().get_conn(), params["drift"], origin())

    @task(retries=0)
    def validate(model_id: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return how good champion and challenger are; fail if it is not better, or not fair."""
        return retraining.validate(MlflowHook().get_conn(), model_id, params["drift"])._asdict()

    @task
    def stage(model_id: str, params: dict[str, Any]) -> dict[str, float]:
        """Register the challenger, and let it answer in the shadow; return how often it agrees."""
        registry = MlflowHook().get_conn()
        tracking.deploy(registry, retraining.MODEL, rollout.CHALLENGER, model_id, origin())
        return retraining.shadow(server(), params["lasting"])

    @task
    def canary(params: dict[str, Any]) -> list[Any]:
        """Give the challenger more and more of the traffic, as long as it does no harm."""
        from include.data.replace import replace_rows

        steps, answers = retraining.canary(server(), params["lasting"])
        replace_rows(connect, {"marts.model_feedback": answers})
        return [list(step) for step in steps]

    @task
    def conclude(steps: list[Any]) -> dict[str, Any]:
        """Promote the challenger or roll it back; return the champion, and how good both were."""
        registry, promoted = MlflowHook().get_conn(), rollout.promoted(steps)
        if promoted:
            retraining.promote(registry)
        retraining.drop(registry, rollout.CHALLENGER)
        versions = server().route(0)
        return {"promoted": promoted, **versions, "right": retraining.performance(connect)}

    @task(map_index_template="{{ platform }}")
    def deploy_elsewhere(platform: str, version: int) -> str:
        """Serve the champion on another platform as well; return the state that it is in there."""
        place = retraining.artifact(MlflowHook().get_conn(), version)
        return PLATFORMS[platform]().deploy(retraining.MODEL, version, place)

    model_id = train_challenger()
    staged, steps = stage(model_id), canary()
    watch() >> model_id
    validate(model_id) >> staged >> steps
    concluded = conclude(steps)
    deploy_elsewhere.partial(version=concluded["champion"]).expand(platform=list(PLATFORMS))


phase18_03_auto_retraining()
