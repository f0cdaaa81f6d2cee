"""Every catalogue does the same, whatever it is; and what changes is told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from include.catalog.aspects import Aspects, NotAProposalError
from include.catalog.datahub import key_of, urn_of
from include.catalog.entry import Catalogue, Column, Entry, changes, synchronise
from include.catalog.folder import FolderCatalogue
from include.catalog.sources import curated, dags, tables

TABLE = Entry(
    *("table", "shop.customers", "sales", "Everybody"),
    tags=("confidential", "pii"),
    columns=(Column("customer_id", "integer"), Column("email", "text")),
)
DAG = Entry("dag", "phase1_01", "airflow", "", ("beginner",))

Making = Callable[[], Catalogue]


@pytest.fixture(params=["folder", pytest.param("datahub", marks=pytest.mark.lab)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Making:
    """Each catalogue that there is; opened anew, it has what it had."""
    if request.param == "folder":
        return lambda: FolderCatalogue(tmp_path)
    lab = request.getfixturevalue("lab")

    def connect() -> Catalogue:
        from include.catalog.datahub import DataHubCatalogue

        return DataHubCatalogue(f"{lab.url('inbox')}/gms")

    catalogue = connect()
    for key in catalogue.find():
        catalogue.remove(key)
    return connect


def test_what_is_published_is_read_back(make: Making):
    """Every fact of it, by another client too; what is not there is None."""
    for entry in (TABLE, DAG):
        make().publish(entry)
        assert make().read(entry.key) == entry
    assert make().read("table:shop.nothing") is None


def test_it_is_found_by_tag_and_kind(make: Making):
    """All, by both, or by one of them."""
    catalogue = make()
    for entry in (TABLE, DAG, replace(TABLE, name="shop.products", tags=("public",))):
        catalogue.publish(entry)

    assert catalogue.find() == ["dag:phase1_01", "table:shop.customers", "table:shop.products"]
    assert catalogue.find("pii") == ["table:shop.customers"]
    assert catalogue.find(kind="dag") == ["dag:phase1_01"]
    assert catalogue.find("pii", "dag") == []


def test_what_is_removed_is_found_no_more_and_can_come_back(make: Making):
    """Nor is it read; to remove it twice does no harm."""
    catalogue = make()
    catalogue.publish(TABLE)

    for _ in range(2):
        catalogue.remove(TABLE.key)
        assert (catalogue.find(), catalogue.read(TABLE.key)) == ([], None)
    catalogue.publish(TABLE)
    assert catalogue.read(TABLE.key) == TABLE


def test_a_catalogue_is_kept_in_step(make: Making):
    """What is new comes without a word, what changed or went is told, other kinds are left."""
    catalogue = make()
    catalogue.publish(DAG)
    gone = replace(TABLE, name="shop.old")
    assert synchronise(catalogue, "table", [TABLE, gone]) == []
    columns = (Column("customer_id", "bigint"), Column("phone", "text"))

    said = synchronise(catalogue, "table", [replace(TABLE, columns=columns, owner="crm")])

    assert said == [
        "table:shop.old is gone",
        "table:shop.customers: column email is gone",
        "table:shop.customers: column phone is new (text)",
        "table:shop.customers: column customer_id was integer and is bigint",
        "table:shop.customers: owner was sales and is crm",
    ]
    assert catalogue.find() == [DAG.key, TABLE.key]
    assert synchronise(catalogue, "table", [replace(TABLE, columns=columns, owner="crm")]) == []
    with pytest.raises(ValueError, match=r"dag:phase1_01 is no table"):
        synchronise(catalogue, "table", [DAG])


def test_tags_are_compared_whatever_their_order():
    """A tag more or less is a change, another order is none."""
    assert changes(TABLE, replace(TABLE, tags=("pii", "confidential"))) == []
    assert changes(TABLE, replace(TABLE, tags=())) == [
        "table:shop.customers: tags were confidential, pii and are none"
    ]


def test_keys_and_urns_are_two_names_of_one_thing():
    """In both directions, for both kinds."""
    for entry in (TABLE, DAG):
        assert key_of(urn_of(entry.key)) == entry.key
    assert urn_of(TABLE.key) == (
        "urn:li:dataset:(urn:li:dataPlatform:postgres,shop.customers,PROD)"
    )


def test_entries_come_from_the_database_and_from_people():
    """Columns from one, owner and tags from the other; nobody's table is the platform's."""
    rows = [("shop.customers", "email", "text"), ("marts.new", "id", "integer")]

    known, unknown = tables(rows, curated())

    assert (known.owner, known.tags) == ("sales", ("confidential", "pii"))
    assert known.columns == (Column("email", "text"),)
    assert (unknown.owner, unknown.tags) == ("platform", ())


def test_entries_come_from_airflow():
    """As its REST API answers."""
    answer = {"dag_id": "a", "owners": [], "description": None, "tags": [{"name": "x"}]}

    assert dags([answer]) == [Entry("dag", "a", "airflow", "", ("x",))]


@pytest.mark.parametrize(
    "proposal",
    [
        {},
        {"entityUrn": "urn:li:dataset:x", "aspectName": "status", "aspect": {"value": "{"}},
        {"entityUrn": "urn:li:dataset:x", "aspectName": "unheardOf", "aspect": {"value": "{}"}},
        {"entityUrn": "x", "aspectName": "status", "aspect": {"value": "{}"}},
    ],
)
def test_what_is_no_proposal_is_refused(tmp_path: Path, proposal: dict[str, object]):
    """And nothing of it is kept."""
    aspects = Aspects(tmp_path / "inbox.sqlite")

    with pytest.raises(NotAProposalError):
        aspects.ingest(proposal)
    assert aspects.entities() == []
    aspects.close()
