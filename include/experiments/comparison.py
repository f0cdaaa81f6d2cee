"""Two groups compared: are they as large as they should be, and do their rates differ?"""

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

RATIO_P_VALUE = 0.001
"""Groups whose sizes chance gives so rarely are no chance: somewhere visitors get lost."""


class Group(NamedTuple):
    """How many visitors saw a variant, and how many of them bought."""

    visitors: int
    buyers: int

    @property
    def rate(self) -> float:
        """The share of visitors who bought; 0 if there were none."""
        return self.buyers / self.visitors if self.visitors else 0.0


class SampleRatioError(Exception):
    """The groups are not as large as the split makes them: comparing them would mislead."""


def sample_ratio(visitors: Mapping[str, int], percents: Mapping[str, int]) -> float:
    """Return how often chance alone makes groups at least as far from the planned shares.

    Pearson's chi-square test. A variant that nobody saw counts as 0.

    Raises:
        SampleRatioError: that is less often than `RATIO_P_VALUE`, or nobody saw any.
    """
    from scipy.stats import chisquare

    total = sum(visitors.values())
    if not total:
        raise SampleRatioError("Nobody saw any of the variants.")
    seen = [visitors.get(variant, 0) for variant in percents]
    p_value = float(chisquare(seen, [total * part / 100 for part in percents.values()]).pvalue)
    if p_value < RATIO_P_VALUE:
        found = ", ".join(f"{number} {name}" for name, number in zip(percents, seen, strict=True))
        raise SampleRatioError(
            f"Of {total} visitors, {found}: chance does that in {p_value:.1e} of all cases. "
            "Find where visitors get lost before you compare the variants."
        )
    return p_value


def z_score(control: Group, treatment: Group) -> float:
    """Return by how many standard errors the treatment's rate is above the control's.

    The z-test of two proportions with their pooled variance (Fleiss, Levin and Paik, Statistical
    Methods for Rates and Proportions, 3rd ed. 2003, section 3.3, without continuity correction).
    0 if the groups have no variance at all.
    """
    if not control.visitors or not treatment.visitors:
        return 0.0
    pooled = (control.buyers + treatment.buyers) / (control.visitors + treatment.visitors)
    error = sqrt(pooled * (1 - pooled) * (1 / control.visitors + 1 / treatment.visitors))
    return (treatment.rate - control.rate) / error if error else 0.0


def p_value(z: float) -> float:
    """Return how often chance alone gives a z as far from 0, on either side."""
    from scipy.stats import norm

    return float(2 * norm.sf(abs(z)))


def interval(control: Group, treatment: Group, bound: float) -> tuple[float, float]:
    """Return the difference of the rates, less and plus `bound` standard errors.

    With the bound of a look in place of 1.96 this is a repeated confidence interval: all looks
    together cover the truth as often as promised (Jennison and Turnbull, Journal of the Royal
    Statistical Society B 51, 1989).
    """
    difference = treatment.rate - control.rate
    variances = (g.rate * (1 - g.rate) / g.visitors for g in (control, treatment) if g.visitors)
    width = bound * sqrt(sum(variances))
    return difference - width, difference + width
