"""Who is in which e-mail series, at which step, when is the next one due, and who waits for an address?"""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Select, Table, Text, Uuid, select

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.marketing import (
    LeadEnrolledInNurture,
    NurtureMoved,
    NurtureStepDue,
    NurtureStepScheduled,
    NurtureStopped,
)
from nexa_marketing.nurture.events import RecipientKnown
from nexa_marketing.tables import metadata

enrolments = Table(
    "nurture_enrolments",
    metadata,
    Column("enrolment_id", Uuid, primary_key=True),
    Column("lead_id", Uuid),
    Column("campaign_id", Uuid),
    Column("series", Text),
    Column("series_version", Integer),
    Column("status", Text),
    Column("reason", Text),
    Column("has_address", Boolean),
    Column("step", Integer),
    Column("enrolled_at", DateTime(timezone=True)),
    Column("step_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("detail", Text),
    Column("next_step", Text),
    Column("next_at", DateTime(timezone=True)),
    Column("since", DateTime(timezone=True)),
    Column("passed", Text),
    Index("nurture_enrolled_idx", "enrolled_at", "enrolment_id"),
    Index("nurture_lead_idx", "lead_id"),
    Index("nurture_series_idx", "series", "status", "series_version"),
)


BETWEEN = " "
"""Between the keys of the steps passed; no key holds a space."""


def passed_of(stored: str | None) -> tuple[str, ...]:
    return tuple((stored or "").split())


def in_flight_before(series: str, version: int) -> Select[tuple[UUID]]:
    """Those who are in an older version of the series."""
    columns = enrolments.c
    return select(columns.enrolment_id).where(
        columns.series == series, columns.status == "active", columns.series_version < version
    )


def project(fact: Recorded) -> Iterator[Put]:
    event = fact.event
    match event:
        case LeadEnrolledInNurture():
            values: dict[str, object] = {
                "lead_id": event.lead_id,
                "campaign_id": event.campaign_id,
                "series": event.series,
                "series_version": event.series_version,
                "status": "active",
                "step": 0,
                "enrolled_at": fact.time,
            }
        case RecipientKnown():
            values = {"has_address": event.email is not None}
        case NurtureStepDue():
            values = {"step": event.step, "step_at": fact.time}
        case NurtureStepScheduled():
            values = {
                "next_step": event.step_key,
                "next_at": event.at,
                "since": event.since,
                "passed": BETWEEN.join(event.passed),
            }
        case NurtureMoved():
            values = {"series_version": event.series_version}
        case NurtureStopped():
            status = "finished" if event.reason == "finished" else "stopped"
            ended = {"ended_at": fact.time, "detail": event.detail, "next_step": None, "next_at": None}
            values = {"status": status, "reason": event.reason, **ended}
        case _:
            return
    yield Put(enrolments, {"enrolment_id": event.enrolment_id}, values)


nurture_list = ReadModel(
    name="nurture_list",
    tables=(enrolments,),
    on=(
        LeadEnrolledInNurture,
        RecipientKnown,
        NurtureStepScheduled,
        NurtureStepDue,
        NurtureMoved,
        NurtureStopped,
    ),
    project=project,
)
