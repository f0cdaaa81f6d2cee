"""The life of a model, step by step: trained, validated, registered, staged, tried, promoted.

Its rows are drawn (`requests`), so each run meets the same world and begins with the same champion.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from include.ml import decision, pipeline, tracking
from include.ml.decision import Judged
from include.ml.evaluation import measure, scores, scores_by_id
from include.ml.examples import labels, part
from include.quality.drift import Drift, compare
from include.serving import fairness
from include.serving.client import ModelServer
from include.serving.requests import SALES, SUBSCRIPTIONS, Request, columns, draw
from include.serving.rollout import CHALLENGER, CHAMPION, CUT, STEPS, Answer, Step, climb

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL, EXPERIMENT = "phase18_03_leavers", "phase18_03_auto_retraining"
FORMER = "former"
"""The alias of the champion before the last promotion: the way back."""

CANDIDATE = "logistic_regression"
LEAST = 0.75
"""The ROC AUC that a model in use has at least."""

TABLE = """
CREATE TABLE IF NOT EXISTS marts.model_feedback (
    request_id integer PRIMARY KEY, country text NOT NULL, arm text NOT NULL,
    version integer NOT NULL, score double precision NOT NULL, left_the_shop boolean NOT NULL
)
"""

PERFORMANCE = """
SELECT arm, avg(((score >= %s) = left_the_shop)::integer) FROM marts.model_feedback
GROUP BY arm ORDER BY arm
"""

Feedback = list[tuple[int, str, str, int, float, bool]]
"""A row for each answer: request, country, arm, version, score, and what the customer did."""


class NotBetterError(Exception):
    """The challenger is no better than the champion, so nothing is gained by a change."""


class Judgement(NamedTuple):
    """The ROC AUC of both on rows that neither has seen, and the gap between groups."""

    champion: float
    challenger: float
    gap: float
    reason: str


def history() -> list[Request]:
    """What the first champion was trained on: customers until March."""
    return draw(SALES, "history", 2000)


def newest(drift: bool) -> list[Request]:
    """The newest requests whose outcome is known: after the change, or without one."""
    return draw(SUBSCRIPTIONS if drift else SALES, "newest", 2000, 10_001)


def live(lasting: bool) -> list[Request]:
    """The requests of the rollout: the change lasts, or everything is again as it was."""
    return draw(SUBSCRIPTIONS if lasting else SALES, "live", 3000, 30_001)


def restore(client: "MlflowClient", tags: Mapping[str, str]) -> int:
    """Let the first champion be in use, and no challenger be there; return its version."""
    examples = [one.example() for one in history()]
    trained = pipeline.train(client, EXPERIMENT, CANDIDATE, examples, tags)
    version = tracking.deploy(client, MODEL, CHAMPION, trained.model_id, tags)
    for alias in (CHALLENGER, FORMER):
        drop(client, alias)
    return int(version)


def measure_drift(drift: bool) -> list[Drift]:
    """Say of each feature how far the newest requests are from those of the training."""
    before, now = columns(history()), columns(newest(drift))
    return [compare(name, before[name], now[name]) for name in before]


def train(client: "MlflowClient", drift: bool, tags: Mapping[str, str]) -> str:
    """Train a challenger on the newest rows, but for those of the test; return its model's id."""
    examples = part([one.example() for one in newest(drift)], "train")
    return pipeline.train(client, EXPERIMENT, CANDIDATE, examples, tags).model_id


def validate(client: "MlflowClient", model_id: str, drift: bool) -> Judgement:
    """Compare challenger and champion on the newest rows that neither has seen.

    Raises:
        NotBetterError: the challenger is not good enough, or no better.
        BiasError: it finds the leavers of one country far less often than those of another.
    """
    requests = {one.request_id: one for one in newest(drift)}
    unseen = part([one.example() for one in requests.values()], "test")
    champion = tracking.version_at(client, MODEL)
    if champion is None:
        raise NotBetterError(f"{MODEL} has no champion to be compared with.")
    models = {
        CHALLENGER: tracking.load_classifier(f"models:/{model_id}"),
        CHAMPION: tracking.load_classifier(str(champion.source)),
    }
    found = {a: measure(labels(unseen), scores(m, unseen))["roc_auc"] for a, m in models.items()}
    old = Judged(tracking.model_id_of(champion), found[CHAMPION])
    decided = decision.decide(Judged(model_id, found[CHALLENGER]), old, LEAST)
    if not decided.deploy:
        raise NotBetterError(decided.reason)
    said = scores_by_id(models[CHALLENGER], unseen)
    answers = [Answer(number, CHALLENGER, 0, score) for number, score in said.items()]
    truth = {number: requests[number].label for number in said}
    groups = {number: requests[number].country for number in said}
    gap = fairness.require_fair(fairness.by_group(answers, truth, groups))
    return Judgement(found[CHAMPION], found[CHALLENGER], gap, decided.reason)


def shadow(server: ModelServer, lasting: bool, number: int = 500) -> dict[str, float]:
    """Let the challenger answer unheard; return how many answers there are, and how many agree.

    Raises:
        ValueError: it has not answered each request, or somebody has heard it.
    """
    requests = live(lasting)[:number]
    with server.routed(0, shadow=True):
        heard, unheard = server.ask(requests), server.unheard()
    if {one.arm for one in heard} != {CHAMPION} or len(unheard) != len(heard):
        raise ValueError(f"Of {len(heard)} requests, the shadow answered {len(unheard)}.")
    yes = {one.request_id: one.score >= CUT for one in heard}
    agreed = sum((one.score >= CUT) == yes[one.request_id] for one in unheard)
    return {"answers": len(unheard), "agreed": agreed / len(unheard)}


def canary(server: ModelServer, lasting: bool) -> tuple[list[Step], Feedback]:
    """Give the challenger more and more of the traffic; return the steps, and all answers.

    Each step is judged once it is known what the customers did. Whatever happens, the champion
    answers alone afterwards.
    """
    requests = live(lasting)
    size, said = len(requests) // len(STEPS), []
    parts = {percent: requests[n * size : (n + 1) * size] for n, percent in enumerate(STEPS)}

    def serve(percent: int) -> Sequence[Answer]:
        with server.routed(percent):
            answers = server.ask(parts[percent])
        said.extend(answers)
        return answers

    steps = climb(serve, {one.request_id: one.label for one in requests})
    by_id = {one.request_id: one for one in requests}
    rows = [(by_id[one.request_id].country, by_id[one.request_id].label) for one in said]
    return steps, [
        (a[0], country, *a[1:], label) for a, (country, label) in zip(said, rows, strict=True)
    ]


def promote(client: "MlflowClient") -> int:
    """Let the challenger be the champion, and the champion the way back; return its version."""
    before = tracking.version_at(client, MODEL, CHAMPION)
    after = tracking.version_at(client, MODEL, CHALLENGER)
    if before is None or after is None:
        raise NotBetterError(f"{MODEL} needs a champion and a challenger to be promoted.")
    client.set_registered_model_alias(MODEL, FORMER, before.version)
    client.set_registered_model_alias(MODEL, CHAMPION, after.version)
    drop(client, CHALLENGER)
    return int(after.version)


def drop(client: "MlflowClient", alias: str) -> None:
    """Let an alias point at nothing."""
    if tracking.version_at(client, MODEL, alias) is not None:
        client.delete_registered_model_alias(MODEL, alias)


def artifact(client: "MlflowClient", version: int) -> str:
    """Return where a version's files are in the object store, for a platform that reads them."""
    place = str(client.get_model_version_download_uri(MODEL, str(version)))
    if place.startswith("models:/"):
        model = client.get_logged_model(place.removeprefix("models:/"))
        place = str(model.artifact_location)
    return place.replace("mlflow-artifacts:/", "s3://mlflow/")


def performance(connect: Callable[[], Any]) -> dict[str, float]:
    """Return of each arm the share of its answers that were right, by what came of them."""
    with closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute(PERFORMANCE, (CUT,))
        return {arm: float(right) for arm, right in cursor.fetchall()}
