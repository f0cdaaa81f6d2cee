"""Metrics against a count by hand, and the picture."""

import io

import pytest

from include.ml.evaluation import draw, measure

ANSWERS = [True, True, True, False, False]
SCORES = [0.9, 0.6, 0.4, 0.5, 0.1]


def test_metrics_equal_a_count_by_hand() -> None:
    """Of six pairs of yes and no, five are in order; three say yes, two of them rightly."""
    found = measure(ANSWERS, SCORES)

    assert found["roc_auc"] == pytest.approx(5 / 6)
    assert found["accuracy"] == pytest.approx(3 / 5)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 3)
    # Ranked: yes, yes, no, yes, no.
    assert found["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)


def test_who_never_says_yes_has_no_precision() -> None:
    """It counts as 0, without a warning."""
    assert measure(ANSWERS, [0.4, 0.3, 0.2, 0.1, 0.0])["precision"] == 0


def test_equal_answers_cannot_be_told_apart() -> None:
    """The message says what to do."""
    with pytest.raises(ValueError, match="All 2 answers are the same: take more rows"):
        measure([True, True], [0.1, 0.2])


def test_picture_shows_curve_and_counts() -> None:
    """Two plots: the curve with its area, and four counts that add up to all rows."""
    figure = draw(ANSWERS, SCORES, "five rows")

    curve, counts = figure.axes
    assert [line.get_label() for line in curve.lines] == ["model, area 0.833", "chance, area 0.5"]
    assert [text.get_text() for text in counts.texts] == ["1", "1", "1", "2"]
    figure.savefig(stored := io.BytesIO(), format="png")
    assert stored.getvalue().startswith(b"\x89PNG")
