"""The lineage graph as a picture: tables with their columns, jobs between them."""

from html import escape

from include.lineage.graph import Edge, Graph, field_id

WIDTH, LINE, GAP, ROW, EDGE = 290, 20, 80, 26, 20
DEEPEST = 100
"""Layers at most: nobody follows a longer way, and a circle ends here."""

COLOURS = {"dataset": "#0b69a3", "job": "#52606d"}


def svg(found: Graph) -> str:
    """Return the graph as SVG: what comes first stands left; columns are joined by thin lines.

    The same graph gives the same text.
    """
    columns = layers(found.nodes, found.edges)
    places: dict[str, tuple[int, int]] = {}
    rows: dict[str, tuple[int, int]] = {}
    boxes, height = [], EDGE
    for place, nodes in enumerate(columns):
        top = EDGE
        for node in nodes:
            left = EDGE + place * (WIDTH + GAP)
            fields = list(found.fields.get(node, {}))
            places[node] = (left, top + LINE // 2 + 4)
            for number, name in enumerate(fields, 1):
                rows[field_id(node, name)] = (left, top + number * LINE + LINE // 2 + 4)
            boxes.append(_box(node, left, top, fields))
            top += LINE * (len(fields) + 1) + ROW
        height = max(height, top)
    width = EDGE * 2 + len(columns) * (WIDTH + GAP) - GAP if columns else EDGE * 2
    lines = [_line(edge, places, "edge") for edge in sorted(found.edges)]
    lines += [_line(edge, rows, "column") for edge in sorted(found.columns)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-family="system-ui, sans-serif" font-size="12">{"".join([*lines, *boxes])}</svg>'
    )


def layers(nodes: list[str], edges: set[Edge]) -> list[list[str]]:
    """The nodes by the longest way to them; one that leads back to itself counts once."""
    depth = dict.fromkeys(nodes, 0)
    deepest, ordered = min(len(nodes), DEEPEST), sorted(edges)
    for _ in range(deepest):
        deeper = {}
        for before, after in ordered:
            if depth[after] <= depth[before] < deepest:
                depth[after] = deeper[after] = depth[before] + 1
        if not deeper:
            break
    found: dict[int, list[str]] = {}
    for node in nodes:
        found.setdefault(depth[node], []).append(node)
    return [found[place] for place in sorted(found)]


def name_of(node: str) -> str:
    """What a person calls a node: the last part of its id."""
    return node.rpartition(":")[2]


def _box(node: str, left: int, top: int, fields: list[str]) -> str:
    kind = node.partition(":")[0]
    height, colour = LINE * (len(fields) + 1) + 4, COLOURS[kind]
    texts = [
        f'<text x="{left + 8}" y="{top + number * LINE + 16}"'
        f' fill="{"#fff" if number == 0 else "#1f2933"}">{escape(text)}</text>'
        for number, text in enumerate([name_of(node)[-38:], *fields])
    ]
    return (
        f"<g><title>{escape(node)}</title>"
        f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{height}" rx="4" fill="#f5f7fa"'
        f' stroke="{colour}"/>'
        f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{LINE + 2}" rx="4" fill="{colour}"/>'
        f"{''.join(texts)}</g>"
    )


def _line(edge: Edge, places: dict[str, tuple[int, int]], kind: str) -> str:
    if not all(end in places for end in edge):
        return ""
    (left, top), (right, bottom) = places[edge[0]], places[edge[1]]
    start, bend = left + WIDTH, GAP // 2
    thin = (
        'stroke="#b44d12" stroke-width="1" opacity="0.7"'
        if kind == "column"
        else ('stroke="#52606d" stroke-width="2"')
    )
    return (
        f'<path fill="none" {thin} d="M{start} {top} C{start + bend} {top} {right - bend} {bottom}'
        f' {right} {bottom}"/>'
    )
