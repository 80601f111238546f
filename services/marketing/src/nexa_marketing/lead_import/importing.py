"""The job behind an import: some rows per step, each step one transaction with the place where the next one goes on.

What a step does is decided by the stored file and the stored place alone, so a step that died is done again and gives the
same. A paused import has no job; going on begins another one, at the place the ledger knows. Lead ids come from the import
and the line, never from what stands in the row; keys are what guards against twice.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeGuard
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.jobs import Finished, Job, JobState, StartJob
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_contracts.marketing import LeadCreated, LeadUpdated
from nexa_marketing.campaign.decisions import campaign
from nexa_marketing.campaign.state import Planned
from nexa_marketing.lead.decisions import ImportLead
from nexa_marketing.lead.state import LeadOrigin
from nexa_marketing.lead_import import ledger, match_keys
from nexa_marketing.lead_import.batches import ReadAhead, Reader
from nexa_marketing.lead_import.commands import CompleteImport, Counts
from nexa_marketing.lead_import.csv_rows import Cursor, printable
from nexa_marketing.lead_import.decisions import lead_import
from nexa_marketing.lead_import.interpret import Candidate, MatchKey, Rejected, Setting
from nexa_marketing.lead_import.ledger import Outcome, Place, RowOutcome
from nexa_marketing.lead_import.mapping import ColumnPlan, settled_plan
from nexa_marketing.lead_import.state import Cancelling, LeadImport, Running, Uploaded
from nexa_marketing.lead_import.uploads import remove_upload
from nexa_marketing.read_models.lead_list import leads
from nexa_marketing.settings import marketing_settings

JOB = "import_leads"


@dataclass(frozen=True)
class Task:
    """What a step is told: which import, by which plan, and on whose behalf. Where it stands is in the ledger.

    `run` tells the dry runs of an import apart, 0 is the import itself; `leg` its stretches between two stops.
    """

    import_id: UUID
    upload_id: UUID
    dry_run: bool
    fields: dict[str, str | None]
    match_key: str
    constants: dict[str, str]
    actor: str
    traceparent: str | None
    run: int = 0
    leg: int = 0

    @property
    def plan(self) -> ColumnPlan:
        return settled_plan(self.fields, self.match_key, self.constants)

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
    settlement = Settlement(tx, task, task.origin(stream.version), _origin_of(planned, task))
    if isinstance(loaded, Cancelling):
        counts = await ledger.counted(tx.connection, task.import_id)
        await settlement.complete(counts)
        await remove_upload(tx.connection, loaded.file.upload_id)
        return Finished(dict(vars(counts)))
    cursor = await _cursor(tx, task, place, loaded)
    batch = await _ahead.batch(_reader(runtime, task, loaded, planned), cursor)
    outcomes = await settlement.settle(batch.rows)
    ended = batch.cursor.offset >= loaded.file.stored
    counts = await ledger.write(
        tx.connection, task.import_id, outcomes, batch.blank, batch.cursor, dry=task.dry_run, finished=ended
    )
    if not ended:
        return state
    if not task.dry_run:
        await settlement.complete(counts)
        await remove_upload(tx.connection, loaded.file.upload_id)
    return Finished(dict(vars(counts)))


import_leads = Job(name=JOB, step=step)
_ahead = ReadAhead()


def _is_its_turn(loaded: LeadImport, task: Task) -> TypeGuard[Running | Cancelling | Uploaded]:
    """Whether the import still wants what this job was started for."""
    match loaded:
        case Uploaded(file=file, dry_runs=dry_runs):
            return task.dry_run and dry_runs == task.run and file.upload_id == task.upload_id
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


def _origin_of(planned: Planned, task: Task) -> LeadOrigin:
    return LeadOrigin(planned.campaign_id, planned.plan.name, task.import_id)


def _reader(runtime: Runtime, task: Task, loaded: Running | Uploaded, planned: Planned) -> Reader:
    order, plan = loaded.order, planned.plan
    setting = Setting(plan.start_date, plan.audience, order.source_label, order.source_kind)
    return Reader(runtime.engine, loaded.file, task.plan, setting, marketing_settings().import_rows_per_step)


class Settlement:
    """Finds out what becomes of the rows of one step, and does it."""

    def __init__(self, tx: Transaction, task: Task, origin: Origin, found_by: LeadOrigin) -> None:
        self._tx = tx
        self._task = task
        self._origin = origin
        self._found_by = found_by

    async def settle(self, rows: Sequence[Candidate | Rejected]) -> list[RowOutcome]:
        candidates = [row for row in rows if isinstance(row, Candidate)]
        outcomes = [rejected(row) for row in rows if isinstance(row, Rejected)]
        fresh, repeated = await self._without_repeats(candidates)
        owners, refused = await self._owners(fresh)
        taken = [row for row in fresh if row.line in owners]
        outcomes += repeated + refused + await self._import(taken, owners)
        return sorted(outcomes, key=lambda outcome: outcome.line)

    async def complete(self, counts: Counts) -> None:
        """The last row has its outcome."""
        done = CompleteImport(self._task.import_id, self._found_by.campaign_name, counts)
        await self._tx.execute([(done, self._origin)])

    async def _without_repeats(self, rows: Sequence[Candidate]) -> tuple[list[Candidate], list[RowOutcome]]:
        """Rows whose key has not been seen in this file, and the repetitions of earlier ones."""
        digests = {row.line: digest(row.key) for row in rows}
        seen = await ledger.lines_of(
            self._tx.connection, self._task.import_id, digests.values(), dry=self._task.dry_run
        )
        fresh: list[Candidate] = []
        repeated: list[RowOutcome] = []
        for row in rows:
            key = digests[row.line]
            first = seen.setdefault(key, row.line)
            if first == row.line:
                fresh.append(row)
            else:
                what = "e-mail address" if row.key.kind == "email" else row.key.kind
                repeated.append(RowOutcome(row.line, Outcome.DUPLICATE, reason=f"the same {what} as in line {first}"))
        return fresh, repeated

    async def _owners(self, rows: Sequence[Candidate]) -> tuple[dict[int, UUID], list[RowOutcome]]:
        """The lead of each row, by line: the one its key belongs to, or a new one; and the rows whose address is another's."""
        claims = {row.key: derive(self._task.import_id, "lead", row.line) for row in rows}
        known = await self._claimed(claims)
        owner_of = {row.line: known[row.key] for row in rows}
        second: dict[MatchKey, UUID] = {}
        for row in rows:
            for key in row.keys[1:]:
                second.setdefault(key, owner_of[row.line])
        known_second = await self._claimed(second)
        refused: list[RowOutcome] = []
        for row in rows:
            for key in row.keys[1:]:
                if known_second[key] != owner_of[row.line]:
                    reason = "the e-mail address is another lead's; match by the e-mail column to update that one"
                    refused.append(rejected(Rejected(row.line, None, reason, printable(row.cells))))
                    del owner_of[row.line]
        return owner_of, refused

    async def _claimed(self, claims: Mapping[MatchKey, UUID]) -> dict[MatchKey, UUID]:
        """Whose each key is. A dry run claims nothing: a free key is whose it would be."""
        if self._task.dry_run:
            return {**claims, **await match_keys.owners(self._tx.connection, claims)}
        return await match_keys.claim(self._tx.connection, claims)

    async def _import(self, rows: Sequence[Candidate], owners: Mapping[int, UUID]) -> list[RowOutcome]:
        commands = [(self._command(row, owners[row.line]), self._origin) for row in rows]
        if self._task.dry_run:
            await self._tx.load(commands)
            facts = self._tx.decide(commands)
        else:
            facts = await self._tx.execute(commands)
        facts_of = _by_lead(facts)
        unchanged = [owners[row.line] for row in rows if owners[row.line] not in facts_of]
        withdrawn = await self._withdrawn(unchanged)
        return [
            RowOutcome(
                row.line, *_what_happened(lead_id, facts_of.get(lead_id, ()), withdrawn), key_digest=digest(row.key)
            )
            for row in rows
            for lead_id in (owners[row.line],)
        ]

    def _command(self, row: Candidate, lead_id: UUID) -> ImportLead:
        return ImportLead(lead_id, replace(self._found_by, import_line=row.line), row.profile)

    async def _withdrawn(self, lead_ids: Sequence[UUID]) -> dict[UUID, str]:
        if not lead_ids:
            return {}
        query = select(leads.c.lead_id, leads.c.withdrawn_because).where(
            leads.c.lead_id.in_(lead_ids), leads.c.withdrawn_because.is_not(None)
        )
        rows = (await self._tx.connection.execute(query)).all()
        return {row.lead_id: row.withdrawn_because for row in rows}


def digest(key: MatchKey) -> UUID:
    """A key's fingerprint, to find it again among the rows of the same file."""
    return UUID(bytes=hashlib.blake2b(f"{key.kind}\x1f{key.value}".encode(), digest_size=16).digest())


def rejected(row: Rejected) -> RowOutcome:
    return RowOutcome(row.line, Outcome.REJECTED, column=row.column, reason=row.reason, cells=tuple(row.cells))


def _by_lead(facts: Iterable[Recorded]) -> dict[UUID, list[Recorded]]:
    found: dict[UUID, list[Recorded]] = {}
    for fact in facts:
        found.setdefault(UUID(fact.stream[-36:]), []).append(fact)
    return found


def _what_happened(
    lead_id: UUID, facts: Sequence[Recorded], withdrawn: Mapping[UUID, str]
) -> tuple[Outcome, UUID, str | None]:
    """Outcome, lead and reason of a row, by the events it led to."""
    for fact in facts:
        match fact.event:
            case LeadCreated():
                return Outcome.CREATED, lead_id, None
            case LeadUpdated(changed=changed):
                return Outcome.UPDATED, lead_id, f"changed {', '.join(changed)}"
            case _:
                pass
    if facts:
        return Outcome.UPDATED, lead_id, "a lead of another campaign joined this one"
    if lead_id in withdrawn:
        return Outcome.DUPLICATE, lead_id, f"the lead was withdrawn ({withdrawn[lead_id]})"
    return Outcome.DUPLICATE, lead_id, "the lead has all of it already"
