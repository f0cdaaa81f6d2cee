"""A model server: the versions that a registry's aliases name, over HTTP.

It answers with the champion, gives the challenger a share of the requests, and lets it answer all
of them unheard (shadow) if that is wanted. What it serves is asked of the registry anew with every
change of the route.
"""

import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field

from include.lab.door import guard
from include.serving.rollout import CHALLENGER, CHAMPION, Answer, arm_of

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

app = FastAPI(title="Model server")
guard(app, "model_server", 8 * 2**20)
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]

UNHEARD = 100_000
"""Answers of the shadow that are kept: the newest."""


class Route(BaseModel):
    """Who answers."""

    model_config = ConfigDict(extra="forbid")
    challenger_percent: int = Field(0, ge=0, le=100)
    shadow: bool = False


class Instance(BaseModel):
    """One request: an id, and what is known of the customer."""

    model_config = ConfigDict(extra="forbid")
    id: int = Field(ge=-(2**63), lt=2**63)
    features: dict[str, float | None]


class Instances(BaseModel):
    """Requests that are answered together."""

    model_config = ConfigDict(extra="forbid")
    instances: list[Instance] = Field(min_length=1, max_length=5000)


class Served:
    """The versions of one model that are loaded, and what they said unheard."""

    def __init__(self, route: Route, models: dict[str, tuple[int, "Pipeline"]]) -> None:
        self.route, self.models = route, models
        self.unheard: deque[Answer] = deque(maxlen=UNHEARD)


_served: dict[str, Served] = {}
_loading = threading.Lock()


@app.get("/health")
def health() -> dict[str, str]:
    """It answers; no model has to be loaded for that."""
    return {"status": "ok"}


@app.put("/models/{name}/route")
def put_route(name: Name, route: Route) -> dict[str, Any]:
    """Serve what the registry's aliases name now, by this route; return the versions."""
    arms = [CHAMPION]
    if route.challenger_percent or route.shadow:
        arms.append(CHALLENGER)
    with _loading:
        _served[name] = Served(route, {arm: _load(name, arm) for arm in arms})
    return get_route(name)


@app.get("/models/{name}/route")
def get_route(name: Name) -> dict[str, Any]:
    """The route, and the version behind each arm."""
    served = _of(name)
    versions = {arm: version for arm, (version, _) in served.models.items()}
    return {**served.route.model_dump(), "versions": versions}


@app.post("/models/{name}/predict")
def predict(name: Name, body: Instances) -> dict[str, list[dict[str, Any]]]:
    """Answer each request by the arm that its id belongs to."""
    served = _of(name)
    percent = served.route.challenger_percent
    arms = {one.id: arm_of(name, one.id, percent) for one in body.instances}
    answers = [
        answer
        for arm in served.models
        for answer in _ask(served, arm, [one for one in body.instances if arms[one.id] == arm])
    ]
    if served.route.shadow:
        served.unheard += _ask(served, CHALLENGER, body.instances)
    return {"predictions": [answer._asdict() for answer in answers]}


@app.get("/models/{name}/shadow")
def shadow(name: Name) -> dict[str, list[dict[str, Any]]]:
    """What the challenger said unheard since the route was set."""
    return {"predictions": [answer._asdict() for answer in _of(name).unheard]}


def _of(name: str) -> Served:
    if name not in _served:
        raise HTTPException(404, f"{name} has no route here: PUT /models/{name}/route first.")
    return _served[name]


def _ask(served: Served, arm: str, instances: list[Instance]) -> list[Answer]:
    from include.ml.evaluation import scores_by_id
    from include.ml.examples import Example

    if not instances:
        return []
    version, model = served.models[arm]
    examples = [Example(one.id, one.features, label=False) for one in instances]
    try:
        scores = scores_by_id(model, examples)
    except (ValueError, KeyError) as error:
        raise HTTPException(422, f"Version {version} cannot answer: {error}") from error
    return [Answer(request_id, arm, version, score) for request_id, score in scores.items()]


def _load(name: str, alias: str) -> tuple[int, "Pipeline"]:
    import mlflow

    from include.ml import tracking

    address = os.environ["MODEL_REGISTRY_URL"]
    mlflow.set_tracking_uri(address)
    mlflow.set_registry_uri(address)
    version = tracking.version_at(mlflow.MlflowClient(address, address), name, alias)
    if version is None:
        raise HTTPException(404, f"The registry has no {name} with the alias {alias}.")
    try:
        return int(version.version), tracking.load_classifier(f"models:/{name}@{alias}")
    except (TypeError, ValueError) as error:
        raise HTTPException(422, f"{name}@{alias} is not to be trusted: {error}") from error
