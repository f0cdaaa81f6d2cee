"""A trace that was read back."""

import pytest

from include.observability.trace_tree import SpanFact, TraceError, check_received, tree

RUN, TASK, CALL = (
    SpanFact("a1", None, "run"),
    SpanFact("b2", "a1", "task"),
    SpanFact("c3", "b2", "GET /x"),
)


def test_each_stands_below_its_parent():
    """Whatever order they are read in, siblings stay in the order given."""
    later = SpanFact("d4", "a1", "later")
    assert tree([CALL, TASK, RUN, later]) == ["run", "  task", "    GET /x", "  later"]


@pytest.mark.parametrize(
    ("spans", "names"), [([], r"here are \[\]"), ([TASK, CALL], "task"), ([RUN, CALL], "GET /x")]
)
def test_what_is_no_tree_is_refused(spans: list[SpanFact], names: str):
    """No root, and a parent that is missing, are told with names."""
    with pytest.raises(TraceError, match=names):
        tree(spans)


def test_two_roots_are_refused():
    """Two traces are not one."""
    with pytest.raises(TraceError, match=r"run.*other"):
        tree([RUN, SpanFact("e5", None, "other")])


def test_calls_that_a_service_received_belong_to_spans():
    """A call of another trace, one without the header and none at all are told."""
    spans = [RUN, TASK, CALL]
    assert check_received("ff", spans, ["00-ff-c3-01"] * 2) == 2
    for calls in (["00-ff-c3-01", "00-ee-c3-01"], [None], []):
        with pytest.raises(TraceError, match=f"Of {len(calls)} calls"):
            check_received("ff", spans, calls)
