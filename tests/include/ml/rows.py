"""The shop's customers as the warehouse hands them out."""

from typing import Any

from include.data import seeds


def customer_records() -> list[dict[str, Any]]:
    """A new list of new records, for a test to spoil."""
    return [
        {**c._asdict(), "signed_up": str(c.signed_up), "avg_basket": float(c.avg_basket)}
        for c in seeds.customers()
    ]
