"""A supplier's visit: after it its file lies in the landing folder, whole; before it, nothing.

Lessons that wait for a file have one supplier bring its delivery while they look.
"""

from pathlib import Path

from include.data import landing, seeds
from include.retail.deliveries import parse_delivery

DELIVERY = seeds.DELIVERIES / "2026-01-05" / "wiesel.csv"


def clear_place(path: str) -> None:
    """Remove the file that a former visit left at `path`, if there is one."""
    Path(path).unlink(missing_ok=True)


def leave_file(path: str) -> None:
    """Put the delivery at `path`; whoever looks there never sees half of it."""
    landing.deliver(DELIVERY, Path(path))


def units_left(path: str) -> int | None:
    """Return how many units the file at `path` has; None while there is no file.

    Raises DeliveryError if the file cannot be read.
    """
    file = Path(path)
    if not file.is_file():
        return None
    return sum(line.quantity for line in parse_delivery(file.read_text(encoding="utf-8"), path))
