"""The job behind an import: some rows per step, each step one transaction with the place where the next one goes on.

What a step does is decided by the stored file and the stored place alone, so a step that died is done again and gives the
same. A paused import has no job; going on begins another one, at the place the ledger knows. Lead ids come from the import
and the line, never from what stands in the row; keys are what guards against twice.
"""

from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from pydantic import TypeAdapter

from nexa_chassis.domain import derive
from nexa_chassis.jobs import Finished, Job, JobState, StartJob
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_marketing.campaign.decisions import campaign
from nexa_marketing.campaign.state import Planned
from nexa_marketing.lead.state import LeadOrigin
from nexa_marketing.lead_import import ledger
from nexa_marketing.lead_import.batches import ReadAhead, Reader
from nexa_marketing.lead_import.commands import CompleteImport, Counts
from nexa_marketing.lead_import.csv_rows import Cursor
from nexa_marketing.lead_import.decisions import lead_import
from nexa_marketing.lead_import.interpret import Setting
from nexa_marketing.lead_import.ledger import Place
from nexa_marketing.lead_import.mapping import ColumnPlan
from nexa_marketing.lead_import.settlement import Settlement
from nexa_marketing.lead_import.state import Cancelling, LeadImport, Running, Uploaded
from nexa_marketing.lead_import.uploads import remove_upload
from nexa_marketing.settings import marketing_settings

JOB = "import_leads"


@dataclass(frozen=True)
class Task:
    """What a step is told: which import, and on whose behalf. Where it stands is in the ledger.

    `run` tells the dry runs of an import apart, 0 is the import itself; `leg` its stretches between two stops.
    """

    import_id: UUID
    dry_run: bool
    actor: str
    traceparent: str | None
    run: int = 0
    leg: int = 0

    def origin(self, version: int) -> Origin:
        """What the import does comes from the start of it, the event of this version."""
        cause = f"{lead_import.name}-{self.import_id}@{version}"
        return Origin(self.actor, str(self.import_id), cause, self.traceparent)


_TASK = TypeAdapter(Task)


def job_of(task: Task) -> StartJob:
    return StartJob(
        name=JOB, job_id=job_id_of(task.import_id, task.run, task.leg), state=_TASK.dump_python(task, mode="json")
    )


def job_id_of(import_id: UUID, run: int, leg: int = 0) -> UUID:
    return derive(import_id, "import job", run, *([leg] if leg else []))


async def step(tx: Transaction, runtime: Runtime, job_id: UUID, state: JobState) -> JobState | Finished:
    """Import the next rows. Every row of the file gets an outcome, in order, once."""
    task = _TASK.validate_python(state)
    place = await ledger.place(tx.connection, task.import_id, dry=task.dry_run)
    stream = await runtime.store.load(lead_import, task.import_id)
    loaded = stream.state
    if not _is_its_turn(loaded, task):
        return Finished({"reason": f"the import is {type(loaded).__name__.lower()}"})
    planned = (await runtime.store.load(campaign, loaded.order.campaign_id)).state
    assert isinstance(planned, Planned)
    origin = task.origin(stream.version)
    if isinstance(loaded, Cancelling):
        return await _complete(tx, loaded, planned, origin, await ledger.counted(tx.connection, task.import_id))
    cursor = await _cursor(tx, task, place, loaded)
    plan = loaded.plan if isinstance(loaded, Running) else loaded.dry_plan
    assert plan is not None
    batch = await _ahead.batch(_reader(runtime, plan, loaded, planned), cursor)
    found_by = LeadOrigin(planned.campaign_id, planned.plan.name, task.import_id)
    outcomes = await Settlement(tx, found_by, origin, plan.mode, dry=task.dry_run).settle(batch.rows)
    ended = batch.cursor.offset >= loaded.file.stored
    counts = await ledger.write(
        tx.connection, task.import_id, outcomes, batch.blank, batch.cursor, dry=task.dry_run, finished=ended
    )
    if not ended:
        return state
    if isinstance(loaded, Running):
        return await _complete(tx, loaded, planned, origin, counts)
    return Finished(dict(vars(counts)))


import_leads = Job(name=JOB, step=step)
_ahead = ReadAhead()


def _is_its_turn(loaded: LeadImport, task: Task) -> TypeGuard[Running | Cancelling | Uploaded]:
    """Whether the import still wants what this job was started for."""
    match loaded:
        case Uploaded(dry_runs=run, dry_plan=plan):
            return task.dry_run and plan is not None and run == task.run
        case Running(leg=leg) | Cancelling(leg=leg):
            return not task.dry_run and leg == task.leg
        case _:
            return False


async def _cursor(tx: Transaction, task: Task, place: Place | None, loaded: Running | Uploaded) -> Cursor:
    """Where to go on; the first step of a run or of a leg makes a note of it."""
    if place is None or place.run != task.run:
        form = loaded.file.format
        start = Cursor(form.first_row, form.first_line)
        place = await ledger.begin(tx.connection, task.import_id, task.run, start, dry=task.dry_run)
    if place.leg != task.leg:
        await ledger.begin_leg(tx.connection, task.import_id, task.leg)
    return place.cursor


async def _complete(
    tx: Transaction, loaded: Running | Cancelling, planned: Planned, origin: Origin, counts: Counts
) -> Finished:
    """The last row has its outcome; the file is no longer needed."""
    done = CompleteImport(loaded.order.import_id, planned.plan.name, counts)
    await tx.execute([(done, origin)])
    await remove_upload(tx.connection, loaded.file.upload_id)
    return Finished(dict(vars(counts)))


def _reader(runtime: Runtime, plan: ColumnPlan, loaded: Running | Uploaded, planned: Planned) -> Reader:
    order = loaded.order
    setting = Setting(planned.plan.start_date, planned.plan.audience, order.source_label, order.source_kind)
    return Reader(runtime.engine, loaded.file, plan, setting, marketing_settings().import_rows_per_step)
