"""The shop's feature store, at the addresses that Airflow's connections give."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from include.features.definitions import FeatureView

if TYPE_CHECKING:
    from include.features.store import Features

SCHEMA = "feast"


class FeatureStoreHook(BaseHook):
    """Opens Feast with its registry in the warehouse and its online store in Redis."""

    def __init__(self, postgres_conn_id: str = "warehouse", redis_conn_id: str = "redis") -> None:
        """Use the connections of these ids."""
        super().__init__()
        self.postgres_conn_id = postgres_conn_id
        self.redis_conn_id = redis_conn_id

    @contextmanager
    def open(self, view: FeatureView, batch: Iterable[Sequence[Any]] = ()) -> Iterator["Features"]:
        """Open the store for a feature view; `batch` is what Feast shall read as its rows.

        Raises:
            sqlalchemy.exc.OperationalError: the warehouse does not answer.
        """
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        from include.features.store import open_features

        registry = PostgresHook(self.postgres_conn_id).sqlalchemy_url
        registry = registry.set(drivername="postgresql+psycopg")
        registry = registry.update_query_dict({"options": f"-csearch_path={SCHEMA}"})
        facts = self.get_connection(self.redis_conn_id)
        place = {
            "host": facts.host,
            "port": facts.port,
            "password": facts.password,
            "db": facts.extra_dejson.get("db", 0),
        }
        address = registry.render_as_string(hide_password=False)
        with open_features(view, address, place, batch) as features:
            yield features
