"""Facets of our own: facts that OpenLineage has no word for.

The schema that explains each is in `configs/lineage/`, and its `$id` is the address given here.
"""

from attr import define
from openlineage.client.facet_v2 import RunFacet

SCHEMAS = "https://shop.example/lineage/schemas"
"""Names the schemas. A collector need not reach it: the address tells two facets apart."""


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

    @staticmethod
    def _get_schema() -> str:
        return f"{SCHEMAS}/TrustFacet.json#/$defs/TrustFacet"
