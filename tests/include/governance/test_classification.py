"""What is personal: measured on the seeds, against what a person has labelled."""

from collections.abc import Sequence
from typing import Any

import pytest

from include.catalog.sources import curated
from include.data import seeds
from include.governance.classification import (
    Finding,
    Kind,
    classify,
    precision_and_recall,
    tags,
)

TABLES = {
    "shop.customers": seeds.customers,
    "shop.suppliers": seeds.suppliers,
    "shop.products": seeds.products,
    "shop.orders": seeds.orders,
    "shop.reviews": seeds.reviews,
    "shop.clickstream": seeds.clickstream,
}
PERSONAL = {
    ("shop.customers", "name"),
    ("shop.customers", "email"),
    ("shop.customers", "birth_year"),
}
"""Labelled by hand: a supplier's `orders@` is a firm's mailbox, a product's name nobody's."""


def sample(table: str) -> dict[str, Sequence[Any]]:
    rows = list(TABLES[table]())[:200]
    return {name: [getattr(row, name) for row in rows] for name in rows[0]._fields}


def personal(findings: Sequence[Finding]) -> set[tuple[str, str]]:
    return {(one.table, one.column) for one in findings if one.kind == Kind.PII}


def test_precision_and_recall_on_the_seeds():
    """Of 44 columns, all that are personal are found, and none that is not."""
    columns = {table: sample(table) for table in TABLES}
    found = {one for table in TABLES for one in personal(classify(table, columns[table]))}

    assert sum(map(len, columns.values())) == 44
    assert precision_and_recall(found, PERSONAL) == (1.0, 1.0)


def test_names_alone_find_too_much_and_too_little():
    """Without values, the mailbox of a firm counts as personal, and a person's name does not."""
    found = {
        one
        for table in TABLES
        for one in personal(classify(table, {key: [] for key in sample(table)}))
    }

    precision, recall = precision_and_recall(found, PERSONAL)
    assert (precision, recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_samples_alone_know_no_birth_year():
    """Where columns have meaningless names, what looks like itself is found, a number is not."""
    columns = {
        f"c{place}": values for place, values in enumerate(sample("shop.customers").values())
    }

    assert {one.column for one in classify("x.y", columns) if one.kind == Kind.PII} == {"c2"}


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("contact", ["a@b.com", "c@d.org", ""], Kind.PII),
        ("contact", ["a@b.com", "unknown", "unknown"], Kind.PUBLIC),
        ("contact", ["info@b.com", "support+de@d.org"], Kind.CONFIDENTIAL),
        ("number", ["+49 30 123456", "0170-1234567"], Kind.PII),
        ("number", ["2026-01-01", "2026-01-02"], Kind.PUBLIC),
        ("number", [1234567890, 1234567891], Kind.PUBLIC),
        ("full_name", ["x"], Kind.PII),
        ("name", ["Zoë O’Brien", "Jean-Luc Picard"], Kind.PII),
        ("name", ["Bread knife", "Cast iron pan"], Kind.PUBLIC),
        ("customer_id", [1, 2], Kind.CONFIDENTIAL),
        ("anything", [None, ""], Kind.PUBLIC),
        ("anything", [], Kind.PUBLIC),
    ],
)
def test_a_column_is_told_by_name_and_values(name: str, values: list[Any], kind: Kind):
    """Some values may be missing, and nine in ten have to look alike."""
    (finding,) = classify("x.y", {name: values})

    assert finding.kind == kind


def test_a_tables_tags_are_those_of_its_columns():
    """Personal is confidential too; public is what is nothing else."""
    assert tags(classify("x.y", {"email": [], "amount": []})) == ("confidential", "pii")
    assert tags(classify("x.y", {"customer_id": [], "amount": []})) == ("confidential",)
    assert tags(classify("x.y", {"amount": []})) == ("public",)


@pytest.mark.parametrize("table", TABLES)
def test_people_and_classifier_agree_on_the_shops_tables(table: str):
    """The tags in configs/catalogue.toml are those that the classifier finds."""
    assert tuple(sorted(curated().table[table].tags)) == tags(classify(table, sample(table)))


def test_there_is_no_share_of_nothing():
    """Rather than a recall that looks like a number."""
    with pytest.raises(ValueError, match="neither may be empty"):
        precision_and_recall(set(), PERSONAL)
