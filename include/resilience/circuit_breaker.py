"""A circuit breaker: when a service keeps failing, it is left alone for a while, then tried once.

The rules are here, without a clock and without a place to keep the state: a circuit goes in, and
the circuit that follows comes out. `circuit_store` keeps it where all workers see it.

    CLOSED     calls flow; so many failures in a row open the circuit
    OPEN       no call is sent until the cool-down is over; then the next caller is let through
    HALF_OPEN  this call is the probe: a good answer closes the circuit, a failure opens it again
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    """The three states of a circuit."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


@dataclass(frozen=True)
class Rules:
    """When a circuit opens, and for how long.

    `failures` in a row open it for the `cool_down`. A probe has to end within its `lease`;
    then its worker counts as dead, and another may probe. So a lease is longer than the longest
    call may take.

    Raises:
        ValueError: a number that would never open the circuit, or never let a probe out.
    """

    failures: int = 3
    cool_down: timedelta = timedelta(seconds=30)
    lease: timedelta = timedelta(seconds=60)

    def __post_init__(self) -> None:
        if self.failures < 1:
            raise ValueError(f"failures is {self.failures}; a circuit opens after 1 or more.")
        for name in ("cool_down", "lease"):
            if getattr(self, name) <= timedelta(0):
                raise ValueError(
                    f"{name} is {getattr(self, name)}; it must be longer than nothing."
                )


@dataclass(frozen=True)
class Circuit:
    """What is known of a service: its state, how often it failed since it last answered well.

    `shut_until` is when the cool-down ends while OPEN, and when the probe's lease ends while
    HALF_OPEN; there is none while CLOSED.
    """

    state: State = State.CLOSED
    failures: int = 0
    shut_until: datetime | None = None


@dataclass(frozen=True)
class Pass:
    """Leave to send one call; a probe's bears the end of its lease, which tells it from others."""

    probe: datetime | None = None


def admit(circuit: Circuit, rules: Rules, now: datetime) -> tuple[Circuit, Pass | None]:
    """Decide whether a call may be sent; None instead of a pass means that it may not."""
    if circuit.shut_until is None:
        return circuit, Pass()
    if now < circuit.shut_until:
        return circuit, None
    lease_ends = now + rules.lease
    return Circuit(State.HALF_OPEN, circuit.failures, lease_ends), Pass(lease_ends)


def after_success(circuit: Circuit, used: Pass) -> Circuit:
    """The circuit after a good answer: closed, unless the answer comes from another time."""
    return Circuit() if _counts(circuit, used) else circuit


def after_failure(circuit: Circuit, rules: Rules, used: Pass, now: datetime) -> Circuit:
    """The circuit after a failed call: one failure more, and open if they are enough."""
    if not _counts(circuit, used):
        return circuit
    failures = circuit.failures + 1
    if circuit.state is State.HALF_OPEN or failures >= rules.failures:
        return Circuit(State.OPEN, failures, now + rules.cool_down)
    return Circuit(State.CLOSED, failures)


def _counts(circuit: Circuit, used: Pass) -> bool:
    """Whether the call's end says something of the circuit as it is now.

    A call that was sent before the circuit opened says nothing of it afterwards, nor does a
    probe whose lease has ended and passed to another.
    """
    return used.probe == circuit.shut_until and circuit.state is not State.OPEN
