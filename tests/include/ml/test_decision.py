"""Every case of the decision to deploy."""

import pytest

from include.ml.decision import Judged, decide


@pytest.mark.parametrize(
    ("challenger", "champion", "deploys", "reason"),
    [
        (0.80, None, True, "no champion yet"),
        (0.70, None, True, "no champion yet"),
        (0.699, None, False, "the threshold is 0.700"),
        (0.80, 0.75, True, "0.050 more than the champion"),
        (0.755, 0.75, True, "0.005 more than the champion"),
        (0.754, 0.75, False, "must be beaten by 0.005"),
        (0.75, 0.75, False, "must be beaten by 0.005"),
        (0.72, 0.75, False, "the champion has 0.750"),
        (0.69, 0.60, False, "the threshold is 0.700"),
        (1.0, 0.0, True, "1.000 more"),
    ],
)
def test_decision(challenger: float, champion: float | None, deploys: bool, reason: str) -> None:
    """Good enough, and better than the champion by the least gain that counts."""
    found = decide(
        Judged("new", challenger), champion if champion is None else Judged("old", champion), 0.7
    )

    assert found.deploy is deploys
    assert reason in found.reason


@pytest.mark.parametrize("roc_auc", [0.1, 0.9])
def test_the_champion_does_not_replace_itself(roc_auc: float) -> None:
    """The same data has given the same model: nothing changes, whatever the threshold."""
    same = Judged("same", roc_auc)

    assert decide(same, same, 0.7) == (
        False,
        "No change: the best candidate is the champion itself.",
    )


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.1])
def test_what_is_no_roc_auc_is_refused(wrong: float) -> None:
    """A comparison with NaN would be false, and keep or deploy by accident."""
    with pytest.raises(ValueError, match="ROC AUC of new is"):
        decide(Judged("new", wrong), None, 0.7)
    with pytest.raises(ValueError, match="ROC AUC of old is"):
        decide(Judged("new", 0.8), Judged("old", wrong), 0.7)
