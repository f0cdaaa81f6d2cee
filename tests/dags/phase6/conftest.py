"""A client of the lab's MLflow, of the tests' own, and tries that follow each other at once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import mlflow
import pytest

from include.lab.settings import Lab


@pytest.fixture(scope="module")
def client(lab: Lab) -> mlflow.MlflowClient:
    """Speaks to the tracking server and the registry, as does all of `mlflow` in this process."""
    mlflow.set_tracking_uri(lab.url("mlflow"))
    mlflow.set_registry_uri(lab.url("mlflow"))
    return mlflow.MlflowClient()


@pytest.fixture(autouse=True, scope="module")
def tries_at_once(bag: Any) -> Iterator[None]:
    """A task that fails is tried again without a pause: nobody restarts a service here."""
    with pytest.MonkeyPatch.context() as patch:
        for dag_id in ("phase6_01_mlflow_integration", "phase6_02_complete_ml_pipeline"):
            for one in bag.dags[dag_id].tasks:
                patch.setattr(one, "retry_delay", timedelta(0))
        yield
