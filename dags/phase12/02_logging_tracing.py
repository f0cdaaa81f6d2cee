"""# 12.02 · Logging and tracing

You follow one order through every task and into the API's log by one correlation id, and see
the whole run as one trace.

**Level** Enterprise Foundation · **Time** 20 minutes · **After** `phase9_02_api_integration` ·
**Services** `shop_api`, `mlflow`

## What you will learn

- A **structured log** is data: each line one JSON object. Airflow writes its task logs so; with
  `structlog` your own fields (`order_id=10001`) stand in them to be searched.
- A **correlation id** follows a piece of work through all systems: each line of each task bears it,
  each call hands it to the shop API in the header `X-Correlation-Id`, and its log has it too.
- A **trace** is the path of one run, made of timed **spans**: the run, below it each try of a task,
  below that each HTTP call. The header `traceparent` (W3C) hands a trace on.
- Spans travel in OpenTelemetry's protocol (OTLP), which many systems take; here MLflow does.

## Run it

1. Press **Trigger**. Open `check_trace`, **Storage · XCom**: the tree as MLflow has it, and how
   many calls the API has received. The task fails unless each came from a span of this trace.
2. Open the address that `close_trace` returns: MLflow draws the same tree, with how long each span
   took and what is known of it.
3. Open the log of `decide`: each line bears `correlation_id` and `trace_id`. Then
   `make logs SERVICE=shop_api`: the same id stands in the API's own lines.
4. Trigger with *failures* 1. The first call is answered with 503: `fetch_order` stands twice in the
   tree, once in red, for both tries are in one trace.

## Why it is written this way

The ids are computed from the run's id, so every try, in any process, knows its place in the trace
without asking. Airflow has traces of its own (`[traces] otel_on`), for all Dags at once; it begins
a new one when a task is cleared, and would know nothing of the calls inside. The ids are bound
to the context of the log, so lines of libraries bear them as well. If nobody takes the spans, a
task still succeeds: what watches the work must not stop it.

## Next

`phase12_03_health_checks` looks after the services themselves.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import Param, TriggerRule, dag, task
from structlog import get_logger

from include.observability import trace_tree
from plugins.hooks.mlflow import MlflowHook
from plugins.hooks.shop_api import ShopApiHook
from plugins.hooks.traces import TracesHook, this_run

log = get_logger("shop")


@dag(
    dag_display_name="12.02 · Logging and tracing",
    description=(
        "You follow one order through every task and into the API's log by one correlation id, and "
        "see the whole run as one trace."
    ),
    schedule=None,
    params={
        "order_id": Param(10001, type="integer", minimum=1, maximum=99999, description="To follow"),
        "failures": Param(0, type="integer", minimum=0, maximum=2, description="Calls that fail"),
    },
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(seconds=1)},
    tags=["phase12", "enterprise-foundation", "shop_api", "mlflow"],
    doc_md=__doc__,
)
def phase12_02_logging_tracing() -> None:
    """Follow one order through tasks, calls and logs."""

    @task
    def open_trace(params: dict[str, Any], dag: Any = None) -> str:
        """Order the failures, if any; return the id of the experiment that keeps the traces."""
        shop = ShopApiHook()
        shop.forget_faults()
        if params["failures"]:
            shop.order_fault(path="/orders", next=params["failures"], status=503)
        return MlflowHook().experiment(dag.dag_id)

    @task
    def fetch_order(experiment: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return the order, as the partner knows it."""
        with TracesHook(experiment).step() as step:
            shop = step.follow(ShopApiHook())
            order: dict[str, Any] = shop.fetch(f"/orders/{params['order_id']}")
            log.info("order fetched", order_id=order["order_id"], status=order["status"])
            return order

    @task
    def check_stock(experiment: str, order: dict[str, Any]) -> int:
        """Return how many units of the product lie on the shelf."""
        with TracesHook(experiment).step() as step:
            shop = step.follow(ShopApiHook())
            units: int = shop.fetch(f"/stock/{order['product_id']}")["units"]
            log.info("stock checked", order_id=order["order_id"], units=units)
            return units

    @task
    def read_reviews(experiment: str, order: dict[str, Any]) -> int:
        """Return how many reviews of the product are bad, page by page."""
        with TracesHook(experiment).step() as step:
            shop = step.follow(ShopApiHook())
            reviews = (review for page in shop.pages("/reviews") for review in page["reviews"])
            of_product = (r for r in reviews if r["product_id"] == order["product_id"])
            bad = sum(review["rating"] <= 2 for review in of_product)
            log.info("reviews read", order_id=order["order_id"], bad=bad)
            return bad

    @task
    def decide(experiment: str, order: dict[str, Any], units: int, bad: int) -> str:
        """Return what is to be done with the order."""
        with TracesHook(experiment).step() as step:
            doubtful = "look at its reviews" if bad else "ship"
            decision = "order more" if units < order["quantity"] else doubtful
            facts = {"order_id": order["order_id"], "decision": decision}
            step.note(**facts)
            log.info("decided", units=units, bad=bad, **facts)
            return decision

    @task(trigger_rule=TriggerRule.ALL_DONE_MIN_ONE_SUCCESS)
    def close_trace(experiment: str) -> str:
        """Export the span of the run itself; return where MLflow shows the trace."""
        return MlflowHook().trace_page(experiment, TracesHook(experiment).close_run())

    @task
    def check_trace() -> dict[str, Any]:
        """Fail unless MLflow has one tree, and each call that the API received is one of it."""
        run = this_run()
        spans = MlflowHook().spans(run.trace_hex)
        calls = [call["headers"]["traceparent"] for call in ShopApiHook().received()]
        received = trace_tree.check_received(run.trace_hex, spans, calls)
        return {"tree": trace_tree.tree(spans), "received": received, "id": run.correlation_id}

    experiment = open_trace()
    order = fetch_order(experiment)
    units, bad = check_stock(experiment, order), read_reviews(experiment, order)
    decision, checked = decide(experiment, order, units, bad), check_trace()
    decision >> close_trace(experiment) >> checked
    decision >> checked


phase12_02_logging_tracing()
