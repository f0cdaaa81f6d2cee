"""StatsD goes in, Prometheus' text comes out."""

import socket
import threading

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from include.lab import metrics
from include.lab.metrics import Measurement, Measurements, MetricLineError, receiver

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def shown(*lines: str) -> Samples:
    """What Prometheus reads after these lines, by name and labels."""
    measurements = Measurements()
    for line in lines:
        measurements.add(Measurement.read(line))
    return samples(measurements)


def samples(measurements: Measurements) -> Samples:
    registry = CollectorRegistry()
    registry.register(measurements)
    text = generate_latest(registry).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_add_up_for_each_label_set():
    """Airflow sends the same name with and without labels; they stay apart."""
    finished = "airflow.ti.finish,dag_id=a,state=success:1|c"
    assert shown(finished, finished, "airflow.ti.finish:5|c") == {
        ("airflow_ti_finish_total", (("dag_id", "a"), ("state", "success"))): 2,
        ("airflow_ti_finish_total", ()): 5,
    }


def test_a_gauge_keeps_its_last_value_and_takes_steps():
    """A sign makes it a step from the value before."""
    assert shown("open:7|g", "open:3|g", "open:+2|g", "open:-1|g") == {("open", ()): 4}


def test_a_timer_becomes_a_summary_in_seconds():
    """StatsD sends milliseconds; Prometheus' unit is the second."""
    assert shown("dag.duration,dag_id=a:1500|ms", "dag.duration,dag_id=a:500|ms") == {
        ("dag_duration_seconds_sum", (("dag_id", "a"),)): 2.0,
        ("dag_duration_seconds_count", (("dag_id", "a"),)): 2,
    }


@pytest.mark.parametrize(
    "line",
    [
        *("", "no value", "name:1", "name:x|c", "name:1|q", ":1|c"),
        *("a,=x:1|c", "a,:1|c", ",a=b:1|c", "a,__name__=b:1|c", "__a:1|c"),
        *("a:..|c", "a:1e999|g", "a:-|c", "a:e|ms", "a:1e5e5|g"),
    ],
)
def test_what_is_no_measurement_is_refused(line: str):
    """The message shows the line."""
    with pytest.raises(MetricLineError, match="not a line of StatsD"):
        Measurement.read(line)


def test_a_name_that_prometheus_would_not_take_becomes_one():
    """A digit in front, other signs, a label that comes twice: one sample of each."""
    assert shown("1a.b,2c-d=x,2c.d=y:1|c", "1a.b,2c-d=y:1|c") == {
        ("_1a_b_total", (("_2c_d", "y"),)): 2
    }


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a:1|c", "a_total:2|g"),
        ("a:1|ms", "a_seconds:2|g"),
        ("a:1|ms", "a_seconds_count:2|g"),
        ("a:1e308|g", "a:+1e308|g"),
        ("a:1e308|c", "a:1e308|c"),
    ],
)
def test_what_cannot_stand_beside_the_others_is_refused(first: str, second: str):
    """And changes nothing of what is there."""
    measurements = Measurements()
    measurements.add(Measurement.read(first))
    before = samples(measurements)

    with pytest.raises(MetricLineError, match=r"^a"):
        measurements.add(Measurement.read(second))

    assert samples(measurements) == before


def test_a_sender_of_ever_new_labels_is_not_followed(monkeypatch: pytest.MonkeyPatch):
    """What is known still adds up."""
    monkeypatch.setattr(metrics, "LARGEST_SETS", 2)
    measurements = Measurements()
    for line in ("a,n=1:1|c", "a,n=2:1|c", "a,n=1:1|c"):
        measurements.add(Measurement.read(line))
    with pytest.raises(MetricLineError, match="more than 2 sets"):
        measurements.add(Measurement.read("a,n=3:1|c"))
    assert set(samples(measurements).values()) == {1, 2}


def test_lines_arrive_over_udp_and_unread_ones_are_counted():
    """Several lines may come in one packet; one that cannot be read takes no other with it."""
    measurements = Measurements()
    server = receiver(measurements, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(
            b"a:1|c\nnonsense\nstatsd_unread_lines_total:5|g\n\xff:..|c\nb:2|g",
            server.server_address,
        )
        client.sendto(b"a:1|c", server.server_address)
        while samples(measurements).get(("a_total", ())) != 2:
            assert thread.is_alive()
    server.shutdown()
    server.server_close()

    assert samples(measurements)["b", ()] == 2
    assert samples(measurements)["statsd_unread_lines_total", ()] == 3
