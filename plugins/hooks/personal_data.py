"""The stores that hold personal data, each over its own connections."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from airflow.sdk import BaseHook

from include.compliance import register
from include.compliance.erasure import Store
from include.compliance.members import MEMBERS, Member


class PersonalDataHook(BaseHook):
    """Works on the stores of `configs/personal_data.toml`, by their names."""

    def sign_up(self, store: str) -> None:
        """Let the store hold all members.

        Raises:
            KeyError: there is no such store.
        """
        with self._open(store) as opened:
            opened.sign_up(MEMBERS)

    def find(self, store: str, member: Member) -> list[str]:
        """Search the whole store; return each place in it that names the person.

        Raises:
            KeyError: there is no such store.
        """
        with self._open(store) as opened:
            return opened.find(member)

    def find_everywhere(self, member: Member) -> dict[str, list[str]]:
        """Search every store; return the places of each."""
        return {store: self.find(store, member) for store in register.load()}

    def erase(self, store: str, member: Member) -> None:
        """Remove the person from the places that the register knows of this store.

        Raises:
            KeyError: there is no such store.
        """
        with self._open(store) as opened:
            opened.erase(member)

    @contextmanager
    def _open(self, name: str) -> Iterator[Store]:
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        opens: dict[str, Callable[[Any], Store]] = {
            "warehouse": self._warehouse,
            "object_store": self._objects,
            "topic": self._topic,
            "features": self._features,
            "snapshot": self._snapshot,
        }
        opened = opens[name]
        hook = PostgresHook("warehouse")
        with closing(hook.get_conn()) as opened_connection:
            connection: Any = opened_connection
            connection.autocommit = True
            yield opened(connection)

    def _warehouse(self, connection: Any) -> Store:
        from include.compliance.stores.warehouse import Warehouse

        return Warehouse(connection)

    def _objects(self, connection: Any) -> Store:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        from include.compliance.stores.objects import Objects

        return Objects(S3Hook("object_store").get_conn())

    def _topic(self, connection: Any) -> Store:
        from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook
        from airflow.providers.apache.kafka.hooks.consume import KafkaConsumerHook
        from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook

        from include.compliance.stores.topic import Topic

        return Topic(
            KafkaAdminClientHook("kafka_default").get_conn,
            KafkaProducerHook("kafka_default").get_producer(),
            KafkaConsumerHook([], "kafka_default").get_conn,
            connection,
        )

    def _features(self, connection: Any) -> Store:
        from airflow.providers.redis.hooks.redis import RedisHook

        from include.compliance.stores.features import Features

        return Features(RedisHook("redis").get_conn())  # type: ignore[no-untyped-call]

    def _snapshot(self, connection: Any) -> Store:
        from include.compliance.stores.snapshot import Snapshot
        from plugins.hooks.mlflow import MlflowHook

        return Snapshot(MlflowHook().get_conn())
