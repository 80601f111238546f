"""The job behind a change of the policies: the clocks of open tickets are measured anew, 500 tickets a step."""

from uuid import UUID

from nexa_chassis.jobs import Finished, Job, JobState
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_support.read_models.promises_due import measured_before
from nexa_support.read_models.sla_policies import await_readers, policies_in_force
from nexa_support.ticket.commands import MeasureClocks

JOB = "measure_clocks"
TICKETS_PER_STEP = 500


async def step(tx: Transaction, runtime: Runtime, job_id: UUID, state: JobState) -> JobState | Finished:
    # Who decides on a ticket has read the policies: after this, nobody who saw those before is still at it.
    await await_readers(tx.connection)
    policies = await policies_in_force(tx.connection)
    after = state.get("after")
    last = UUID(str(after)) if after else None
    found = await measured_before(tx.connection, policies.version, last, TICKETS_PER_STEP)
    measured = int(str(state.get("measured", 0))) + len(found)
    if not found:
        return Finished({"measured": measured, "version": policies.version})
    await tx.execute([MeasureClocks(ticket_id=ticket_id) for ticket_id in found])
    return {"after": str(found[-1]), "measured": measured}


measure_clocks = Job(name=JOB, step=step)
