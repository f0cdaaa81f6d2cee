"""Training runs and models in MLflow, so that doing a thing again finds what is there already.

A training run bears a key in the tag `training.key`: what it was trained on and how. Whoever asks
for the same key again gets the same run, and with it the same model and the same version of it.

Everything takes a client and works on that client's server; `mlflow.sklearn` and `start_run` take
the address from the process, where whoever made the client has to have set it as well. Two callers
that ask for a new key at the same moment each make a run: let one Dag run go at a time.
"""

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from pandas import DataFrame
    from sklearn.pipeline import Pipeline

KEY = "training.key"
DESCRIPTION = "mlflow.note.content"
"""The tag whose text MLflow shows, as Markdown, on top of a run's page."""

PICTURE = "quality.png"
CHAMPION = "champion"
# Types beyond those that skops trusts by itself. Trees may crash a reader if the file was tampered
# with: load models from your own registry only.
TRUSTED_TYPES = ["numpy.dtype", "sklearn.tree._tree.Tree"]

LOGGED_MODEL = re.compile(r"models:/m-[0-9a-f]{32}")


def training_key(**facts: object) -> str:
    """Return the key for a training by its facts: `day=2026-03-31 data=0123456789ab`."""
    return " ".join(f"{name}={value}" for name, value in facts.items())


def open_run(
    client: "MlflowClient", experiment: str, name: str, key: str, tags: Mapping[str, str]
) -> str:
    """Return the id of the run with this key: the one that is there, or a new one.

    A new one gets the name and the tags.

    Raises:
        ValueError: the key has a quote in it, which MLflow's search cannot express.
    """
    if "'" in key:
        raise ValueError(f"The key {key!r} has a quote in it: leave it out.")
    where = experiment_id(client, experiment)
    found = client.search_runs([where], f"tags.`{KEY}` = '{key}'", max_results=1)
    run = found[0] if found else client.create_run(where, run_name=name, tags={**tags, KEY: key})
    return str(run.info.run_id)


def experiment_id(client: "MlflowClient", name: str) -> str:
    """Return the experiment's id; make it if needed, also if somebody else does just now."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException as error:
            found = client.get_experiment_by_name(name)
            if found is None:
                raise error
    return str(found.experiment_id)


def finished_model(client: "MlflowClient", run_id: str) -> str | None:
    """Return the id of the model that this run has logged; None if it has none.

    A model whose upload was cut off is removed, for the run will log it anew.
    """
    where = [client.get_run(run_id).info.experiment_id]
    models = client.search_logged_models(where, filter_string=f"source_run_id = '{run_id}'")
    for model in models:
        if str(model.status) == "READY":
            return str(model.model_id)
        client.delete_logged_model(model.model_id)
    return None


def load_skops() -> None:
    """Import skops, quietly.

    It looks for its functions in every module that is loaded, and many of Airflow's warn of each
    name that they are asked for: a thousand lines in the log of a task.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import skops.io  # noqa: F401


@contextmanager
def loading_allowed() -> Iterator[None]:
    """Let MLflow load what this process itself has just made, as it does to try the example."""
    name = "MLFLOW_ALLOW_PICKLE_DESERIALIZATION"
    before = os.environ.get(name, "true")
    os.environ[name] = "true"
    try:
        yield
    finally:
        os.environ[name] = before


def log_classifier(model: "Pipeline", features: "DataFrame") -> str:
    """Log a trained classifier in the active run; return the model's id.

    With it go its signature, three rows as example input, and the packages that it needs. It is
    saved with skops, not with pickle: a pickle may run any code when it is loaded.
    """
    import mlflow
    from mlflow.models import infer_signature

    load_skops()
    with loading_allowed():
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(features, model.predict_proba(features)),
            input_example=features.head(3),
            pyfunc_predict_fn="predict_proba",
            # Named here: else MLflow loads the model in a process of its own to find them out.
            pip_requirements=[f"{name}=={version(name)}" for name in ("scikit-learn", "skops")],
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
        )
    return str(logged.model_id)


def log_evaluation(
    client: "MlflowClient",
    run_id: str,
    model_id: str,
    metrics: Mapping[str, float],
    picture: "Figure",
) -> None:
    """Log metrics of a run's model, and the picture; what the run has already stays as it is."""
    import mlflow

    known: Run = client.get_run(run_id)
    if PICTURE not in [entry.path for entry in client.list_artifacts(run_id)]:
        client.log_figure(run_id, picture, PICTURE)
    # Last: a run that has the metrics has the picture.
    if not metrics.keys() <= known.data.metrics.keys():
        with mlflow.start_run(run_id=run_id):
            mlflow.log_metrics(dict(metrics), model_id=model_id)


def load_classifier(uri: str) -> "Pipeline":
    """Return the model at `models:/<id>` or `models:/<name>@<alias>`.

    It is read with the types that are trusted here. MLflow's own `load_model` believes the model's
    file MLmodel, which whoever reaches the artifacts can rewrite: in what format the model is, and
    which types may be made of it. A pickle, or a type with a command in it, would be run.

    Raises:
        ValueError: the address is no model that a run has logged.
        skops.io.exceptions.UntrustedTypesFoundException: the model has types of somebody else.
    """
    import mlflow

    load_skops()
    from skops.io import load

    name, _, alias = uri.removeprefix("models:/").partition("@")
    source = mlflow.MlflowClient().get_model_version_by_alias(name, alias).source if alias else uri
    if not LOGGED_MODEL.fullmatch(str(source)):
        raise ValueError(f"{source} is no model that a run has logged: name one as models:/<id>.")
    with TemporaryDirectory() as folder:
        files = Path(mlflow.artifacts.download_artifacts(str(source), dst_path=folder))
        return load(files / "model.skops", trusted=TRUSTED_TYPES)


def deploy(
    client: "MlflowClient", name: str, alias: str, model_id: str, tags: Mapping[str, str]
) -> str:
    """Register a model, once, and let the alias point at its version, which is returned.

    A new version bears the tags; their `mlflow.note.content` is its description. The alias is moved
    last, so users see the former version or a whole new one.
    """
    version = _register(client, name, model_id, tags)
    client.set_registered_model_alias(name, alias, version)
    return version


def _register(client: "MlflowClient", name: str, model_id: str, tags: Mapping[str, str]) -> str:
    """Return the version under which the model is registered: the one it has, or a new one."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source, run_id = f"models:/{model_id}", client.get_logged_model(model_id).source_run_id
    for known in client.search_model_versions(f"name = '{name}' and run_id = '{run_id}'"):
        if known.source == source:
            return str(known.version)
    others = {key: value for key, value in tags.items() if key != DESCRIPTION}
    made: Any = client.create_model_version(
        *(name, source, run_id), tags=others, description=tags.get(DESCRIPTION), model_id=model_id
    )
    return str(made.version)


def version_at(client: "MlflowClient", name: str, alias: str = CHAMPION) -> "ModelVersion | None":
    """Return the version that the alias points at; None if there is no such model or alias."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        # The second is what MLflow answers for a model that is there without such an alias.
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return None


def model_id_of(version: "ModelVersion") -> str:
    """Return the id of the model behind a registered version."""
    return str(version.source).removeprefix("models:/")
