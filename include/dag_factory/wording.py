"""A sentence on what a generated Dag has found."""

from collections.abc import Sequence


def headline(by: str, rows: Sequence[Sequence[object]]) -> str:
    """Say who sold most: `rows` are names and amounts, the highest amount first.

    Raises:
        ValueError: there are no rows to speak of.
    """
    if not rows:
        raise ValueError(f"rows: no revenue by {by} to speak of.")
    name, revenue = rows[0]
    return f"Most revenue by {by}: {name} with {revenue} EUR, first of {len(rows)}."
