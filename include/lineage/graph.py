"""The graph of jobs and datasets that OpenLineage events tell of, down to the column.

Nodes have the ids that Marquez, the usual collector, gives them: `dataset:<namespace>:<name>`,
`job:<namespace>:<name>` and `datasetField:<namespace>:<name>:<field>`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Edge = tuple[str, str]
"""From the node that comes first to the one that needs it."""


@dataclass
class Graph:
    """Everything that is known: datasets with their columns, and what leads to what.

    `edges` join datasets and jobs, `columns` the columns of datasets. `facets` are those of each
    job's newest run.
    """

    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)
    columns: set[Edge] = field(default_factory=set)
    facets: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def nodes(self) -> list[str]:
        """Every dataset and job, in alphabetical order."""
        return sorted({*self.fields, *self.facets, *(end for edge in self.edges for end in edge)})


def dataset_id(namespace: str, name: str) -> str:
    """The node of a dataset, such as a table."""
    return f"dataset:{namespace}:{name}"


def field_id(dataset: str, column: str) -> str:
    """The node of a column of a dataset's node."""
    return f"datasetField:{dataset.removeprefix('dataset:')}:{column}"


def graph(events: Iterable[Mapping[str, Any]]) -> Graph:
    """Return the graph of each job's newest run.

    Args:
        events: as they were received, the oldest first. What the events of one run say is put
            together; an older run of the same job is forgotten. An event without a job tells of a
            dataset alone.
    """
    found = Graph()
    runs: dict[str, tuple[str, list[Mapping[str, Any]]]] = {}
    for event in events:
        if not event.get("job"):
            _made_of(found, event["dataset"])
            continue
        job, run = _job(event), _run(event).get("runId") or event["eventTime"]
        if runs.get(job, ("", []))[0] != run:
            runs[job] = (run, [])
        runs[job][1].append(event)
    for job, (_, of_run) in runs.items():
        for event in of_run:
            _add(found, job, event)
    return found


def downstream(start: str, edges: Iterable[Edge]) -> list[str]:
    """Every node that depends on this one, near or far, in alphabetical order."""
    after: dict[str, list[str]] = {}
    for origin, destination in edges:
        after.setdefault(origin, []).append(destination)
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = [node for node in after.get(waiting.pop(), ()) if node not in found]
        found.update(new)
        waiting += new
    return sorted(found - {start})


def upstream(start: str, edges: Iterable[Edge]) -> list[str]:
    """Every node that this one depends on, near or far, in alphabetical order."""
    return downstream(start, [(after, before) for before, after in edges])


def around(found: Graph, node: str) -> dict[str, Any]:
    """The part of the graph that a node is in, in the form that Marquez answers with."""
    edges = found.columns if node.startswith("datasetField:") else found.edges
    near = {node, *upstream(node, edges), *downstream(node, edges)}
    kinds = {"dataset": "DATASET", "job": "JOB", "datasetField": "DATASET_FIELD"}
    return {
        "graph": [
            {
                "id": one,
                "type": kinds[one.partition(":")[0]],
                "data": {"fields": found.fields.get(one, {}), "facets": found.facets.get(one, {})},
                "inEdges": [_edge(edge) for edge in sorted(edges) if edge[1] == one],
                "outEdges": [_edge(edge) for edge in sorted(edges) if edge[0] == one],
            }
            for one in sorted(near)
        ]
    }


def edges_of(answer: Mapping[str, Any]) -> list[Edge]:
    """The edges of a collector's answer, ours or Marquez's."""
    edges = {
        (edge["origin"], edge["destination"])
        for node in answer["graph"]
        for edge in [*node["inEdges"], *node["outEdges"]]
    }
    return sorted(edges)


def _job(event: Mapping[str, Any]) -> str:
    return f"job:{event['job']['namespace']}:{event['job']['name']}"


def _run(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The run that an event is of; a job's own event is of none."""
    run: Mapping[str, Any] = event.get("run") or {}
    return run


def _edge(edge: Edge) -> dict[str, str]:
    return {"origin": edge[0], "destination": edge[1]}


def _add(found: Graph, job: str, event: Mapping[str, Any]) -> None:
    inputs = [_dataset(found, facts) for facts in event.get("inputs") or ()]
    outputs = [_made_of(found, facts) for facts in event.get("outputs") or ()]
    found.edges |= {(origin, job) for origin in inputs}
    found.edges |= {(job, destination) for destination in outputs}
    if inputs or outputs:
        found.facets.setdefault(job, {}).update(_run(event).get("facets") or {})


def _made_of(found: Graph, facts: Mapping[str, Any]) -> str:
    """Add a dataset and what its columns are made of."""
    node = _dataset(found, facts)
    for column, lineage in (_facet(facts, "columnLineage").get("fields") or {}).items():
        for source in lineage.get("inputFields") or ():
            origin = dataset_id(source["namespace"], source["name"])
            found.columns.add((field_id(origin, source["field"]), field_id(node, column)))
    return node


def _dataset(found: Graph, facts: Mapping[str, Any]) -> str:
    node = dataset_id(facts["namespace"], facts["name"])
    fields = _facet(facts, "schema").get("fields") or ()
    known = found.fields.setdefault(node, {})
    known.update({one["name"]: one.get("type") or "" for one in fields})
    return node


def _facet(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    facet: Mapping[str, Any] = (facts.get("facets") or {}).get(name) or {}
    return facet
