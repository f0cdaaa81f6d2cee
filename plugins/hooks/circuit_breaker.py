"""Gives tasks a circuit breaker whose state all runs and workers share."""

from typing import Any

from include.resilience.circuit_breaker import Rules
from include.resilience.circuit_store import CircuitBreaker

__all__ = ["Rules", "circuit_breaker"]


def circuit_breaker(name: str, rules: Rules, conn_id: str = "warehouse") -> CircuitBreaker:
    """Return the breaker of the service `name`, kept behind the connection `conn_id`.

    Nothing is connected before the breaker is used, so it may stand at the top of a Dag's file.
    """

    def connect() -> Any:
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        return PostgresHook(conn_id).get_conn()

    return CircuitBreaker(name, rules, connect)
