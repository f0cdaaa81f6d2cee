"""The audit trail in the warehouse, and the page that tells what it proves."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from include.compliance import audit_trail, chain, evidence

if TYPE_CHECKING:
    from psycopg import Connection

PAGES = "phase16/03_audit_compliance/report"


class AuditTrailHook(BaseHook):
    """Chains Airflow's event log in the warehouse; the chain's head is kept with the report."""

    def collect(self) -> int:
        """Chain what Airflow has logged since the last time; return how many events were new.

        Raises:
            httpx.HTTPStatusError: the connection's login may not read the event log.
        """
        from plugins.hooks.airflow_api import AirflowApiHook

        with self._warehouse() as connection:
            events = AirflowApiHook("airflow_auditor").events(audit_trail.newest(connection))
            return audit_trail.append_events(connection, events)

    def check(self) -> int:
        """Return how many records there are.

        Raises:
            ChainBrokenError: one is not as it was written, or records of the last report are gone.
        """
        with self._warehouse() as connection:
            return chain.verify(audit_trail.read(connection), self._head())

    def tamper(self, number: int) -> str:
        """Change a record, and take that back; return what the chain says of it.

        Raises:
            AssertionError: nobody notices.
        """
        with self._warehouse() as connection:
            return audit_trail.tamper(connection, number)

    def record(self, entry: chain.Entry) -> str:
        """Chain an entry of our own; return the hash of its record."""
        with self._warehouse() as connection:
            return audit_trail.append(connection, entry).hash

    def publish(self) -> str:
        """Publish who did what; return the page's address."""
        from plugins.hooks.pages import PagesHook

        with self._warehouse() as connection:
            records = audit_trail.read(connection)
        return PagesHook().publish(PAGES, evidence.site(evidence.report(records), records))

    def _head(self) -> tuple[int, str] | None:
        """The last record's number and hash when the report was last published."""
        from plugins.hooks.pages import BUCKET, PagesHook

        pages, key = PagesHook(), f"{PAGES}/{evidence.HEAD}"
        if not pages.check_for_key(key, BUCKET):
            return None
        head = json.loads(pages.read_key(key, BUCKET))
        return head["number"], head["hash"]

    @contextmanager
    def _warehouse(self) -> Iterator["Connection[Any]"]:
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        hook = PostgresHook("warehouse")
        with closing(hook.get_conn()) as opened_connection:
            connection: Any = opened_connection
            connection.autocommit = True
            yield connection
