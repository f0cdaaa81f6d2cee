"""Facets of our own: facts that OpenLineage has no word for, with the schema that explains them."""

from attr import define
from openlineage.client.facet_v2 import RunFacet

SCHEMAS = "https://shop.example/lineage/schemas"
"""Where the shop would publish what its facets mean."""


@define
class TrustFacet(RunFacet):
    """How far a table that a run has written can be trusted.

    Attributes:
        table: the table, as `schema.name`.
        rows: how many rows it has.
        incomplete: how many of them miss a value.
        owner: the team that answers for it.
    """

    table: str
    rows: int
    incomplete: int
    owner: str

    @property
    def complete_share(self) -> float:
        """The share of the rows that miss nothing; 1.0 for an empty table."""
        return 1 - self.incomplete / self.rows if self.rows else 1.0

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMAS}/TrustFacet.json#/$defs/TrustFacet"
