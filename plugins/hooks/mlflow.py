"""MLflow at the address that a connection gives, and where in Airflow a training comes from."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook, get_current_context

from include.ml.tracking import DESCRIPTION, experiment_id
from include.observability.trace_tree import SpanFact

if TYPE_CHECKING:
    from mlflow import MlflowClient


class MlflowHook(BaseHook):
    """Speaks to the tracking server and model registry of the connection `mlflow`.

    The connection's host is the whole address, such as `http://localhost:5000`.
    """

    def __init__(self, mlflow_conn_id: str = "mlflow") -> None:
        """Use the connection of this id."""
        super().__init__()
        self.mlflow_conn_id = mlflow_conn_id

    def get_conn(self) -> "MlflowClient":
        """Return a client, and let all of `mlflow` in this process use the same server.

        Raises:
            ValueError: the connection's host is not an HTTP address.
        """
        address = self.get_connection(self.mlflow_conn_id).host or ""
        if not address.startswith(("http://", "https://")):
            raise ValueError(
                f"Connection '{self.mlflow_conn_id}': its host is {address!r}, "
                "but has to be MLflow's whole address, such as http://localhost:5000."
            )
        import mlflow

        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
        return mlflow.MlflowClient(address, address)

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of this name; make it if it is not there.

        Raises:
            mlflow.exceptions.MlflowException: MLflow does not answer.
        """
        return experiment_id(self.get_conn(), name)

    def spans(self, trace_hex: str) -> list[SpanFact]:
        """Return the spans of a trace that came in OpenTelemetry's protocol, by their start.

        Raises:
            mlflow.exceptions.MlflowException: MLflow does not answer, or has no such trace.
        """
        found = self.get_conn().get_trace(f"tr-{trace_hex}", display=False).data.spans
        in_order = sorted(found, key=lambda span: span.start_time_ns)
        return [SpanFact(span.span_id, span.parent_id, span.name) for span in in_order]

    def trace_page(self, experiment_id: str, trace_hex: str) -> str:
        """Return the address of the page that shows a trace."""
        host = (self.get_connection(self.mlflow_conn_id).host or "").rstrip("/")
        return f"{host}/#/experiments/{experiment_id}/traces?selectedEvaluationId=tr-{trace_hex}"


def origin() -> dict[str, str]:
    """Return tags that lead from a run or model in MLflow back to the task that is running."""
    ti = get_current_context()["ti"]
    return {
        "airflow.dag_id": ti.dag_id,
        "airflow.run_id": ti.run_id,
        "airflow.task_id": ti.task_id,
        "airflow.try_number": str(ti.try_number),
        "airflow.url": ti.log_url,
        DESCRIPTION: f"Made by [{ti.task_id}, try {ti.try_number}]({ti.log_url}) of {ti.dag_id}.",
    }
