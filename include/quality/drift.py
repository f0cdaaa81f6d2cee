"""Whether a column's values have moved: PSI for every column, Kolmogorov-Smirnov for numbers."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from decimal import Decimal
from math import log
from statistics import quantiles
from typing import Any, NamedTuple, Self

BINS = 10
EMPTY_BIN = 0.5
"""What is added to the count of every bin, so that none is empty and the logarithm exists."""


class Limits(NamedTuple):
    """From where on a difference is called drift.

    `psi` is the index from which on a column has drifted; 0.1 and 0.25 are the usual marks for a
    little and a lot. The Kolmogorov-Smirnov test speaks only if chance gives such a distance in
    fewer than `p_value` of all cases, and if the distance itself is at least `distance`: with
    enough rows, differences that matter to nobody become certain.
    """

    psi: float = 0.2
    p_value: float = 0.001
    distance: float = 0.1


class Bin(NamedTuple):
    """A part of a column's values: the share of rows in it, before and now, from 0 to 1.

    Half a row more than there is counts in every bin, so that no share is 0.
    """

    label: str
    before: float
    now: float


class Drift(NamedTuple):
    """How far a column has moved; `distance` and `p_value` are None where it holds no numbers."""

    column: str
    psi: float
    distance: float | None
    p_value: float | None
    drifted: bool
    bins: list[Bin]

    @classmethod
    def read(cls, values: Sequence[Any]) -> Self:
        """Return the drift that stands in plain lists, as a task passes it on."""
        *facts, bins = values
        return cls._make((*facts, [Bin(*one) for one in bins]))

    def plain(self) -> list[Any]:
        """Return it as plain lists; `read` is the way back."""
        return [*self[:-1], [list(one) for one in self.bins]]


def bins_of(
    reference: Sequence[Hashable], current: Sequence[Hashable], most: int = BINS
) -> list[Bin]:
    """Sort two samples into the same bins: numbers between the reference's own quantiles.

    Anything else than numbers has a bin for each value.

    Raises:
        ValueError: a sample is empty.
    """
    if not reference or not current:
        raise ValueError(
            f"Drift needs rows: there are {len(reference)} before, {len(current)} now."
        )
    if all(_is_number(value) for value in (*reference, *current)):
        before, now = _numbers(reference), _numbers(current)
        edges = cuts(before, most)
        reference = [bisect_left(edges, number) for number in before]
        current = [bisect_left(edges, number) for number in now]
        labels: dict[Hashable, str] = {n: f"≤ {edge:g}" for n, edge in enumerate(edges)}
        labels[len(edges)] = f"> {edges[-1]:g}" if edges else "all"
    else:
        labels = {value: str(value) for value in sorted({*reference, *current}, key=str)}
    counts = Counter(reference), Counter(current)
    totals = (len(side) + EMPTY_BIN * len(labels) for side in (reference, current))
    shares = zip(counts, totals, strict=True)
    sides = [[(count[place] + EMPTY_BIN) / total for place in labels] for count, total in shares]
    return [Bin(*one) for one in zip(labels.values(), *sides, strict=True)]


def psi(bins: Sequence[Bin]) -> float:
    """Return the population stability index: 0 if both samples fill the bins alike.

    The sum over all bins of `(now - before) * ln(now / before)`, of the shares (N. Siddiqi, Credit
    Risk Scorecards, 2006).
    """
    return sum((one.now - one.before) * log(one.now / one.before) for one in bins)


def cuts(reference: Sequence[float], bins: int = BINS) -> list[float]:
    """Return where the reference is cut into bins of as many rows each, as far as ties allow it.

    A value on a cut belongs to the bin below.
    """
    if len(set(reference)) < 2:
        return []
    found = sorted(set(quantiles(reference, n=bins, method="inclusive")))
    # A cut at the greatest value would leave nothing above.
    return [cut for cut in found if cut < max(reference)]


def compare(
    column: str,
    reference: Sequence[Hashable],
    current: Sequence[Hashable],
    limits: Limits | None = None,
) -> Drift:
    """Say how far a column has moved, and whether that is drift.

    Missing values are None. In a column of numbers they are left out; elsewhere they are a value
    like any other.

    Raises:
        ValueError: a sample is empty, or holds nothing but missing values.
    """
    limits = limits or Limits()
    known = [[value for value in side if value is not None] for side in (reference, current)]
    if not all(_is_number(value) for side in known for value in side):
        words = [[str(value or "unknown") for value in side] for side in (reference, current)]
        bins = bins_of(words[0], words[1])
        return Drift(column, psi(bins), None, None, psi(bins) >= limits.psi, bins)
    bins = bins_of(known[0], known[1])
    from scipy.stats import ks_2samp

    test = ks_2samp(*map(_numbers, known))
    distance, p_value = float(test.statistic), float(test.pvalue)
    apart = p_value < limits.p_value and distance >= limits.distance
    return Drift(column, psi(bins), distance, p_value, psi(bins) >= limits.psi or apart, bins)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _numbers(values: Sequence[object]) -> list[float]:
    return [float(str(value)) for value in values]
