"""The audit trail in the lab's warehouse."""

from collections.abc import Iterator
from typing import Any

import pytest

from include.compliance import audit_trail, evidence
from include.compliance.chain import ChainBrokenError, Entry
from include.lab.seeding import open_object_store
from include.lab.settings import Lab
from plugins.hooks.audit_trail import PAGES, AuditTrailHook
from tests.lessons import query

pytestmark = pytest.mark.usefixtures("known_connections")


def event(number: int, what: str = "trigger_dag_run") -> dict[str, Any]:
    """An event as Airflow's REST API gives it."""
    place = {"dag_id": "some_dag", "run_id": None, "task_id": None}
    when = f"2026-01-05T08:00:0{number}Z"
    return {"event_log_id": number, "when": when, "owner": "ada", "event": what, "extra": None} | (
        place
    )


def forget(connection: Any) -> None:
    """Let there be no trail, and no report that has kept the head of one."""
    connection.execute(f"DROP TABLE IF EXISTS {audit_trail.TABLE}")
    open_object_store().delete_object(Bucket="lake", Key=f"{PAGES}/{evidence.HEAD}")


@pytest.fixture
def connection(lab: Lab) -> Iterator[Any]:
    """A connection of the trail's own; the trail is empty before and after."""
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    connection: Any = PostgresHook("warehouse").get_conn()
    connection.autocommit = True
    forget(connection)
    connection.execute(audit_trail.TABLES)
    yield connection
    forget(connection)
    connection.close()


def test_an_event_is_chained_once(connection: Any) -> None:
    """Also one that is told late, after those that came behind it."""
    assert audit_trail.append_events(connection, [event(1), event(3)]) == 2
    assert audit_trail.append_events(connection, [event(1), event(2), event(3)]) == 1

    assert AuditTrailHook().check() == 3
    assert [one.entry.at[-3:] for one in audit_trail.read(connection)] == ["01Z", "03Z", "02Z"]
    assert audit_trail.newest(connection) == "2026-01-05T08:00:03Z"


def test_an_entry_of_our_own_goes_on_with_the_chain(connection: Any) -> None:
    """And is no event of Airflow's."""
    assert audit_trail.newest(connection) is None
    entry = Entry("2027-01-01T00:00:00Z", "a lesson", "erase_person", "somebody", "")
    audit_trail.append_events(connection, [event(1)])

    AuditTrailHook().record(entry)

    assert audit_trail.read(connection)[-1].entry == entry
    assert AuditTrailHook().check() == 2
    assert audit_trail.newest(connection) == "2026-01-05T08:00:01Z"


def test_tampering_is_found_and_leaves_no_trace(connection: Any) -> None:
    """The record is changed in the database, and is afterwards as it was."""
    audit_trail.append_events(connection, [event(number) for number in (1, 2, 3)])

    assert AuditTrailHook().tamper(2).startswith("Record 2 is not as it was written")
    assert AuditTrailHook().check() == 3


def test_a_row_that_was_altered_is_found(connection: Any) -> None:
    """By whoever may write to the table."""
    audit_trail.append_events(connection, [event(1), event(2)])
    query(f"UPDATE {audit_trail.TABLE} SET what = 'nothing' WHERE number = 1 RETURNING 1")

    with pytest.raises(ChainBrokenError, match="Record 1 is not as it was written"):
        AuditTrailHook().check()


def test_rows_that_were_cut_off_are_found(connection: Any) -> None:
    """For the last report kept the head."""
    audit_trail.append_events(connection, [event(1), event(2)])
    AuditTrailHook().publish()
    query(f"DELETE FROM {audit_trail.TABLE} WHERE number = 2 RETURNING 1")

    with pytest.raises(ChainBrokenError, match="Records 2 to 2 are missing at the end"):
        AuditTrailHook().check()
    audit_trail.append_events(connection, [event(2)])
    assert AuditTrailHook().check() == 2
