"""Runs a lesson in this process with `dag.test()` and shows what became of it."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from include.configuration.metadata import connections
from include.lab.seeding import open_object_store, open_warehouse

XCOM_REFERENCE = "s3://object_store@xcom/"
ROOT = Path(__file__).resolve().parents[1]
CHANGED_BY_A_RUN = (
    "params",
    *(f"on_{event}_callback" for event in ("execute", "success", "retry", "failure", "skipped")),
)


@dataclass(frozen=True)
class Result:
    """What a run left: its own state, its tasks' states and times, and their XComs."""

    run: Any

    @property
    def state(self) -> str:
        """`success` or `failed`."""
        return str(self.run.state)

    @property
    def states(self) -> dict[str, str | None]:
        """The state of each task; of a mapped one by `task[index]`."""
        return {self._name(ti): ti.state and str(ti.state) for ti in self.task_instances}

    @property
    def task_instances(self) -> list[Any]:
        """Every task instance, in the order in which they started."""
        return sorted(
            self.run.get_task_instances(),
            key=lambda ti: (ti.start_date is None, ti.start_date, ti.task_id, ti.map_index),
        )

    def returned(self, task_id: str, map_index: int = -1, key: str = "return_value") -> Any:
        """What the task (of a mapped one, that instance) returned, or pushed under `key`."""
        value = self.stored(task_id, map_index, key)
        if isinstance(value, str) and value.startswith(XCOM_REFERENCE):
            return json.loads(bucket("xcom")[value.removeprefix(XCOM_REFERENCE)])
        return value

    def stored(self, task_id: str, map_index: int = -1, key: str = "return_value") -> Any:
        """What stands in the XCom's row: the value, or the address of a large one."""
        # The configured backend would look for its connection, which only a task can.
        from airflow.models.xcom import XComModel
        from airflow.sdk.bases.xcom import BaseXCom
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            row = session.scalars(
                select(XComModel).where(
                    XComModel.dag_id == self.run.dag_id,
                    XComModel.run_id == self.run.run_id,
                    XComModel.task_id == task_id,
                    XComModel.key == key,
                    XComModel.map_index == map_index,
                )
            ).one()
            return BaseXCom.deserialize_value(row)

    def _name(self, ti: Any) -> str:
        return ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.map_index}]"


class Store(dict[str, Any]):
    """Keeps what a task tells it, as the store does for a task; here there is no run."""

    def set(self, key: str, value: Any) -> None:
        """Keep a value."""
        self[key] = value

    def delete(self, key: str) -> None:
        """Forget a value, if there is one."""
        self.pop(key, None)


Run = Callable[..., Result]
"""The fixture `run`: `run("phase1_01_hello_airflow", conf={...}, logical_date=...)`."""


def run_dag(
    dag: Any, conf: dict[str, Any] | None = None, logical_date: datetime | None = None
) -> Result:
    """Run a Dag to its end in this process, as if triggered with `conf`.

    Without a logical date, as for a run that an asset or the REST API started without one.
    """
    # In 3.3.2 a Dag with a deadline breaks dag.test(); deadlines are proven on the live scheduler.
    dag.deadline = None
    # dag.test() writes conf into the params, and notifiers render themselves in place: the next
    # run would find it. A mapped task has no callbacks of its own, only those of its instances.
    owners = [(dag, ("params",))] + [
        (task, ("params",) if hasattr(task, "partial_kwargs") else CHANGED_BY_A_RUN)
        for task in dag.tasks
    ]
    kept = [(o, name, copy.deepcopy(getattr(o, name))) for o, names in owners for name in names]
    try:
        return Result(dag.test(run_conf=conf, logical_date=logical_date))
    finally:
        for owner, name, value in kept:
            setattr(owner, name, value)


def query(sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """The rows that the warehouse answers, over a connection of the test's own."""
    connection = open_warehouse()
    with connection, connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    connection.close()
    return rows


def query_as(conn_id: str, sql: str) -> list[tuple[Any, ...]]:
    """The rows that the database answers to the login of a connection."""
    import psycopg2

    where = connections()[conn_id]
    opened = psycopg2.connect(
        host=where["host"],
        port=where["port"],
        dbname=where["schema"],
        user=where["login"],
        password=where["password"],
    )
    with opened, opened.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    opened.close()
    return rows


def bucket(name: str, prefix: str = "") -> dict[str, bytes]:
    """The content of every object of a bucket below `prefix`, by its key after the prefix."""
    store = open_object_store()
    found = store.list_objects_v2(Bucket=name, Prefix=prefix).get("Contents", [])
    return {
        item["Key"].removeprefix(prefix): store.get_object(Bucket=name, Key=item["Key"])[
            "Body"
        ].read()
        for item in found
    }


def lake(prefix: str) -> dict[str, bytes]:
    """What lessons have written to the lake below `prefix`."""
    return bucket("lake", prefix)


def messages(topic: str) -> list[Any]:
    """Every message of the topic, each partition from its beginning to its end of now."""
    import confluent_kafka as kafka

    settings = {**connections()["kafka_default"]["extra"], "group.id": "test.witness"}
    settings |= {"enable.partition.eof": True, "enable.auto.commit": False}
    consumer = kafka.Consumer(settings)
    left = set(consumer.list_topics(topic, 30).topics[topic].partitions)
    consumer.assign(
        [kafka.TopicPartition(topic, number, kafka.OFFSET_BEGINNING) for number in left]
    )
    found: list[Any] = []
    while left:
        for message in consumer.consume(500, timeout=0.3):
            if (error := message.error()) is None:
                found.append(message)
            elif error.code() == kafka.KafkaError._PARTITION_EOF:
                left.discard(message.partition())
            else:
                raise kafka.KafkaException(error)
    consumer.close()
    return found


def models() -> dict[str, list[str]]:
    """Each experiment of MLflow with its runs, and each registered model with its versions."""
    from mlflow import MlflowClient

    client = MlflowClient(connections()["mlflow"]["host"])
    runs = {
        f"experiment {experiment.name}": sorted(
            run.info.run_id for run in client.search_runs([experiment.experiment_id])
        )
        for experiment in client.search_experiments()
    }
    versions: dict[str, list[str]] = {}
    for one in client.search_model_versions():
        versions.setdefault(f"model {one.name}", []).append(f"{one.version} {one.aliases}")
    return {**runs, **{name: sorted(known) for name, known in versions.items()}}
