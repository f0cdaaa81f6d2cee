"""Asks the collector of lineage what is known of a table or a column."""

from typing import Any

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import BaseHook

from include.lineage import graph


class LineageHook(HttpHook):
    """Reads the graph from the connection `lineage`, in the form of Marquez's API."""

    def __init__(self, conn_id: str = "lineage", warehouse_conn_id: str = "warehouse") -> None:
        """Use the connections of these ids: the collector, and the database of the tables."""
        super().__init__("GET", conn_id)
        self.warehouse_conn_id = warehouse_conn_id

    def table(self, name: str) -> str:
        """The node of a table of the warehouse, named as `schema.table`."""
        return graph.dataset_id(*self.name_of(name))

    def name_of(self, table: str) -> tuple[str, str]:
        """The namespace and the name by which OpenLineage knows a table of the warehouse."""
        where = BaseHook.get_connection(self.warehouse_conn_id)
        return f"postgres://{where.host}:{where.port}", f"{where.schema}.{table}"

    def upstream(self, table: str, column: str | None = None) -> list[str]:
        """Every node that a table, or one of its columns, comes from.

        Raises:
            AirflowException: the collector knows nothing of it, or does not answer.
        """
        return graph.upstream(self._node(table, column), self.edges(table, column))

    def downstream(self, table: str, column: str | None = None) -> list[str]:
        """Every node that depends on a table, or on one of its columns."""
        return graph.downstream(self._node(table, column), self.edges(table, column))

    def edges(self, table: str, column: str | None = None) -> list[graph.Edge]:
        """The edges around a table, or around one of its columns."""
        return graph.edges_of(self.around(table, column))

    def around(self, table: str, column: str | None = None) -> dict[str, Any]:
        """The collector's answer for a table, or for one of its columns."""
        path = "/api/v1/lineage" if column is None else "/api/v1/column-lineage"
        answer = self.run(path, {"nodeId": self._node(table, column)})
        found: dict[str, Any] = answer.json()
        return found

    def _node(self, table: str, column: str | None) -> str:
        node = self.table(table)
        return node if column is None else graph.field_id(node, column)
