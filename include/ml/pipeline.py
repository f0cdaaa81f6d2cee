"""The steps of a pipeline that trains candidates, each one apart, and picks the best of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from include.ml import candidates, decision, tracking
from include.ml.decision import Decision, Judged
from include.ml.evaluation import draw, measure, scores
from include.ml.examples import Example, fingerprint, frame, labels

if TYPE_CHECKING:
    from mlflow import MlflowClient

VALIDATED = "roc_auc_cross_validated"


class Trained(NamedTuple):
    """A candidate's run and model in MLflow, and its cross-validated ROC AUC."""

    candidate: str
    run_id: str
    model_id: str
    roc_auc: float


def train(
    client: "MlflowClient",
    experiment: str,
    candidate: str,
    examples: Sequence[Example],
    tags: Mapping[str, str],
) -> Trained:
    """Train a candidate and log it; the same one on the same examples is taken as it is there.

    Args:
        client: of the server that the process, too, is set to.
        experiment: its name in MLflow.
        candidate: a key of `candidates.CANDIDATES`.
        examples: the training part.
        tags: what a new run in MLflow bears.

    Raises:
        ValueError: there is no such candidate.
    """
    import mlflow

    settings = candidates.settings_of(candidate)
    facts = {"seed": candidates.SEED, "data": fingerprint(examples)}
    key = tracking.training_key(candidate=candidate, **settings, **facts)
    run_id = tracking.open_run(client, experiment, candidate, key, tags)
    model_id = tracking.finished_model(client, run_id)
    if model_id is None:
        with mlflow.start_run(run_id=run_id):
            model = candidates.build(candidate)
            found = candidates.cross_validate(model, examples)
            model.fit(frame(examples), labels(examples))
            mlflow.log_params({"candidate": candidate, **settings, **facts, "rows": len(examples)})
            mlflow.log_metric(VALIDATED, found)
            # Last: a run that has a model has all the rest.
            model_id = tracking.log_classifier(model, frame(examples))
    validated = client.get_run(run_id).data.metrics[VALIDATED]
    return Trained(candidate, run_id, model_id, validated)


def best_of(trained: Sequence[Trained]) -> Trained:
    """Return the one with the highest cross-validated ROC AUC; of equals, the first by name.

    Raises:
        ValueError: there is none.
    """
    if not trained:
        raise ValueError("No candidate was trained: choose at least one.")
    return min(trained, key=lambda one: (-one.roc_auc, one.candidate))


def evaluate(
    client: "MlflowClient",
    name: str,
    trained: Iterable[Mapping[str, Any]],
    unseen: Sequence[Example],
) -> dict[str, Any]:
    """Measure the best candidate and the champion on the test part; log the best one's picture.

    The champion is measured anew: what counted on its day counts no more, if the data has changed.

    Args:
        client: of the server that the process, too, is set to.
        name: the registered model whose alias `champion` is looked at.
        trained: the fields of a `Trained` for each candidate.
        unseen: the test part.

    Returns:
        `best`, the candidate's name; its `metrics`; and `challenger` and `champion` (None if there
        is none), the fields of a `Judged` each.
    """
    best, answers = best_of([Trained(**one) for one in trained]), labels(unseen)
    found = scores(tracking.load_classifier(f"models:/{best.model_id}"), unseen)
    metrics = measure(answers, found)
    picture = draw(answers, found, f"{best.candidate} on {len(unseen)} rows it has never seen")
    tracking.log_evaluation(client, best.run_id, best.model_id, metrics, picture)
    champion = _judge_champion(client, name, unseen)
    return {
        "best": best.candidate,
        "metrics": metrics,
        "challenger": Judged(best.model_id, metrics["roc_auc"])._asdict(),
        "champion": champion and champion._asdict(),
    }


def decide(judged: Mapping[str, Any], threshold: float) -> Decision:
    """Decide on what `evaluate` returned: see `decision.decide`."""
    champion = judged["champion"] and Judged(**judged["champion"])
    return decision.decide(Judged(**judged["challenger"]), champion, threshold)


def _judge_champion(client: "MlflowClient", name: str, unseen: Sequence[Example]) -> Judged | None:
    champion = tracking.version_at(client, name)
    if champion is None:
        return None
    model = tracking.load_classifier(str(champion.source))
    metrics = measure(labels(unseen), scores(model, unseen))
    return Judged(tracking.model_id_of(champion), metrics["roc_auc"])
