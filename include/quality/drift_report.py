"""A page that shows two profiles side by side and, column by column, what has moved."""

import io
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from include.quality.drift import Drift, Limits
from include.quality.profile import Profile

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 68rem; margin: 2rem auto;
  padding: 0 1.5rem; }
table { border-collapse: collapse; margin: 1rem 0 2rem; }
th, td { border: 1px solid #cbd2d9; padding: .35rem .7rem; text-align: right; }
th { background: #f0f4f8; } th:first-child, td:first-child { text-align: left; }
th:last-child, td:last-child { text-align: left; }
.moved { color: #c92a2a; font-weight: 600; } .still { color: #18794e; }
section { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
figure { margin: 0; } svg { width: 100%; height: auto; }
"""


def write(
    before: str, now: str, profiles: Sequence[Profile], drifts: Sequence[Drift], limits: Limits
) -> bytes:
    """Return the page; the same numbers give the same bytes.

    Args:
        before: the name of the reference, such as 2026-02.
        now: the name of what is held against it.
        profiles: the columns of both.
        drifts: how far each column has moved.
        limits: from where on it is drift.
    """
    moved = [one.column for one in drifts if one.drifted]
    verdict = (
        f'<p class="moved">Drift in {escape(", ".join(moved))}.</p>'
        if moved
        else '<p class="still">No column has drifted.</p>'
    )
    figures = "".join(f"<figure>{picture(one, before, now)}</figure>" for one in drifts)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>Orders of {now} against {before}</title><style>{STYLE}</style></head><body>"
        f"<h1>Orders of {now} against {before}</h1>{verdict}"
        f"<h2>Drift</h2><p>Drift is a PSI of {limits.psi:g} or more, or a Kolmogorov-Smirnov "
        f"distance of {limits.distance:g} or more that chance explains in fewer than "
        f"{limits.p_value:.1%} of cases.</p>{_drifts(drifts)}<section>{figures}</section>"
        f"<h2>Profiles</h2>{_profiles(profiles)}</body></html>\n"
    ).encode()


def picture(drift: Drift, before: str, now: str) -> str:
    """Return the shares of a column's bins, before and now, as SVG."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    places = range(len(drift.bins))
    for shift, name, colour in ((-0.2, before, "#9aa5b1"), (0.2, now, "#0b69a3")):
        shares = [one.before if name == before else one.now for one in drift.bins]
        axes.bar([place + shift for place in places], shares, 0.4, label=name, color=colour)
    axes.set_xticks(list(places), [one.label for one in drift.bins], rotation=30, ha="right")
    axes.set(title=f"{drift.column}, PSI {drift.psi:.3f}", ylabel="share of orders")
    axes.legend()
    # The ids of its parts would be drawn by lot otherwise, and the date stand in it.
    with matplotlib.rc_context({"svg.hashsalt": drift.column, "svg.fonttype": "none"}):
        return _svg(figure)


def _svg(figure: "Figure") -> str:
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return "<svg" + file.getvalue().partition("<svg")[2]


def _drifts(drifts: Sequence[Drift]) -> str:
    rows = [
        [
            one.column,
            f"{one.psi:.3f}",
            "" if one.distance is None else f"{one.distance:.3f}",
            "" if one.p_value is None else f"{one.p_value:.2g}",
            "drift" if one.drifted else "as before",
        ]
        for one in drifts
    ]
    return _table(["column", "PSI", "KS distance", "KS p-value", "verdict"], rows)


def _profiles(profiles: Sequence[Profile]) -> str:
    ordered = sorted(profiles, key=lambda one: (one.column, one.month))
    rows = [[one.column, one.month, *one[2:]] for one in ordered]
    heads = ["column", "month", "rows", "missing", "distinct", "least", "mean", "most", "common"]
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    def line(tag: str, cells: Sequence[Any]) -> str:
        texts = (
            "" if cell is None else f"{cell:,.10g}" if isinstance(cell, float) else cell
            for cell in cells
        )
        return f"<tr>{''.join(f'<{tag}>{escape(str(text))}</{tag}>' for text in texts)}</tr>"

    return f"<table>{line('th', heads)}{''.join(line('td', row) for row in rows)}</table>"
