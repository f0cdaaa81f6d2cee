"""A graph of Dags as a picture."""

import json
from xml.etree import ElementTree

from include.orchestration.dependencies import Edge
from include.orchestration.drawing import site, svg

SVG = "{http://www.w3.org/2000/svg}"
EDGES = [
    Edge("shop", "shop__a", "trigger", "start_a"),
    Edge("shop", "shop__b", "trigger", "start_b"),
    Edge("shop__a", "shop__b", "sensor", "wait_<for>_a"),
]


def test_every_dag_is_a_box_and_every_edge_a_line():
    """Left to right, with names; those of tasks stand at their lines."""
    root = ElementTree.fromstring(svg(EDGES, "shop__"))

    boxes = [int(box.attrib["x"]) for box in root.iter(f"{SVG}rect")]
    texts = [text.text for text in root.iter(f"{SVG}text")]
    lines = [path for path in root.iter(f"{SVG}path") if "marker-end" in path.attrib]
    assert boxes == sorted(boxes)
    assert len(boxes) == len(lines) == 3
    assert set(texts) == {"shop", "a", "b", "start_a", "start_b", "wait_<for>_a"}
    assert [line.attrib["marker-end"] for line in lines].count("url(#trigger)") == 2


def test_nothing_lies_outside_of_the_picture():
    """However long the chain, and however far its longest edge leaps."""
    names = [f"d{number}" for number in range(4)]
    found = [Edge(a, b, "trigger", f"{a}{b}") for a in names for b in names if a < b]

    root = ElementTree.fromstring(svg(found))

    _, _, width, height = map(int, root.attrib["viewBox"].split())
    for text in root.iter(f"{SVG}text"):
        assert 0 < int(text.attrib["x"]) < width
        assert 10 < int(text.attrib["y"]) < height


def test_the_site_has_picture_and_data():
    """The same edges give the same bytes; names are written safely."""
    files = site("shop", EDGES)

    assert files == site("shop", EDGES)
    assert json.loads(files["graph.json"])["edges"][2]["by"] == "wait_<for>_a"
    assert files["graph.svg"] in files["index.html"]
    assert b"is waited for by" in files["index.html"]
    assert b"<for>" not in files["index.html"] + files["graph.svg"]
