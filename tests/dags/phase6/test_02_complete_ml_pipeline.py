"""`phase6_02_complete_ml_pipeline`: only what is better is deployed, and the scores are its own."""

import json
from typing import Any

import mlflow
import pytest
from mlflow import MlflowClient
from sklearn.metrics import roc_auc_score

from include.lab.settings import Lab
from include.ml.datasets import DATASETS, breast_cancer_records
from include.ml.examples import frame, labels, part
from include.ml.tracking import version_at
from tests.include.ml.rows import customer_records
from tests.lessons import Result, Run, query

LESSON = "phase6_02_complete_ml_pipeline"
MODEL = "phase6_02_customers"
WEAK = {"candidates": ["one_question"]}
RECORDS = {"customers": customer_records, "breast_cancer": breast_cancer_records}


@pytest.fixture(autouse=True)
def _no_champion(client: MlflowClient, run: Run) -> None:
    """The registry knows none of the lesson's models, and no row has a score."""
    for dataset in DATASETS:
        for model in client.search_registered_models(f"name = 'phase6_02_{dataset}'"):
            client.delete_registered_model(model.name)
    if query("SELECT to_regclass('marts.ml_scores')") != [(None,)]:
        query("DELETE FROM marts.ml_scores RETURNING 1")


def champion(client: MlflowClient, model: str = MODEL) -> str | None:
    version = version_at(client, model)
    return version and version.version


def scores(dataset: str = "customers") -> list[tuple[Any, ...]]:
    sql = "SELECT row_id, score, model, version FROM marts.ml_scores WHERE dataset = %s ORDER BY 1"
    return query(sql, dataset)


def state(client: MlflowClient) -> dict[str, Any]:
    """All that the lesson has left."""
    where = [client.get_experiment_by_name(LESSON).experiment_id]
    return {
        "runs": sorted((run.info.run_id, str(run.data)) for run in client.search_runs(where)),
        "models": sorted(model.model_id for model in client.search_logged_models(where)),
        "versions": len(client.search_model_versions(f"name = '{MODEL}'")),
        "champion": champion(client),
        "scores": scores(),
        "examples": query("SELECT * FROM marts.ml_examples ORDER BY dataset, row_id"),
    }


def reason(result: Result) -> str:
    return str(result.returned("decide", key="reason"))


@pytest.mark.parametrize("dataset", ["customers", "breast_cancer"])
def test_what_is_deployed_is_as_good_as_is_said(
    run: Run, client: MlflowClient, dataset: str
) -> None:
    """Loaded from the registry and measured here, on the source's rows; so are the scores."""
    result = run(LESSON, conf={"dataset": dataset})

    assert result.state == "success"
    assert result.states["deploy"] == "success"
    assert "no champion yet" in reason(result)
    model = mlflow.sklearn.load_model(f"models:/phase6_02_{dataset}@champion")
    rows = DATASETS[dataset].examples(RECORDS[dataset]())
    unseen = part(rows, "test")
    auc = roc_auc_score(labels(unseen), model.predict_proba(frame(unseen))[:, 1])
    assert auc > 0.75
    judged = result.returned("evaluate")
    assert judged["challenger"]["roc_auc"] == pytest.approx(auc)
    run_id = client.get_logged_model(judged["challenger"]["model_id"]).source_run_id
    assert client.get_run(run_id).data.metrics["roc_auc"] == pytest.approx(auc)
    by_id = {row.row_id: row for row in rows}
    stored = {row_id: score for row_id, score, _, _ in scores(dataset)}
    assert stored.keys() == by_id.keys()
    wanted = model.predict_proba(frame(by_id[row_id] for row_id in stored))[:, 1]
    assert list(stored.values()) == pytest.approx(list(wanted))


def test_the_second_run_changes_nothing(run: Run, client: MlflowClient) -> None:
    """The same data gives the same models: not a run, version, metric or score more."""
    assert run(LESSON).states["deploy"] == "success"
    before = state(client)

    result = run(LESSON)

    assert result.state == "success"
    assert result.states["deploy"] == "skipped"
    assert "is the champion itself" in reason(result)
    assert state(client) == before


def test_each_candidate_has_a_run_of_its_own(run: Run, client: MlflowClient) -> None:
    """With its settings, its cross-validated ROC AUC and the way back; the best goes on."""
    result = run(LESSON)

    trained = [result.returned("train", index) for index in range(3)]
    for one in trained:
        data = client.get_run(one["run_id"]).data
        assert data.params["candidate"] == one["candidate"]
        assert data.metrics["roc_auc_cross_validated"] == one["roc_auc"]
        assert data.tags["airflow.dag_id"] == LESSON
        assert data.tags["dataset"] == "customers"
    best = max(trained, key=lambda one: one["roc_auc"])
    assert result.returned("evaluate")["best"] == best["candidate"]
    assert "quality.png" in [file.path for file in client.list_artifacts(best["run_id"])]


def test_a_worse_candidate_is_not_deployed(run: Run, client: MlflowClient) -> None:
    """The champion stays, and its scores with it."""
    run(LESSON)
    before = (champion(client), scores())

    result = run(LESSON, conf=WEAK)

    assert result.state == "success"
    assert result.states["deploy"] == "skipped"
    assert "must be beaten" in reason(result)
    assert (champion(client), scores()) == before
    assert len(client.search_model_versions(f"name = '{MODEL}'")) == 1


def test_a_better_candidate_takes_the_place(run: Run, client: MlflowClient) -> None:
    """The alias moves to version 2, and all rows are scored anew by it."""
    run(LESSON, conf=WEAK)
    assert champion(client) == "1"
    assert {row[3] for row in scores()} == {1}

    result = run(LESSON)

    assert "more than the champion" in reason(result)
    assert champion(client) == result.returned("deploy") == "2"
    assert {row[3] for row in scores()} == {2}
    assert len(scores()) == 600


def test_what_is_not_good_enough_is_not_deployed(run: Run, client: MlflowClient) -> None:
    """Without a champion nothing is scored, and the run ends well."""
    result = run(LESSON, conf={"threshold": 1})

    assert result.state == "success"
    assert result.states["deploy"] == result.states["score"] == "skipped"
    assert "the threshold is 1.000" in reason(result)
    assert champion(client) is None
    assert scores() == []


def test_without_mlflow_the_scores_stay_and_it_can_be_repeated(
    run: Run, lab: Lab, client: MlflowClient, monkeypatch: pytest.MonkeyPatch, hints: list[str]
) -> None:
    """Training fails after its retry, the service is named; later the run ends well."""
    run(LESSON)
    before = state(client)
    nobody = {"conn_type": "http", "host": f"http://127.0.0.1:{lab.port_base + 39}"}
    monkeypatch.setenv("AIRFLOW_CONN_MLFLOW", json.dumps(nobody))

    result = run(LESSON)

    assert result.state == "failed"
    assert result.states["train[0]"] == "failed"
    assert result.states["score"] == "upstream_failed"
    assert "Service 'mlflow' (connection 'mlflow') does not answer" in hints[0]
    assert "WITHOUT=mlflow" in hints[0]
    monkeypatch.delenv("AIRFLOW_CONN_MLFLOW")
    assert run(LESSON).state == "success"
    assert state(client) == before


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("dataset", "orders"),
        ("candidates", []),
        ("candidates", ["oracle"]),
        ("threshold", 0.4),
        ("threshold", "high"),
    ],
)
def test_wrong_conf_is_refused_by_name(run: Run, name: str, wrong: object) -> None:
    """Nothing is written otherwise."""
    with pytest.raises(ValueError, match=name):
        run(LESSON, conf={name: wrong})
    assert scores() == []
