"""Probe, remedy, probe again: the rule by which a component is healthy, healed or beyond help."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class UnhealthyError(RuntimeError):
    """A component does not do its work; the message says what is wrong."""


class State(StrEnum):
    """What became of a component."""

    HEALTHY = "healthy"
    HEALED = "healed"
    UNHEALTHY = "unhealthy"


class Check(NamedTuple):
    """One component.

    `probe` raises UnhealthyError if it does not do its work. `remedy` mends what it can and returns
    what it did; it may be applied to a component that is well. None where there is nothing to do
    but to wait until others, such as a supervisor or a partner, have done their part.
    """

    name: str
    probe: Callable[[], None]
    remedy: Callable[[], str] | None = None


class Finding(NamedTuple):
    """What a check has found: `detail` says what was wrong and what was done, if anything."""

    name: str
    state: State
    detail: str


def examine(
    check: Check,
    patience: float,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Finding:
    """Probe; if that fails, apply the remedy, and probe again until `patience` seconds are over.

    The remedy is applied once: one that has to be applied again and again hides the cause.
    """
    if (trouble := _trouble(check.probe)) is None:
        return Finding(check.name, State.HEALTHY, "")
    end = clock() + patience
    try:
        done = check.remedy() if check.remedy else "waited"
    except UnhealthyError as error:
        return Finding(check.name, State.UNHEALTHY, f"{trouble}; the remedy failed: {error}")
    while (still := _trouble(check.probe)) is not None:
        if clock() >= end:
            after = "in vain" if still == trouble else f"and now {still}"
            return Finding(check.name, State.UNHEALTHY, f"{trouble}; {done}, {after}")
        pause(0.5)
    return Finding(check.name, State.HEALED, f"{trouble}; {done}")


def _trouble(probe: Callable[[], None]) -> str | None:
    try:
        probe()
    except UnhealthyError as error:
        return str(error)
    return None
