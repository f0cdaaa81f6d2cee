"""A trace as it was read back: who stands below whom, and whether that is as it should be."""

from collections.abc import Iterable
from typing import NamedTuple


class SpanFact(NamedTuple):
    """One span of a trace: its ids in hex, a root has no parent."""

    span_id: str
    parent_id: str | None
    name: str


class TraceError(ValueError):
    """A trace is not one tree, or does not hold what a service has received."""


def tree(spans: Iterable[SpanFact]) -> list[str]:
    """Return the names of the spans, each indented below its parent, in the order given.

    Raises:
        TraceError: there is not one root, or a parent is missing.
    """
    known = list(spans)
    roots = [span for span in known if span.parent_id is None]
    ids = {span.span_id for span in known}
    orphans = [span.name for span in known if span.parent_id not in {None, *ids}]
    if len(roots) != 1 or orphans:
        names = [span.name for span in roots]
        raise TraceError(f"A trace has one root, but here are {names}; without parent: {orphans}.")

    def lines(span: SpanFact, depth: int) -> list[str]:
        below = [one for one in known if one.parent_id == span.span_id]
        return [
            "  " * depth + span.name,
            *(line for one in below for line in lines(one, depth + 1)),
        ]

    return lines(roots[0], 0)


def check_received(trace_hex: str, spans: Iterable[SpanFact], headers: Iterable[str | None]) -> int:
    """Return how many calls a service has received, each sent by a span of this trace.

    `headers` are the `traceparent` of each call.

    Raises:
        TraceError: there was no call, or one that belongs to no span of the trace.
    """
    calls = list(headers)
    known = {f"00-{trace_hex}-{span.span_id}-01" for span in spans}
    strange = [call for call in calls if call not in known]
    if strange or not calls:
        raise TraceError(f"Of {len(calls)} calls, these belong to no span of the trace: {strange}.")
    return len(calls)
