"""The edges between Dags, as Airflow has found them in their files."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

DAG = "dag:"


class Edge(NamedTuple):
    """One Dag depends on another: `before` goes first.

    `kind` is `trigger` where it starts the other, `sensor` where the other waits for it; `by` is
    the task that does so.
    """

    before: str
    after: str
    kind: str
    by: str


def edges(graph: Mapping[str, Any]) -> list[Edge]:
    """Return the edges of Airflow's graph of dependencies, sorted.

    In that graph a task that starts another Dag, or waits for one, is a node of its own between
    the two Dags.

    Args:
        graph: `nodes` and `edges` as Airflow's API gives them.
    """
    nodes = {node["id"]: node for node in graph["nodes"]}
    into: dict[str, list[str]] = {}
    out: dict[str, list[str]] = {}
    for edge in graph["edges"]:
        into.setdefault(edge["target_id"], []).append(edge["source_id"])
        out.setdefault(edge["source_id"], []).append(edge["target_id"])
    return sorted(
        Edge(before.removeprefix(DAG), after.removeprefix(DAG), node["type"], node["label"])
        for place, node in nodes.items()
        if node["type"] != "dag"
        for before in into.get(place, [])
        for after in out.get(place, [])
        if before.startswith(DAG) and after.startswith(DAG)
    )


def among(found: Iterable[Edge], prefix: str) -> list[Edge]:
    """Return the edges whose both Dags' ids begin with the prefix."""
    return [one for one in found if one.before.startswith(prefix) and one.after.startswith(prefix)]


def layers(found: Iterable[Edge]) -> list[list[str]]:
    """Return the Dags in columns: each stands after all that go before it.

    Raises:
        ValueError: Dags depend on each other in a circle; they are named.
    """
    before: dict[str, set[str]] = {}
    for one in found:
        before.setdefault(one.before, set())
        before.setdefault(one.after, set()).add(one.before)
    columns: list[list[str]] = []
    placed: set[str] = set()
    while len(placed) < len(before):
        free = sorted(dag for dag in before.keys() - placed if before[dag] <= placed)
        if not free:
            circle = ", ".join(sorted(before.keys() - placed))
            raise ValueError(f"These Dags wait for each other in a circle: {circle}.")
        columns.append(free)
        placed.update(free)
    return columns
