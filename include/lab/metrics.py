"""Turns the metrics that Airflow sends over StatsD into a page that Prometheus can read.

Airflow puts the tags of a metric behind its name, as InfluxDB does: `ti.finish,dag_id=a:1|c`. They
become labels here, a timer becomes a summary in seconds. Beside it stand what jobs have pushed, as
to a Pushgateway, and a page for people.
"""

import argparse
import math
import re
import socketserver
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from include.lab.metrics_server import application
from include.lab.pushgateway import Pushed

LINE = re.compile(r"(?P<name>[^:|]+):(?P<value>[+-]?[0-9.eE+-]+)\|(?P<kind>c|g|ms)(\|@[0-9.]+)?")
KINDS = {"c": "counter", "g": "gauge", "ms": "summary"}

UNREAD = "statsd_unread_lines"
STARTED = "process_start_time_seconds"
"""By this name readers of Prometheus' pages know when the counters began at zero."""

LARGEST_SETS = 20_000
"""Sets of labels that are kept: a sender that makes up ever new ones is not followed."""

Labels = tuple[tuple[str, str], ...]


class MetricLineError(ValueError):
    """A line is not what StatsD sends, or cannot be shown beside what is there."""


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
        kind = KINDS[found["kind"]]
        try:
            word = _word(name) + ("_seconds" if kind == "summary" else "")
            value = float(found["value"]) / (1000 if kind == "summary" else 1)
            # Of a label that comes twice the last counts.
            labels = {_word(key): value for key, _, value in (tag.partition("=") for tag in tags)}
            if not math.isfinite(value):
                raise ValueError("no number that can be added up")
        except ValueError as error:
            raise MetricLineError(f"not a line of StatsD: {line!r}: {error}") from error
        return cls(
            word,
            kind,
            tuple(sorted(labels.items())),
            value,
            kind == "gauge" and found["value"][0] in "+-",
        )

    @property
    def shown(self) -> set[str]:
        """The names that it has on Prometheus' page."""
        suffixes = {"counter": ("_total",), "summary": ("", "_sum", "_count"), "gauge": ("",)}
        return {self.name + suffix for suffix in suffixes[self.kind]}


class Measurements(Collector):
    """What was measured so far; a metric's label sets may differ, as Airflow's do."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], dict[Labels, float]] = defaultdict(dict)
        self._counts: dict[tuple[str, str], dict[Labels, int]] = defaultdict(dict)
        # Of each name on the page, whose it is: what cannot be read is counted whatever comes.
        self._taken = {f"{UNREAD}_total": (UNREAD, "counter"), STARTED: (STARTED, "own")}
        self._turn = threading.Lock()

    def add(self, measured: Measurement) -> None:
        """Take one measurement into account.

        Raises:
            MetricLineError: a metric of another kind has its name, or there are too many.
        """
        key, labels = (measured.name, measured.kind), measured.labels
        with self._turn:
            if any(self._taken.get(name, key) != key for name in measured.shown):
                raise MetricLineError(f"{measured.name}: a metric of another kind has this name")
            known = self._sums.get(key, {})
            full = sum(map(len, self._sums.values())) >= LARGEST_SETS
            if full and labels not in known and measured.name != UNREAD:
                raise MetricLineError(f"{measured.name}: more than {LARGEST_SETS} sets of labels")
            former = known.get(labels, 0.0)
            absolute = measured.kind == "gauge" and not measured.relative
            value = measured.value + (0 if absolute else former)
            if not math.isfinite(value):
                raise MetricLineError(f"{measured.name}: the sum is too large")
            self._taken |= dict.fromkeys(measured.shown, key)
            self._sums[key][labels] = value
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
    """A name as Prometheus allows it, for a metric and for a label.

    Raises:
        ValueError: there is none, or it is one of Prometheus' own.
    """
    word = re.sub(r"[^a-zA-Z0-9_]|^(?=[0-9])", "_", name)
    if not word or word.startswith("__"):
        raise ValueError(f"{name!r} cannot be a name")
    return word


def receiver(measurements: Measurements, host: str, port: int) -> socketserver.UDPServer:
    """A server that takes what arrives at a UDP port into account."""

    class Handler(socketserver.DatagramRequestHandler):
        def handle(self) -> None:
            for line in self.rfile.read().decode(errors="replace").splitlines():
                try:
                    measurements.add(Measurement.read(line))
                except MetricLineError:
                    measurements.add(Measurement(UNREAD, "counter", (), 1))

    return socketserver.UDPServer((host, port), Handler)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--statsd-port", type=int, required=True)
    parser.add_argument("--pushed", type=Path, help="the file that keeps what jobs have pushed")
    options = parser.parse_args()
    registry, measurements = CollectorRegistry(), Measurements()
    registry.register(measurements)
    started = Gauge(STARTED, "Start time of the process since unix epoch.", registry=registry)
    started.set_to_current_time()
    server = receiver(measurements, options.host, options.statsd_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = application(registry, Pushed(file=options.pushed))
    uvicorn.run(app, host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
