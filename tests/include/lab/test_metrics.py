"""StatsD goes in, Prometheus' text comes out."""

import socket
import threading

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

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


@pytest.mark.parametrize("line", ["", "no value", "name:1", "name:x|c", "name:1|q", ":1|c"])
def test_what_is_no_measurement_is_refused(line: str):
    """The message shows the line."""
    with pytest.raises(MetricLineError, match="not a line of StatsD"):
        Measurement.read(line)


def test_lines_arrive_over_udp_and_unread_ones_are_counted():
    """Several lines may come in one packet; one that cannot be read takes no other with it."""
    measurements = Measurements()
    server = receiver(measurements, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"a:1|c\nnonsense\nb:2|g", server.server_address)
        client.sendto(b"a:1|c", server.server_address)
        while samples(measurements).get(("a_total", ())) != 2:
            assert thread.is_alive()
    server.shutdown()
    server.server_close()

    assert samples(measurements)["b", ()] == 2
    assert samples(measurements)["statsd_unread_lines_total", ()] == 1
