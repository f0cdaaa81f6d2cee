"""The kinds of classifiers, built the same way every time."""

import pytest

from include.ml.candidates import CANDIDATES, build, cross_validate, settings_of
from include.ml.datasets import DATASETS
from include.ml.evaluation import measure, scores
from include.ml.examples import Example, frame, labels, part
from tests.include.ml.rows import customer_records


@pytest.fixture(scope="module")
def customers() -> list[Example]:
    """The shop's customers."""
    return DATASETS["customers"].examples(customer_records())


@pytest.mark.parametrize("name", CANDIDATES)
def test_training_twice_gives_the_same_model(customers: list[Example], name: str) -> None:
    """Same rows, same seed: the same scores to the last bit."""
    train, test = part(customers, "train"), part(customers, "test")

    found = [scores(build(name).fit(frame(train), labels(train)), test) for _ in range(2)]

    assert found[0] == found[1]


def test_who_leaves_can_be_told_within_reason(customers: list[Example]) -> None:
    """About 0.8 for a good model, less for one question; more would be a leak."""
    train, test = part(customers, "train"), part(customers, "test")
    good, poor = (
        measure(labels(test), scores(build(name).fit(frame(train), labels(train)), test))
        for name in ("logistic_regression", "one_question")
    )

    assert 0.75 < good["roc_auc"] < 0.9
    assert poor["roc_auc"] < good["roc_auc"] - 0.05


def test_cross_validation_leaves_the_model_untrained(customers: list[Example]) -> None:
    """It gives a mean over folds, the same every time, between chance and certainty."""
    train = part(customers, "train")
    model = build("logistic_regression")

    found = cross_validate(model, train)

    assert 0.7 < found < 0.9
    assert found == cross_validate(model, train)
    assert not hasattr(model[-1], "coef_")


def test_settings_can_be_replaced() -> None:
    """Those that are not given stay the candidate's own."""
    classifier = build("random_forest", n_estimators=7)[-1]

    assert classifier.n_estimators == 7
    assert classifier.min_samples_leaf == settings_of("random_forest")["min_samples_leaf"]


def test_unknown_candidate_is_refused() -> None:
    """The message names those there are."""
    with pytest.raises(ValueError, match="no candidate 'oracle': take one of logistic_regression"):
        build("oracle")
