"""Who is in which e-mail series, at which step, and who waits for an address?"""

from collections.abc import Iterator

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.marketing import LeadEnrolledInNurture, NurtureStepDue, NurtureStopped
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
    Index("nurture_enrolled_idx", "enrolled_at", "enrolment_id"),
    Index("nurture_lead_idx", "lead_id"),
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
        case NurtureStopped():
            status = "finished" if event.reason == "finished" else "stopped"
            values = {"status": status, "reason": event.reason, "ended_at": fact.time}
        case _:
            return
    yield Put(enrolments, {"enrolment_id": event.enrolment_id}, values)


nurture_list = ReadModel(
    name="nurture_list",
    tables=(enrolments,),
    on=(LeadEnrolledInNurture, RecipientKnown, NurtureStepDue, NurtureStopped),
    project=project,
)
