"""Runs and models in MLflow that are found again; the rest is proven with the lessons."""

import operator
import pickle
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mlflow
import pytest
import yaml
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from include.lab.settings import Lab
from include.ml import candidates, tracking
from include.ml.examples import Example, frame, labels
from tests.labs import ROOT

EXPERIMENT, MODEL = "test_tracking", "test_tracking"
ROWS = [Example(n, {"a": float(n % 7), "b": float(n % 5)}, n % 7 > 3) for n in range(60)]


@pytest.fixture
def client(lab: Lab) -> Iterator[MlflowClient]:
    """A client of the lab's MLflow, where the test leaves no registered model."""
    mlflow.set_tracking_uri(lab.url("mlflow"))
    mlflow.set_registry_uri(lab.url("mlflow"))
    client = MlflowClient()
    yield client
    for model in client.search_registered_models(f"name = '{MODEL}'"):
        client.delete_registered_model(model.name)


def train(client: MlflowClient, key: str) -> str:
    """Log a model in the run of this key; return its id."""
    run_id = tracking.open_run(client, EXPERIMENT, "test", key, {})
    with mlflow.start_run(run_id=run_id):
        model = candidates.build("one_question").fit(frame(ROWS), labels(ROWS))
        return tracking.log_classifier(model, frame(ROWS))


def test_key_names_its_facts() -> None:
    """In their order, to be read by a person."""
    assert tracking.training_key(day="2026-03-31", C=1.0) == "day=2026-03-31 C=1.0"


def test_a_key_has_one_run(client: MlflowClient) -> None:
    """The tags are those of who asked first; another key is another run."""
    first = tracking.open_run(client, EXPERIMENT, "one", "k=1", {"by": "first"})
    again = tracking.open_run(client, EXPERIMENT, "two", "k=1", {"by": "second"})

    assert first == again
    assert client.get_run(first).data.tags["by"] == "first"
    assert tracking.open_run(client, EXPERIMENT, "one", "k=2", {}) != first


def test_a_key_with_a_quote_is_refused(client: MlflowClient) -> None:
    """It cannot be searched for."""
    with pytest.raises(ValueError, match="has a quote"):
        tracking.open_run(client, EXPERIMENT, "x", "k='1'", {})


def test_many_may_open_the_first_run(client: MlflowClient) -> None:
    """Candidates start side by side: each gets its run, in one experiment."""
    name = f"{EXPERIMENT}_side_by_side"

    with ThreadPoolExecutor(6) as pool:
        runs = list(
            pool.map(lambda n: tracking.open_run(client, name, "x", f"k={n}", {}), range(6))
        )

    assert len(set(runs)) == 6
    assert len({client.get_run(run_id).info.experiment_id for run_id in runs}) == 1


def test_an_upload_that_was_cut_off_is_removed(client: MlflowClient) -> None:
    """A model that is not ready counts for nothing, and is gone."""
    run_id = tracking.open_run(client, EXPERIMENT, "x", "k=cut", {})
    experiment = client.get_run(run_id).info.experiment_id
    cut = client.create_logged_model(experiment, name="model", source_run_id=run_id)

    assert tracking.finished_model(client, run_id) is None

    with pytest.raises(MlflowException, match="not found"):
        client.get_logged_model(cut.model_id)
    ready = train(client, "k=cut")
    assert tracking.finished_model(client, run_id) == ready


def test_a_model_is_registered_once(client: MlflowClient) -> None:
    """Deployed again it has the version it had; another one has the next, and the alias."""
    first, second = train(client, "k=first"), train(client, "k=second")
    tags = {"a": "b", tracking.DESCRIPTION: "Made by hand."}

    found = [
        tracking.deploy(client, MODEL, "champion", model_id, tags)
        for model_id in (first, first, second, first)
    ]

    assert found == ["1", "1", "2", "1"]
    version = tracking.version_at(client, MODEL)
    assert version is not None
    assert (version.version, version.tags, version.description) == (
        "1",
        {"a": "b"},
        "Made by hand.",
    )
    assert tracking.model_id_of(version) == first


def test_no_version_without_an_alias(client: MlflowClient) -> None:
    """Neither of a model that is not there, nor of one without that alias."""
    assert tracking.version_at(client, "nobody") is None
    tracking.deploy(client, MODEL, "current", train(client, "k=first"), {})
    assert tracking.version_at(client, MODEL, "champion") is None


AS_A_TASK_HAS_IT = """
import os, sys
import airflow.sdk.execution_time.task_runner, mlflow.sklearn
import airflow.providers.postgres.hooks.postgres

for file, lines in zip(sys.argv[1::2], sys.argv[2::2]):
    if os.fork() == 0:
        said = os.open(file, os.O_WRONLY | os.O_CREAT)
        os.dup2(said, 1)
        os.dup2(said, 2)
        exec(lines)
        sys.exit()
    if os.wait()[1]:
        sys.exit(1)
"""
"""Runs lines in a process of their own, and leaves what they say in a file."""


@pytest.mark.slow
def test_skops_is_loaded_without_a_thousand_warnings(tmp_path: Path) -> None:
    """In a process as a task has it, where Airflow's modules warn of each name asked for."""
    loud = "import skops.io"
    quiet = f"from include.ml.tracking import load_skops; load_skops(); {loud}"
    told = {tmp_path / "loud": loud, tmp_path / "quiet": quiet}

    arguments = [str(word) for pair in told.items() for word in pair]
    subprocess.run([sys.executable, "-c", AS_A_TASK_HAS_IT, *arguments], check=True, cwd=ROOT)

    warnings = [file.read_text().count("is deprecated") for file in told]
    assert warnings[0] > 100, "if not, loading skops needs no care any more"
    assert warnings[1] < 10


def test_a_server_that_is_down_is_not_a_missing_champion() -> None:
    """Else the next challenger would be deployed without being compared."""
    gone = MlflowClient("http://127.0.0.1:9", "http://127.0.0.1:9")

    with pytest.raises(MlflowException, match=r"127\.0\.0\.1"):
        tracking.version_at(gone, MODEL)


class Planted:
    """What a stranger puts in a model's place: it makes a file where it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.file,)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """MLflow in a folder that anybody may write: as good as an open object store."""
    monkeypatch.chdir(tmp_path)
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.set_registry_uri(f"sqlite:///{tmp_path}/mlflow.db")
    yield tmp_path
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])


def test_a_model_that_was_swapped_runs_no_code(files: Path) -> None:
    """Neither by a pickle, nor by types that the model itself says are to be trusted."""
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    client = MlflowClient()
    model_id = train(client, "k=swapped")
    tracking.deploy(client, MODEL, tracking.CHAMPION, model_id, {})
    addresses = (f"models:/{model_id}", f"models:/{MODEL}@{tracking.CHAMPION}")
    before = [tracking.load_classifier(uri).predict(frame(ROWS)).tolist() for uri in addresses]
    assert before[0] == before[1]

    (file,) = files.rglob("MLmodel")
    run = files / "run"
    (file.parent / "model.pkl").write_bytes(pickle.dumps(Planted(run)))
    facts = yaml.safe_load(file.read_text())
    facts["flavors"]["sklearn"] |= {
        "pickled_model": "model.pkl",
        "serialization_format": "cloudpickle",
        "skops_trusted_types": ["operator.methodcaller"],
    }
    file.write_text(yaml.safe_dump(facts))
    for load in (mlflow.sklearn.load_model, mlflow.pyfunc.load_model):
        with pytest.raises(MlflowException, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION"):
            load(addresses[0])
    assert tracking.load_classifier(addresses[0]).predict(frame(ROWS)).tolist() == before[0]

    skops.io.dump(operator.methodcaller("touch"), file.parent / "model.skops")
    for uri in addresses:
        with pytest.raises(UntrustedTypesFoundException, match="methodcaller"):
            tracking.load_classifier(uri)
    assert not run.exists()


@pytest.mark.parametrize("uri", ["s3://mlflow/m", "runs:/1/model", "models:/m-1", "/tmp/model"])
def test_a_model_that_no_run_has_logged_is_refused(uri: str) -> None:
    """An address of a file, of whatever store, is not even read."""
    with pytest.raises(ValueError, match="no model that a run has logged"):
        tracking.load_classifier(uri)
