"""Spans of a run in OpenTelemetry's terms: the run, below it its tasks, below them their calls."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any, Protocol, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace import TraceFlags as Flags
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from include.observability.trace_ids import RunTrace, child_id, traceparent

log = logging.getLogger(__name__)


class HasSession(Protocol):
    """A hook that speaks HTTP by `requests`."""

    def get_conn(self) -> Session:
        """Return the session that all calls are made by."""


Caller = TypeVar("Caller", bound=HasSession)

SERVICE = Resource({"service.name": "airflow"})


class Step:
    """One try of a task while it runs: what it calls becomes spans below its own."""

    def __init__(self, tracer: trace.Tracer, span: trace.Span) -> None:
        """Belong to the span of the try."""
        self._tracer = tracer
        self._span = span

    def note(self, **facts: Any) -> None:
        """Write facts to the step's span."""
        self._span.set_attributes(facts)

    def follow(self, caller: Caller) -> Caller:
        """Let each call of its session be a span, and send its id along as `traceparent`."""
        adapter, session = _TracedAdapter(self._tracer), caller.get_conn()
        for scheme in ("http://", "https://"):
            session.mount(scheme, adapter)
        return caller


@contextmanager
def step(
    run: RunTrace, exporter: SpanExporter, task_id: str, map_index: int, try_number: int
) -> Iterator[Step]:
    """Time one try of a task as a span of the run's trace; an exception is kept in it.

    The spans are exported when it ends. If nobody takes them that is logged, and the task goes on:
    what watches the work must not stop it.
    """
    span_id = run.step_id(task_id, map_index, try_number)
    with _provider(run, exporter, span_id) as provider:
        root = SpanContext(
            run.trace_id, run.root_id, is_remote=True, trace_flags=Flags(Flags.SAMPLED)
        )
        parent = trace.set_span_in_context(NonRecordingSpan(root))
        tracer = provider.get_tracer(__name__)
        name = task_id if map_index < 0 else f"{task_id}[{map_index}]"
        with tracer.start_as_current_span(name, parent) as span:
            span.set_attributes({"airflow.task_id": task_id, "airflow.try_number": try_number})
            yield Step(tracer, span)


def close_run(run: RunTrace, exporter: SpanExporter, began: datetime, ended: datetime) -> None:
    """Export the span of the run itself, which all others stand below."""
    with _provider(run, exporter, run.root_id) as provider:
        span = provider.get_tracer(__name__).start_span(
            run.dag_id, Context(), start_time=_nanoseconds(began)
        )
        span.set_attributes({"airflow.run_id": run.run_id, "correlation_id": run.correlation_id})
        span.end(_nanoseconds(ended))


class _Ids(IdGenerator):
    """Ids that are known beforehand: the first span's, and below it one after the other."""

    def __init__(self, trace_id: int, first: int) -> None:
        self._trace_id = trace_id
        self._first = first
        self._numbers = count()

    def generate_trace_id(self) -> int:
        return self._trace_id

    def generate_span_id(self) -> int:
        number = next(self._numbers)
        return child_id(self._first, number) if number else self._first


class _TracedAdapter(HTTPAdapter):
    """Sends requests, each in a span of its own."""

    def __init__(self, tracer: trace.Tracer) -> None:
        super().__init__()
        self._tracer = tracer

    def send(self, request: PreparedRequest, *args: Any, **sending: Any) -> Response:
        path = (request.path_url or "").partition("?")[0]
        name, kind = f"{request.method} {path}", SpanKind.CLIENT
        with self._tracer.start_as_current_span(name, kind=kind) as span:
            own = span.get_span_context()
            request.headers["traceparent"] = traceparent(own.trace_id, own.span_id)
            answer = super().send(request, *args, **sending)
            log.info("%s was answered with %s", name, answer.status_code)
            span.set_attribute("http.response.status_code", answer.status_code)
            if answer.status_code >= 400:
                span.set_status(Status(StatusCode.ERROR, f"HTTP {answer.status_code}"))
            return answer


@contextmanager
def _provider(run: RunTrace, exporter: SpanExporter, first: int) -> Iterator[TracerProvider]:
    ids = _Ids(run.trace_id, first)
    provider = TracerProvider(id_generator=ids, resource=SERVICE, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield provider
    finally:
        provider.shutdown()


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1e9)
