"""Counting a lot, a hundred at a time, whatever happens to the process meanwhile."""

from collections.abc import Mapping
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from counting.counter import Count
from nexa_chassis.jobs import Finished, Job
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction

A_STEP = 100


async def step(
    tx: Transaction, runtime: Runtime, job_id: UUID, state: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue] | Finished:
    left = cast(int, state["left"])
    counted = min(left, A_STEP)
    await tx.execute([Count(counter_id=job_id, amount=1) for _ in range(counted)])
    if left == counted:
        return Finished({"left": 0})
    return {"left": left - counted}


count_many = Job(name="count_many", step=step)
