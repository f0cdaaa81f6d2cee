"""The inbox, emptied before each test, and a client of MLflow, of the tests' own."""

import mlflow
import pytest

from include.lab.settings import Lab
from tests.inbox import Inbox


@pytest.fixture
def inbox(lab: Lab) -> Inbox:
    """No message is in it."""
    inbox = Inbox(lab)
    inbox.clear()
    return inbox


@pytest.fixture
def client(lab: Lab) -> mlflow.MlflowClient:
    """Speaks to the tracking server and the registry, as does all of `mlflow` in this process."""
    mlflow.set_tracking_uri(lab.url("mlflow"))
    mlflow.set_registry_uri(lab.url("mlflow"))
    return mlflow.MlflowClient()
