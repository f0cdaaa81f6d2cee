"""A graph of Dags as a picture, drawn with nothing but rectangles and lines."""

import json
from collections.abc import Iterable, Sequence
from html import escape

from include.orchestration.dependencies import Edge, layers

HEIGHT, LETTER = 44, 8
GAP, ROW, EDGE = 140, 150, 20
RISE = 34
"""How much higher a line rises for each column that it leaps over."""

COLOURS = {"trigger": "#0b69a3", "sensor": "#b44d12"}
OTHER = "#52606d"
WORDS = {"trigger": "starts", "sensor": "is waited for by"}

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; margin: 2rem; }
svg { max-width: 100%; height: auto; } table { border-collapse: collapse; margin-top: 2rem; }
th, td { border: 1px solid #cbd2d9; padding: .35rem .7rem; text-align: left; }
"""


def svg(found: Sequence[Edge], prefix: str = "") -> str:
    """Return the graph as SVG: who goes first stands left; each edge bears its task's name.

    `prefix` is left out of the Dags' names. The same edges give the same text.

    Raises:
        ValueError: Dags depend on each other in a circle.
    """
    columns = layers(found)
    names = {dag: dag.removeprefix(prefix) for dags in columns for dag in dags}
    wide = 2 * EDGE + LETTER * max(map(len, names.values()), default=0)
    column_of = {dag: column for column, dags in enumerate(columns) for dag in dags}
    leaps = [(one.kind == "sensor", column_of[one.after] - column_of[one.before]) for one in found]
    above, below = (
        EDGE + RISE * max((leap for down, leap in leaps if down is side), default=0)
        for side in (False, True)
    )
    places = {
        dag: (EDGE + (wide + GAP) * column, above + ROW * row)
        for column, dags in enumerate(columns)
        for row, dag in enumerate(dags)
    }
    tallest = max((len(dags) for dags in columns), default=1)
    width = 2 * EDGE + (wide + GAP) * len(columns) - GAP
    height = above + ROW * (tallest - 1) + HEIGHT + below
    heads = "".join(_head(kind, colour) for kind, colour in COLOURS.items())
    curves = [_curve(one, places, wide) for one in found]
    # Names stand upon all lines, not under some.
    lines = "".join(line for line, _ in curves) + "".join(name for _, name in curves)
    boxes = "".join(_box(names[dag], *at, wide) for dag, at in places.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" font-family="system-ui, sans-serif" font-size="13">'
        f"<defs>{heads}</defs>{lines}{boxes}</svg>"
    )


def site(prefix: str, found: Sequence[Edge]) -> dict[str, bytes]:
    """Return the files of a site: the page, the picture alone, and the edges as data.

    Raises:
        ValueError: Dags depend on each other in a circle.
    """
    picture = svg(found, f"{prefix}__")
    data = json.dumps({"edges": [one._asdict() for one in found]}, indent=1) + "\n"
    return {
        "index.html": page(f"Dependencies of {prefix}", picture, found),
        "graph.svg": picture.encode(),
        "graph.json": data.encode(),
    }


def page(title: str, picture: str, found: Iterable[Edge]) -> bytes:
    """Return a page with the picture, and each edge in words."""
    rows = "".join(
        f"<tr><td>{escape(one.before)}</td><td>{escape(WORDS.get(one.kind, one.kind))}</td>"
        f"<td>{escape(one.after)}</td><td>{escape(one.by)}</td></tr>"
        for one in found
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>{picture}<table>"
        f"<tr><th>Dag</th><th></th><th>Dag</th><th>by its task</th></tr>{rows}</table>"
        "</body></html>\n"
    ).encode()


def _box(name: str, x: int, y: int, wide: int) -> str:
    middle = f'x="{x + wide // 2}" y="{y + HEIGHT // 2 + 5}"'
    return (
        f'<rect x="{x}" y="{y}" width="{wide}" height="{HEIGHT}" rx="8" fill="#f0f4f8" '
        f'stroke="#627d98"/><text {middle} text-anchor="middle">{escape(name)}</text>'
    )


def _curve(edge: Edge, places: dict[str, tuple[int, int]], wide: int) -> tuple[str, str]:
    """A line from box to box and its name; the farther apart they are, the higher it rises."""
    (x1, y1), (x2, y2) = places[edge.before], places[edge.after]
    x1, y1, y2 = x1 + wide, y1 + HEIGHT // 2, y2 + HEIGHT // 2
    down = edge.kind == "sensor"
    # Between neighbours, lines of different kinds would lie upon each other.
    bend = RISE * ((x2 - x1 + wide) // (wide + GAP)) * (1 if down else -1)
    y1, y2 = y1 + (8 if down else -8), y2 + (8 if down else -8)
    colour = COLOURS.get(edge.kind, OTHER)
    middle_x, middle_y = (x1 + x2) // 2, (y1 + y2) // 2 + bend * 3 // 4
    path = f"M{x1},{y1} C{x1 + 40},{y1 + bend} {x2 - 40},{y2 + bend} {x2},{y2}"
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" marker-end="url(#{escape(edge.kind)})"/>',
        f'<text x="{middle_x}" y="{middle_y + (16 if down else -6)}" text-anchor="middle" '
        f'fill="{colour}" stroke="white" stroke-width="4" paint-order="stroke">'
        f"{escape(edge.by)}</text>",
    )


def _head(kind: str, colour: str) -> str:
    return (
        f'<marker id="{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        f'markerHeight="8" orient="auto"><path d="M0,0 L10,5 L0,10 z" fill="{colour}"/></marker>'
    )
