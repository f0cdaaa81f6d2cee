"""The ids of a run's trace, derived from what Airflow calls the run: who knows one, knows them all.

A task that is tried again or cleared is in the same trace as before, whichever process it runs in.
"""

from dataclasses import dataclass
from hashlib import sha256

TRACE_BYTES, SPAN_BYTES = 16, 8
"""How long the ids are: W3C Trace Context, sections 3.2.2.3 and 3.2.2.4."""


@dataclass(frozen=True)
class RunTrace:
    """The trace of one run."""

    dag_id: str
    run_id: str

    @property
    def correlation_id(self) -> str:
        """By what the logs of all systems know the run."""
        return f"{self.dag_id}/{self.run_id}"

    @property
    def trace_id(self) -> int:
        """The id that all spans of the run share."""
        return _number(TRACE_BYTES, self.correlation_id)

    @property
    def trace_hex(self) -> str:
        """The same, as it stands in headers and pages."""
        return f"{self.trace_id:0{2 * TRACE_BYTES}x}"

    @property
    def root_id(self) -> int:
        """The span of the run as a whole."""
        return _number(SPAN_BYTES, self.correlation_id, "run")

    def step_id(self, task_id: str, map_index: int, try_number: int) -> int:
        """The span of one try of a task."""
        return _number(SPAN_BYTES, self.correlation_id, task_id, str(map_index), str(try_number))


def child_id(parent: int, number: int) -> int:
    """The span that was opened as the so-manieth below a step."""
    return _number(SPAN_BYTES, f"{parent:x}", str(number))


def traceparent(trace_id: int, span_id: int) -> str:
    """The header that carries a trace on: W3C Trace Context, version 00, sampled."""
    return f"00-{trace_id:0{2 * TRACE_BYTES}x}-{span_id:0{2 * SPAN_BYTES}x}-01"


def _number(size: int, *parts: str) -> int:
    """An id of so many bytes; never zero, which stands for none."""
    return int.from_bytes(sha256("\n".join(parts).encode()).digest()[:size], "big") or 1
