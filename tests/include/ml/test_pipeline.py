"""The pipeline's rules that need no service; its steps on MLflow are proven with the lessons."""

import pytest

from include.ml.pipeline import Trained, best_of, decide


def test_the_best_wins() -> None:
    """By cross-validated ROC AUC; of equals, the first by name, so that it is always the same."""
    low, high, equal = (
        Trained("a", "", "", 0.7),
        Trained("c", "", "", 0.8),
        Trained("b", "", "", 0.8),
    )

    assert best_of([low, high]) == high
    assert best_of([high, equal, low]) == best_of([equal, low, high]) == equal


def test_no_candidate_is_refused() -> None:
    """The message says what to do."""
    with pytest.raises(ValueError, match="choose at least one"):
        best_of([])


def test_decision_on_what_was_measured() -> None:
    """It takes the fields as they come through an XCom."""
    judged = {"challenger": {"model_id": "new", "roc_auc": 0.8}, "champion": None}

    assert decide(judged, 0.7).deploy
    assert not decide(judged, 0.9).deploy
    assert not decide(judged | {"champion": {"model_id": "old", "roc_auc": 0.85}}, 0.7).deploy
