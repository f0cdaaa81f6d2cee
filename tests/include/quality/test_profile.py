"""A profile describes each column of a month."""

from decimal import Decimal

from include.quality.profile import Profile, profile


def test_numbers_and_words_are_described():
    """Missing values are counted, and left out of what is usual; amounts have a mean."""
    columns = {
        "amount": [Decimal("1.50"), Decimal("2.50"), None, Decimal("2.50")],
        "channel": ["web", "web", "app", None],
        "empty": [None, None, None, None],
    }

    assert profile("2026-01", columns) == [
        Profile("2026-01", "amount", 4, 1, 2, 1.5, 2.1667, 2.5, "2.50 (67%), 1.50 (33%)"),
        Profile("2026-01", "channel", 4, 1, 2, None, None, None, "web (67%), app (33%)"),
        Profile("2026-01", "empty", 4, 4, 0, None, None, None, ""),
    ]
