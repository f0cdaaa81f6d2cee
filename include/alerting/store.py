"""Alerts and who was told, in tables: recorded first, told afterwards, each receiver once.

An alert is recorded together with the deliveries that it needs, in one transaction. A delivery
that fails stays there and is tried again with the next: a receiver that is down loses nothing.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from include.alerting.alert import Alert
from include.alerting.routes import Target

_TABLES = """
CREATE TABLE IF NOT EXISTS marts.alerts (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    severity text NOT NULL, team text NOT NULL,
    dag_id text NOT NULL, task_id text NOT NULL, run_id text NOT NULL,
    title text NOT NULL, detail text NOT NULL, link text NOT NULL,
    dedup_key text NOT NULL,
    raised_at timestamptz NOT NULL,
    acknowledged_at timestamptz, escalated_at timestamptz
);
CREATE TABLE IF NOT EXISTS marts.alert_runs (
    alert_id bigint REFERENCES marts.alerts ON DELETE CASCADE,
    run_id text, raised_at timestamptz NOT NULL,
    PRIMARY KEY (alert_id, run_id)
);
CREATE TABLE IF NOT EXISTS marts.alert_deliveries (
    alert_id bigint REFERENCES marts.alerts ON DELETE CASCADE,
    channel text, address text, escalated boolean DEFAULT false,
    sent_at timestamptz, attempts integer NOT NULL DEFAULT 0, last_error text,
    PRIMARY KEY (alert_id, channel, address, escalated)
)
"""
# One transaction at a time makes the tables and looks for a repeat: two would both find none.
_TURN = "SELECT pg_advisory_xact_lock(hashtext('marts.alerts'))"
_FACTS = ", ".join(field.name for field in fields(Alert))
_ALERT = f"alert_id, raised_at, acknowledged_at, escalated_at, dedup_key, {_FACTS}"
_REPEAT = "SELECT max(alert_id) FROM marts.alerts WHERE dedup_key = %s AND raised_at > %s"
_RUN = """
INSERT INTO marts.alert_runs (alert_id, run_id, raised_at) VALUES (%s, %s, %s)
ON CONFLICT (alert_id, run_id) DO UPDATE SET raised_at = excluded.raised_at
"""
_RECORD = f"""
INSERT INTO marts.alerts (raised_at, dedup_key, {_FACTS})
VALUES (%s, %s, {", ".join(["%s"] * len(fields(Alert)))}) RETURNING alert_id
"""
_DELIVERY = """
INSERT INTO marts.alert_deliveries (alert_id, channel, address, escalated) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_NEXT = f"""
SELECT {_ALERT}, channel, address, escalated
FROM marts.alert_deliveries JOIN marts.alerts USING (alert_id)
WHERE sent_at IS NULL AND (channel, address) <> ALL (
    SELECT * FROM unnest(%s::text[], %s::text[]) AS silent (channel, address))
ORDER BY severity, raised_at, alert_id, channel LIMIT 1
FOR UPDATE OF alert_deliveries SKIP LOCKED
"""
_TRIED = """
UPDATE marts.alert_deliveries SET sent_at = %s, attempts = attempts + 1, last_error = %s
WHERE (alert_id, channel, address, escalated) = (%s, %s, %s, %s)
"""
_PAGED = f"""
SELECT {_ALERT} FROM marts.alerts
WHERE acknowledged_at IS NULL AND escalated_at IS NULL AND dag_id = coalesce(%s, dag_id)
AND EXISTS (SELECT FROM marts.alert_deliveries d
    WHERE d.alert_id = alerts.alert_id AND channel = 'pager' AND sent_at IS NOT NULL)
ORDER BY raised_at
"""
_ACKNOWLEDGE = "UPDATE marts.alerts SET acknowledged_at = %s WHERE alert_id = %s"
_ESCALATE = """
UPDATE marts.alerts SET escalated_at = %s
WHERE alert_id = %s AND escalated_at IS NULL AND acknowledged_at IS NULL RETURNING alert_id
"""


class DeliveryError(RuntimeError):
    """A receiver does not answer, or refuses what it is told."""


@dataclass(frozen=True)
class RecordedAlert:
    """An alert as it stands in its table; its id tells it from a later one of the same key."""

    alert_id: int
    raised_at: datetime
    acknowledged_at: datetime | None
    escalated_at: datetime | None
    dedup_key: str
    alert: Alert

    @property
    def incident_key(self) -> str:
        """By what the pager knows it."""
        return f"{self.dedup_key}/{self.alert_id}"


@dataclass(frozen=True)
class Delivery:
    """One receiver to be told of one alert; `escalated` says that nobody had taken it."""

    recorded: RecordedAlert
    target: Target
    escalated: bool


Send = Callable[[Delivery], None]
"""Tells the receiver, or raises DeliveryError."""


class AlertStore:
    """The tables, over a connection (DB-API) that nobody else uses meanwhile."""

    def __init__(self, connection: Any) -> None:
        """Use `connection`, and make the tables if they are missing."""
        self._connection = connection
        with connection.cursor() as cursor:
            cursor.execute(_TURN)
            cursor.execute(_TABLES)
        connection.commit()

    def record(
        self, alert: Alert, targets: list[Target], now: datetime, window: timedelta
    ) -> tuple[int, bool]:
        """Record the alert and who is to be told; return its id, and whether it is new.

        It is not new if one with its key was recorded within `window` before `now`: then the run
        is noted beside that one, and nobody is told.
        """
        with self._connection.cursor() as cursor:
            cursor.execute(_TURN)
            cursor.execute(_REPEAT, (alert.dedup_key, now - window))
            (number,) = cursor.fetchone()
            if new := number is None:
                cursor.execute(_RECORD, (now, alert.dedup_key, *astuple(alert)))
                (number,) = cursor.fetchone()
                self._plan(cursor, number, targets, escalated=False)
            cursor.execute(_RUN, (number, alert.run_id, now))
        self._connection.commit()
        return number, new

    def deliver(self, send: Send, now: Callable[[], datetime]) -> tuple[int, list[str]]:
        """Tell everybody who has not been told; return how many were, and what went wrong.

        Side by side with another call, each delivery is made by one of the two. A receiver that
        fails is left alone for the rest of this call. Who dies between telling and noting it
        tells it again: rather twice than never.
        """
        sent, silent, errors = 0, set[Target](), list[str]()
        while delivery := self._next(silent):
            error = None
            try:
                send(delivery)
            except DeliveryError as failure:
                error = f"{failure}"
                silent.add(delivery.target)
                errors.append(f"{delivery.target.channel} {delivery.target.address}: {failure}")
            sent += error is None
            key = (delivery.recorded.alert_id, *delivery.target, delivery.escalated)
            with self._connection.cursor() as cursor:
                cursor.execute(_TRIED, (None if error else now(), error, *key))
            self._connection.commit()
        return sent, errors

    def unanswered(self, dag_id: str | None = None) -> list[RecordedAlert]:
        """The alerts, of one Dag or of all, that somebody was paged for and nobody has taken."""
        with self._connection.cursor() as cursor:
            cursor.execute(_PAGED, (dag_id,))
            rows = cursor.fetchall()
        self._connection.commit()
        return [_recorded(row) for row in rows]

    def acknowledge(self, alert_id: int, now: datetime) -> None:
        """Note that somebody has taken it."""
        with self._connection.cursor() as cursor:
            cursor.execute(_ACKNOWLEDGE, (now, alert_id))
        self._connection.commit()

    def escalate(self, alert_id: int, targets: list[Target], now: datetime) -> bool:
        """Plan to tell `targets` too; return False if somebody else has, or it has been taken."""
        with self._connection.cursor() as cursor:
            cursor.execute(_ESCALATE, (now, alert_id))
            escalated = cursor.fetchone() is not None
            if escalated:
                self._plan(cursor, alert_id, targets, escalated=True)
        self._connection.commit()
        return escalated

    def forget(self, dag_id: str) -> int:
        """Delete the alerts of one Dag and their deliveries; return how many alerts there were."""
        with self._connection.cursor() as cursor:
            cursor.execute("DELETE FROM marts.alerts WHERE dag_id = %s", (dag_id,))
            deleted: int = cursor.rowcount
        self._connection.commit()
        return deleted

    def _plan(self, cursor: Any, number: int, targets: list[Target], escalated: bool) -> None:
        for target in targets:
            cursor.execute(_DELIVERY, (number, *target, escalated))

    def _next(self, silent: set[Target]) -> Delivery | None:
        """The next delivery, locked until it is committed."""
        with self._connection.cursor() as cursor:
            channels, addresses = zip(*silent, strict=True) if silent else ((), ())
            cursor.execute(_NEXT, (list(channels), list(addresses)))
            row = cursor.fetchone()
        if row is None:
            self._connection.commit()
            return None
        *facts, channel, address, escalated = row
        return Delivery(_recorded(tuple(facts)), Target(channel, address), escalated)


def _recorded(row: tuple[Any, ...]) -> RecordedAlert:
    number, raised_at, acknowledged_at, escalated_at, dedup_key, *facts = row
    return RecordedAlert(number, raised_at, acknowledged_at, escalated_at, dedup_key, Alert(*facts))
