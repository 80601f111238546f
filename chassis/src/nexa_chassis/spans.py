"""Spans that cost little: recorded as OpenTelemetry's own finished spans, made without the machinery of its live ones.

A request, a batch or a mail opens one span and none inside it sets hundreds of attributes, so the locks, bounded
collections and samplers of the library's live span are left out; on a request they took more time than the rest of the
tracing together. What is handed to the exporters is its `ReadableSpan`.
"""

import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import Attributes, AttributeValue

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
UNSAMPLED = TraceFlags(TraceFlags.DEFAULT)
SCOPE = InstrumentationScope("nexa_chassis")


class LightSpan(Span):
    """A span of this process; recorded when its trace is sampled and somebody takes it."""

    __slots__ = (
        "_attributes",
        "_context",
        "_kind",
        "_links",
        "_name",
        "_parent",
        "_resource",
        "_start",
        "_status",
        "_taker",
    )

    def __init__(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        attributes: Mapping[str, AttributeValue],
        taker: SpanProcessor | None,
        resource: Resource,
    ) -> None:
        self._name = name
        self._context = context
        self._parent = parent
        self._kind = kind
        self._attributes = dict(attributes)
        self._links: list[Link] = []
        self._status = Status(StatusCode.UNSET)
        self._taker = taker
        self._resource = resource
        self._start = time.time_ns()

    def get_span_context(self) -> SpanContext:
        return self._context

    def is_recording(self) -> bool:
        return self._taker is not None

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        self._attributes.update(attributes)

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        self._attributes[key] = value

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Left out: what happens inside a request stands in the log, under the same trace."""

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        self._links.append(Link(context, attributes))

    def update_name(self, name: str) -> None:
        self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        self._status = status if isinstance(status, Status) else Status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Left out: an exception's text can hold personal data. `note_error` says that there was one."""

    def end(self, end_time: int | None = None) -> None:
        if self._taker is None:
            return
        taker, self._taker = self._taker, None
        taker.on_end(
            ReadableSpan(
                self._name,
                self._context,
                self._parent,
                self._resource,
                self._attributes,
                links=self._links,
                kind=self._kind,
                status=self._status,
                start_time=self._start,
                end_time=end_time or time.time_ns(),
                instrumentation_scope=SCOPE,
            )
        )


class Spans:
    """Opens the spans of a process: children of sampled traces, and this share of new traces."""

    def __init__(self) -> None:
        self._taker: SpanProcessor | None = None
        self._ratio = 0.0
        self._resource = Resource.get_empty()

    def record(self, taker: SpanProcessor, ratio: float, resource: Resource) -> None:
        """Hand recorded spans to this taker from now on."""
        self._taker, self._ratio, self._resource = taker, ratio, resource

    def shut_down(self) -> None:
        """Hand over what is still held."""
        if self._taker is not None:
            self._taker.shutdown()
            self._taker = None

    def open(
        self, name: str, parent: SpanContext | None, kind: SpanKind, attributes: Mapping[str, AttributeValue]
    ) -> LightSpan:
        if parent is not None and parent.trace_id:
            trace_id, flags = parent.trace_id, parent.trace_flags
        else:
            parent, trace_id = None, random.getrandbits(128)
            flags = SAMPLED if self._ratio and random.random() < self._ratio else UNSAMPLED
        context = SpanContext(trace_id, random.getrandbits(64), False, flags)
        return LightSpan(name, context, parent, kind, attributes, self._taker if flags else None, self._resource)


class JsonLines(SpanExporter):
    """Appends a JSON object per span: trace, span, parent, service, name, kind, start, end (ns), attributes, error."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self._file.write(b"".join(_line(span) for span in spans))
        self._file.flush()
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        self._file.close()


def _line(span: ReadableSpan) -> bytes:
    context = span.get_span_context()
    assert context is not None
    row: dict[str, object] = {
        "trace": f"{context.trace_id:032x}",
        "span": f"{context.span_id:016x}",
        "parent": f"{span.parent.span_id:016x}" if span.parent else None,
        "service": span.resource.attributes.get("service.name"),
        "name": span.name,
        "kind": span.kind.name.lower(),
        "start": span.start_time,
        "end": span.end_time,
        "attributes": dict(span.attributes or {}),
    }
    if span.links:
        row["links"] = [f"{link.context.trace_id:032x}-{link.context.span_id:016x}" for link in span.links]
    if span.status.status_code is StatusCode.ERROR:
        row["error"] = span.status.description or "failed"
    return orjson.dumps(row, default=str, option=orjson.OPT_APPEND_NEWLINE)
