"""The board: a dashboard of Grafana's whose metrics are known."""

import json
from pathlib import Path

import pytest

from include.observability.board import FILE, BoardError, Selector, load, selectors
from include.observability.scrape import Sample


def test_the_board_is_a_dashboard_of_grafanas():
    """Its model: ids that are unique, panels within 24 columns that do not overlap, a source."""
    board = json.loads(FILE.read_text())
    panels = board["panels"]

    assert {"title", "uid", "schemaVersion", "time", "templating", "panels"} <= board.keys()
    assert len({panel["id"] for panel in panels}) == len(panels) == len(load())
    (source,) = board["templating"]["list"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["type"] in {"bargauge", "stat", "timeseries"}
        refs = [target["refId"] for target in panel["targets"]]
        assert len(set(refs)) == len(refs)
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("shop_orders_total", [Selector("shop_orders_total")]),
        ("sum by (task_id) (a_b) / sum by (task_id) (c_d)", [Selector("a_b"), Selector("c_d")]),
        ("histogram_quantile(0.5, sum by (le) (x_bucket))", [Selector("x_bucket")]),
        (
            'increase(a_b{x="1",y!~"2|3"}[5m])',
            [Selector("a_b", (("x", "=", "1"), ("y", "!~", "2|3")))],
        ),
    ],
)
def test_metrics_are_found_in_an_expression(expression: str, found: list[Selector]):
    """Functions and labels are not metrics."""
    assert selectors(expression) == found


@pytest.mark.parametrize(
    ("operator", "text", "holds"),
    [("=", "1", True), ("!=", "1", False), ("=~", "1|2", True), ("!~", "1|2", False)],
)
def test_a_selector_picks_by_label(operator: str, text: str, holds: bool):
    """The four operators of PromQL, and the name."""
    selector = Selector("a_b", (("x", operator, text),))
    assert selector.matches(Sample("a_b", {"x": "1"}, 0)) is holds
    assert not selector.matches(Sample("a_c", {"x": "1"}, 0))


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "{}",
        '{"panels": [{"title": "x", "description": "", "targets": [{}]}]}',
        '{"panels": [{"title": "x", "description": "", "targets": []}]}',
    ],
)
def test_what_is_no_board_is_refused(tmp_path: Path, text: str):
    """The message names the file."""
    file = tmp_path / "board.json"
    file.write_text(text)
    with pytest.raises(BoardError, match=r"board\.json"):
        load(file)
