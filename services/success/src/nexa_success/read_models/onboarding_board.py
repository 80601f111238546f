"""Which onboardings run, how far is each, and which are at risk?"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    Numeric,
    Select,
    Table,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.success import (
    HandoffAccepted,
    HandoffDeclined,
    HandoffEscalated,
    HandoffNoteRead,
    HandoffNoteWritten,
    KickoffCancelled,
    KickoffHeld,
    KickoffMoved,
    KickoffScheduled,
    OnboardingAssigned,
    OnboardingCancelled,
    OnboardingCompleted,
    OnboardingPaused,
    OnboardingResumed,
    OnboardingSpecialistAssigned,
    OnboardingStarted,
    Priority,
)
from nexa_success.read_models.onboarding_tasks import tasks
from nexa_success.tables import metadata

Status: TypeAlias = Literal["running", "paused", "cancelled", "live"]

SLACK = 0.25
"""How far the share of done tasks may stay behind the share of elapsed time before an onboarding counts as at risk."""
MANY_OVERDUE = 3

onboardings = Table(
    "onboardings",
    metadata,
    Column("project_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("account_id", Uuid),
    Column("account_name", Text),
    Column("deal_id", Uuid),
    Column("name", Text),
    Column("status", Text),
    Column("arr", Numeric(18, 2)),
    Column("currency", Text),
    Column("csm_id", Uuid),
    Column("csm_name", Text),
    Column("specialist_id", Uuid),
    Column("specialist_name", Text),
    Column("specialist_because", JSON),
    Column("manager_id", Uuid),
    Column("contact_id", Uuid),
    Column("contact_name", Text),
    Column("rep_id", Uuid),
    Column("because", JSON),
    Column("template_version", Integer),
    Column("training_documents", JSON),
    Column("won_at", DateTime(timezone=True)),
    Column("due_on", Date),
    Column("started_at", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Column("days", Integer),
    Column("on_time", Boolean),
    Column("kickoff_status", Text),
    Column("kickoff_at", DateTime(timezone=True)),
    Column("kickoff_url", Text),
    Column("handoff_status", Text),
    Column("handoff_round", Integer),
    Column("accept_by", DateTime(timezone=True)),
    Column("note_read", Boolean),
    Column("paused_because", Text),
    Column("cancelled_because", Text),
    Index("onboardings_account_idx", "account_id"),
    Index("onboardings_csm_idx", "csm_id", "status", "due_on"),
    Index("onboardings_due_idx", "due_on", "project_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    yield Put(onboardings, {"project_id": event.project_id}, {"version": fact.version, **_changed(fact)})


def _changed(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case OnboardingStarted() as started:
            return _started(started) | {"started_at": fact.time}
        case OnboardingAssigned(csm=csm, manager_id=manager_id, because=because):
            why = because.model_dump(mode="json") if because else None
            return {"csm_id": csm.person_id, "csm_name": csm.name, "manager_id": manager_id, "because": why}
        case OnboardingSpecialistAssigned(specialist=specialist, because=because):
            named = {"specialist_id": specialist.person_id, "specialist_name": specialist.name}
            return {**named, "specialist_because": because.model_dump(mode="json")}
        case OnboardingPaused(reason=reason):
            return {"status": "paused", "paused_because": reason}
        case OnboardingResumed():
            return {"status": "running", "paused_because": None, "cancelled_because": None}
        case OnboardingCancelled(reason=reason):
            return {"status": "cancelled", "paused_because": None, "cancelled_because": reason}
        case OnboardingCompleted(days=days, on_time=on_time):
            return {"status": "live", "completed_at": fact.time, "days": days, "on_time": on_time}
        case KickoffScheduled(starts_at=at, join_url=url) | KickoffMoved(starts_at=at, join_url=url):
            return {"kickoff_status": "planned", "kickoff_at": at, "kickoff_url": url}
        case KickoffCancelled():
            return {"kickoff_status": "cancelled"}
        case KickoffHeld():
            return {"kickoff_status": "held"}
        case HandoffNoteWritten(round=round_, accept_by=accept_by):
            offered = {"handoff_status": "offered", "handoff_round": round_, "accept_by": accept_by}
            return {**offered, "note_read": False}
        case HandoffNoteRead():
            return {"note_read": True}
        case HandoffAccepted():
            return {"handoff_status": "accepted"}
        case HandoffDeclined():
            return {"handoff_status": "declined"}
        case HandoffEscalated():
            return {"handoff_status": "escalated"}
        case _:
            return {}


def _started(started: OnboardingStarted) -> dict[str, object]:
    csm, specialist, why = started.csm, started.specialist, started.specialist_because
    return {
        "account_id": started.account_id,
        "account_name": started.account_name,
        "deal_id": started.deal_id,
        "name": started.name,
        "status": "running",
        "arr": started.arr.amount,
        "currency": started.arr.currency,
        "csm_id": csm.person_id if csm else None,
        "csm_name": csm.name if csm else None,
        "specialist_id": specialist.person_id if specialist else None,
        "specialist_name": specialist.name if specialist else None,
        "specialist_because": why.model_dump(mode="json") if why else None,
        "manager_id": started.manager_id,
        "contact_id": started.contact.person_id,
        "contact_name": started.contact.name,
        "rep_id": started.rep_id,
        "because": started.because.model_dump(mode="json"),
        "template_version": started.template_version,
        "training_documents": list(started.training_documents),
        "won_at": started.won_at,
        "due_on": started.due_on,
    }


onboarding_board = ReadModel(
    name="onboarding_board",
    tables=(onboardings,),
    on=(
        OnboardingStarted,
        OnboardingAssigned,
        OnboardingSpecialistAssigned,
        OnboardingPaused,
        OnboardingResumed,
        OnboardingCancelled,
        OnboardingCompleted,
        KickoffScheduled,
        KickoffMoved,
        KickoffCancelled,
        KickoffHeld,
        HandoffNoteWritten,
        HandoffNoteRead,
        HandoffAccepted,
        HandoffDeclined,
        HandoffEscalated,
    ),
    project=project,
)


def _with_progress(now: datetime) -> Select[Any]:
    """Each onboarding with its tasks counted: in all, done, overdue, and overdue ones that are urgent or high."""
    late = and_(tasks.c.done.is_not(True), tasks.c.due_at < now)
    counted = (
        select(
            func.count().label("tasks"),
            func.count().filter(tasks.c.done.is_(True)).label("done"),
            func.count().filter(late).label("overdue"),
            func.count()
            .filter(late, tasks.c.priority.in_((Priority.URGENT.value, Priority.HIGH.value)))
            .label("overdue_important"),
        )
        .where(tasks.c.project_id == onboardings.c.project_id)
        .lateral("counted")
    )
    length = func.extract("epoch", cast(onboardings.c.due_on, DateTime(timezone=True)) - onboardings.c.won_at)
    elapsed = func.extract("epoch", literal(now, DateTime(timezone=True)) - onboardings.c.won_at)
    share = cast(counted.c.done, Float) / func.greatest(counted.c.tasks, 1)
    behind = func.least(1.0, elapsed / func.greatest(length, 1)) - share
    reasons: list[tuple[ColumnElement[bool], str]] = [
        (and_(counted.c.overdue_important > 0, counted.c.overdue >= MANY_OVERDUE), "several tasks are overdue"),
        (behind > SLACK, "progress is behind the calendar"),
        (onboardings.c.handoff_status.in_(("declined", "escalated")), "the handoff was not accepted"),
        (onboardings.c.csm_id.is_(None), "nobody is responsible"),
    ]
    running = onboardings.c.status == "running"
    why = case(*[(and_(running, condition), literal(reason)) for condition, reason in reasons], else_=None)
    columns = [counted.c[name] for name in ("tasks", "done", "overdue", "overdue_important")]
    query = select(onboardings, *columns, why.label("at_risk_because"))
    return query.select_from(onboardings.join(counted, literal(True))).where(onboardings.c.status.is_not(None))


async def list_onboardings(
    connection: AsyncConnection,
    *,
    now: datetime,
    status: Status | None = None,
    csm_id: UUID | None = None,
    account_id: UUID | None = None,
    at_risk: bool | None = None,
    unassigned: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, Any]]:
    """Onboardings, the earliest due first."""
    inner = _with_progress(now)
    for name, value in (("status", status), ("account_id", account_id)):
        if value is not None:
            inner = inner.where(onboardings.c[name] == value)
    if csm_id is not None:
        inner = inner.where(or_(onboardings.c.csm_id == csm_id, onboardings.c.specialist_id == csm_id))
    if unassigned:
        inner = inner.where(onboardings.c.csm_id.is_(None), onboardings.c.status != "cancelled")
    found = inner.subquery("found")
    query = select(found)
    if at_risk is not None:
        risky = found.c.at_risk_because
        query = query.where(risky.is_not(None) if at_risk else risky.is_(None))
    return await paginate(connection, query, order=[found.c.due_on, found.c.project_id], limit=limit, cursor=cursor)


async def onboarding_row(connection: AsyncConnection, project_id: UUID, now: datetime) -> Mapping[str, Any] | None:
    query = _with_progress(now).where(onboardings.c.project_id == project_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else dict(row)


async def time_to_live(connection: AsyncConnection, since: datetime | None) -> list[Mapping[str, Any]]:
    """Per CSM: onboardings completed, those on time, median and mean days from the won deal until the customer was live."""
    median = func.percentile_cont(0.5).within_group(onboardings.c.days)
    query = (
        select(
            onboardings.c.csm_id,
            func.max(onboardings.c.csm_name).label("csm_name"),
            func.count().label("completed"),
            func.count().filter(onboardings.c.on_time.is_(True)).label("on_time"),
            median.label("median_days"),
            func.avg(onboardings.c.days).label("mean_days"),
        )
        .where(onboardings.c.status == "live")
        .group_by(onboardings.c.csm_id)
        .order_by(func.max(onboardings.c.csm_name))
    )
    if since is not None:
        query = query.where(onboardings.c.completed_at >= since)
    return [dict(row) for row in (await connection.execute(query)).mappings()]
