"""Turns the metrics that Airflow sends over StatsD into a page that Prometheus can read.

Airflow puts the tags of a metric behind its name, as InfluxDB does: `ti.finish,dag_id=a:1|c`. They
become labels here, a timer becomes a summary in seconds. Beside it stand what jobs have pushed, as
to a Pushgateway, and a page for people.
"""

import argparse
import re
import signal
import socketserver
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from include.lab.metrics_server import http_server
from include.lab.pushgateway import Pushed

LINE = re.compile(r"(?P<name>[^:|]+):(?P<value>[+-]?[0-9.eE+-]+)\|(?P<kind>c|g|ms)(\|@[0-9.]+)?")
KINDS = {"c": "counter", "g": "gauge", "ms": "summary"}

STOP = {signal.SIGTERM, signal.SIGINT}

Labels = tuple[tuple[str, str], ...]


class MetricLineError(ValueError):
    """A line is not what StatsD sends."""


@dataclass(frozen=True)
class Measurement:
    """One line of StatsD: what was measured, of what, and how much."""

    name: str
    kind: str
    labels: Labels
    value: float
    relative: bool = False
    """Of a gauge: whether the value is to be added to the one before."""

    @classmethod
    def read(cls, line: str) -> "Measurement":
        """Read `name,tag=value:1|c`.

        Raises:
            MetricLineError: it cannot be read.
        """
        found = LINE.fullmatch(line.strip())
        if found is None:
            raise MetricLineError(f"not a line of StatsD: {line!r}")
        name, *tags = found["name"].split(",")
        pairs = (tag.partition("=") for tag in tags)
        kind = KINDS[found["kind"]]
        return cls(
            _word(name) + ("_seconds" if kind == "summary" else ""),
            kind,
            tuple(sorted((_word(key), value) for key, _, value in pairs)),
            float(found["value"]) / (1000 if kind == "summary" else 1),
            kind == "gauge" and found["value"][0] in "+-",
        )


class Measurements(Collector):
    """What was measured so far; a metric's label sets may differ, as Airflow's do."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], dict[Labels, float]] = defaultdict(dict)
        self._counts: dict[tuple[str, str], dict[Labels, int]] = defaultdict(dict)
        self._turn = threading.Lock()

    def add(self, measured: Measurement) -> None:
        """Take one measurement into account."""
        key, labels = (measured.name, measured.kind), measured.labels
        with self._turn:
            former = self._sums[key].get(labels, 0.0)
            absolute = measured.kind == "gauge" and not measured.relative
            self._sums[key][labels] = measured.value + (0 if absolute else former)
            self._counts[key][labels] = self._counts[key].get(labels, 0) + 1

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with all its samples."""
        with self._turn:
            sums = {key: dict(values) for key, values in self._sums.items()}
            counts = {key: dict(values) for key, values in self._counts.items()}
        for (name, kind), values in sums.items():
            metric = Metric(name, f"Airflow's {name}", kind)
            suffix = {"counter": "_total", "summary": "_sum"}.get(kind, "")
            for labels, value in values.items():
                metric.add_sample(name + suffix, dict(labels), value)
                if kind == "summary":
                    count = counts[name, kind][labels]
                    metric.add_sample(f"{name}_count", dict(labels), count)
            yield metric


def _word(name: str) -> str:
    """A name as Prometheus allows it."""
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)


def receiver(measurements: Measurements, host: str, port: int) -> socketserver.UDPServer:
    """A server that takes what arrives at a UDP port into account."""

    class Handler(socketserver.DatagramRequestHandler):
        def handle(self) -> None:
            for line in self.rfile.read().decode(errors="replace").splitlines():
                try:
                    measurements.add(Measurement.read(line))
                except MetricLineError:
                    measurements.add(Measurement("statsd_unread_lines", "counter", (), 1))

    return socketserver.UDPServer((host, port), Handler)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--statsd-port", type=int, required=True)
    options = parser.parse_args()
    # Before any thread is there, so that none of them is ended by the signal that is waited for.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    registry, measurements = CollectorRegistry(), Measurements()
    registry.register(measurements)
    server = receiver(measurements, options.host, options.statsd_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pages = http_server(options.host, options.port, registry, Pushed())
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    signal.sigwait(STOP)


if __name__ == "__main__":
    main()
