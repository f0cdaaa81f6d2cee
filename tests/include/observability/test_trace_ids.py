"""Ids that everybody computes alike."""

import re

from include.observability.trace_ids import RunTrace, child_id, traceparent

RUN = RunTrace("dag", "manual__1")


def test_the_same_run_has_the_same_ids_and_another_has_others():
    """Whichever process computes them; each try of a task has a span of its own."""
    again, other = RunTrace("dag", "manual__1"), RunTrace("dag", "manual__2")
    assert (again.trace_id, again.root_id) == (RUN.trace_id, RUN.root_id)
    assert other.trace_id != RUN.trace_id
    tries = {RUN.step_id("t", index, try_) for index in (-1, 0, 1) for try_ in (1, 2)}
    assert len(tries | {RUN.root_id, RUN.step_id("u", -1, 1)}) == 8
    assert len({child_id(RUN.root_id, number) for number in range(50)}) == 50


def test_the_header_is_that_of_w3c():
    """Version, trace, span and flags, in hexadecimal digits of a fixed number."""
    header = traceparent(RUN.trace_id, RUN.root_id)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", header)
    assert RUN.trace_hex in header
    assert traceparent(1, 2) == "00-00000000000000000000000000000001-0000000000000002-01"
