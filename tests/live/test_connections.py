"""Each connection leads to its service, by the hook that Airflow's own provider has for it."""

import smtplib
import urllib.request
from collections.abc import Callable

import pytest
from airflow.sdk import BaseHook
from prometheus_client.parser import text_string_to_metric_families

from include.configuration.metadata import connection_facts
from plugins.listeners.service_hint import silent

pytestmark = pytest.mark.usefixtures("known_connections")
PAYLOAD = "Zoë, 7 €\n"


def redis() -> None:
    from airflow.providers.redis.hooks.redis import RedisHook

    client = RedisHook("redis").get_conn()
    client.set("test:connections", PAYLOAD)
    assert client.get("test:connections").decode() == PAYLOAD
    client.delete("test:connections")


def kafka_default() -> None:
    from airflow.providers.apache.kafka.hooks.client import KafkaAdminClientHook
    from airflow.providers.apache.kafka.hooks.consume import KafkaConsumerHook
    from airflow.providers.apache.kafka.hooks.produce import KafkaProducerHook

    topic = "test.connections"
    KafkaAdminClientHook("kafka_default").create_topic([(topic, 1, 1)])
    producer = KafkaProducerHook("kafka_default").get_producer()
    producer.produce(topic, PAYLOAD)
    assert producer.flush(10) == 0
    consumer = KafkaConsumerHook([topic], "kafka_default").get_consumer()
    (message,) = consumer.consume(1, timeout=30)
    consumer.close()
    assert message.value().decode() == PAYLOAD


def mlflow() -> None:
    from mlflow import MlflowClient

    client = MlflowClient(BaseHook.get_connection("mlflow").host)
    experiment = client.create_experiment("test_connections")
    run = client.create_run(experiment).info.run_id
    client.log_text(run, PAYLOAD, "payload.txt")
    assert [file.path for file in client.list_artifacts(run)] == ["payload.txt"]
    client.delete_experiment(experiment)


def vault() -> None:
    from airflow.providers.hashicorp.hooks.vault import VaultHook
    from hvac.exceptions import VaultError

    hook, greeting = VaultHook("vault"), {"value": "Hello from the vault"}
    assert hook.get_secret("airflow/variables/greeting") == greeting
    with pytest.raises(VaultError):
        hook.create_or_update_secret("airflow/variables/greeting", {"value": "overwritten"})
    assert hook.get_secret("airflow/variables/greeting") == greeting


def google_cloud_default() -> None:
    from airflow.providers.google.cloud.hooks.gcs import GCSHook

    hook = GCSHook()
    hook.create_bucket(bucket_name="test-connections", project_id="shop")
    hook.upload("test-connections", "payload.txt", data=PAYLOAD)
    assert hook.download("test-connections", "payload.txt").decode() == PAYLOAD
    hook.delete_bucket("test-connections", force=True)


def google_cloud_bigquery_default() -> None:
    from airflow.providers.google.cloud.hooks.bigquery import BigQueryHook

    client = BigQueryHook().get_client(project_id="shop")
    assert [row.three for row in client.query("SELECT 1 + 2 AS three").result()] == [3]


def azure_blob() -> None:
    from airflow.providers.microsoft.azure.hooks.wasb import WasbHook

    hook = WasbHook("azure_blob")
    hook.create_container("test-connections")
    hook.load_string(PAYLOAD, "test-connections", "payload.txt", overwrite=True)
    assert hook.read_file("test-connections", "payload.txt") == PAYLOAD
    hook.delete_container("test-connections")


def metrics() -> None:
    address = f"{BaseHook.get_connection('metrics').host}/metrics"
    text = urllib.request.urlopen(address, timeout=10).read().decode()
    names = {family.name for family in text_string_to_metric_families(text)}
    assert "airflow_scheduler_heartbeat" in names


def smtp_default() -> None:
    where = BaseHook.get_connection("smtp_default")
    with smtplib.SMTP(where.host, where.port) as server:
        assert server.noop()[0] == 250


def warehouse() -> None:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    assert PostgresHook("warehouse").get_first("SELECT current_database()") == ("warehouse",)


def object_store() -> None:
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook

    assert "exports/orders.csv" in S3Hook("object_store").list_keys("shop", prefix="exports/")


CHECKS = (
    *(redis, kafka_default, mlflow, vault, google_cloud_default, google_cloud_bigquery_default),
    *(azure_blob, metrics, smtp_default, warehouse, object_store),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_hook_of_a_connection_reaches_its_service(check: Callable[[], None]) -> None:
    """What it writes it reads back, and what it may not do is refused."""
    check()


@pytest.mark.parametrize(
    "conn_id", [name for name, facts in connection_facts().items() if not facts.browser]
)
def test_something_answers_at_every_connection(conn_id: str) -> None:
    """What a failed task's log says of a silent service would be wrong otherwise."""
    assert silent(BaseHook.get_connection(conn_id)) is None
