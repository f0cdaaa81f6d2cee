"""`phase6_02_complete_ml_pipeline`: only what is better is deployed, and the scores are its own.

One story, in the order of the fixtures: what is not good enough, then what is better than the
champion, then a failure of MLflow and what is worse. Another data set stands beside it. Each run
has a date: one without would clear the tasks of all others.
"""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from mlflow import MlflowClient
from sklearn.metrics import roc_auc_score

from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.ml import pipeline, tables, tracking
from include.ml.datasets import DATASETS, breast_cancer_records
from include.ml.examples import Example, frame, labels, part
from tests.include.ml.rows import customer_records
from tests.lessons import Result, Run, query

LESSON = "phase6_02_complete_ml_pipeline"
MODEL = "phase6_02_customers"
WEAK = {"candidates": ["one_question"]}
DAYS = [datetime(2026, 4, day, tzinfo=UTC) for day in range(1, 6)]
RECORDS = {"customers": customer_records, "breast_cancer": breast_cancer_records}


class Left(NamedTuple):
    """A run, and what the lesson had left after it."""

    result: Result
    state: dict[str, Any]


def champion(client: MlflowClient, model: str = MODEL) -> str | None:
    version = tracking.version_at(client, model)
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


def examples_of(dataset: str) -> list[Example]:
    """What the source's rows are to a model."""
    return DATASETS[dataset].examples(RECORDS[dataset]())


def reason(result: Result) -> str:
    return str(result.returned("decide", key="reason"))


@pytest.fixture(scope="module")
def nothing_deployed(client: MlflowClient) -> None:
    """The registry knows none of the lesson's models, and no row has a score."""
    for dataset in DATASETS:
        for model in client.search_registered_models(f"name = 'phase6_02_{dataset}'"):
            client.delete_registered_model(model.name)
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(tables.CREATE_TABLES)
        cursor.execute("DELETE FROM marts.ml_scores")
    connection.close()


@pytest.fixture(scope="module")
def first(run: Run, nothing_deployed: None) -> Result:
    """The first model of a data set."""
    conf = {"dataset": "breast_cancer", "candidates": ["logistic_regression"]}
    return run(LESSON, conf, DAYS[0])


@pytest.fixture(scope="module")
def not_good_enough(run: Run, client: MlflowClient, nothing_deployed: None) -> Left:
    """A weak candidate that has to be without fault."""
    return Left(run(LESSON, {**WEAK, "threshold": 1}, DAYS[1]), state(client))


@pytest.fixture(scope="module")
def better(run: Run, client: MlflowClient, not_good_enough: Left, first: Result) -> Left:
    """All candidates, where the weak one is the champion and its scores are stored."""
    weak = not_good_enough.result.returned("evaluate")["challenger"]["model_id"]
    assert tracking.deploy(client, MODEL, tracking.CHAMPION, weak, {}) == "1"
    old = dict.fromkeys((row.row_id for row in examples_of("customers")), 0.5)
    assert tables.write_scores(open_warehouse, "customers", old, MODEL, 1) == 600
    return Left(run(LESSON, None, DAYS[2]), state(client))


def test_what_is_not_good_enough_is_not_deployed(not_good_enough: Left) -> None:
    """Without a champion nothing is scored, and the run ends well."""
    result, left = not_good_enough

    assert result.state == "success"
    assert result.states["deploy"] == result.states["score"] == "skipped"
    assert "the threshold is 1.000" in reason(result)
    assert left["champion"] is None
    assert left["scores"] == []


def test_the_first_that_is_good_enough_is_deployed(first: Result) -> None:
    """There is nobody to be compared with."""
    assert first.state == "success"
    assert first.states["deploy"] == "success"
    assert first.returned("deploy") == "1"
    assert "no champion yet" in reason(first)


def test_a_better_candidate_takes_the_place(better: Left) -> None:
    """The alias moves to version 2, and all rows are scored anew by it."""
    result, left = better

    assert result.state == "success"
    assert "more than the champion" in reason(result)
    assert left["champion"] == result.returned("deploy") == "2"
    assert {(model, version) for _, _, model, version in left["scores"]} == {(MODEL, 2)}
    assert len(left["scores"]) == 600


@pytest.mark.parametrize("dataset", ["customers", "breast_cancer"])
def test_what_is_deployed_is_as_good_as_is_said(
    better: Left, first: Result, client: MlflowClient, dataset: str
) -> None:
    """Loaded from the registry and measured here, on the source's rows; so are the scores."""
    result = {"customers": better.result, "breast_cancer": first}[dataset]
    model = tracking.load_classifier(f"models:/phase6_02_{dataset}@champion")
    rows = examples_of(dataset)
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


def test_each_candidate_has_a_run_of_its_own(better: Left, client: MlflowClient) -> None:
    """With its settings, its cross-validated ROC AUC and the way back; the best goes on."""
    result = better.result

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


def test_the_champion_is_not_replaced_by_itself(better: Left, client: MlflowClient) -> None:
    """Trained again on the same data, and judged again: the same model, and nothing to do."""
    examples = examples_of("customers")
    best = better.result.returned("evaluate")["best"]

    trained = pipeline.train(client, LESSON, best, part(examples, "train"), {})
    judged = pipeline.evaluate(client, MODEL, [trained._asdict()], part(examples, "test"))

    assert "is the champion itself" in pipeline.decide(judged, 0.65).reason
    assert not pipeline.decide(judged, 0.65).deploy
    assert state(client) == better.state


def test_without_mlflow_the_scores_stay_and_a_worse_candidate_is_not_deployed(
    better: Left,
    run: Run,
    lab: Lab,
    client: MlflowClient,
    monkeypatch: pytest.MonkeyPatch,
    hints: list[str],
) -> None:
    """Training fails after its retry and names the service; later the champion stays."""
    nobody = {"conn_type": "http", "host": f"http://127.0.0.1:{lab.port_base + 39}"}
    monkeypatch.setenv("AIRFLOW_CONN_MLFLOW", json.dumps(nobody))

    down = run(LESSON, WEAK, DAYS[3])

    assert down.state == "failed"
    assert down.states["train[0]"] == "failed"
    assert down.states["score"] == "upstream_failed"
    assert "Service 'mlflow' (connection 'mlflow') does not answer" in hints[0]
    assert "WITHOUT=mlflow" in hints[0]
    monkeypatch.delenv("AIRFLOW_CONN_MLFLOW")
    result = run(LESSON, WEAK, DAYS[4])
    assert result.state == "success"
    assert result.states["deploy"] == "skipped"
    assert "must be beaten" in reason(result)
    assert state(client) == better.state
