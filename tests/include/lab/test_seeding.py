"""Seeding fills the lab's stores, and again changes nothing."""

from include.lab import seeding
from include.lab.settings import Lab
from tests.lessons import bucket, query


def state(lab: Lab) -> tuple[object, ...]:
    rows = query("SELECT count(*), max(xmin::text::bigint) FROM shop.orders")
    files = {path: path.stat().st_mtime_ns for path in lab.landing.rglob("*")}
    return rows, bucket("shop"), files


def test_a_second_seeding_changes_nothing(lab: Lab):
    """No row, object or file is written anew at a restart."""
    before = state(lab)

    seeding.main()

    assert state(lab) == before
