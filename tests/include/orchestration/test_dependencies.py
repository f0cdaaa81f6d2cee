"""Edges between Dags, read from Airflow's graph."""

from typing import Any

import pytest

from include.orchestration.dependencies import Edge, among, edges, layers


def edge(before: str, after: str, kind: str = "trigger") -> Edge:
    return Edge(before, after, kind, f"{before}_{after}")


def node(place: str, kind: str, label: str = "") -> dict[str, str]:
    return {"id": place, "type": kind, "label": label}


def test_the_task_between_two_dags_is_their_edge():
    """An asset between a task and a Dag is none: no Dag waits for another by name."""
    graph: dict[str, Any] = {
        "nodes": [
            *(node(f"dag:{name}", "dag", name) for name in "abc"),
            node("trigger:a:b:go", "trigger", "go"),
            node("sensor:b:c:wait", "sensor", "wait"),
            node("asset:1", "asset", "orders"),
        ],
        "edges": [
            {"source_id": "sensor:b:c:wait", "target_id": "dag:c"},
            {"source_id": "dag:b", "target_id": "sensor:b:c:wait"},
            {"source_id": "dag:a", "target_id": "trigger:a:b:go"},
            {"source_id": "trigger:a:b:go", "target_id": "dag:b"},
            {"source_id": "task:x", "target_id": "asset:1"},
            {"source_id": "asset:1", "target_id": "dag:c"},
        ],
    }

    assert edges(graph) == [Edge("a", "b", "trigger", "go"), Edge("b", "c", "sensor", "wait")]


def test_only_dags_of_the_prefix_are_kept():
    """Both ends have to bear it."""
    found = [edge("x_a", "x_b"), edge("x_a", "y"), edge("y", "x_b")]

    assert among(found, "x_") == [edge("x_a", "x_b")]


def test_each_dag_stands_after_all_that_go_before_it():
    """Also where a short way and a long one lead to it."""
    found = [edge("a", "b"), edge("b", "c"), edge("a", "c"), edge("x", "c")]

    assert layers(found) == [["a", "x"], ["b"], ["c"]]
    assert layers([]) == []


def test_a_circle_is_named():
    """It cannot be drawn, nor would it ever end."""
    with pytest.raises(ValueError, match=r"in a circle: b, c\."):
        layers([edge("a", "b"), edge("b", "c"), edge("c", "b")])
