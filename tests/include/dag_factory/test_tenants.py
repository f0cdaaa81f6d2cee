"""Tenants: what they inherit, what they are made of, and what a mistake says."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from include.configuration import metadata
from include.configuration.reader import ConfigurationError
from include.dag_factory import steps, tenants
from include.dag_factory.tenants import REFUSED
from include.lab.postgres import TENANTS as LOGINS
from tests.bench.parsing import ROOT

FILE = ROOT / "dags/phase15/configs/tenants.yaml"
SCHEMA = FILE.with_name("tenants.schema.json")
TEXT = FILE.read_text(encoding="utf-8")


def test_the_nearest_that_says_something_wins():
    """Own words before the profile's, the profile's before those of the one it extends."""
    north, south = tenants.load(FILE)

    assert (north.retries, north.steps) == (2, ("make_table", "fill_table"))
    assert (south.retries, south.steps) == (3, ("make_table", "fill_table", "check_table"))
    assert (north.schedule, north.schema) == (None, "tenant_north")


def test_the_committed_schema_is_that_of_the_model():
    """The file names it in its first line, and fits it."""
    assert SCHEMA.read_text() == tenants.schema()
    assert TEXT.startswith(f"# yaml-language-server: $schema={SCHEMA.name}\n")
    jsonschema.validate(yaml.safe_load(TEXT), json.loads(SCHEMA.read_text()))


def test_each_tenant_has_what_keeps_it_apart():
    """A login of the database, a connection that uses it, a pool and a role, of one name."""
    schemas = {tenant.schema for tenant in tenants.load(FILE)}

    assert set(LOGINS) == schemas
    assert {metadata.connection_facts()[name].login for name in schemas} == schemas
    assert schemas <= metadata.pools().keys()
    for tenant in tenants.load(FILE):
        allowed = [what for _, what in metadata.roles()[tenant.schema].permissions if ":" in what]
        assert {what.rpartition("__")[2] for what in allowed} == {tenant.name}
        may = [what for how, what in metadata.roles()[tenant.schema].permissions if "can_" in how]
        assert not {"DAGs", "DAG Runs", "Connections", "Pools", "Variables"} & {*may}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[IT, ES]", "[IT, SE]", "SE: a country belongs to one tenant alone"),
        ("extends: audited", "extends: audit", "south: extends 'audit', no profile (standard, au"),
        ("    retries: 2", "    retries: 2\n    extends: audited", "extends itself: "),
        ("    retries: 3", "    retries: -3", "tenants.south.retries: "),
        ("countries: [IT, ES]", "countries: []", "tenants.south.countries: has too few entries"),
        ("countries: [IT, ES]", 'countries: ["IT\') OR true --"]', "tenants.south.countries[0]: "),
        ("check_table]", "drop_table]", "profiles.audited.steps[2]: "),
        ("  south:", "  south-east:", "tenants.south-east"),
        ("    steps: [make_table, fill_table]\n", "", "north: has no steps"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: str):
    """With the key, and what it should be."""
    file = tmp_path / "tenants.yaml"
    file.write_text(TEXT.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        tenants.load(file)
    assert said in str(caught.value)


def test_a_step_knows_its_own_schema_alone():
    """No block names another, so whoever puts them together cannot mix two tenants."""
    for step in steps.STEPS:
        assert "tenant_north." in steps.sql(step, "tenant_north")
        assert "shop." not in steps.sql(step, "tenant_north")


def test_an_opened_schema_is_its_tenants_alone():
    """It is granted to the role of its name, with the rows of its countries."""
    sql = steps.opening("tenant_north", ("SE", "NL"))

    assert "country IN ('SE', 'NL')" in sql
    assert sql.count(" TO tenant_north;") == 2


def test_leaks_are_told_and_so_is_ones_own_that_is_shut():
    """Whoever reads another's rows, and whoever cannot read its own."""
    right = {"a": {"a": "3 orders", "b": REFUSED}, "b": {"a": REFUSED, "b": "2 orders"}}

    assert tenants.leaks(right) == []
    assert tenants.leaks(right | {"b": {"a": "3 orders", "b": REFUSED}}) == [
        "b reads a: 3 orders",
        "b reads b: refused",
    ]
