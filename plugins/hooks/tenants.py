"""A tenant's own way into the warehouse."""

from collections.abc import Iterable

from airflow.providers.postgres.hooks.postgres import PostgresHook

from include.dag_factory.tenants import REFUSED


class TenantHook(PostgresHook):
    """The warehouse as one tenant sees it, through the connection of its name."""

    def look_at(self, schemas: Iterable[str]) -> dict[str, str]:
        """Try to count the orders of each schema; return how many, or that it was refused.

        Raises:
            psycopg.Error: the database answers anything but rows or a refusal.
        """
        from psycopg.errors import InsufficientPrivilege

        found = {}
        for schema in schemas:
            try:
                (count,) = self.get_first(f"SELECT count(*) FROM {schema}.orders")
                found[schema] = f"{count} orders"
            except InsufficientPrivilege:
                found[schema] = REFUSED
        return found
