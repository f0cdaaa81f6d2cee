"""The hook that finds MLflow through a connection."""

import json

import pytest

from include.lab.settings import Lab


def test_client_speaks_to_the_connections_server(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so does all of `mlflow` in this process, whatever it was set to before."""
    import mlflow

    from plugins.hooks.mlflow import MlflowHook

    mlflow.set_tracking_uri("http://127.0.0.1:9")
    mlflow.set_registry_uri("http://127.0.0.1:9")
    facts = {"conn_type": "http", "host": lab.url("mlflow")}
    monkeypatch.setenv("AIRFLOW_CONN_OTHER_MLFLOW", json.dumps(facts))

    client = MlflowHook("other_mlflow").get_conn()

    assert client.get_experiment_by_name("Default").experiment_id == "0"
    assert client.search_registered_models("name = 'nothing'") == []
    assert mlflow.get_tracking_uri() == mlflow.get_registry_uri() == lab.url("mlflow")


@pytest.mark.parametrize("host", ["", "localhost", "file:///tmp/runs"])
def test_host_that_is_no_address_is_refused(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Else MLflow would quietly write to a local database; the message says what is to be there."""
    from plugins.hooks.mlflow import MlflowHook

    facts = {"conn_type": "http", "host": host}
    monkeypatch.setenv("AIRFLOW_CONN_BAD_MLFLOW", json.dumps(facts))

    with pytest.raises(
        ValueError, match=r"Connection 'bad_mlflow': its host is '.*http://localhost"
    ):
        MlflowHook("bad_mlflow").get_conn()
