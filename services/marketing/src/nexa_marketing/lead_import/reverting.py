"""The job behind a revert: some rows per step, what each did undone as far as nobody has built on it; or only looked at.

What is to be undone is read from the lead's own history, in the transaction that undoes it: a lead that somebody changes
meanwhile is a conflict of versions, and the step looks again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from nexa_chassis.conflicts import ConcurrencyConflict
from nexa_chassis.domain import Recorded, derive
from nexa_chassis.event_codec import EVENT_COLUMNS, EventRow
from nexa_chassis.jobs import Finished, Job, JobState, StartJob
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_marketing.campaign.decisions import campaign
from nexa_marketing.campaign.state import Planned
from nexa_marketing.lead.decisions import UndoImport, WithdrawLead, lead
from nexa_marketing.lead.state import Active, Withdrawn
from nexa_marketing.lead.undo import Undoing, import_of, undoing
from nexa_marketing.lead_import import match_keys, revert_report
from nexa_marketing.lead_import.commands import CompleteRevert
from nexa_marketing.lead_import.decisions import lead_import
from nexa_marketing.lead_import.revert_report import ImportedRow, RevertedLead, RevertOutcome
from nexa_marketing.lead_import.state import Completed, LeadImport, Reverting
from nexa_marketing.read_models.campaign_results import campaign_leads

JOB = "revert_import"
ROWS_PER_STEP = 500
WITHDRAWN_BECAUSE = "the import that brought it was reverted"


@dataclass(frozen=True)
class Task:
    """What a step is told. `run` tells the looks at what a revert would do apart, 0 is the revert itself."""

    import_id: UUID
    run: int
    actor: str
    traceparent: str | None

    @property
    def preview(self) -> bool:
        return self.run > 0


_TASK = TypeAdapter(Task)


def job_of(task: Task) -> StartJob:
    return StartJob(name=JOB, job_id=job_id_of(task.import_id, task.run), state=_TASK.dump_python(task, mode="json"))


def job_id_of(import_id: UUID, run: int) -> UUID:
    return derive(import_id, "revert job", run)


async def step(tx: Transaction, runtime: Runtime, job_id: UUID, state: JobState) -> JobState | Finished:
    """Undo, or look at, what the next rows did."""
    task = _TASK.validate_python(state)
    line = await revert_report.place(tx.connection, task.import_id, task.run, dry=task.preview)
    stream = await runtime.store.load(lead_import, task.import_id)
    if not _is_its_turn(stream.state, task):
        return Finished({"reason": f"the import is {type(stream.state).__name__.lower()}"})
    rows = await revert_report.next_rows(tx.connection, task.import_id, line, ROWS_PER_STEP)
    cause = f"{lead_import.name}-{task.import_id}@{stream.version}"
    origin = Origin(task.actor, str(task.import_id), cause, task.traceparent)
    leads = await Undo(tx, task, origin).undo(rows)
    ended = len(rows) < ROWS_PER_STEP
    counts = await revert_report.write(tx.connection, task.import_id, leads, dry=task.preview, finished=ended)
    if not ended:
        return state
    if isinstance(stream.state, Reverting):
        planned = (await runtime.store.load(campaign, stream.state.order.campaign_id)).state
        assert isinstance(planned, Planned)
        await tx.execute([(CompleteRevert(task.import_id, planned.plan.name, counts), origin)])
    return Finished(dict(vars(counts)))


revert_import = Job(name=JOB, step=step)


def _is_its_turn(state: LeadImport, task: Task) -> bool:
    match state:
        case Completed(previews=previews):
            return previews == task.run
        case Reverting():
            return not task.preview
        case _:
            return False


class Undo:
    """Finds out what the rows of one step did to their leads, and undoes it unless it is only asked for."""

    def __init__(self, tx: Transaction, task: Task, origin: Origin) -> None:
        self._tx = tx
        self._task = task
        self._origin = origin

    async def undo(self, rows: Sequence[ImportedRow]) -> list[RevertedLead]:
        first = {row.lead_id: row for row in reversed(rows)}
        histories = await self._histories(first)
        undoings = {lead_id: undoing(facts, self._task.import_id) for lead_id, facts in histories.items()}
        probe = [(UndoImport(lead_id, self._task.import_id, {}), self._origin) for lead_id in first]
        await self._tx.load(probe)
        converted = await self._converted(first)
        leads: list[RevertedLead] = []
        commands: list[object] = []
        withdrawn: list[UUID] = []
        freed: list[tuple[UUID, str]] = []
        for row in rows:
            lead_id, undo = row.lead_id, undoings.get(row.lead_id, Undoing())
            head = self._tx.unit.heads[f"{lead.name}-{lead_id}"]
            if head.version != len(histories.get(lead_id, ())):
                raise ConcurrencyConflict(f"{lead.name}-{lead_id} was written to meanwhile")
            if first[lead_id] is not row:
                reason = f"undone with line {first[lead_id].line}"
                leads.append(RevertedLead(row.line, lead_id, RevertOutcome.UNCHANGED, reason))
                continue
            leads.append(what_becomes_of(row, head.state, undo, converted=lead_id in converted))
            match leads[-1].outcome:
                case RevertOutcome.WITHDRAWN:
                    commands.append(WithdrawLead(lead_id, WITHDRAWN_BECAUSE))
                    withdrawn += [] if head.state.unsubscribed else [lead_id]
                case RevertOutcome.RESTORED | RevertOutcome.CONFLICT:
                    commands.append(UndoImport(lead_id, self._task.import_id, undo.values, undo.joined))
                    freed += [(lead_id, text) for text in undo.freed]
                case _:
                    pass
        if not self._task.preview:
            await self._tx.execute([(command, self._origin) for command in commands])
            await match_keys.release(self._tx.connection, withdrawn, freed)
        return leads

    async def _histories(self, lead_ids: Iterable[UUID]) -> dict[UUID, list[Recorded]]:
        streams = [f"{lead.name}-{lead_id}" for lead_id in lead_ids]
        sql = f"select {EVENT_COLUMNS} from events where stream = any(%s) order by stream, version"
        found: dict[UUID, list[Recorded]] = {}
        codec = self._tx.unit.catalog.codec
        for columns in await self._tx.fetch(sql, (streams,)):
            fact = codec.recorded(EventRow(*columns))
            found.setdefault(UUID(fact.stream[-36:]), []).append(fact)
        return found

    async def _converted(self, lead_ids: Iterable[UUID]) -> set[UUID]:
        lead = campaign_leads.c
        query = select(lead.lead_id).where(lead.lead_id.in_(list(lead_ids)), lead.converted)
        return set((await self._tx.connection.execute(query)).scalars())


def what_becomes_of(row: ImportedRow, state: object, undo: Undoing, *, converted: bool) -> RevertedLead:
    """What a revert does to a lead that stands like this."""

    def unchanged(reason: str) -> RevertedLead:
        return RevertedLead(row.line, row.lead_id, RevertOutcome.UNCHANGED, reason)

    if isinstance(state, Withdrawn):
        return unchanged(f"the lead had been withdrawn ({state.reason})")
    if not isinstance(state, Active) or not undo.changed:
        return unchanged("nothing of the row is left to undo")
    if converted:
        return RevertedLead(row.line, row.lead_id, RevertOutcome.CONVERTED, "the lead was converted: it stays as it is")
    if undo.created:
        return RevertedLead(row.line, row.lead_id, RevertOutcome.WITHDRAWN, _remark(state, undo))
    restored = tuple(
        {"field": name, "from": undo.was[name], "to": value} for name, value in sorted(undo.values.items())
    )
    conflicts = tuple(_conflicts(undo))
    outcome = RevertOutcome.CONFLICT if conflicts else RevertOutcome.RESTORED
    left = "it leaves the campaign that the import let it join" if undo.joined else None
    return RevertedLead(row.line, row.lead_id, outcome, left, restored, conflicts)


def _remark(state: Active, undo: Undoing) -> str | None:
    if state.unsubscribed:
        return "it had unsubscribed: its keys stay taken, so that no later file brings it back"
    if undo.edited is None:
        return None
    if other := import_of(undo.edited):
        return f"import {other} had told of it too; its file brings it back when it is imported again"
    return f"it had been edited since, at last on {undo.edited.time:%Y-%m-%d}"


def _conflicts(undo: Undoing) -> Iterable[dict[str, object]]:
    for conflict in sorted(undo.conflicts, key=lambda each: each.field):
        other = import_of(conflict.fact)
        yield {
            "field": conflict.field,
            "before": conflict.before,
            "imported": conflict.imported,
            "now": conflict.now,
            "changed_by": f"import {other}" if other else conflict.fact.actor,
            "changed_at": conflict.fact.time.isoformat(),
        }
