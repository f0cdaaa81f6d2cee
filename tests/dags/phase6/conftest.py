"""A client of the lab's MLflow, of the tests' own."""

import mlflow
import pytest

from include.lab.settings import Lab


@pytest.fixture(scope="module")
def client(lab: Lab) -> mlflow.MlflowClient:
    """Speaks to the tracking server and the registry, as does all of `mlflow` in this process."""
    mlflow.set_tracking_uri(lab.url("mlflow"))
    mlflow.set_registry_uri(lab.url("mlflow"))
    return mlflow.MlflowClient()
