"""The rules of a circuit: every state met by everything that can happen."""

from datetime import UTC, datetime, timedelta

import pytest

from include.resilience.circuit_breaker import (
    Circuit,
    Pass,
    Rules,
    State,
    admit,
    after_failure,
    after_success,
)

NOW = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RULES = Rules(failures=3, cool_down=30 * SECOND, lease=10 * SECOND)
LATER = NOW + 5 * SECOND

FRESH = Circuit()
TIRED = Circuit(State.CLOSED, 2)
OPEN = Circuit(State.OPEN, 3, LATER)
COOLED = Circuit(State.OPEN, 3, NOW)
PROBING = Circuit(State.HALF_OPEN, 3, LATER)
ABANDONED = Circuit(State.HALF_OPEN, 3, NOW)
PROBE = Circuit(State.HALF_OPEN, 3, NOW + 10 * SECOND)
OPENED = Circuit(State.OPEN, 3, NOW + 30 * SECOND)
REOPENED = Circuit(State.OPEN, 4, NOW + 30 * SECOND)

PLAIN = Pass()
OF_PROBING = Pass(LATER)
OF_AN_OLD_PROBE = Pass(NOW - SECOND)


@pytest.mark.parametrize(
    ("circuit", "after", "leave"),
    [
        (FRESH, FRESH, PLAIN),
        (TIRED, TIRED, PLAIN),
        (OPEN, OPEN, None),
        (COOLED, PROBE, Pass(PROBE.shut_until)),
        (PROBING, PROBING, None),
        (ABANDONED, PROBE, Pass(PROBE.shut_until)),
    ],
)
def test_who_may_call(circuit: Circuit, after: Circuit, leave: Pass | None):
    """Closed: everybody. Open: nobody. Cooled down, or left by a dead prober: one, who probes."""
    assert admit(circuit, RULES, NOW) == (after, leave)


@pytest.mark.parametrize(
    ("circuit", "used", "after"),
    [
        (FRESH, PLAIN, FRESH),
        (TIRED, PLAIN, FRESH),
        (PROBING, OF_PROBING, FRESH),
        (OPEN, PLAIN, OPEN),
        (OPEN, OF_AN_OLD_PROBE, OPEN),
        (PROBING, PLAIN, PROBING),
        (PROBING, OF_AN_OLD_PROBE, PROBING),
        (TIRED, OF_AN_OLD_PROBE, TIRED),
    ],
)
def test_what_a_good_answer_changes(circuit: Circuit, used: Pass, after: Circuit):
    """It forgets failures and closes after a probe; an answer from another time changes nothing."""
    assert after_success(circuit, used) == after


@pytest.mark.parametrize(
    ("circuit", "used", "after"),
    [
        (FRESH, PLAIN, Circuit(State.CLOSED, 1)),
        (TIRED, PLAIN, OPENED),
        (PROBING, OF_PROBING, REOPENED),
        (OPEN, PLAIN, OPEN),
        (OPEN, OF_AN_OLD_PROBE, OPEN),
        (PROBING, PLAIN, PROBING),
        (PROBING, OF_AN_OLD_PROBE, PROBING),
        (TIRED, OF_AN_OLD_PROBE, TIRED),
    ],
)
def test_what_a_failure_changes(circuit: Circuit, used: Pass, after: Circuit):
    """Enough in a row open it, as does a failed probe; a failure from another time is ignored."""
    assert after_failure(circuit, RULES, used, NOW) == after


def test_a_call_cannot_end_an_opening_that_has_the_time_of_its_lease():
    """Even if cool-down and lease end at the same moment, an open circuit stays as it is."""
    assert after_success(OPEN, Pass(OPEN.shut_until)) == OPEN
    assert after_failure(OPEN, RULES, Pass(OPEN.shut_until), NOW) == OPEN


def test_a_good_answer_starts_the_count_anew():
    """Only failures in a row open the circuit."""
    circuit = FRESH
    for _ in range(10):
        circuit = after_failure(circuit, RULES, PLAIN, NOW)
        circuit = after_failure(circuit, RULES, PLAIN, NOW)
        circuit = after_success(circuit, PLAIN)
    assert circuit == FRESH


def test_the_whole_round():
    """Three failures open it, the cool-down passes, a probe fails, a later one closes it."""
    circuit = FRESH
    for _ in range(3):
        circuit = after_failure(circuit, RULES, PLAIN, NOW)
    assert circuit.state is State.OPEN
    assert admit(circuit, RULES, NOW + 29 * SECOND)[1] is None

    circuit, probe = admit(circuit, RULES, NOW + 30 * SECOND)
    assert probe
    circuit = after_failure(circuit, RULES, probe, NOW + 31 * SECOND)
    assert circuit.state is State.OPEN
    assert admit(circuit, RULES, NOW + 60 * SECOND)[1] is None

    circuit, probe = admit(circuit, RULES, NOW + 61 * SECOND)
    assert probe
    assert after_success(circuit, probe) == FRESH


@pytest.mark.parametrize(
    "wrong", [{"failures": 0}, {"cool_down": timedelta(0)}, {"lease": -SECOND}]
)
def test_rules_that_make_no_sense_are_refused(wrong: dict):
    """A breaker that never opens or never probes is a mistake, and the error names the number."""
    (name,) = wrong
    with pytest.raises(ValueError, match=f"^{name} is"):
        Rules(**wrong)
