"""The components that the shop's Dags depend on: how each is probed, mended and broken."""

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, conf

from include.health.check import Check, UnhealthyError

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient
    from requests import Response

TABLE, BUCKET, TOPIC = "marts.health_probe", "shop-health", "shop.health"
"""What is probed, and may be broken: nothing else uses them."""

SECONDS = 5
"""How long a component may take to answer."""

COMPONENTS = ("database", "shop_api", "object_store", "queue", "mlflow", "airflow")


class HealthHook(BaseHook):
    """Builds the checks of the components, each over its own connection."""

    def check(self, component: str) -> Check:
        """Return the check of one of `COMPONENTS`.

        Raises:
            KeyError: there is no such component.
        """
        checks: dict[str, tuple[Callable[[], None], Callable[[], str] | None]] = {
            "database": (self._probe_table, self._repair_table),
            # A partner mends its API itself, and a supervisor starts again what has ended.
            "shop_api": (self._probe_api, None),
            "object_store": (self._probe_bucket, self._repair_bucket),
            "queue": (self._probe_topic, self._repair_topic),
            "mlflow": (self._probe_mlflow, None),
            "airflow": (self._probe_airflow, None),
        }
        return Check(component, *checks[component])

    def prepare(self) -> None:
        """Let all that may be broken be there; what is ill by itself is left to its check."""
        for make in (self._make_table, self._repair_bucket, self._repair_topic):
            try:
                make()
            except UnhealthyError as error:
                self.log.warning("Something cannot be prepared: %s", error)

    def break_(self, what: str) -> None:
        """Really break one thing: `table`, `bucket`, `topic` or `api`, the last for this run alone.

        Raises:
            KeyError: there is no such thing.
        """
        breaks: dict[str, Callable[[], None]] = {
            "table": self._drop_table,
            "bucket": self._remove_bucket,
            "topic": self._remove_topic,
            "api": self._fault_api,
        }
        breaks[what]()

    def hold_lock(self, seconds: float) -> bool:
        """Keep everybody out of the table for so long; return whether the session was ended."""
        from include.health import database

        with closing(self._postgres()) as connection:
            return database.hold(connection, TABLE, seconds)

    def _probe_table(self) -> None:
        from include.health import database

        with closing(self._postgres()) as connection:
            database.probe(connection, TABLE)

    def _make_table(self) -> str:
        from include.health import database

        with closing(self._postgres()) as connection:
            return database.make(connection, TABLE)

    def _repair_table(self) -> str:
        from include.health import database

        with closing(self._postgres()) as connection:
            return database.repair(connection, TABLE)

    def _drop_table(self) -> None:
        with closing(self._postgres()) as connection:
            connection.execute(f"DROP TABLE IF EXISTS {TABLE}")
            connection.commit()

    def _probe_api(self) -> None:
        from include.resilience.errors import ServiceError
        from plugins.hooks.shop_api import ShopApiHook

        try:
            ShopApiHook(timeout=SECONDS).fetch("/health")
        except ServiceError as error:
            raise UnhealthyError(str(error)) from error

    def _fault_api(self) -> None:
        from plugins.hooks.shop_api import ShopApiHook

        ShopApiHook().order_fault(path="/health", next=1000, status=503)

    def mend_api(self) -> None:
        """Let the API answer this run again."""
        from plugins.hooks.shop_api import ShopApiHook

        ShopApiHook().forget_faults()

    def _probe_bucket(self) -> None:
        from include.health import storage

        storage.probe(self._s3(), BUCKET)

    def _repair_bucket(self) -> str:
        from include.health import storage

        return storage.repair(self._s3(), BUCKET)

    def _remove_bucket(self) -> None:
        from include.health import storage

        storage.remove(self._s3(), BUCKET)

    def _probe_topic(self) -> None:
        from include.health import queue

        queue.probe(self._kafka(), TOPIC)

    def _repair_topic(self) -> str:
        from include.health import queue

        return queue.repair(self._kafka(), TOPIC)

    def _remove_topic(self) -> None:
        from include.messaging import topics

        topics.remove(self._kafka(), TOPIC)

    def _probe_mlflow(self) -> None:
        address = self.get_connection("mlflow").host
        self._ask(f"{address}/health", "MLflow")

    def _probe_airflow(self) -> None:
        from include.health import airflow

        # What browsers call it may have no meaning where tasks run.
        server = conf.get("core", "execution_api_server_url", fallback="")
        server = server.partition("/execution")[0] or conf.get("api", "base_url")
        airflow.judge(self._ask(f"{server}/api/v2/monitor/health", "the API server").json())

    def _ask(self, url: str, who: str) -> "Response":
        import requests

        try:
            answer = requests.get(url, timeout=SECONDS)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise UnhealthyError(f"{who} does not answer: {error}") from error
        return answer

    def _postgres(self) -> Any:
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        from psycopg import OperationalError

        try:
            return PostgresHook("warehouse").get_conn()
        except OperationalError as error:
            raise UnhealthyError("the database does not answer") from error

    def _s3(self) -> Any:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from botocore.config import Config

        # The usual five tries would hide for a while that nobody answers.
        once = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"max_attempts": 1})
        return S3Hook("object_store", config=once).get_conn()

    def _kafka(self) -> "AdminClient":
        from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook

        admin: AdminClient = KafkaAdminClientHook("kafka_default").get_conn
        return admin
