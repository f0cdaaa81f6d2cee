"""Who came during an experiment, what they were shown, and whether they bought."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from include.experiments.experiment import Experiment
from include.experiments.split import point, split, takes_part

CLICKSTREAM = """
SELECT session_id, min(at), bool_or(page = 'thanks') FROM shop.clickstream
GROUP BY session_id ORDER BY session_id
"""
"""The shop's own sessions, when each began and whether it ended with an order."""


class Visit(NamedTuple):
    """One visitor who takes part; `at` is the first visit (UTC)."""

    visitor: str
    variant: str
    at: datetime
    bought: bool


def simulate(experiment: Experiment) -> Iterator[Visit]:
    """Let visitors come who buy as the experiment's `simulated` says; the same ones each time.

    Raises:
        ValueError: it says nothing.
    """
    facts = experiment.simulated
    if facts is None:
        raise ValueError(f"{experiment.name} has no `simulated`: its visitors are real.")
    begin, daily = datetime.combine(experiment.start, time(), UTC), facts.visitors_per_day
    for number in range(experiment.days * daily):
        visitor, at = f"v{number:06}", begin + timedelta(days=1) * number / daily
        if takes_part(experiment, visitor):
            variant = split(experiment, visitor)
            buys = point(f"{experiment.name}:simulated", visitor) < facts.rates[variant]
            yield Visit(visitor, variant, at, buys)


def observe(
    experiment: Experiment, sessions: Iterable[tuple[str, datetime, bool]]
) -> Iterator[Visit]:
    """Split real sessions, in which everybody saw the same: an A/A test of the way to measure."""
    end = experiment.ends_of_looks()[-1]
    for visitor, at, bought in sessions:
        if takes_part(experiment, visitor) and at < end:
            yield Visit(visitor, split(experiment, visitor), at, bought)


def lose_some(visits: Iterable[Visit], variant: str, every: int = 8) -> list[Visit]:
    """Forget every eighth visit of one variant, as a script does that ends before it has told."""
    kept, seen = [], 0
    for visit in visits:
        seen += visit.variant == variant
        if visit.variant != variant or seen % every:
            kept.append(visit)
    return kept
