"""What a kill costs: a stream of numbered writes, SIGKILL amid it, and what is there afterwards.

A write counts as acknowledged once the service has answered; one that was not is tried again. So a
service that loses none of the acknowledged may still have one twice.
"""

import logging
import os
import signal
import smtplib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx

from include.inbox.messages import Messages
from include.lab import services
from include.lab.settings import HOST, Lab
from include.lab.supervisor import read_state
from include.messaging import topics
from include.observability import scrape
from tests.labs import free_port_base, start_lab, wait_for

SECONDS_BEFORE, SECONDS_AFTER = 3, 1
NAME = "numbers"
NOT_NEEDED = ("airflow", "mlflow", "model_server", "shop_api", "vault")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stream:
    """How numbers are written to a service, one by one, and read back, each as often as it is."""

    write: Callable[[int], object]
    read: Callable[[], Iterable[int]]


@dataclass(frozen=True)
class Account:
    """What became of the numbers; `lasting` is a service that says it keeps what it was given."""

    service: str
    acknowledged: int
    lost: int
    doubled: int
    lasting: bool = True

    @property
    def held(self) -> bool:
        """Whether nothing is lost that the service is to keep."""
        return not (self.lost and self.lasting)


def measure(tell: Callable[[str], None]) -> list[Account]:
    """Start a lab of services, and kill each that keeps data, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        # PostgreSQL runs as another user where root measures.
        Path(folder).chmod(0o711)
        tell("starting a lab without Airflow ...")
        with running(Path(folder)) as lab:
            found = []
            for name, stream in STREAMS.items():
                tell(f"killing {name} ...")
                lasting = name not in services.DESCRIBE or not services.DESCRIBE[name](lab).caution
                found.append(account(name, stream(lab), lambda one=name: kill(lab, one), lasting))
            return found


@contextmanager
def running(folder: Path, without: Iterable[str] = NOT_NEEDED) -> Iterator[Lab]:
    """A lab of services that ends with the block."""
    place = {
        "LAB_HOME": str(folder / "lab"),
        "LAB_PORT_BASE": str(free_port_base(40)),
        "WITHOUT": ",".join(without),
    }
    process = start_lab(place, folder / "lab.log")
    try:
        yield Lab.from_environment(place)
    finally:
        process.terminate()
        process.wait()


def kill(lab: Lab, name: str) -> None:
    """Kill a service amid the stream; return when the supervisor has had it back for a while."""
    time.sleep(SECONDS_BEFORE)
    pid = read_state(lab)[name]["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lab, name, "ready", but_not=pid)
    time.sleep(SECONDS_AFTER)


def account(
    service: str, stream: Stream, accident: Callable[[], None], lasting: bool = True
) -> Account:
    """Write numbers until the accident is over; count what is lost and what is there twice."""
    acknowledged = 0
    with ThreadPoolExecutor(1) as threads:
        over: Future[None] = threads.submit(accident)
        while not over.done():
            try:
                stream.write(acknowledged)
            except Exception:
                # Whatever a client raises: nobody has acknowledged this number.
                log.debug("%s did not take %s", service, acknowledged, exc_info=True)
                time.sleep(0.1)
            else:
                acknowledged += 1
        over.result()
    stored = Counter(stream.read())
    lost = sum(not stored[number] for number in range(acknowledged))
    doubled = sum(times > 1 for times in stored.values())
    return Account(service, acknowledged, lost, doubled, lasting)


def inbox(lab: Lab) -> Stream:
    """Chat messages; they are read from the inbox's file, for its page shows the newest alone."""
    client = httpx.Client(base_url=lab.url("inbox"), trust_env=False)

    def write(number: int) -> None:
        client.post(f"/slack/{NAME}", json={"text": f"{number}"}).raise_for_status()

    def read() -> Iterator[int]:
        for message in Messages(lab.home / "inbox.sqlite").newest("slack", 10**6):
            yield int(message.content["text"])

    return Stream(write, read)


def mail(lab: Lab) -> Stream:
    """Mails, each with its own id, as every mail program gives them one."""

    def write(number: int) -> None:
        message = EmailMessage()
        message["From"], message["To"] = "bench@shop.example", f"{NAME}@shop.example"
        message["Subject"], message["Message-ID"] = f"{number}", f"<{number}@bench.example>"
        message.set_content("A number.")
        with smtplib.SMTP(HOST, lab.port("mail"), timeout=10) as server:
            server.send_message(message)

    def read() -> Iterator[int]:
        for message in Messages(lab.home / "inbox.sqlite").newest("mail", 10**6):
            yield int(message.content["subject"])

    return Stream(write, read)


def object_store(lab: Lab) -> Stream:
    """Objects in a bucket."""
    import boto3

    client = boto3.client(
        "s3",
        aws_access_key_id="lab",
        aws_secret_access_key=lab.secrets["object_store_password"],
        endpoint_url=lab.url("object_store"),
        region_name="eu-central-1",
    )
    client.create_bucket(
        Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )

    def read() -> Iterator[int]:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=NAME):
            yield from (int(item["Key"]) for item in page.get("Contents", ()))

    return Stream(lambda number: client.put_object(Bucket=NAME, Key=f"{number}"), read)


def redis(lab: Lab) -> Stream:
    """Values of a list."""
    from redis import Redis

    client = Redis(HOST, lab.port("redis"), password=lab.secrets["redis_password"])
    return Stream(
        lambda number: client.rpush(NAME, number), lambda: map(int, client.lrange(NAME, 0, -1))
    )


def bigquery(lab: Lab) -> Stream:
    """Rows, each of an INSERT of its own."""
    client = httpx.Client(base_url=lab.url("bigquery"), timeout=30, trust_env=False)
    project = "/bigquery/v2/projects/shop"

    def ask(path: str, body: dict[str, Any]) -> Any:
        return client.post(f"{project}/{path}", json=body).raise_for_status().json()

    def query(sql: str) -> list[int]:
        answer = ask("queries", {"query": sql, "useLegacySql": False, "maxResults": 100_000})
        return [int(row["f"][0]["v"]) for row in answer.get("rows", ())]

    ask("datasets", {"datasetReference": {"projectId": "shop", "datasetId": NAME}})
    query(f"CREATE TABLE {NAME}.{NAME} (n INT64)")
    return Stream(
        lambda number: query(f"INSERT INTO {NAME}.{NAME} VALUES ({number})"),
        lambda: query(f"SELECT n FROM {NAME}.{NAME}"),
    )


def gcs(lab: Lab) -> Stream:
    """Objects in a bucket."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    where = {"api_endpoint": lab.url("gcs")}
    bucket = storage.Client("shop", AnonymousCredentials(), client_options=where).create_bucket(
        NAME
    )
    return Stream(
        lambda number: bucket.blob(f"{number}").upload_from_string("x", timeout=5, retry=None),
        lambda: (int(blob.name) for blob in bucket.list_blobs()),
    )


def azurite(lab: Lab) -> Stream:
    """Blobs in a container."""
    from azure.storage.blob import ContainerClient

    client = ContainerClient(
        f"{lab.url('azurite')}/shop", NAME, credential=lab.secrets["azurite_key"], retry_total=0
    )
    client.create_container()
    return Stream(
        lambda number: client.upload_blob(f"{number}", b"x", overwrite=True),
        lambda: map(int, client.list_blob_names()),
    )


def kafka(lab: Lab) -> Stream:
    """Messages of a topic, which is made again where it was forgotten."""
    from confluent_kafka import Consumer, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient

    servers = {"bootstrap.servers": f"{HOST}:{lab.port('kafka')}", "log_level": 0}
    admin = AdminClient(servers)
    producer = Producer({**servers, "message.timeout.ms": 2000})
    topics.make(admin, NAME)

    def write(number: int) -> None:
        outcome: list[Any] = []
        producer.produce(NAME, f"{number}", on_delivery=lambda error, _: outcome.append(error))
        producer.flush(5)
        if outcome != [None]:
            topics.make(admin, NAME, seconds=1)
            raise OSError(f"{number} is not delivered: {outcome}")

    def read() -> Iterator[int]:
        consumer = Consumer({**servers, "group.id": NAME, "enable.auto.commit": False})
        consumer.assign([TopicPartition(NAME, one, 0) for one in range(topics.PARTITIONS)])
        while message := consumer.poll(5):
            if message.error() is None:
                yield int(message.value())
        consumer.close()

    return Stream(write, read)


def metrics(lab: Lab) -> Stream:
    """What jobs push, each under a name of its own."""
    client = httpx.Client(base_url=f"{lab.url('metrics')}/pushgateway", trust_env=False)

    def write(number: int) -> None:
        client.put(f"/metrics/job/{number}", content=f"{NAME} 1\n").raise_for_status()

    def read() -> Iterator[int]:
        for sample in scrape.read(client.get("/metrics").text):
            if sample.name == NAME:
                yield int(sample.labels["job"])

    return Stream(write, read)


def postgres(lab: Lab) -> Stream:
    """Rows of a table without a key, each in a transaction and over a connection of its own."""
    import psycopg2

    def ask(sql: str, *values: object) -> list[Any]:
        connection = psycopg2.connect(
            host=HOST,
            port=lab.port("postgres"),
            dbname="warehouse",
            user="warehouse",
            password=lab.secrets["warehouse_password"],
        )
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    ask(f"CREATE TABLE {NAME} (n integer)")
    return Stream(
        lambda number: ask(f"INSERT INTO {NAME} VALUES (%s)", number),
        lambda: (number for (number,) in ask(f"SELECT n FROM {NAME}")),
    )


STREAMS: dict[str, Callable[[Lab], Stream]] = {
    "inbox": inbox,
    "mail": mail,
    "object_store": object_store,
    "redis": redis,
    "bigquery": bigquery,
    "gcs": gcs,
    "azurite": azurite,
    "kafka": kafka,
    "metrics": metrics,
    "postgres": postgres,
}
"""Every service that keeps what it is given."""


EXPLAINED = f"""\
Numbers are written to a service one after the other, each as soon as the one before is
acknowledged. After {SECONDS_BEFORE} s the service is killed by SIGKILL, and the lab starts it
again. What was not acknowledged is tried again, so a service that knows no key may have a number
twice. *Lost* is what was acknowledged, and is not there afterwards.
"""


def faults_table(found: list[Account]) -> str:
    """How the accounts come about, and the accounts as a table."""
    lines = [
        EXPLAINED,
        *("| Service | Acknowledged | Lost | Doubled |", "| --- | --- | --- | --- |"),
    ]
    for one in found:
        lost = f"{one.lost}{'' if one.lasting else ', kept in memory alone'}"
        lost = lost if one.held else f"**{lost}**"
        lines.append(f"| {one.service} | {one.acknowledged} | {lost} | {one.doubled} |")
    return "\n".join(lines)
