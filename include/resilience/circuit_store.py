"""Keeps circuits in a table of the warehouse, where every run and every worker sees the same one.

Each change locks the circuit's row, reads the database's clock and writes what the rules say, in
one transaction: of two workers that come at the same moment, the second sees what the first did.
The row stays when everything is stopped and started again.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from include.resilience.circuit_breaker import (
    Circuit,
    Pass,
    Rules,
    State,
    admit,
    after_failure,
    after_success,
)
from include.resilience.errors import PermanentError, ServiceError

CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS marts.circuits (
    name text PRIMARY KEY,
    state text NOT NULL DEFAULT 'CLOSED' CHECK (state IN ('CLOSED', 'OPEN', 'HALF_OPEN')),
    failures integer NOT NULL DEFAULT 0,
    shut_until timestamptz CHECK ((shut_until IS NULL) = (state = 'CLOSED'))
)
"""
_ADD = "INSERT INTO marts.circuits (name) VALUES (%s) ON CONFLICT (name) DO NOTHING"
_LOCK = "SELECT state, failures, shut_until FROM marts.circuits WHERE name = %s FOR UPDATE"
_STORE = "UPDATE marts.circuits SET state = %s, failures = %s, shut_until = %s WHERE name = %s"
# Not now(): that is when the transaction began, which may have waited long for the lock.
_CLOCK = "SELECT clock_timestamp()"

Connect = Callable[[], Any]
"""Opens a new connection to the warehouse (PostgreSQL, any driver of the Python DB-API)."""

log = logging.getLogger(__name__)


class CircuitOpenError(ServiceError):
    """The circuit is open, so the call was not sent."""

    def __init__(self, name: str, circuit: Circuit) -> None:
        super().__init__(
            f"The circuit '{name}' is {circuit.state} until {circuit.shut_until}; nothing is sent "
            "before. Use a fallback, or come back then."
        )
        self.circuit = circuit


class CircuitBreaker:
    """Guards the calls to one service; breakers of the same name share one circuit."""

    def __init__(self, name: str, rules: Rules, connect: Connect) -> None:
        """Guard the service `name` by these rules; the table must be there."""
        self.name = name
        self.rules = rules
        self._connect = connect

    @contextmanager
    def guard(self) -> Iterator[Pass]:
        """Send a call inside `with breaker.guard():`, and only the call.

        A good answer and a PermanentError both show that the service works. Whatever else ends
        the call, a timeout too, counts as a failure.

        Raises:
            CircuitOpenError: the call may not be sent; what stands inside was not run.
        """
        leave = self.ask()
        try:
            yield leave
        except PermanentError:
            self.succeeded(leave)
            raise
        except BaseException:
            self.failed(leave)
            raise
        self.succeeded(leave)

    def ask(self) -> Pass:
        """Return the leave to send one call, whose end must then be told.

        Raises:
            CircuitOpenError: the circuit is open, or another is probing.
        """

        def let_through(circuit: Circuit, now: datetime) -> tuple[Circuit, Pass]:
            after, leave = admit(circuit, self.rules, now)
            if leave is None:
                raise CircuitOpenError(self.name, circuit)
            return after, leave

        _, leave = self._change(let_through)
        return leave

    def succeeded(self, used: Pass) -> Circuit:
        """Tell that the call was answered; return the circuit as it now is."""
        return self._change(lambda circuit, _: (after_success(circuit, used), used))[0]

    def failed(self, used: Pass) -> Circuit:
        """Tell that the call failed; return the circuit as it now is."""

        def count(circuit: Circuit, now: datetime) -> tuple[Circuit, Pass]:
            return after_failure(circuit, self.rules, used, now), used

        return self._change(count)[0]

    def circuit(self) -> Circuit:
        """Return the circuit as it is, and change nothing."""
        return self._change(lambda circuit, _: (circuit, Pass()))[0]

    def _change(
        self, change: Callable[[Circuit, datetime], tuple[Circuit, Pass]]
    ) -> tuple[Circuit, Pass]:
        """Replace the circuit by what `change` makes of it and the database's time.

        Nothing is changed if it raises.
        """
        with closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(_ADD, (self.name,))
            cursor.execute(_LOCK, (self.name,))
            state, failures, shut_until = cursor.fetchone()
            before = Circuit(State(state), failures, shut_until)
            cursor.execute(_CLOCK)
            (now,) = cursor.fetchone()
            after, leave = change(before, now)
            row = (after.state.value, after.failures, after.shut_until, self.name)
            cursor.execute(_STORE, row)
            connection.commit()
        if after.state is not before.state:
            log.info("Circuit '%s': %s after %s", self.name, after.state, before.state)
        return after, leave
