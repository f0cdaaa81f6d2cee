"""Keeps the rules about data in the warehouse, the catalogue and the inbox."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk.exceptions import AirflowFailException

from include.alerting.alert import Alert
from include.catalog import sources
from include.catalog.entry import Catalogue
from include.governance import access, classification, retention
from include.quality import contract
from include.quality.contract import ContractBrokenError
from plugins.hooks.alerts import AlertsHook
from plugins.hooks.catalog import CatalogHook
from plugins.hooks.lineage import LineageHook

SHOP = "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'shop'"
SAMPLE_ROWS = 200
BREAKING = {"properties": {"amount": None}, "required": ["order_id"]}
"""A change of the promised schema, as a JSON Merge Patch: the amount is gone."""


class GovernanceHook(PostgresHook):
    """The warehouse, seen by those who answer for its data."""

    def __init__(self, conn_id: str = "warehouse") -> None:
        """Use the connection of this id."""
        super().__init__(conn_id)

    def classify(self) -> dict[str, list[str]]:
        """Classify each column of the shop and tag each table in the catalogue.

        Returns the personal columns of each table that has some.
        """
        tables = [f"shop.{name}" for (name,) in sorted(self.get_records(SHOP))]
        described = self.get_records(sources.COLUMNS, [tables])
        entries = {one.name: one for one in sources.tables(described, sources.curated())}
        catalogue: Catalogue = CatalogHook().get_conn()
        personal: dict[str, list[str]] = {}
        for table, entry in entries.items():
            found = classification.classify(table, self._sample(table))
            tags = classification.tags(found)
            wanted = replace(entry, tags=tags)
            if catalogue.read(entry.key) != wanted:
                catalogue.publish(wanted)
            columns = [one.column for one in found if one.kind == classification.Kind.PII]
            personal |= {table: columns} if columns else {}
        return personal

    def enforce_retention(self, today: str) -> retention.Enforced:
        """Delete what has expired and is not held."""
        before = retention.expired_before(date.fromisoformat(today))
        for hold in retention.HOLDS.items():
            self.run(retention.HOLD, parameters=hold)
        connection = self.get_conn()
        with connection, connection.cursor() as cursor:
            cursor.execute(retention.ENFORCE, {"before": before})
            deleted, held = cursor.fetchone()
        return retention.Enforced(before.isoformat(), deleted, held)

    def list_access(self, grant: bool = False) -> list[list[str]]:
        """Who beside its owner may do what with the retained table; `grant` lets the analyst."""
        if grant:
            self.run(access.GRANT.format(table=retention.TABLE), split_statements=True)
        return [[*row] for row in self.get_records(access.LIST, [retention.TABLE])]

    def apply_review(self, chosen: Sequence[str]) -> list[list[str]]:
        """Take every access back, unless it was decided to keep it; return what is left."""
        if access.KEEP not in chosen:
            for sql in access.revocations(self.list_access()):
                self.run(sql)
        return self.list_access()

    def impact(self, table: str) -> list[str]:
        """All that depends on a table, by the lineage that its collector has."""
        return LineageHook().downstream(table)

    def check_contract(self, event: str, today: str, impact: Sequence[str], ti: Any) -> None:
        """Alert if the data is late or its schema breaks the contract, with all that is hit.

        Args:
            event: `breaking_change` offers a schema without the amount.
            today: the day as of which data may be late.
            impact: all that depends on the data.
            ti: the task that says so.

        Raises:
            AirflowFailException: the schema would break consumers.
        """
        promise = contract.load("orders")
        sql = f"SELECT (%s::date AT TIME ZONE 'UTC') - max(ordered_at) FROM {retention.TABLE}"
        (age,) = self.get_first(sql, [today])
        hit = f"Consumers: {', '.join(promise.consumers)}. Depends on it: {', '.join(impact)}"
        if late := promise.late_by(age):
            self._alert(ti, f"orders are {late} later than promised", hit)
        try:
            promise.require_kept(BREAKING if event == "breaking_change" else {})
        except ContractBrokenError as error:
            self._alert(ti, "a change breaks the contract about orders", f"{error} {hit}")
            raise AirflowFailException(str(error)) from error

    def _sample(self, table: str) -> dict[str, list[Any]]:
        connection = self.get_conn()
        with connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1 LIMIT {SAMPLE_ROWS}")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def _alert(self, ti: Any, title: str, detail: str) -> None:
        source = (ti.dag_id, title, ti.run_id)
        AlertsHook().raise_alert(Alert("P3", "sales", *source, title, detail))
