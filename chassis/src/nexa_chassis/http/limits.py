"""Limits per route: how large a body may be, how often one caller may ask."""

from collections.abc import Awaitable, Callable

from fastapi import Request


def body_limit(size: int) -> Callable[[Request], Awaitable[None]]:
    """A route dependency that allows bodies of up to `size` bytes instead of the service's limit."""
    raise NotImplementedError


def rate_limit(requests: int, seconds: float) -> Callable[[Request], Awaitable[None]]:
    """A route dependency: at most this many requests of one caller in this time, bursts included; 429 beyond."""
    raise NotImplementedError
