"""Airflow's event log in the warehouse, as a chain that nobody changes unseen."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from include.compliance.chain import ChainBrokenError, Entry, Record, extend, verify

if TYPE_CHECKING:
    from psycopg import Connection

TABLE = "marts.audit_trail"
TABLES = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    number bigint PRIMARY KEY, at text NOT NULL, who text NOT NULL, what text NOT NULL,
    subject text NOT NULL, details text NOT NULL, hash text NOT NULL, event_id bigint UNIQUE)
"""
COMPONENTS = "airflow"
"""Who did what no person has asked for: Airflow itself."""

_COLUMNS = "number, at, who, what, subject, details, hash"


def entry_of(event: Mapping[str, Any]) -> Entry:
    """Return what is recorded of an event, as Airflow's REST API gives it."""
    parts = (event[key] for key in ("dag_id", "run_id", "task_id"))
    subject = " / ".join(part for part in parts if part)
    who, details = event["owner"] or COMPONENTS, event["extra"] or ""
    return Entry(event["when"], who, event["event"], subject, details)


def append_events(connection: "Connection[Any]", events: Iterable[Mapping[str, Any]]) -> int:
    """Chain the events that are not recorded yet; return how many they were.

    One at a time: two writers would chain two records to the same one.
    """
    by_id = {event["event_log_id"]: event for event in events}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN EXCLUSIVE MODE")
        cursor.execute(f"SELECT event_id FROM {TABLE} WHERE event_id = ANY(%s)", (list(by_id),))
        new = sorted(by_id.keys() - {event_id for (event_id,) in cursor})
        records = extend(_head(cursor), (entry_of(by_id[event_id]) for event_id in new))
        cursor.executemany(
            f"INSERT INTO {TABLE} VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (record.number, *record.entry, record.hash, event_id)
                for record, event_id in zip(records, new, strict=True)
            ],
        )
    return len(new)


def append(connection: "Connection[Any]", entry: Entry) -> Record:
    """Chain something that no event of Airflow tells; return its record."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {TABLE} IN EXCLUSIVE MODE")
        (record,) = extend(_head(cursor), [entry])
        cursor.execute(
            f"INSERT INTO {TABLE} ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (record.number, *record.entry, record.hash),
        )
    return record


def read(connection: "Connection[Any]") -> list[Record]:
    """Return the whole chain."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM {TABLE} ORDER BY number")
        return [Record(number, Entry(*facts), hash_) for number, *facts, hash_ in cursor]


def newest(connection: "Connection[Any]") -> str | None:
    """Return when the newest recorded event happened; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(at) FROM {TABLE} WHERE event_id IS NOT NULL")
        (at,) = cursor.fetchone() or (None,)
        return at


def tamper(connection: "Connection[Any]", number: int) -> str:
    """Change one record as an intruder would, look whether it is found, and take it back.

    Returns what the chain says of it.

    Raises:
        AssertionError: nobody notices.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(f"UPDATE {TABLE} SET who = 'nobody' WHERE number = %s", (number,))
        try:
            verify(read(connection))
        except ChainBrokenError as found:
            return str(found)
    raise AssertionError(f"Record {number} was changed, and nobody notices.")


def _head(cursor: Any) -> Record | None:
    cursor.execute(f"SELECT {_COLUMNS} FROM {TABLE} ORDER BY number DESC LIMIT 1")
    row = cursor.fetchone()
    return row and Record(row[0], Entry(*row[1:6]), row[6])
