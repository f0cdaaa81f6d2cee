"""The catalogue, for tasks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from include.catalog.entry import Catalogue, Entry, Kind, synchronise

if TYPE_CHECKING:
    from include.catalog.datahub import DataHubCatalogue


class CatalogHook(BaseHook):
    """Speaks to the catalogue of the connection `catalog`: DataHub, by the address of its GMS."""

    def __init__(self, catalog_conn_id: str = "catalog") -> None:
        """Use the connection of this id."""
        super().__init__()
        self.catalog_conn_id = catalog_conn_id

    def get_conn(self) -> "DataHubCatalogue":
        """Return the catalogue.

        Raises:
            datahub.configuration.common.ConfigurationError: it does not answer as DataHub does.
        """
        from include.catalog.datahub import DataHubCatalogue

        return DataHubCatalogue(str(self.get_connection(self.catalog_conn_id).host))

    def synchronise(self, kind: Kind, entries: Iterable[Entry]) -> list[str]:
        """Let the catalogue hold exactly these entries of a kind; return what has changed."""
        catalogue: Catalogue = self.get_conn()
        return synchronise(catalogue, kind, entries)

    def tables_with(self, tag: str) -> dict[str, list[str]]:
        """The tables that have a tag, each with its columns."""
        catalogue: Catalogue = self.get_conn()
        found = [catalogue.read(key) for key in catalogue.find(tag, "table")]
        return {one.name: [column.name for column in one.columns] for one in found if one}
