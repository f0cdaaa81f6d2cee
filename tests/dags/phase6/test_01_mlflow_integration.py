"""`phase6_01_mlflow_integration`: one run and one version for a day, and a copy that is whole."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from sklearn.metrics import roc_auc_score

from include.lab.settings import Lab
from include.ml.datasets import DATASETS
from include.ml.examples import frame, labels, part
from tests.include.ml.rows import customer_records
from tests.lessons import Run

LESSON = "phase6_01_mlflow_integration"
MODEL = "phase6_01_churn"
DAY = datetime(2026, 4, 1, tzinfo=UTC)


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


def test_the_registrys_copy_predicts_the_same(run: Run, client: MlflowClient) -> None:
    """Loaded here, it gives the scores that the training task had, and the ROC AUC that it says."""
    result = run(LESSON, logical_date=DAY)

    assert result.state == "success"
    unseen = part(DATASETS["customers"].examples(customer_records()), "test")
    copy = mlflow.sklearn.load_model(f"models:/{MODEL}@current")
    found = [float(score) for score in copy.predict_proba(frame(unseen))[:, 1]]
    run_id = result.returned("open_run")
    assert found == mlflow.artifacts.load_dict(f"runs:/{run_id}/scores.json")["scores"]
    auc = roc_auc_score(labels(unseen), found)
    assert result.returned("evaluate")["roc_auc"] == pytest.approx(auc)
    assert 0.7 < auc < 0.95
    assert client.get_run(run_id).data.metrics["roc_auc"] == pytest.approx(auc)
    assert result.returned("compare_copy") == len(unseen)


def test_a_day_again_reuses_its_run(run: Run, client: MlflowClient) -> None:
    """Not a run, model, version or metric more; another day or another setting is a new run."""
    first = run(LESSON, logical_date=DAY).returned("open_run")
    before = state(client)

    again = run(LESSON, logical_date=DAY.replace(hour=9))

    assert again.returned("open_run") == first
    assert state(client) == before
    others = {
        run(LESSON, logical_date=DAY.replace(day=2)).returned("open_run"),
        run(LESSON, conf={"C": 0.01}, logical_date=DAY).returned("open_run"),
    }
    assert len({first, *others}) == 3
    assert len(state(client)["versions"]) == len(before["versions"]) + 2


def test_the_model_says_what_it_needs_and_where_it_comes_from(
    run: Run, client: MlflowClient
) -> None:
    """Signature, example, packages, picture, and tags that lead back to the Dag run."""
    result = run(LESSON, logical_date=DAY)

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


def test_a_training_that_was_cut_off_is_done_again(run: Run, client: MlflowClient) -> None:
    """A run that is there without a model gets one, and is ended well."""
    conf = {"C": 0.5}
    first = run(LESSON, conf=conf, logical_date=DAY).returned("train")
    run_id = client.get_logged_model(first).source_run_id
    client.delete_logged_model(first)
    client.set_terminated(run_id, "FAILED")

    result = run(LESSON, conf=conf, logical_date=DAY)

    assert result.state == "success"
    assert result.returned("open_run") == run_id
    assert result.returned("train") != first
    assert client.get_run(run_id).info.status == "FINISHED"


def test_without_mlflow_nothing_is_left_and_it_can_be_repeated(
    run: Run,
    lab: Lab,
    client: MlflowClient,
    monkeypatch: pytest.MonkeyPatch,
    hints: list[str],
) -> None:
    """The first task fails soon, the service is named, and later the run ends well."""
    run(LESSON, logical_date=DAY)
    before = state(client)
    nobody = {"conn_type": "http", "host": f"http://127.0.0.1:{lab.port_base + 39}"}
    monkeypatch.setenv("AIRFLOW_CONN_MLFLOW", json.dumps(nobody))

    began = datetime.now(UTC)
    result = run(LESSON, logical_date=DAY)

    assert result.state == "failed"
    assert result.states["open_run"] == "failed"
    assert (datetime.now(UTC) - began).total_seconds() < 30
    assert "Service 'mlflow' (connection 'mlflow') does not answer" in hints[0]
    monkeypatch.delenv("AIRFLOW_CONN_MLFLOW")
    assert run(LESSON, logical_date=DAY).state == "success"
    mlflow.set_tracking_uri(lab.url("mlflow"))
    assert state(client) == before


@pytest.mark.parametrize("wrong", [0, 100_000, "strong"])
def test_wrong_conf_is_refused_by_name(run: Run, client: MlflowClient, wrong: object) -> None:
    """`C` is a number within its limits, and nothing is written otherwise."""
    before = state(client)

    with pytest.raises(ValueError, match="C"):
        run(LESSON, conf={"C": wrong})
    assert state(client) == before
