"""Which Kafka the lab starts, and how."""

import stat
from pathlib import Path

import pytest

from include.lab.kafka import kafka, properties
from include.lab.settings import Lab, LabError

STORAGE = """#!/bin/sh
case "$1" in
  random-uuid) echo MkU3OEVBNTcwNTJENDM2Qk ;;
  format) [ "$2 $3" = "--standalone -t" ] || { echo "bad arguments: $*" >&2; exit 2; }
          mkdir -p "$(sed -n s/^log.dirs=//p "$6")"
          echo "$4" > "$(sed -n s/^log.dirs=//p "$6")/meta.properties" ;;
esac
"""


@pytest.fixture
def apache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out as an unpacked Apache Kafka, whose storage tool notes what it is told."""
    home = tmp_path / "kafka_2.13-4.1.0"
    (home / "bin").mkdir(parents=True)
    for name, code in (("kafka-server-start.sh", "#!/bin/sh\n"), ("kafka-storage.sh", STORAGE)):
        script = home / "bin" / name
        script.write_text(code)
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("LAB_KAFKA_HOME", str(home))
    return home


@pytest.fixture
def no_kafka(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without an Apache Kafka."""
    monkeypatch.delenv("LAB_KAFKA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("no_kafka")
def test_without_an_apache_kafka_the_broker_that_comes_along_runs(place: Lab):
    """It listens on loopback alone, which is not its default."""
    service = kafka(place)

    assert Path(service.command[0]).name == "tansu"
    assert service.command.count(f"tcp://127.0.0.1:{place.port('kafka')}") == 2
    assert "Tansu" in service.what
    assert "in memory" in service.caution
    assert "LAB_KAFKA_HOME" in service.caution


def test_an_apache_kafka_is_taken_where_it_is_given(place: Lab, apache: Path):
    """Its storage is formatted once, and later starts keep the data."""
    service = kafka(place)
    assert service.caution == ""
    assert service.prepare
    service.prepare()

    data = place.home / "kafka/data/meta.properties"
    assert service.command == (
        str(apache / "bin/kafka-server-start.sh"),
        str(place.home / "kafka/server.properties"),
    )
    assert data.read_text().strip() == "MkU3OEVBNTcwNTJENDM2Qk"
    settings = (place.home / "kafka/server.properties").read_text().splitlines()
    assert f"advertised.listeners=PLAINTEXT://127.0.0.1:{place.port('kafka')}" in settings
    assert not [line for line in settings if "0.0.0.0" in line]

    data.write_text("kept")
    service.prepare()
    assert data.read_text() == "kept"


def test_an_apache_kafka_on_the_path_is_found(
    place: Lab, apache: Path, monkeypatch: pytest.MonkeyPatch
):
    """Who has one installed need not name it."""
    monkeypatch.delenv("LAB_KAFKA_HOME")
    monkeypatch.setenv("PATH", str(apache / "bin"))

    assert kafka(place).command[0] == str(apache / "bin/kafka-server-start.sh")


def test_a_folder_that_is_no_kafka_is_refused(
    place: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The message names the variable, its value and what is missing."""
    monkeypatch.setenv("LAB_KAFKA_HOME", str(tmp_path))

    with pytest.raises(LabError, match=f"LAB_KAFKA_HOME={tmp_path} is no Apache Kafka"):
        kafka(place)


def test_a_storage_that_cannot_be_formatted_is_said(place: Lab, apache: Path):
    """What Kafka's own tool says is passed on."""
    (apache / "bin/kafka-storage.sh").write_text("#!/bin/sh\necho no Java here >&2; exit 1\n")
    service = kafka(place)
    assert service.prepare

    with pytest.raises(LabError, match="could not be set up: no Java here"):
        service.prepare()


@pytest.mark.usefixtures("no_kafka")
def test_nobody_there_is_not_ready(place: Lab):
    """The probe asks the broker itself, and takes no answer for a no."""
    assert not kafka(place).ready()


@pytest.mark.faults
def test_a_folder_may_be_of_any_script(place: Lab):
    """Java reads its properties as Latin-1, and takes a backslash for an escape."""
    written = properties(place, Path("/läb ☃ 🎈/a\\b"))

    assert r"log.dirs=/l\u00e4b \u2603 \ud83c\udf88/a\\b/data" in written.splitlines()
