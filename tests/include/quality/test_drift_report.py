"""The page that shows what has moved."""

import re

from include.quality.drift import Limits, compare
from include.quality.drift_report import picture, write
from include.quality.profile import profile

NUMBERS, WORDS = [1, 2, 3, 4, 5] * 20, ["a", "<b>"] * 50
DRIFTS = [
    compare("number", NUMBERS, [value + 3 for value in NUMBERS]),
    compare("word", WORDS, WORDS),
]
PROFILES = [
    row for month in ("before", "now") for row in profile(month, {"number": NUMBERS, "word": WORDS})
]


def page() -> str:
    return write("before", "now", PROFILES, DRIFTS, Limits()).decode()


def test_it_names_what_moved_and_shows_every_column():
    """The verdict, both tables, and one picture for each column; names are written safely."""
    text = page()

    assert '<p class="moved">Drift in number.</p>' in text
    assert text.count("<svg") == 2
    assert "<td>drift</td>" in text
    assert "<td>as before</td>" in text
    assert f"<td>{DRIFTS[0].psi:.3f}</td>" in text
    assert "<b>" not in text
    calm = write("before", "now", PROFILES, DRIFTS[1:], Limits()).decode()
    assert "No column has drifted." in calm


def test_two_makings_are_equal_bytes():
    """No date, and no ids that are drawn by lot."""
    assert page() == page()
    assert "<dc:date>" not in page()


def test_a_picture_has_a_bar_for_each_bin_before_and_now():
    """And says what is what."""
    svg = picture(DRIFTS[0], "before", "now")

    bars = re.findall(r'style="fill: #(9aa5b1|0b69a3)"', svg)
    assert len(bars) == 2 * len(DRIFTS[0].bins) + 2, "and one of each in the legend"
    assert "before" in svg
    assert f"PSI {DRIFTS[0].psi:.3f}" in svg
