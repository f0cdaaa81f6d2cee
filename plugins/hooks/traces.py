"""The running task as a span of its run's trace, and its log lines as part of the same story."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, get_current_context, timezone

from include.observability.trace_ids import RunTrace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from include.observability.spans import Step

SECONDS = 5
"""How long the collector may take to take the spans of a task."""


class TracesHook(BaseHook):
    """Sends spans over OTLP/HTTP to the host of a connection, below `/v1/traces`.

    MLflow is such a collector, and wants to know the experiment that a trace belongs to.
    """

    def __init__(self, experiment_id: str, conn_id: str = "mlflow") -> None:
        """Send to the connection of this id."""
        super().__init__()
        self.experiment_id = experiment_id
        self.conn_id = conn_id

    @contextmanager
    def step(self) -> "Iterator[Step]":
        """Let the running task be a span while this is open.

        Every line that is logged meanwhile, by whichever library, bears the correlation id and
        the trace's id: they are bound to the context that Airflow's log writes.
        """
        from structlog.contextvars import bound_contextvars

        from include.observability import spans

        ti, run = get_current_context()["ti"], this_run()
        ids = {"correlation_id": run.correlation_id, "trace_id": run.trace_hex}
        index = -1 if ti.map_index is None else ti.map_index
        span = spans.step(run, self._exporter(), ti.task_id, index, ti.try_number)
        with bound_contextvars(**ids), span as step:
            yield step

    def close_run(self) -> str:
        """Export the span of the run itself, from its start until now; return the trace's id."""
        from include.observability import spans

        dag_run: Any = get_current_context()["dag_run"]
        run, began = this_run(), dag_run.start_date or dag_run.run_after
        spans.close_run(run, self._exporter(), began, timezone.utcnow())
        return run.trace_hex

    def _exporter(self) -> "SpanExporter":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        host = (self.get_connection(self.conn_id).host or "").rstrip("/")
        headers = {"x-mlflow-experiment-id": self.experiment_id}
        return OTLPSpanExporter(f"{host}/v1/traces", headers=headers, timeout=SECONDS)


def this_run() -> RunTrace:
    """The trace of the run that the task belongs to."""
    context = get_current_context()
    return RunTrace(context["dag"].dag_id, context["run_id"])
