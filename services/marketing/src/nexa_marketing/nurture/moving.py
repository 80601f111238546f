"""Those who are in older versions of a series go on in a new one, or their series ends, some hundreds a step."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import func, select

from nexa_chassis.domain import derive
from nexa_chassis.jobs import Finished, Job, StartJob
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_contracts.marketing import InFlight, NurtureStopReason
from nexa_marketing.nurture.decisions import MoveToVersion, StopNurture
from nexa_marketing.nurture.series import Series, series_id_of
from nexa_marketing.read_models.nurture_list import in_flight_before

A_STEP = 500
_STATE: TypeAdapter[tuple[str, int, InFlight, int]] = TypeAdapter(tuple[str, int, InFlight, int])


def move_to(series: Series) -> list[StartJob]:
    """The job that a published version calls for; none where everybody finishes in the version they are in."""
    if series.in_flight is InFlight.FINISH:
        return []
    state: dict[str, JsonValue] = {
        "name": series.name,
        "version": series.version,
        "in_flight": series.in_flight.value,
        "done": 0,
    }
    return [StartJob(name=move_enrolments.name, job_id=job_of(series.name, series.version), state=state)]


def job_of(name: str, version: int) -> UUID:
    return derive(series_id_of(name), version, "move")


async def step(
    tx: Transaction, runtime: Runtime, job_id: UUID, state: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue] | Finished:
    name, version, choice, done = _STATE.validate_python(
        (state["name"], state["version"], state["in_flight"], state["done"])
    )
    left = in_flight_before(name, version).order_by("enrolment_id").limit(A_STEP)
    ids = [row.enrolment_id for row in await tx.connection.execute(left)]
    facts = await tx.execute([_command(each, version, choice) for each in ids])
    reached = {**state, "done": done + len({fact.stream for fact in facts})}
    remaining = select(func.count()).select_from(in_flight_before(name, version).subquery())
    return reached if facts and await tx.connection.scalar(remaining) else Finished(reached)


def _command(enrolment_id: UUID, version: int, choice: InFlight) -> MoveToVersion | StopNurture:
    if choice is InFlight.MOVE:
        return MoveToVersion(enrolment_id, version)
    return StopNurture(enrolment_id, NurtureStopReason.FINISHED, f"ended by version {version}")


move_enrolments = Job(name="move_enrolments", step=step)
