"""The circuit in the warehouse, shared by real connections, threads and processes."""

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import psycopg2
import pytest

from include.lab.seeding import open_warehouse
from include.lab.settings import Lab
from include.resilience.circuit_breaker import Circuit, Rules, State
from include.resilience.circuit_store import CREATE_TABLE, CircuitBreaker, CircuitOpenError
from include.resilience.errors import PermanentError, TransientError
from tests.lessons import query

SHORT = timedelta(milliseconds=300)
LONG = timedelta(minutes=5)
RULES = Rules(failures=2, cool_down=SHORT, lease=LONG)
NAME = "tests/circuit_store"


@pytest.fixture
def breaker(lab: Lab) -> CircuitBreaker:
    """A breaker whose circuit nobody has used yet."""
    with open_warehouse() as connection, connection.cursor() as cursor:
        cursor.execute(CREATE_TABLE)
        cursor.execute("DELETE FROM marts.circuits WHERE name = %s", (NAME,))
    connection.close()
    return CircuitBreaker(NAME, RULES, open_warehouse)


def fail(breaker: CircuitBreaker) -> None:
    """Send a call that fails."""
    with pytest.raises(TransientError), breaker.guard():
        raise TransientError("busy")


def wait_until_cooled(breaker: CircuitBreaker) -> None:
    """Until the database's clock has passed what the circuit says."""
    cooled = "SELECT shut_until <= clock_timestamp() FROM marts.circuits WHERE name = %s"
    while query(cooled, breaker.name) != [(True,)]:
        time.sleep(0.02)


def test_a_new_circuit_is_closed(breaker: CircuitBreaker) -> None:
    """What nobody has used yet lets calls through, and has a row from then on."""
    with breaker.guard():
        pass
    assert breaker.circuit() == Circuit()
    assert query("SELECT * FROM marts.circuits WHERE name = %s", NAME) == [
        (NAME, "CLOSED", 0, None)
    ]


def test_an_open_circuit_runs_nothing(breaker: CircuitBreaker) -> None:
    """After two failures what stands inside the guard is not run, and the error says until when."""
    fail(breaker)
    fail(breaker)
    sent = []
    with (
        pytest.raises(CircuitOpenError, match=f"'{NAME}' is OPEN until") as refused,
        breaker.guard(),
    ):
        sent.append("a call")
    assert sent == []
    assert refused.value.circuit == breaker.circuit()


def test_a_refusal_and_a_bug_are_told_apart(breaker: CircuitBreaker) -> None:
    """A permanent error shows a working service; any other end of the call is a failure."""
    with pytest.raises(PermanentError), breaker.guard():
        raise PermanentError("no such product")
    assert breaker.circuit() == Circuit()
    with pytest.raises(KeyboardInterrupt), breaker.guard():
        raise KeyboardInterrupt
    assert breaker.circuit() == Circuit(failures=1)


def test_the_state_outlives_whoever_wrote_it(breaker: CircuitBreaker) -> None:
    """Another breaker of the same name, made later, meets the same circuit."""
    fail(breaker)
    fail(breaker)
    another = CircuitBreaker(NAME, RULES, open_warehouse)
    assert another.circuit().state is State.OPEN
    with pytest.raises(CircuitOpenError):
        another.ask()


def test_a_probe_closes_it_or_opens_it_again(breaker: CircuitBreaker) -> None:
    """After the cool-down a failing probe opens it for another one, a good one closes it."""
    fail(breaker)
    fail(breaker)
    wait_until_cooled(breaker)
    fail(breaker)
    assert breaker.circuit().state is State.OPEN
    wait_until_cooled(breaker)
    with breaker.guard() as leave:
        assert leave.probe
        assert breaker.circuit().state is State.HALF_OPEN
    assert breaker.circuit() == Circuit()


def test_of_many_threads_one_probes(breaker: CircuitBreaker) -> None:
    """Sixteen connections ask at the same moment: one gets leave, fifteen are refused."""
    fail(breaker)
    fail(breaker)
    wait_until_cooled(breaker)
    start = Barrier(16)

    def ask() -> bool:
        start.wait(30)
        return may_call()

    with ThreadPoolExecutor(16) as pool:
        answers = [future.result(60) for future in [pool.submit(ask) for _ in range(16)]]

    assert sorted(answers) == [False] * 15 + [True]


def may_call() -> bool:
    """Whether a breaker with a connection of its own gets leave."""
    try:
        CircuitBreaker(NAME, RULES, open_warehouse).ask()
    except CircuitOpenError:
        return False
    return True


def _ask_in_process(start: Any, answers: Any) -> None:
    start.wait(60)
    answers.put(may_call())


def test_of_several_processes_one_probes(breaker: CircuitBreaker) -> None:
    """Four workers ask at the same moment, each a process of its own: one gets leave."""
    fail(breaker)
    fail(breaker)
    wait_until_cooled(breaker)
    context = multiprocessing.get_context("fork")
    start, answers = context.Barrier(4), context.Queue()
    workers = [
        context.Process(target=_ask_in_process, args=(start, answers), daemon=True)
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    got = [answers.get(timeout=90) for _ in workers]
    for worker in workers:
        worker.join(30)

    assert sorted(got) == [False, False, False, True]


def test_failures_at_the_same_time_are_all_counted(breaker: CircuitBreaker) -> None:
    """Twenty failures of ten threads make twenty: none is lost between reading and writing."""
    patient = CircuitBreaker(NAME, Rules(failures=100, cool_down=LONG, lease=LONG), open_warehouse)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: patient.failed(patient.ask()), range(20)))
    assert breaker.circuit() == Circuit(failures=20)


def test_a_killed_prober_does_not_block_for_ever(breaker: CircuitBreaker) -> None:
    """When its lease is over another probes; the first one's late answer changes nothing."""
    brief = CircuitBreaker(NAME, Rules(failures=1, cool_down=SHORT, lease=SHORT), open_warehouse)
    fail(brief)
    wait_until_cooled(brief)
    lost = brief.ask()
    with pytest.raises(CircuitOpenError):
        brief.ask()
    wait_until_cooled(brief)

    probe = brief.ask()

    assert brief.failed(lost).state is State.HALF_OPEN
    assert brief.succeeded(probe) == Circuit()
    assert brief.failed(lost) == Circuit()


def test_a_refusal_waits_for_the_lock_and_the_clock(breaker: CircuitBreaker) -> None:
    """Who waited for the row past the cool-down is judged by the time after the wait."""
    fail(breaker)
    fail(breaker)
    holder = open_warehouse()
    with holder.cursor() as cursor:
        cursor.execute("SELECT 1 FROM marts.circuits WHERE name = %s FOR UPDATE", (NAME,))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(may_call)
        time.sleep(2 * SHORT.total_seconds())
        assert not waiting.done()
        holder.rollback()
        assert waiting.result(30)
    holder.close()


@pytest.mark.parametrize("state", ["AJAR", "CLOSED"])
def test_the_table_refuses_what_makes_no_sense(breaker: CircuitBreaker, state: str) -> None:
    """An unknown state, or a closed circuit that is shut until some time, cannot be stored."""
    breaker.circuit()
    connection = open_warehouse()
    change = "UPDATE marts.circuits SET state = %s, shut_until = now() WHERE name = %s"
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.CheckViolation):
        cursor.execute(change, (state, NAME))
    connection.close()
