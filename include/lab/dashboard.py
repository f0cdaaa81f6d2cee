"""The page of the metrics service: each panel of the board with the values of this moment.

It draws what Prometheus would scrape now, without Prometheus' memory: no rates, no lines.
"""

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

from include.observability.board import Panel
from include.observability.scrape import Sample

SHOWN = 12
"""Bars in one panel: the longest; the others are counted."""

A_MOMENT = 1e9
"""A time of more seconds than this is a moment since 1970, not a span."""

LAST_MOMENT = 253_402_300_800
"""The year 10000: what is later is a number."""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="10">
<title>Metrics</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --quiet: #777; --accent: #0c7cba; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto;
  padding: 0 1rem; }}
main {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr)); gap: 1rem;
  align-items: start; }}
section {{ border: 1px solid var(--line); border-radius: 6px; padding: .6rem 1rem; }}
h1 {{ margin-bottom: 0; }} h2 {{ font-size: 1.05rem; margin: 0; }} .quiet {{ color: var(--quiet);
  font-size: .85em; margin: .1rem 0 .5rem; }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; }}
td {{ padding: .1rem .4rem .1rem 0; font-size: .85em; vertical-align: middle; }}
td.value {{ text-align: right; width: 34%; white-space: nowrap;
  font-variant-numeric: tabular-nums; }}
td.name {{ width: 42%; overflow-wrap: anywhere; }}
.bar {{ height: .7rem; min-width: 1px; background: var(--accent); border-radius: 2px; }}
a {{ color: var(--accent); }}
</style>
</head>
<body>
<h1>Metrics</h1>
<p class="quiet">What Prometheus would scrape at this moment:
<a href="/metrics">Airflow's own metrics</a> and what
<a href="/pushgateway/metrics">jobs have pushed</a>.
The same panels with their history are in Grafana, from <code>configs/grafana</code>.</p>
<main>
{panels}
</main>
</body>
</html>
"""


def page(panels: Iterable[Panel], samples: list[Sample]) -> str:
    """Return the page as HTML."""
    return PAGE.format(panels="\n".join(_section(panel, samples) for panel in panels))


def _section(panel: Panel, samples: list[Sample]) -> str:
    drawn = [s for s in samples if any(selector.matches(s) for selector in panel.selectors)]
    drawn.sort(key=lambda s: (s.name.endswith("_bucket"), math.isnan(s.value), -s.value))
    if all(sample.name.endswith("_bucket") for sample in drawn):
        drawn.sort(key=lambda s: (s.name, _bound(s)))
    largest = max((_length(sample) for sample in drawn), default=0) or 1
    shared = set.intersection(*(_facts(sample) for sample in drawn)) if len(drawn) > 1 else set()
    rows = "\n".join(_row(sample, largest, shared) for sample in drawn[:SHOWN])
    more = f'<p class="quiet">and {len(drawn) - SHOWN} more</p>' if len(drawn) > SHOWN else ""
    return (
        f"<section><h2>{escape(panel.title)}</h2>"
        f'<p class="quiet">{escape(panel.description)}</p>'
        + (f"<table>{rows}</table>{more}" if drawn else "<p>Nothing is there yet.</p>")
        + "</section>"
    )


def _bound(sample: Sample) -> float:
    """The upper end of a histogram's range; a metric that only looks like one has none."""
    try:
        return float(sample.labels.get("le", "inf"))
    except ValueError:
        return math.inf


def _length(sample: Sample) -> float:
    """How long its bar is: NaN and infinity have none."""
    return abs(sample.value) if math.isfinite(sample.value) else 0.0


def _facts(sample: Sample) -> set[str]:
    """The name and the labels, but for the job, each as one text."""
    labels = {f"{k}={v}" for k, v in sample.labels.items() if v and k != "job"}
    return {sample.name.replace("_", "_<wbr>")} | {escape(label) for label in labels}


def _row(sample: Sample, largest: float, shared: set[str]) -> str:
    """One bar, with what tells it from the others of its panel."""
    name = "<br>".join(sorted(_facts(sample) - shared, key=lambda fact: ("=" in fact, fact)))
    width = 100 * (_length(sample) / largest)
    shown = f"{sample.value:,.10g}"
    if "time" in sample.name and A_MOMENT < sample.value < LAST_MOMENT:
        shown = f"{datetime.fromtimestamp(sample.value, UTC):%Y-%m-%d %H:%M:%S}"
    return (
        f'<tr><td class="name">{name}</td><td><div class="bar" style="width:{width:.1f}%"></div>'
        f'</td><td class="value">{shown}</td></tr>'
    )
