"""The outermost layer of the API: limits the body, opens the span, measures, and answers what nobody caught."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Gauge, Histogram
from starlette.requests import ClientDisconnect

from nexa_chassis.http.limits import limit_of, too_large
from nexa_chassis.http.problems import internal, problem_of, unavailable
from nexa_chassis.logs import log_request, logger
from nexa_chassis.telemetry import note_error, open_span, traceparent_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = Histogram(
    "nexa_http_request_seconds",
    "Time to answer a request, by route template",
    ["service", "method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT = Gauge("nexa_http_requests_in_flight", "Requests being answered", ["service"])
DEFECTS = Counter("nexa_http_defects_total", "Requests answered with 500", ["service"])
CLIENT_GONE = 499
UNOBSERVED = frozenset({"/livez", "/readyz", "/metrics", "/status"})


class Door:
    """Pure ASGI: a request passes here first and its answer last."""

    def __init__(self, app: ASGIApp, *, service: str, body_limit: int, most_in_flight: int) -> None:
        self._app = app
        self._service = service
        self._body_limit = body_limit
        self._most_in_flight = most_in_flight
        self._in_flight = 0
        self._log = logger("http")
        self._seconds: dict[tuple[str, str, int], Histogram] = {}
        IN_FLIGHT.labels(service).set_function(lambda: self._in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in UNOBSERVED:
            await self._let_in(Exchange(scope, receive, send, self._body_limit))
            return
        self._in_flight += 1
        exchange = Exchange(scope, receive, send, self._body_limit)
        span = open_span(scope["method"], exchange.traceparent, SpanKind.SERVER)
        exchange.trace(span)
        token = contexts.attach(trace.set_span_in_context(span))
        started = time.perf_counter()
        try:
            await self._let_in(exchange)
        finally:
            contexts.detach(token)
            self._in_flight -= 1
            self._note(exchange, span, time.perf_counter() - started)

    async def _let_in(self, exchange: Exchange) -> None:
        try:
            if self._in_flight > self._most_in_flight:
                raise unavailable("Too many requests are being answered at once.")
            await self._app(exchange.scope, exchange.receive, exchange.send)
        except ClientDisconnect:
            exchange.status = CLIENT_GONE
        except Exception as error:
            await self._answer(exchange, error)

    async def _answer(self, exchange: Exchange, error: Exception) -> None:
        problem = problem_of(error)
        if problem is None or problem.status >= 500:
            note_error(trace.get_current_span(), error)
        if problem is None:
            DEFECTS.labels(self._service).inc()
            self._log.error("request.failed", method=exchange.scope["method"], route=exchange.route, exc_info=error)
        if exchange.status:  # the answer has begun; breaking it off is all that is left to say
            raise error
        response = problem.response(exchange.trace_id) if problem else internal(exchange.trace_id)
        await response(exchange.scope, exchange.receive, exchange.send)

    def _note(self, exchange: Exchange, span: Span, seconds: float) -> None:
        method, route, status = exchange.scope["method"], exchange.route, exchange.status or CLIENT_GONE
        kind = (method, route, status)
        histogram = self._seconds.get(kind)
        if histogram is None:
            histogram = self._seconds[kind] = SECONDS.labels(self._service, method, route, str(status))
        histogram.observe(seconds)
        if span.is_recording():
            span.update_name(f"{method} {route}")
            span.set_attribute("http.response.status_code", status)
        span.end()
        log_request(self._service, method, route, status, seconds, exchange.trace_id)


class Exchange:
    """One request and its answer, as they pass through the door."""

    __slots__ = (
        "_limit",
        "_receive",
        "_send",
        "_taken",
        "length",
        "outgoing",
        "scope",
        "status",
        "trace_id",
        "traceparent",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._taken = 0
        self.status = 0
        self.trace_id: str | None = None
        self.traceparent: str | None = None
        self.outgoing: tuple[bytes, bytes] | None = None
        self.length = 0
        for name, value in scope["headers"]:
            if name == b"traceparent":
                self.traceparent = value.decode("latin-1")
            elif name == b"content-length" and value.isdigit():
                self.length = int(value)

    @property
    def route(self) -> str:
        """The template, never the path: paths hold whatever somebody typed."""
        route = self.scope.get("fastapi", {}).get("effective_route_context") or self.scope.get("route")
        path: str = getattr(route, "path_format", "unmatched")
        return path

    def trace(self, span: Span) -> None:
        traceparent = traceparent_of(span)
        if traceparent is not None:
            self.trace_id = traceparent[3:35]
            self.outgoing = (b"traceparent", traceparent.encode())

    async def receive(self) -> Message:
        if self._taken == 0:
            # The route is known by the first read, so its own limit counts, and nothing has been read before.
            self._limit = limit_of(self.scope.get("route"), self._limit)
            self._refuse_beyond(self.length)
        message = await self._receive()
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            self._refuse_beyond(self._taken)
        return message

    def _refuse_beyond(self, size: int) -> None:
        if size > self._limit:
            raise too_large(self._limit)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.outgoing is not None:
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], self.outgoing]
        await self._send(message)
