"""Logs: one JSON object a line on standard output, carrying the trace and no personal data."""

import logging
import re
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO, cast

import orjson
import structlog
from opentelemetry import trace
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

ADDRESS = re.compile(r"[^\s@<>\"'(=]+@[^\s@<>\"')]+\.[^\s@<>\"')]+")
DETAIL = re.compile(r"(DETAIL:|\[parameters:|input_value=).*?(?=\n|$)")
NOISY = ("aiokafka", "faststream")


def without_personal_data(text: str) -> str:
    """The text without e-mail addresses and without the row values that a database or pydantic error quotes."""
    if "@" in text:
        text = ADDRESS.sub("<address>", text)
    return DETAIL.sub(r"\1 <left out>", text)


def _mask(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_personal_data(value)
    return event


def _trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.trace_id and "trace" not in event:
        event["trace"] = f"{context.trace_id:032x}"
    return event


def _named(service: str) -> Processor:
    def name(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return name


def _json(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


class AtMostEvery(logging.Filter):
    """Lets a library say a thing once per `seconds`; a producer without its broker says it 9,000 times a second."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._said: dict[tuple[str, int, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        said = (record.name, record.levelno, str(record.msg))
        if now - self._said.get(said, -self._seconds) < self._seconds:
            return False
        if len(self._said) > 1000:
            self._said.clear()
        self._said[said] = now
        return True


class StructuredHandler(logging.Handler):
    """Hands what libraries log to the same JSON stream."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"logger": record.name}
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        structlog.stdlib.get_logger().log(record.levelno, record.getMessage(), **fields)


def configure_logs(service: str, level: str) -> None:
    """Send everything that this process logs to standard output; call once, at the start of the process."""
    global _requests
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            _named(service),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _trace,
            structlog.processors.format_exc_info,
            _mask,
            _json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=True,
    )
    _requests = sys.stdout.buffer if threshold <= logging.INFO else None
    root = logging.getLogger()
    root.handlers[:] = [StructuredHandler()]
    root.setLevel(max(threshold, logging.INFO))
    _quiet_down(NOISY)


def _quiet_down(names: Iterable[str]) -> None:
    """Filters of a logger do not see its children's records, so the handler carries them."""
    limited = AtMostEvery(10)
    for handler in logging.getLogger().handlers:
        handler.addFilter(lambda record: not record.name.startswith(tuple(names)) or limited.filter(record))
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").disabled = True


_requests: BinaryIO | None = None


def log_request(service: str, method: str, route: str, status: int, seconds: float, trace_id: str | None) -> None:
    """The access log. Written past the processors above, which there is nothing for to do, and not flushed line by line:
    a line of its own for each request is the one log that is written thousands of times a second.
    """
    if _requests is not None:
        line = {
            "event": "request",
            "service": service,
            "level": "info",
            "at": datetime.now(UTC),
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "trace": trace_id,
        }
        _requests.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))


def flush() -> None:
    """Write out what is held back; the process calls it every second and at its end."""
    if _requests is not None:
        _requests.flush()


def logger(name: str) -> FilteringBoundLogger:
    """A logger: `log.info("relay.took_over", partitions=4)`. Never give it personal data."""
    return cast(FilteringBoundLogger, structlog.get_logger().bind(part=name))
