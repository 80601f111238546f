"""Traces that go through the whole of a process: spans, and the `traceparent` that carries them on.

The traceparent of a request stands in the events it appends, travels with their records and is taken up by the
consumers, so one trace leads from an upload to a mail. Spans go to the collector named by OTEL_EXPORTER_OTLP_ENDPOINT,
else as JSON lines to NEXA_TRACE_FILE, else nowhere.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanContext, SpanKind
from opentelemetry.util.types import AttributeValue

from nexa_chassis.logs import configure_logs, logger, without_personal_data
from nexa_chassis.settings import Settings
from nexa_chassis.spans import SAMPLED, UNSAMPLED, JsonLines, LightSpan, Spans

__all__ = ["configure", "current_traceparent", "logger", "parse_traceparent", "sampled", "shut_down", "span"]

Kind = Literal["internal", "server", "client", "producer", "consumer"]
KINDS: Mapping[str, SpanKind] = {kind.name.lower(): kind for kind in SpanKind}
SPANS = Spans()


def parse_traceparent(traceparent: str | None) -> SpanContext | None:
    """The span context in a W3C traceparent; None for a missing or malformed one."""
    if traceparent is None or len(traceparent) < 55:
        return None
    if traceparent[2] != "-" or traceparent[35] != "-" or traceparent[52] != "-" or traceparent[:2] == "ff":
        return None
    try:
        flags = SAMPLED if int(traceparent[53:55], 16) & 1 else UNSAMPLED
        parsed = SpanContext(int(traceparent[3:35], 16), int(traceparent[36:52], 16), True, flags)
    except ValueError:
        return None
    return parsed if parsed.is_valid else None


def sampled(traceparent: str | None) -> bool:
    """Whether this trace is being recorded."""
    parsed = parse_traceparent(traceparent)
    return parsed is not None and parsed.trace_flags.sampled


def traceparent_of(span: Span) -> str | None:
    """What carries this span on to others; None outside of any trace."""
    context = span.get_span_context()
    if not context.trace_id:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{'01' if context.trace_flags & 1 else '00'}"


def current_traceparent() -> str | None:
    """The traceparent of the span open here, None outside of any."""
    return traceparent_of(trace.get_current_span())


def open_span(
    name: str, traceparent: str | None, kind: SpanKind, attributes: Mapping[str, AttributeValue] | None = None
) -> LightSpan:
    """A span that is not the current one, and that the caller ends."""
    parent = parse_traceparent(traceparent) or trace.get_current_span().get_span_context()
    return SPANS.open(name, parent, kind, attributes or {})


@contextmanager
def span(
    name: str,
    *,
    traceparent: str | None = None,
    kind: Kind = "internal",
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """A span as the current one: child of `traceparent`, else of the span open here, else the root of a new trace.

    An exception that leaves the block is noted on the span, without personal data, and goes on.
    """
    opened = open_span(name, traceparent, KINDS[kind], attributes)
    token = contexts.attach(trace.set_span_in_context(opened))
    try:
        yield opened
    except Exception as error:
        note_error(opened, error)
        raise
    finally:
        contexts.detach(token)
        opened.end()


def note_error(span: Span, error: BaseException) -> None:
    """Mark the span as failed, saying with what."""
    if span.is_recording():
        description = f"{type(error).__name__}: {without_personal_data(str(error))[:500]}"
        span.set_status(trace.StatusCode.ERROR, description)


def _exporter(settings: Settings) -> SpanExporter | None:
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        # Imported here: it brings protobuf and requests, which a process without a collector need not pay for.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return OTLPSpanExporter()
    return JsonLines(settings.trace_file) if settings.trace_file else None


def configure(service: str, settings: Settings) -> None:
    """Set up logs and traces of this process, once. Libraries that trace by themselves join the same export."""
    configure_logs(service, settings.log_level)
    exporter = _exporter(settings)
    if exporter is None:
        return
    resource = Resource({"service.name": service})
    taker = BatchSpanProcessor(exporter, max_queue_size=16384, schedule_delay_millis=500, max_export_batch_size=2048)
    provider = TracerProvider(ParentBased(TraceIdRatioBased(settings.trace_ratio)), resource, shutdown_on_exit=False)
    provider.add_span_processor(taker)
    trace.set_tracer_provider(provider)
    SPANS.record(taker, settings.trace_ratio, resource)


def shut_down() -> None:
    """Hand over the spans that are still held, at the end of the process."""
    SPANS.shut_down()
