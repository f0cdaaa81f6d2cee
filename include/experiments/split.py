"""Who sees what: a hash decides, so a visitor sees the same each time and nothing has to be kept.

Each experiment has its own hash: who saw the new variant in the last one is spread evenly over
both variants of the next.
"""

import hashlib

from include.experiments.experiment import Experiment


def point(salt: str, visitor: str) -> float:
    """Return a number from 0 up to, not including, 1: the same for the same salt and visitor."""
    digest = hashlib.sha256(f"{salt}:{visitor}".encode()).digest()
    # 53 bits are what a float holds exactly.
    return (int.from_bytes(digest[:8]) >> 11) / 2**53


def takes_part(experiment: Experiment, visitor: str) -> bool:
    """Whether a visitor is part of the experiment; the others see the control, uncounted."""
    return 100 * point(f"{experiment.name}:part", visitor) < experiment.traffic_percent


def split(experiment: Experiment, visitor: str) -> str:
    """Return the variant of a visitor who takes part."""
    place, end = 100 * point(f"{experiment.name}:variant", visitor), 0
    for variant, percent in experiment.variants.items():
        end += percent
        if place < end:
            return variant
    raise ValueError(f"the variants of {experiment.name} do not share 100 percent")


def route(experiment: Experiment, visitor: str, winner: str | None = None) -> str:
    """Return what a visitor sees now: the winner once there is one, the split until then."""
    if winner is not None:
        return winner
    if takes_part(experiment, visitor):
        return split(experiment, visitor)
    return experiment.control
