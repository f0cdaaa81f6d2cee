"""Seeding fills the lab's stores, and again changes nothing."""

import pytest
from botocore.exceptions import EndpointConnectionError

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


@pytest.mark.faults
def test_an_object_store_that_is_not_there_stops_no_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """The lab goes on without it, and the log says what is missing until when."""

    def nobody(client: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(seeding, "open_object_store", lambda: None)
    monkeypatch.setattr(seeding.object_store, "load", nobody)

    seeding.fill_object_store()

    said = capsys.readouterr().out
    assert said.startswith("The object store stays empty until the next `make up`: Could not")
