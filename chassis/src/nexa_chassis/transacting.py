"""Commands and rows beside them in one transaction, done again on fresh state where somebody else wrote first."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction

T = TypeVar("T")

ATTEMPTS = 8


async def transact(runtime: Runtime, origin: Origin, work: Callable[[Transaction], Awaitable[T]]) -> T:
    """What `work` gives, committed; it may be called several times, each with a transaction of its own.

    Raises ConcurrencyConflict when every attempt met one, and what `work` and the database raise.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            async with runtime.store.transaction(origin) as tx:
                return await work(tx)
        except ConcurrencyConflict:
            continue
    async with runtime.store.transaction(origin) as tx:
        return await work(tx)
