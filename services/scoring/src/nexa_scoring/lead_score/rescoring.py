"""Other rules are in force: every lead that is known is scored by them, some hundreds a step. Only what changes is news.

A lead that was being scored by the rules before, as these came into force, is looked at again at the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import derive
from nexa_chassis.jobs import Finished, Job, StartJob
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_contracts.scoring import LeadScored
from nexa_scoring.lead_score.decisions import ScoreLead
from nexa_scoring.lead_score.known_leads import how_many, leads_of, next_ids
from nexa_scoring.reactions.score_lead import Known
from nexa_scoring.read_models.lead_scores import lead_scores
from nexa_scoring.read_models.rules_in_force import rules_in_force, version_row
from nexa_scoring.rules.state import RULES_ID

A_STEP = 500
LONGEST_SCORING = timedelta(minutes=1)
"""A score's time is when its transaction began: by so much it may be older than rules that came into force meanwhile."""


@dataclass(frozen=True)
class Rescoring:
    """How far it came. `phase`: all leads, then those scored `late` by the rules before; `after` is the last lead done."""

    version: int
    actor: str
    total: int = 0
    done: int = 0
    changed: int = 0
    rebanded: int = 0
    phase: Literal["all", "late"] = "all"
    after: UUID | None = None
    superseded_by: int | None = None


_STATE = TypeAdapter(Rescoring)


def rescoring_of(version: int, actor: str) -> StartJob:
    return StartJob(name=rescore_leads.name, job_id=job_of(version), state=_written(Rescoring(version, actor)))


def job_of(version: int) -> UUID:
    return derive(RULES_ID, version, "rescore")


def read(state: Mapping[str, JsonValue]) -> Rescoring:
    return _STATE.validate_python(state)


def _written(state: Rescoring) -> dict[str, JsonValue]:
    written: dict[str, JsonValue] = _STATE.dump_python(state, mode="json")
    return written


async def step(
    tx: Transaction, runtime: Runtime, job_id: UUID, state: Mapping[str, JsonValue]
) -> Mapping[str, JsonValue] | Finished:
    """Score the next leads, or end: where all are done, or yet other rules have come into force."""
    task = read(state)
    in_force = await rules_in_force(tx.connection)
    if in_force.version != task.version:
        return Finished(_written(replace(task, superseded_by=in_force.version)))
    if task.after is None and task.phase == "all":
        task = replace(task, total=await how_many(tx.connection))
    lead_ids = await _next(tx.connection, task)
    if lead_ids:
        facts = await _rescore(tx, lead_ids, task)
        moved = sum(fact.band is not fact.previous_band for fact in facts)
        counted = len(lead_ids) if task.phase == "all" else 0
        return _written(
            replace(
                task,
                after=lead_ids[-1],
                done=task.done + counted,
                changed=task.changed + len(facts),
                rebanded=task.rebanded + moved,
            )
        )
    if task.phase == "all":
        return _written(replace(task, phase="late", after=None))
    return Finished(_written(task))


rescore_leads = Job(name="rescore_leads", step=step)


async def _next(connection: AsyncConnection, task: Rescoring) -> Sequence[UUID]:
    if task.phase == "all":
        return await next_ids(connection, task.after, A_STEP)
    row = await version_row(connection, task.version)
    assert row is not None
    scored = lead_scores.c
    query = (
        select(scored.lead_id)
        .where(scored.scored_at >= row["in_force_since"] - LONGEST_SCORING, scored.rules_version < task.version)
        .distinct()
        .order_by(scored.lead_id)
        .limit(A_STEP)
    )
    return (await connection.scalars(query if task.after is None else query.where(scored.lead_id > task.after))).all()


async def _rescore(tx: Transaction, lead_ids: Sequence[UUID], task: Rescoring) -> list[LeadScored]:
    """Streams are loaded before the facts are read: a lead scored in between is a conflict, and the step runs anew."""
    row = await version_row(tx.connection, task.version)
    assert row is not None
    cause: str = row["in_force_by"]
    origin = Origin(task.actor, str(job_of(task.version)), cause)
    await tx.load([(_score(lead, cause), origin) for lead in await leads_of(tx.connection, lead_ids)])
    facts = await tx.execute([(_score(lead, cause), origin) for lead in await leads_of(tx.connection, lead_ids)])
    return [fact.event for fact in facts if isinstance(fact.event, LeadScored)]


def _score(lead: Known, cause: str) -> ScoreLead:
    return ScoreLead(
        lead_id=lead.lead_id,
        campaign_id=lead.campaign_id,
        import_id=lead.import_id,
        features=lead.features,
        caused_by=cause,
    )
