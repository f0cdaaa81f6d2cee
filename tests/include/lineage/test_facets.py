"""A facet of our own keeps to the schema that it names."""

import json

import pytest
from jsonschema import Draft202012Validator
from openlineage.client.serde import Serde

from include.lineage.facets import TrustFacet
from tests.labs import ROOT

SCHEMA = json.loads((ROOT / "configs/lineage/TrustFacet.json").read_text())
FACET = TrustFacet("marts.x", rows=10, incomplete=1, owner="sales")


def broken(facet: dict[str, object]) -> list[str]:
    """What the schema has against a facet as it is sent."""
    where = {**SCHEMA, "$ref": "#/$defs/TrustFacet"}
    return [error.message for error in Draft202012Validator(where).iter_errors(facet)]


def test_what_is_sent_keeps_to_its_schema():
    """The address in the facet is that of the definition."""
    sent = Serde.to_dict(FACET)

    assert broken(sent) == []
    assert sent["_schemaURL"] == SCHEMA["$id"] + "#/$defs/TrustFacet"


@pytest.mark.parametrize(("field", "value"), [("rows", -1), ("owner", None), ("colour", "red")])
def test_the_schema_finds_what_is_wrong(field: str, value: object):
    """A bad value, a missing one, one that has no meaning."""
    (message,) = broken({**Serde.to_dict(FACET), field: value})

    assert str(value) in message or field in message
