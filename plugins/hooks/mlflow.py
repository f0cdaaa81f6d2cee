"""MLflow at the address that a connection gives, and where in Airflow a training comes from."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook, get_current_context

from include.ml.tracking import DESCRIPTION

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
