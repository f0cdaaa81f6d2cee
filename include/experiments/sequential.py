"""Looking more than once without being fooled more often: bounds by alpha spending.

Each look at equal variants is another chance to be wrong. Alpha spending (Lan and DeMets,
Biometrika 70, 1983) gives each look a part of alpha, by how much of the planned data there is: with
`obrien_fleming` almost nothing at first, with `pocock` nearly the same each time. Both sides have
half of alpha each. The bounds are found by the recursion of Armitage, McPherson and Rowe (Journal
of the Royal Statistical Society A 132, 1969).
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import e, inf, log, sqrt
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

Spending = Literal["obrien_fleming", "pocock"]

NODES = 240
FARTHEST = 12.0
"""No bound is farther away, in standard errors: chance gets there in no number of lifetimes."""


class Stage(NamedTuple):
    """A look: the bound of |z| there, and how probable it is to cross it there first."""

    bound: float
    crossing: float


def spent(fraction: float, alpha: float, spending: Spending) -> float:
    """Return how much of alpha may be spent once this fraction (0 to 1) of the data is there."""
    from scipy.stats import norm

    if fraction >= 1:
        return alpha
    if spending == "pocock":
        return alpha * log(1 + (e - 1) * fraction)
    # Of both sides together; each spends its half: 2 - 2 * Phi(z(alpha / 4) / sqrt(t)).
    return float(4 * norm.sf(norm.isf(alpha / 4) / sqrt(fraction)))


def bounds(fractions: Sequence[float], alpha: float, spending: Spending) -> list[float]:
    """Return from which |z| on each look ends the experiment.

    `fractions` says how much of the planned data each look has: they rise, up to 1. The bound of a
    look depends on it and on those before, never on those to come.

    Raises:
        ValueError: the fractions do not rise, or leave 0 to 1.
    """
    from scipy.optimize import brentq

    budgets = [spent(fraction, alpha, spending) for fraction in fractions]
    shares = [now - before for before, now in zip([0.0, *budgets], budgets, strict=False)]

    def find(look: int, crossing: Callable[[float], float]) -> float:
        if crossing(FARTHEST) >= shares[look]:
            return FARTHEST
        return float(brentq(lambda bound: crossing(bound) - shares[look], 0, FARTHEST, xtol=1e-10))

    return [stage.bound for stage in _walk(fractions, find, 0.0)]


def power(fractions: Sequence[float], limits: Sequence[float], drift: float) -> float:
    """Return how probable it is to cross a bound at one of the looks.

    `drift` is the z that the true effect gives on average once all data is there; 0 for none.
    """
    return sum(stage.crossing for stage in _walk(fractions, lambda look, _: limits[look], drift))


def inflation(fractions: Sequence[float], alpha: float, wanted: float, spending: Spending) -> float:
    """Return how many times the visitors of a single look are needed for the same power."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    limits = bounds(fractions, alpha, spending)
    once = float(norm.isf(alpha / 2) + norm.ppf(wanted))
    drift = brentq(lambda drift: power(fractions, limits, drift) - wanted, 0, 2 * once + 2)
    return float((drift / once) ** 2)


def _walk(
    fractions: Sequence[float],
    bound_at: Callable[[int, Callable[[float], float]], float],
    drift: float,
) -> list[Stage]:
    """Follow all paths that have crossed no bound yet, look by look.

    The z of a look, times the root of its fraction, is a sum of independent normal steps. Of the
    paths still on their way only the density at `NODES` places is kept (Gauss-Legendre).
    """
    import numpy as np
    from scipy.stats import norm

    if any(b <= a for a, b in zip([0.0, *fractions], fractions, strict=False)) or not (
        0 < max(fractions, default=-inf) <= 1
    ):
        raise ValueError(f"Fractions have to rise from above 0 to at most 1, not {fractions}.")
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    places, density, before, stages = np.zeros(1), np.ones(1), 0.0, []
    for look, fraction in enumerate(fractions):
        step, mean = sqrt(fraction - before), places + drift * (fraction - before)
        crossing = partial(_crossing, density, mean, step, sqrt(fraction))
        bound = bound_at(look, crossing)
        stages.append(Stage(bound, crossing(bound)))
        edge = bound * sqrt(fraction)
        reached = edge * nodes
        arriving = norm.pdf((reached[:, None] - mean[None, :]) / step) / step
        places, density, before = reached, (arriving @ density) * weights * edge, fraction
    return stages


def _crossing(
    density: "NDArray[Any]", mean: "NDArray[Any]", step: float, root: float, bound: float
) -> float:
    """Return how probable it is that the next step of a path leads out, on either side."""
    from scipy.stats import norm

    edge = bound * root
    outside = norm.sf((edge - mean) / step) + norm.cdf((-edge - mean) / step)
    return float(density @ outside)
