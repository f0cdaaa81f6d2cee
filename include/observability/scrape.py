"""Metrics read as Prometheus reads them: samples by name and labels."""

from typing import NamedTuple


class Sample(NamedTuple):
    """One line of a scrape."""

    name: str
    labels: dict[str, str]
    value: float


class ScrapeError(ValueError):
    """An answer is not in Prometheus' text format, or does not say what is asked of it."""


def read(text: str) -> list[Sample]:
    """Return the samples of a page of metrics in Prometheus' text format.

    Raises:
        ScrapeError: it is in another format.
    """
    from prometheus_client.parser import text_string_to_metric_families

    try:
        return [
            Sample(sample.name, dict(sample.labels), sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]
    except (ValueError, KeyError, IndexError) as error:
        raise ScrapeError(f"not Prometheus' text format: {error}") from error


def by_label(samples: list[Sample], name: str, label: str, **where: str) -> dict[str, float]:
    """Return the values of a metric, added up by one of its labels.

    Only samples that have all labels of `where` count; one without `label` counts under `""`.
    """
    sums: dict[str, float] = {}
    for sample in samples:
        if sample.name == name and where.items() <= sample.labels.items():
            key = sample.labels.get(label, "")
            sums[key] = sums.get(key, 0.0) + sample.value
    return sums


def value(samples: list[Sample], name: str, **where: str) -> float:
    """Return the value of the one sample with this name and these labels.

    Raises:
        ScrapeError: there is none, or there are several.
    """
    found = [s.value for s in samples if s.name == name and where.items() <= s.labels.items()]
    if len(found) != 1:
        raise ScrapeError(f"{name}{where or ''}: one sample is needed, {len(found)} are there.")
    return found[0]
