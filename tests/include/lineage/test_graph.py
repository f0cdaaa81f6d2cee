"""The graph that events make: who depends on whom, to the column."""

from typing import Any

import pytest
from pydantic import ValidationError

from include.lineage import drawing
from include.lineage.accepted import Event
from include.lineage.events import RUNS, Events
from include.lineage.graph import (
    around,
    dataset_id,
    downstream,
    edges_of,
    field_id,
    graph,
    upstream,
)
from tests.include.lineage.events import CHAIN, DATABASE, event, table

ORDERS, SALES, REVENUE = (dataset_id(DATABASE, name) for name in ("orders", "sales", "revenue"))
COLLECT, ADD_UP = "job:shop:collect", "job:shop:add_up"


def test_events_become_a_graph():
    """Datasets and jobs in turn, columns straight to columns, each run's facets."""
    found = graph(CHAIN)

    assert found.edges == {
        *((ORDERS, COLLECT), (COLLECT, SALES)),
        *((SALES, ADD_UP), (ADD_UP, REVENUE)),
    }
    assert found.columns == {
        (field_id(ORDERS, "amount"), field_id(SALES, "amount")),
        (field_id(SALES, "amount"), field_id(REVENUE, "sum")),
    }
    assert found.fields[ORDERS] == {"id": "text", "amount": "text"}
    assert found.facets[ADD_UP] == {"shop_trust": {"rows": 3}}


def test_what_depends_on_what():
    """Near and far, in both directions, and not the node itself."""
    found = graph(CHAIN)

    assert downstream(SALES, found.edges) == sorted([ADD_UP, REVENUE])
    assert upstream(SALES, found.edges) == sorted([COLLECT, ORDERS])
    assert upstream(field_id(REVENUE, "sum"), found.columns) == sorted(
        [field_id(SALES, "amount"), field_id(ORDERS, "amount")]
    )
    assert downstream(REVENUE, found.edges) == []


def test_a_circle_has_an_end():
    """A table that is made of itself depends on its job alone."""
    edges = [("a", "b"), ("b", "a"), ("b", "c")]

    assert downstream("a", edges) == ["b", "c"]
    assert [node for layer in drawing.layers(["a", "b", "c"], set(edges)) for node in layer]


def test_the_newest_run_of_a_job_counts():
    """What an older run read is forgotten; what one run says in several events is put together."""
    again = [
        event("collect", "2", inputs=[table("returns")]),
        event("collect", "2", outputs=[table("sales")], facets={"a": {"b": 1}}),
    ]

    found = graph([*CHAIN, *again])

    assert (ORDERS, COLLECT) not in found.edges
    assert (dataset_id(DATABASE, "returns"), COLLECT) in found.edges
    assert (COLLECT, SALES) in found.edges
    assert found.facets[COLLECT] == {"a": {"b": 1}}


def test_the_answer_is_that_of_marquez():
    """Each node with its type and its edges; what has nothing to do with it is left out."""
    other = event("elsewhere", inputs=[table("x")], outputs=[table("y")])

    answer = around(graph([*CHAIN, other]), SALES)

    assert {one["id"]: one["type"] for one in answer["graph"]} == {
        **dict.fromkeys([ORDERS, SALES, REVENUE], "DATASET"),
        **dict.fromkeys([COLLECT, ADD_UP], "JOB"),
    }
    (sales,) = (one for one in answer["graph"] if one["id"] == SALES)
    assert sales["inEdges"] == [{"origin": COLLECT, "destination": SALES}]
    assert sales["outEdges"] == [{"origin": SALES, "destination": ADD_UP}]
    assert set(edges_of(answer)) == graph(CHAIN).edges


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"run": {"facets": {}}}, "run.runId"),
        ({"eventType": "COMPLETE", "run": None}, "run is missing"),
        ({"job": {"name": "x"}}, "job.namespace"),
        ({"producer": ""}, "producer"),
        ({"job": None}, "job is missing"),
        ({"job": "collect"}, "job"),
        ({"inputs": [{}]}, "inputs.0.namespace"),
        ({"outputs": [{**table("x"), "facets": {"schema": {"fields": [{}]}}}]}, "fields.0.name"),
    ],
)
def test_what_is_no_event_is_refused(change: dict[str, Any], named: str):
    """And it is said what is missing."""
    with pytest.raises(ValidationError, match=named):
        Event.model_validate(event("collect") | change)


def test_a_job_or_a_dataset_may_have_an_event_of_its_own():
    """Without a run, as OpenLineage has it; what is null counts as not there."""
    of_job = event("collect", inputs=[table("orders")], outputs=[table("sales")])
    del of_job["run"]
    nothing = {
        "schema": {"fields": None},
        "columnLineage": {"fields": {"a": {"inputFields": None}}},
    }
    returns = {**table("returns"), "facets": nothing}
    of_dataset = event("x", dataset=table("sales", {"amount": [("orders", "amount")]}))
    del of_dataset["run"], of_dataset["job"]
    given = [of_job, of_dataset, event("scan", outputs=[returns], inputs=None)]

    found = graph(Event.model_validate(one).plain() for one in given)

    assert found.edges == {
        *((ORDERS, COLLECT), (COLLECT, SALES)),
        ("job:shop:scan", dataset_id(DATABASE, "returns")),
    }
    assert found.columns == {(field_id(ORDERS, "amount"), field_id(SALES, "amount"))}
    assert found.fields[SALES] == {"amount": "text"}


def test_a_long_chain_and_a_circle_are_drawn_at_once():
    """Each node in a layer, however many there are: nobody waits for the page."""
    chain = [(f"job:a:{n}", f"job:a:{n + 1}") for n in range(2000)]
    circle = [("job:a:1", "job:a:0")]

    layers = drawing.layers([f"job:a:{n}" for n in range(2001)], {*chain, *circle})

    assert sum(map(len, layers)) == 2001
    assert len(layers) <= drawing.DEEPEST + 1


def test_events_are_kept_and_old_runs_forgotten(tmp_path):
    """Over a restart, in their order; of each job the newest runs."""
    events = Events(tmp_path / "inbox.sqlite")
    for number in range(RUNS + 5):
        for _ in range(2):
            events.keep(Event.model_validate(event("collect", str(number))))
    events.keep(Event.model_validate(event("add_up", "other")))
    events.close()

    events = Events(tmp_path / "inbox.sqlite")
    runs = [one["run"]["runId"] for one in events.all()]
    assert runs == [str(n) for n in range(5, RUNS + 5) for _ in range(2)] + ["other"]
    events.clear()
    assert events.all() == []
    events.close()


def test_the_picture_has_every_node_and_line():
    """Names are text and nothing else; the same graph is the same picture."""
    script = event("<script>", inputs=[table("orders")], outputs=[table("<b>")])
    found = graph([*CHAIN, script])

    picture = drawing.svg(found)

    assert picture == drawing.svg(graph([*CHAIN, script]))
    assert picture.count("<path") == len(found.edges) + len(found.columns)
    assert picture.count("<title>") == len(found.nodes)
    assert "&lt;script&gt;" in picture
    assert "<script>" not in picture
    assert drawing.svg(graph([])).startswith("<svg")
