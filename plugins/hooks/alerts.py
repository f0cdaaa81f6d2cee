"""Raises alerts, tells those who have to hear of them, and passes on what nobody takes."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from include.alerting import routes
from include.alerting.alert import Alert
from include.alerting.escalation import is_due
from include.alerting.store import AlertStore, Delivery, RecordedAlert
from plugins.hooks import alert_channels

log = logging.getLogger(__name__)

LEVELS = {"P1": logging.CRITICAL, "P2": logging.ERROR, "P3": logging.WARNING, "P4": logging.INFO}


def _now() -> datetime:
    return datetime.now(UTC)


class AlertsHook:
    """The alerts of the warehouse, and the receivers that `configs/alert_routes.yaml` names."""

    def __init__(self) -> None:
        """Read the routes.

        Raises:
            ConfigurationError: they are wrong; every mistake is named with its line.
        """
        self.routes = routes.load()

    def raise_alert(self, alert: Alert) -> None:
        """Record the alert, and tell everybody who has not been told of it or of an older one.

        A receiver that is down is told later. If the warehouse is down, everybody is told at once
        and nothing is recorded: repeats are told too, for that is better than silence.
        """
        from psycopg import OperationalError

        log.log(LEVELS[alert.severity], "%s %s is raised.", alert.severity, alert.dedup_key)
        targets = self.routes.targets(alert.severity, alert.team)
        try:
            with self._store() as store:
                number, new = store.record(alert, targets, _now(), self.routes.window)
                if not new:
                    log.info("Alert %d has been told already; this run is noted beside it.", number)
                self._deliver(store)
        except OperationalError:
            log.exception("Alerts cannot be recorded; this one is told as it is.")
            self._tell(alert, targets)

    def send_pending(self) -> int:
        """Tell everybody who could not be told before; return how many were.

        Raises:
            psycopg.OperationalError: the warehouse does not answer.
        """
        with self._store() as store:
            return self._deliver(store)

    def unanswered(self, dag_id: str | None = None) -> list[RecordedAlert]:
        """The alerts, of one Dag or of all, whose page nobody has acknowledged by now.

        Raises:
            requests.exceptions.ConnectionError: the pager does not answer.
        """
        from airflow.providers.http.hooks.http import HttpHook

        pager, waiting = HttpHook("GET", "pager"), []
        with self._store() as store:
            for recorded in store.unanswered(dag_id):
                question = {"incident_key": recorded.incident_key}
                incidents = pager.run("incidents", question).json()["incidents"]
                if any(incident["status"] != "triggered" for incident in incidents):
                    store.acknowledge(recorded.alert_id, _now())
                else:
                    waiting.append(recorded)
        return waiting

    def escalate_unanswered(
        self, dag_id: str | None = None, after: timedelta | None = None
    ) -> list[str]:
        """Pass on, once, what nobody has taken for `after`; return the alerts' keys.

        `after` is the routes' own time if it is not given.
        """
        limit, due = after or self.routes.escalate_after, []
        waiting = self.unanswered(dag_id)
        with self._store() as store:
            for one in waiting:
                targets = self.routes.escalation_targets(one.alert.team)
                late = is_due(one.raised_at, False, one.escalated_at is not None, _now(), limit)
                if late and store.escalate(one.alert_id, targets, _now()):
                    due.append(one.dedup_key)
            self._deliver(store)
        return due

    def forget(self, dag_id: str) -> int:
        """Delete the alerts of one Dag, so that they are new again; return how many there were.

        Raises:
            psycopg.OperationalError: the warehouse does not answer.
        """
        with self._store() as store:
            return store.forget(dag_id)

    @contextmanager
    def _store(self) -> Iterator[AlertStore]:
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        connection = PostgresHook("warehouse").get_conn()
        try:
            yield AlertStore(connection)
        finally:
            connection.close()

    def _deliver(self, store: AlertStore) -> int:
        sent, errors = store.deliver(alert_channels.send, _now)
        for error in errors:
            log.error("Not told, and kept for later: %s", error)
        return sent

    def _tell(self, alert: Alert, targets: list[routes.Target]) -> None:
        from include.alerting.store import DeliveryError

        recorded = RecordedAlert(0, _now(), None, None, alert.dedup_key, alert)
        for target in targets:
            try:
                alert_channels.send(Delivery(recorded, target, escalated=False))
            except DeliveryError:
                log.exception("Not told, and lost: %s %s", *target)
