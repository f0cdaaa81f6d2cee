"""`phase6_01_mlflow_integration`: one run and one version for a day, and a copy that is whole."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.environment_variables import MLFLOW_HTTP_REQUEST_MAX_RETRIES
from sklearn.metrics import roc_auc_score

from include.lab.settings import Lab
from include.ml import tracking
from include.ml.datasets import DATASETS
from include.ml.examples import frame, labels, part
from tests.include.ml.rows import customer_records
from tests.lessons import Result, Run

LESSON = "phase6_01_mlflow_integration"
MODEL = "phase6_01_churn"
DAY = datetime(2026, 4, 1, tzinfo=UTC)


class Left(NamedTuple):
    """A run, and what was in MLflow after it."""

    result: Result
    state: dict[str, Any]


def state(client: MlflowClient) -> dict[str, Any]:
    """All that the lesson has left in MLflow."""
    experiment = client.get_experiment_by_name(LESSON)
    where = [experiment.experiment_id] if experiment else []
    runs = client.search_runs(where) if where else []
    models = client.search_logged_models(where) if where else []
    return {
        "runs": sorted((run.info.run_id, str(run.data)) for run in runs),
        "models": sorted(model.model_id for model in models),
        "versions": sorted(
            (int(v.version), v.source) for v in client.search_model_versions(f"name = '{MODEL}'")
        ),
    }


@pytest.fixture(scope="module")
def trained(run: Run, client: MlflowClient) -> Left:
    """The lesson, run for a day."""
    return Left(run(LESSON, logical_date=DAY), state(client))


def test_the_registrys_copy_predicts_the_same(trained: Left, client: MlflowClient) -> None:
    """Loaded here, it gives the scores that the training task had, and the ROC AUC that it says."""
    result = trained.result

    assert result.state == "success"
    unseen = part(DATASETS["customers"].examples(customer_records()), "test")
    copy = tracking.load_classifier(f"models:/{MODEL}@current")
    found = [float(score) for score in copy.predict_proba(frame(unseen))[:, 1]]
    run_id = result.returned("open_run")
    assert found == mlflow.artifacts.load_dict(f"runs:/{run_id}/scores.json")["scores"]
    auc = roc_auc_score(labels(unseen), found)
    assert result.returned("evaluate")["roc_auc"] == pytest.approx(auc)
    assert 0.7 < auc < 0.95
    assert client.get_run(run_id).data.metrics["roc_auc"] == pytest.approx(auc)
    assert result.returned("compare_copy") == len(unseen)


def test_the_model_says_what_it_needs_and_where_it_comes_from(
    trained: Left, client: MlflowClient
) -> None:
    """Signature, example, packages, picture, and tags that lead back to the Dag run."""
    result = trained.result

    version = client.get_model_version_by_alias(MODEL, "current")
    assert version.version == result.returned("register")
    assert version.tags["airflow.dag_id"] == LESSON
    assert version.tags["airflow.task_id"] == "register"
    assert version.tags["airflow.url"] in version.description
    info = mlflow.models.get_model_info(f"models:/{MODEL}@current")
    assert "days_since_last_order" in info.signature.inputs.input_names()
    assert info.saved_input_example_info is not None
    assert info.flavors["sklearn"]["serialization_format"] == "skops"
    run_id = result.returned("open_run")
    assert client.get_run(run_id).data.tags["airflow.task_id"] == "open_run"
    picture = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/quality.png")
    assert Path(picture).read_bytes().startswith(b"\x89PNG")


def test_without_mlflow_nothing_is_left_and_the_day_again_reuses_its_run(
    trained: Left,
    run: Run,
    lab: Lab,
    client: MlflowClient,
    monkeypatch: pytest.MonkeyPatch,
    hints: list[str],
) -> None:
    """The first task fails and names the service; later, not a run, version or metric more."""
    nobody = {"conn_type": "http", "host": f"http://127.0.0.1:{lab.port_base + 39}"}
    monkeypatch.setenv("AIRFLOW_CONN_MLFLOW", json.dumps(nobody))

    down = run(LESSON, logical_date=DAY.replace(hour=8))

    assert down.state == "failed"
    assert down.states["open_run"] == "failed"
    assert MLFLOW_HTTP_REQUEST_MAX_RETRIES.get() == 1, "the client does not try for minutes"
    assert "Service 'mlflow' (connection 'mlflow') does not answer" in hints[0]
    monkeypatch.delenv("AIRFLOW_CONN_MLFLOW")
    again = run(LESSON, logical_date=DAY.replace(hour=9))
    assert again.state == "success"
    assert again.returned("open_run") == trained.result.returned("open_run")
    assert state(client) == trained.state


def test_a_training_that_was_cut_off_is_done_again(
    trained: Left, run: Run, client: MlflowClient
) -> None:
    """Another day and another setting are new runs; one without a model gets it, and ends well."""

    def break_off(*_: object) -> str:
        raise ConnectionAbortedError("cut off before the model was logged")

    other_setting = {"C": 0.5}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "log_classifier", break_off)
        cut = [
            run(LESSON, logical_date=DAY.replace(day=2)),
            run(LESSON, other_setting, DAY.replace(hour=10)),
        ]

    assert [one.states["train"] for one in cut] == ["failed", "failed"]
    opened = [one.returned("open_run") for one in cut]
    assert len({trained.result.returned("open_run"), *opened}) == 3
    run_id = opened[1]
    assert client.get_run(run_id).info.status == "FAILED"
    assert tracking.finished_model(client, run_id) is None

    result = run(LESSON, other_setting, DAY.replace(hour=11))

    assert result.state == "success"
    assert result.returned("open_run") == run_id
    assert client.get_logged_model(result.returned("train")).source_run_id == run_id
    assert client.get_run(run_id).info.status == "FINISHED"
    versions = trained.state["versions"]
    new = (len(versions) + 1, f"models:/{result.returned('train')}")
    assert state(client)["versions"] == [*versions, new]
