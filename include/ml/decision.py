"""Whether a model takes the champion's place."""

from typing import NamedTuple

MIN_GAIN = 0.005
"""By how much a challenger has to be better: less is chance, and every change is a risk."""


class Judged(NamedTuple):
    """A model and its ROC AUC on the test part, which is the same for all that are compared."""

    model_id: str
    roc_auc: float


class Decision(NamedTuple):
    """Whether to deploy the challenger, and why, as a sentence."""

    deploy: bool
    reason: str


def decide(
    challenger: Judged, champion: Judged | None, threshold: float, min_gain: float = MIN_GAIN
) -> Decision:
    """Decide between the model in use and the one that may take its place.

    Args:
        challenger: the best of the candidates.
        champion: the model in use; None if there is none.
        threshold: the ROC AUC that a model in use has at least.
        min_gain: by how much the challenger has to be better than the champion.

    Raises:
        ValueError: a ROC AUC is not between 0 and 1.
    """
    for judged in filter(None, (challenger, champion)):
        if not 0 <= judged.roc_auc <= 1:
            raise ValueError(f"The ROC AUC of {judged.model_id} is {judged.roc_auc}, not 0 to 1.")
    reached = f"the challenger reaches {challenger.roc_auc:.3f}"
    if champion and champion.model_id == challenger.model_id:
        return Decision(False, "No change: the best candidate is the champion itself.")
    if challenger.roc_auc < threshold:
        return Decision(False, f"Not deployed: {reached}, the threshold is {threshold:.3f}.")
    if champion is None:
        return Decision(True, f"Deployed: {reached}, and there is no champion yet.")
    # Rounded: a gain of exactly `min_gain` is enough, whatever the last bit of a float says.
    gain = round(challenger.roc_auc - champion.roc_auc, 9)
    if gain < min_gain:
        has = f"the champion has {champion.roc_auc:.3f}"
        return Decision(False, f"Not deployed: {reached}, {has} and must be beaten by {min_gain}.")
    return Decision(True, f"Deployed: {reached}, {gain:.3f} more than the champion.")
