"""Keeps the metrics of jobs that are gone before anybody scrapes, as Prometheus' Pushgateway does.

The protocol is the Pushgateway's own, in the text format: a job replaces (PUT), adds to (POST) or
deletes the metrics of its group, which is named in the path: `/metrics/job/<job>/<label>/<value>`.
A file keeps them over a restart, as the Pushgateway's `--persistence.file` does.
"""

import base64
import binascii
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from include.lab.settings import write_whole

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
BASE64 = "@base64"
PUSHED = "push_time_seconds"

Group = tuple[tuple[str, str], ...]
Groups = dict[Group, dict[str, Metric]]

log = logging.getLogger(__name__)


class PushError(ValueError):
    """What was pushed cannot be kept; the message says why."""


class Pushed(Collector):
    """What was pushed last, group by group; the group's labels stand at each of its samples."""

    def __init__(self, now: Callable[[], float] = time.time, file: Path | None = None) -> None:
        """Begin with what is in the file, if there is one; `now` gives seconds since 1970."""
        self._groups = _kept(file) if file else {}
        self._file = file
        self._now = now
        self._turn = threading.Lock()

    def push(self, path: str, text: str, whole: bool) -> None:
        """Keep the metrics in `text` for the group in `path`.

        With `whole` they replace all of the group, else only metrics of the same name.

        Raises:
            PushError: path or text cannot be read, a sample has a time of its own or cannot be
                exposed, or another group has a metric of the same name and another type.
        """
        group = group_of(path)
        pushed = _read(text, dict(group))
        with self._turn:
            there = [
                metric
                for other, metrics in self._groups.items()
                for name, metric in metrics.items()
                if other != group or not (whole or name in pushed)
            ]
            _require_one_type((*pushed.values(), *there))
            at = Metric(PUSHED, "Last Unix time when this group was pushed.", "gauge")
            at.add_sample(PUSHED, dict(group), self._now())
            former = {} if whole else self._groups.get(group, {})
            self._keep({**self._groups, group: {**former, **pushed, PUSHED: at}})

    def delete(self, path: str) -> None:
        """Forget the group in `path`, if it is known.

        Raises:
            PushError: the path names no group.
        """
        with self._turn:
            forgotten = group_of(path)
            self._keep({one: kept for one, kept in self._groups.items() if one != forgotten})

    def _keep(self, groups: Groups) -> None:
        """Let these be the groups, here and in the file: what is acknowledged outlasts a kill."""
        if self._file:
            content = [
                [group, [*map(_written, metrics.values())]] for group, metrics in groups.items()
            ]
            write_whole(self._file, json.dumps(content))
        self._groups = groups

    def collect(self) -> Iterator[Metric]:
        """Yield each metric once, with the samples of all groups."""
        with self._turn:
            groups = [dict(metrics) for metrics in self._groups.values()]
        for name in dict.fromkeys(name for metrics in groups for name in metrics):
            found = [metrics[name] for metrics in groups if name in metrics]
            family = Metric(found[0].name, found[0].documentation, found[0].type)
            family.samples = [sample for metric in found for sample in metric.samples]
            yield family


def group_of(path: str) -> Group:
    """The labels that a path such as `/metrics/job/nightly/shop/de` names, `instance` among them.

    Raises:
        PushError: it begins with no job, or a label or value cannot be.
    """
    start, *parts = path.strip("/").split("/")
    if start != "metrics" or not parts or len(parts) % 2:
        raise PushError(f"{path!r} is not /metrics/job/<job>, then /<label>/<value> in pairs")
    labels: dict[str, str] = {}
    for name, value in zip(parts[::2], parts[1::2], strict=True):
        label = name.removesuffix(BASE64)
        if not LABEL.fullmatch(label) or label in labels:
            raise PushError(f"{path!r}: {label!r} cannot be a label, or is there twice")
        labels[label] = _decoded(value) if name.endswith(BASE64) else unquote(value)
    if next(iter(labels)) != "job" or not labels["job"]:
        raise PushError(f"{path!r} names no job")
    # An empty label is one that Prometheus does not replace by the address it scraped.
    return tuple(sorted({"instance": "", **labels}.items()))


def _decoded(value: str) -> str:
    try:
        bare = value.rstrip("=")
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise PushError(f"{value!r} is no base64 of a text") from error


def _written(metric: Metric) -> list[Any]:
    samples = [[sample.name, sample.labels, sample.value] for sample in metric.samples]
    return [metric.name, metric.documentation, metric.type, samples]


def _kept(file: Path) -> Groups:
    """What the file holds; nothing, if there is none or it cannot be read."""
    groups: Groups = {}
    try:
        for labels, metrics in json.loads(file.read_text()):
            kept = groups.setdefault(tuple((name, value) for name, value in labels), {})
            for name, documentation, kind, samples in metrics:
                kept[name] = Metric(name, documentation, kind)
                kept[name].samples = [Sample(*sample) for sample in samples]
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        log.warning("%s cannot be read (%s); what was pushed before is forgotten", file, error)
        return {}
    return groups


def _names(metric: Metric) -> set[str]:
    """The names that a metric has on the page: its own, and those of its samples."""
    return {metric.name, *(sample.name for sample in metric.samples)}


def _require_one_type(metrics: Iterable[Metric]) -> None:
    """Refuse two metrics that would have the same name on the page."""
    types: dict[str, tuple[str, str]] = {PUSHED: (PUSHED, "gauge")}
    for metric in metrics:
        for name in _names(metric):
            known = types.setdefault(name, (metric.name, metric.type))
            if known != (metric.name, metric.type):
                raise PushError(f"metric {name!r} is a {known[1]} here and a {metric.type} there")


def _require_exposable(metric: Metric) -> None:
    """Refuse what no page of Prometheus' text format can hold."""
    seen = set()
    for sample in metric.samples:
        if not all(NAME.fullmatch(one) for one in (metric.name, sample.name)):
            raise PushError(f"{sample.name!r} cannot be the name of a metric")
        if wrong := [label for label in sample.labels if not LABEL.fullmatch(label)]:
            raise PushError(f"{sample.name}: {wrong[0]!r} cannot be a label")
        if sample.timestamp is not None:
            raise PushError(f"a sample of {metric.name!r} has a time: the scrape gives it")
        key = (sample.name, tuple(sorted(sample.labels.items())))
        if key in seen:
            raise PushError(f"{sample.name}: the same labels come twice")
        seen.add(key)
        for label in {"histogram": ("le",), "summary": ("quantile",)}.get(metric.type, ()):
            if label in sample.labels or sample.name.endswith("_bucket"):
                _require_bound(sample.name, label, sample.labels.get(label, ""))


def _require_bound(name: str, label: str, text: str) -> None:
    try:
        float(text)
    except ValueError as error:
        raise PushError(f"{name}: {label}={text!r} is no number") from error


def _read(text: str, labels: dict[str, str]) -> dict[str, Metric]:
    metrics: dict[str, Metric] = {}
    try:
        # Without a line that says its type, each sample comes as a family of its own.
        for family in text_string_to_metric_families(text):
            metric = metrics.setdefault(
                family.name, Metric(family.name, family.documentation, family.type)
            )
            metric.samples += [
                sample._replace(labels={**sample.labels, **labels}) for sample in family.samples
            ]
    except (ValueError, KeyError, IndexError) as error:
        raise PushError(f"this is not Prometheus' text format: {error}") from error
    for metric in metrics.values():
        _require_exposable(metric)
    return metrics
