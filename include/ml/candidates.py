"""The kinds of classifiers that compete, and how each is built: the same one every time."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from include.ml.examples import Example, frame, labels

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SEED = 2026
FOLDS = 5


def _logistic_regression(**settings: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(**settings)


def _random_forest(**settings: Any) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(**settings, random_state=SEED)


def _gradient_boosting(**settings: Any) -> Any:
    from sklearn.ensemble import GradientBoostingClassifier

    return GradientBoostingClassifier(**settings, random_state=SEED)


def _one_question(**settings: Any) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(**settings, random_state=SEED)


Candidate = tuple[Callable[..., Any], dict[str, float]]

CANDIDATES: dict[str, Candidate] = {
    "logistic_regression": (_logistic_regression, {"C": 1.0}),
    "random_forest": (_random_forest, {"n_estimators": 100, "min_samples_leaf": 5}),
    "gradient_boosting": (_gradient_boosting, {"n_estimators": 60, "max_depth": 2}),
    "one_question": (_one_question, {"max_depth": 1}),
}
"""How to build each, and its settings. The last asks a single question, to have one that loses."""


def settings_of(name: str) -> dict[str, float]:
    """Return a candidate's own settings.

    Raises:
        ValueError: there is no such candidate; the message names those there are.
    """
    if name not in CANDIDATES:
        raise ValueError(f"There is no candidate '{name}': take one of {', '.join(CANDIDATES)}.")
    return dict(CANDIDATES[name][1])


def build(name: str, **settings: float) -> "Pipeline":
    """Return the untrained model: fill in what is not known, bring to one scale, classify.

    Args:
        name: a key of `CANDIDATES`.
        settings: replace the candidate's own.

    Raises:
        ValueError: there is no such candidate.
    """
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chosen = {**settings_of(name), **settings}
    classifier = CANDIDATES[name][0](**chosen)
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), classifier)


def cross_validate(model: "Pipeline", examples: Sequence[Example]) -> float:
    """Return the mean ROC AUC over `FOLDS` cuts of the examples; the model itself stays untrained.

    By it candidates are compared, so that the test part is kept for the one that wins.
    """
    from sklearn.model_selection import StratifiedKFold, cross_val_score

    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    found = cross_val_score(
        model, frame(examples), labels(examples), cv=folds, scoring="roc_auc", error_score="raise"
    )
    return float(found.mean())
