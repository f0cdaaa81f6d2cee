"""Whether a model is as good for one group of people as for another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from include.serving.rollout import CUT, Answer

LARGEST_GAP = 0.25
"""How far the shares of found leavers may be apart, from 0 to 1."""

SMALLEST_GROUP = 20
"""Fewer leavers than this say nothing of their group."""


class GroupReport(NamedTuple):
    """How good the answers were for one group: of its leavers, the share that was found."""

    group: str
    requests: int
    leavers: int
    found: float


class BiasError(Exception):
    """A model misses one group's leavers far more often than another's."""


def by_group(
    answers: Sequence[Answer], truth: Mapping[int, bool], groups: Mapping[int, str]
) -> list[GroupReport]:
    """Return the true positive rate of each group (equal opportunity: Hardt, Price and Srebro,
    Equality of Opportunity in Supervised Learning, 2016).
    """
    members: defaultdict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        members[groups[answer.request_id]].append(answer)
    reports = []
    for group, mine in sorted(members.items()):
        leavers = [answer for answer in mine if truth[answer.request_id]]
        hits = sum(answer.score >= CUT for answer in leavers)
        found = hits / len(leavers) if leavers else 0.0
        reports.append(GroupReport(group, len(mine), len(leavers), found))
    return reports


def gap(reports: Sequence[GroupReport]) -> float:
    """Return how far the best and the worst served group are apart; small groups do not count."""
    shares = [one.found for one in reports if one.leavers >= SMALLEST_GROUP]
    return max(shares) - min(shares) if shares else 0.0


def require_fair(reports: Sequence[GroupReport]) -> float:
    """Return the gap between the groups.

    Raises:
        BiasError: it is larger than `LARGEST_GAP`; the two groups are named.
    """
    found = gap(reports)
    if found > LARGEST_GAP:
        known = sorted(
            (one for one in reports if one.leavers >= SMALLEST_GROUP), key=lambda r: r[3]
        )
        worst, best = known[0], known[-1]
        raise BiasError(
            f"Of the leavers of {worst.group}, {worst.found:.0%} are found, of those of "
            f"{best.group} {best.found:.0%}: {found:.2f} apart, more than {LARGEST_GAP}."
        )
    return found
