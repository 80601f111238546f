"""Limits per route: how large a body may be, how often one caller may ask."""

import math
import time
from collections.abc import Callable

from fastapi import Request
from fastapi.routing import APIRoute

from nexa_chassis.http.problems import Problem

REMEMBERED_CALLERS = 10_000


class BodyLimit:
    """The mark of a route with a limit of its own; the door reads it before anything of the body is."""

    def __init__(self, size: int) -> None:
        self.size = size

    async def __call__(self) -> None:
        """Nothing is left to do here."""


def body_limit(size: int) -> BodyLimit:
    """A route dependency that allows bodies of up to `size` bytes: `dependencies=[Depends(body_limit(50_000_000))]`."""
    return BodyLimit(size)


def limit_of(route: object, default: int) -> int:
    """The largest body that this route takes."""
    if isinstance(route, APIRoute):
        for dependency in route.dependencies:
            if isinstance(dependency.dependency, BodyLimit):
                return dependency.dependency.size
    return default


def too_large(limit: int) -> Problem:
    return Problem(
        413,
        f"The body is larger than the {limit} bytes that are taken here.",
        kind="too-large",
        title="Body too large",
        headers={"connection": "close"},
    )


class RateLimit:
    """A token bucket per caller in this process: `requests` at once, refilled evenly over `seconds`."""

    def __init__(self, requests: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._requests = requests
        self._per_second = requests / seconds
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    async def __call__(self, request: Request) -> None:
        wait = self.take(_caller(request))
        if wait > 0:
            raise Problem(
                429,
                f"Too many requests; try again in {math.ceil(wait)} s.",
                kind="rate",
                title="Too many requests",
                headers={"retry-after": str(math.ceil(wait))},
            )

    def take(self, caller: str) -> float:
        """Seconds until the caller may ask; 0 means now, and counts."""
        now = self._clock()
        tokens, since = self._buckets.pop(caller, (float(self._requests), now))
        tokens = min(self._requests, tokens + (now - since) * self._per_second)
        allowed = tokens >= 1
        self._buckets[caller] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > REMEMBERED_CALLERS:  # the one that asked longest ago has most likely a full bucket
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if allowed else (1 - tokens) / self._per_second


def _caller(request: Request) -> str:
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return authorization
    return request.client.host if request.client else ""


def rate_limit(requests: int, seconds: float) -> RateLimit:
    """A route dependency: at most this many requests of one caller in this time, bursts included; 429 beyond."""
    return RateLimit(requests, seconds)
