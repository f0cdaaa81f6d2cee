"""Runs SQL that writes a table, and tells with its lineage how far that table can be trusted."""

from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

FACET = "shop_trust"
"""Under which name the facet stands in the events; the shop's own begin with `shop_`."""


class TrustedSqlOperator(SQLExecuteQueryOperator):
    """`SQLExecuteQueryOperator` whose lineage bears a `TrustFacet` for the table that it writes.

    The task's `owner` is the team that answers for the table.
    """

    def __init__(self, *, table: str, **kwargs: Any) -> None:
        """Take `table`, as `schema.name`, and all that the operator above takes.

        Raises:
            ValueError: `table` is not of that form.
        """
        super().__init__(**kwargs)
        if not all(part.isidentifier() for part in table.split(".")) or table.count(".") != 1:
            raise ValueError(f"table: {table!r} is not of the form schema.name.")
        self.table = table
        self.counted: tuple[int, int] | None = None

    def execute(self, context: "Context") -> Any:
        """Run the SQL, then count the table's rows, and those that miss a value."""
        result = super().execute(context)  # type: ignore[no-untyped-call]
        whole = f"SELECT count(*), count(*) FILTER (WHERE NOT (t IS NOT NULL)) FROM {self.table} t"
        rows, incomplete = self.get_db_hook().get_first(whole)
        self.counted = (rows, incomplete)
        return result

    def get_openlineage_facets_on_complete(
        self, task_instance: Any
    ) -> "OperatorLineage[Any, Any] | None":
        """Add the facet to what the SQL tells by itself."""
        from include.lineage.facets import TrustFacet

        lineage = super().get_openlineage_facets_on_complete(task_instance)
        if lineage is not None and self.counted is not None:
            lineage.run_facets[FACET] = TrustFacet(self.table, *self.counted, owner=self.owner)
        return lineage
