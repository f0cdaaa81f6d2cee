"""# 18.01 · Feature store

Features computed in a batch are served online with the same values, the training set knows
nothing of the future, and stale features raise an alarm.

**Level** Enterprise MLOps · **Time** 25 minutes · **After** `phase6_02_complete_ml_pipeline`,
`phase8_03_alert_routing` · **Services** `redis`, `postgres`, `inbox`, `mail`

## What you will learn

- A **feature store** keeps what models learn from and decide by: described once (here in
  `configs/feature_repo`), so that training and serving cannot drift apart. Feast is one; Tecton and
  the clouds' own work alike.
- Features are **computed in batches** in the warehouse: one row for each customer and Monday.
- **Materialisation** brings the newest row of each customer to the online store, Redis here, where
  it is read in a millisecond.
- A **point-in-time join** gives each past decision the features that were known *then*. With those
  of today, a model would learn from the future and be useless in production.
- **Freshness**: if no batch comes, the features are still served, only older each day. Nobody
  notices but an alarm.

## Run it

1. Press **Trigger**. Open `serve`, **Storage · XCom**: 600 customers are served, each with the very
   values of the warehouse. `build_training_set` says how many of the orders it joined, and for how
   many of them today's features are others: so many would have known the future.
2. Look at `marts.repurchase_training`: no `computed_for` is later than its `ordered_at`.
3. Trigger with *week* 16 and *missed* 3. Three weeks without a batch: `is_stale` says 21 days, and
   the inbox (its address is in the terminal of `make up`) shows whom the alarm has reached.
4. Trigger with *week* 16 alone. The batch comes, and the alarm is silent.

## Why it is written this way

A row is computed from the order *versions* that had been recorded by its Monday. What the newest
version says (a later cancellation, a late order) was not known then, and a join by time alone would
not find that leak. The batch only adds rows, so it can be repeated. Feast's registry stands in the
warehouse: each task finds the same definitions, whichever machine it runs on. Its offline store
reads files, so a task brings the table along as one.

## Next

`phase18_02_ab_testing` compares two variants on live traffic.
"""

from datetime import timedelta
from typing import Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import Param, dag, task

from include.features import batch, definitions
from plugins.hooks.feature_store import FeatureStoreHook


def connect() -> Any:
    """Open a connection to the warehouse."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return PostgresHook("warehouse").get_conn()


@dag(
    dag_display_name="18.01 · Feature store",
    description=(
        "Features computed in a batch are served online with the same values, the training set "
        "knows nothing of the future, and stale features raise an alarm."
    ),
    schedule=None,
    max_active_runs=1,
    params={
        "week": Param(
            12, type="integer", minimum=4, maximum=26, description="The shop's week; 12 is March 30"
        ),
        "missed": Param(
            0, type="integer", minimum=0, maximum=3, description="Weeks without a batch until then"
        ),
    },
    default_args={
        "owner": "sales",
        "retries": 2,
        "retry_delay": timedelta(seconds=2),
        "conn_id": "warehouse",
    },
    tags=["phase18", "enterprise-mlops", "redis", "postgres", "inbox", "mail", "team:sales"],
    doc_md=__doc__,
)
def phase18_01_feature_store() -> None:
    """Compute features, serve them, make a training set of them, and watch their age."""
    make_tables = SQLExecuteQueryOperator(task_id="make_tables", sql=batch.TABLES)

    @task
    def compute_features(params: dict[str, Any]) -> int:
        """Compute the features of each Monday with a batch; return how many rows there are."""
        return batch.compute(connect, batch.monday(params["week"] - params["missed"]))

    @task
    def materialise() -> None:
        """Register the definitions, and bring the newest row of each customer online."""
        rows = batch.read_batch(connect)
        with FeatureStoreHook().open(definitions.load(), rows) as features:
            features.register()
            features.materialise(batch.FIRST, batch.newest(rows))

    @task
    def serve(params: dict[str, Any]) -> dict[str, float]:
        """Read all customers online; fail if one differs from the warehouse; return their age."""
        from include.features import checks

        view, newest = definitions.load(), batch.read_newest(connect)
        with FeatureStoreHook().open(view) as features:
            served = features.serve(row[0] for row in newest)
        days = checks.age(served.values(), batch.monday(params["week"])) / timedelta(days=1)
        return {"customers": checks.require_same(view, newest, served), "days_old": days}

    @task
    def build_training_set(params: dict[str, Any]) -> dict[str, int]:
        """Give each order the features known then; return how many differ from the newest."""
        from include.features import checks

        view, columns = definitions.load(), batch.DECISION_COLUMNS
        decisions = batch.read_decisions(connect, batch.monday(params["week"]))
        with FeatureStoreHook().open(view, batch.read_batch(connect)) as features:
            rows = features.training_set(columns, decisions)
        checks.require_no_future([*columns, *view.features], rows)
        batch.write_training_set(connect, rows)
        other = checks.differing(rows, batch.read_newest(connect))
        return {"orders": len(rows), "other_today": other}

    @task.short_circuit
    def is_stale(served: dict[str, float]) -> float:
        """Return the age in days if it is too high; what follows is skipped if not."""
        limit = definitions.load().fresh_for_days
        return served["days_old"] if served["days_old"] > limit else 0

    @task
    def tell_team(days: float, ti: Any = None) -> str:
        """Raise an alert for the team; return its title."""
        from include.alerting.alert import Alert
        from plugins.hooks.alerts import AlertsHook

        title = f"features of customers are {days:.0f} days old"
        source = (ti.dag_id, ti.task_id, ti.run_id)
        AlertsHook().raise_alert(Alert("P2", "sales", *source, title, "No batch came."))
        return title

    served = serve()
    make_tables >> compute_features() >> materialise() >> [served, build_training_set()]
    tell_team(is_stale(served))


phase18_01_feature_store()
