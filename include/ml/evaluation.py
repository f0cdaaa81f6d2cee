"""How good a classifier is on examples that it has not seen, in numbers and in a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from include.ml.examples import Example, frame

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from sklearn.pipeline import Pipeline

CUT = 0.5
"""From this score on, the answer counts as yes."""


def scores(model: "Pipeline", examples: Sequence[Example]) -> list[float]:
    """Return how likely the model takes a yes to be, from 0 to 1, example by example."""
    return [float(score) for score in model.predict_proba(frame(examples))[:, 1]]


def scores_by_id(model: "Pipeline", examples: Sequence[Example]) -> dict[int, float]:
    """Return the score of each example under its row's id."""
    ids = [example.row_id for example in examples]
    return dict(zip(ids, scores(model, examples), strict=True))


def measure(answers: Sequence[bool], scores: Sequence[float]) -> dict[str, float]:
    """Return the metrics of scores against what really happened, all from 0 to 1.

    `roc_auc` is how often a yes has a higher score than a no: 0.5 is chance. `precision` and
    `recall` count a score of at least `CUT` as yes.

    Raises:
        ValueError: all answers are the same, so there is nothing to tell apart.
    """
    from sklearn import metrics

    if len(set(answers)) < 2:
        raise ValueError(f"All {len(answers)} answers are the same: take more rows to test with.")
    guesses = [score >= CUT for score in scores]
    return {
        "roc_auc": float(metrics.roc_auc_score(answers, scores)),
        "average_precision": float(metrics.average_precision_score(answers, scores)),
        "accuracy": float(metrics.accuracy_score(answers, guesses)),
        "precision": float(metrics.precision_score(answers, guesses, zero_division=0)),
        "recall": float(metrics.recall_score(answers, guesses)),
    }


def draw(answers: Sequence[bool], scores: Sequence[float], title: str) -> "Figure":
    """Return a picture of the ROC curve and, beside it, of right and wrong answers counted."""
    from matplotlib.figure import Figure
    from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

    figure = Figure(figsize=(10, 4.5), layout="constrained")
    figure.suptitle(title)
    curve, counts = figure.subplots(1, 2)

    false_alarms, hits, _ = roc_curve(answers, scores)
    curve.plot(false_alarms, hits, label=f"model, area {roc_auc_score(answers, scores):.3f}")
    curve.plot([0, 1], [0, 1], linestyle="--", color="grey", label="chance, area 0.5")
    curve.set(title="ROC curve", xlabel="false alarms", ylabel="hits", aspect="equal")
    curve.legend(loc="lower right")

    matrix = confusion_matrix(answers, [score >= CUT for score in scores], labels=[False, True])
    counts.imshow(matrix, cmap="Blues")
    for row, column in ((row, column) for row in (0, 1) for column in (0, 1)):
        shade = "white" if matrix[row, column] > matrix.max() / 2 else "black"
        where = {"ha": "center", "va": "center", "fontsize": 16, "color": shade}
        counts.text(column, row, str(matrix[row, column]), **where)
    counts.set(title=f"Yes from a score of {CUT}", xlabel="the model says", ylabel="it was")
    counts.set_xticks([0, 1], ["no", "yes"])
    counts.set_yticks([0, 1], ["no", "yes"])
    return figure
