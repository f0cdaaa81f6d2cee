"""What a feature store promises, counted: the same online as offline, no future, not too old."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from include.features.definitions import FeatureView
from include.features.store import Served


class OnlineDiffersError(Exception):
    """What is served is not what was computed."""


class LeakError(Exception):
    """A training set knows what nobody could know then."""


def require_same(
    view: FeatureView, newest: Iterable[Sequence[Any]], served: Mapping[int, Served]
) -> int:
    """Return how many entities are served with the very values of their newest row.

    Raises:
        OnlineDiffersError: one is not; the first is named with both.
    """
    same = 0
    for key, at, *values in newest:
        offline = Served(at, dict(zip(view.features, values, strict=True)))
        if (online := served[key]) != offline:
            raise OnlineDiffersError(
                f"{view.join_key} {key}: {online} is served, {offline} was computed."
            )
        same += 1
    return same


def require_no_future(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Do nothing if no row has features of a later moment than its decision.

    Raises:
        LeakError: one has; it is named.
    """
    moment, computed = columns.index("event_timestamp"), columns.index("computed_for")
    for row in rows:
        if datetime.fromtimestamp(row[computed], UTC) > row[moment]:
            raise LeakError(
                f"{columns[0]} {row[0]} of {row[moment]} knows features of "
                f"{datetime.fromtimestamp(row[computed], UTC)}."
            )


def differing(rows: Iterable[Sequence[Any]], newest: Iterable[Sequence[Any]]) -> int:
    """Return how many decisions would see other features if they were joined to the newest rows.

    A row of the training set is order, customer, moment, answer, then the features; a newest row
    is customer, moment, then the features. The moment of computation, the last, is not compared.
    """
    today = {customer: values[:-1] for customer, _, *values in newest}
    return sum(list(row[4:-1]) != list(today[row[1]]) for row in rows)


def age(served: Iterable[Served], now: datetime) -> timedelta:
    """Return how old the oldest features are that are served.

    Raises:
        OnlineDiffersError: nothing is served at all.
    """
    moments = [one.at for one in served if one.at is not None]
    if not moments:
        raise OnlineDiffersError("No features are served.")
    return now - min(moments)
