"""Which addresses get no mail, or no marketing mail, and why?"""

from collections.abc import Iterator

from sqlalchemy import Column, ColumnElement, DateTime, Index, Table, Text, Uuid, case, func, or_, select

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.marketing import LeadUnsubscribed
from nexa_notifier.mail.classes import MARKETING_KINDS, STOPS_EVERY_MAIL, Cause
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.suppression.events import AddressSuppressed, SuppressionLifted
from nexa_notifier.tables import metadata

suppressions = Table(
    "suppressions",
    metadata,
    Column("suppression_id", Uuid, primary_key=True),
    Column("address", Text),
    Column("cause", Text),
    Column("reason", Text),
    Column("added_at", DateTime(timezone=True)),
    Column("added_by", Text),
    Column("lifted_at", DateTime(timezone=True)),
    Column("lifted_by", Text),
    Column("lifted_because", Text),
    Index("suppressions_by_address", "address"),
    Index("suppressions_by_time", "added_at", "suppression_id"),
)
unsubscribed_leads = Table(
    "unsubscribed_leads",
    metadata,
    Column("lead_id", Uuid, primary_key=True),
    Column("unsubscribed_at", DateTime(timezone=True)),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case AddressSuppressed() as entry:
            lifted: dict[str, object] = {"lifted_at": None, "lifted_by": None, "lifted_because": None}
            values = {"address": entry.address, "cause": entry.cause.value, "reason": entry.reason}
            added = {"added_at": fact.time, "added_by": fact.actor}
            yield Put(suppressions, {"suppression_id": entry.suppression_id}, {**values, **added, **lifted})
        case SuppressionLifted(suppression_id=suppression_id, reason=reason):
            lifted = {"lifted_at": fact.time, "lifted_by": fact.actor, "lifted_because": reason}
            yield Put(suppressions, {"suppression_id": suppression_id}, lifted)


def project_unsubscribed(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case LeadUnsubscribed(lead_id=lead_id):
            yield Put(unsubscribed_leads, {"lead_id": lead_id}, {"unsubscribed_at": fact.time})


def suppressed_by(recipient: ColumnElement[str]) -> ColumnElement[str | None]:
    """Why the mail of a row of the queue may not go out to this recipient; null if it may."""
    marketing = mail_queue.c.kind.in_(sorted(MARKETING_KINDS))
    standing = (
        select(suppressions.c.cause)
        .where(
            suppressions.c.address == func.lower(recipient),
            suppressions.c.lifted_at.is_(None),
            or_(suppressions.c.cause == STOPS_EVERY_MAIL.value, marketing),
        )
        .order_by(suppressions.c.added_at)
        .limit(1)
        .scalar_subquery()
    )
    left = select(unsubscribed_leads.c.lead_id).where(unsubscribed_leads.c.lead_id == mail_queue.c.about).exists()
    return func.coalesce(standing, case((marketing & left, Cause.UNSUBSCRIBED.value), else_=None))


model = ReadModel(
    name="suppression_list", tables=(suppressions,), on=(AddressSuppressed, SuppressionLifted), project=project
)
leads_model = ReadModel(
    name="unsubscribed_leads",
    tables=(unsubscribed_leads,),
    on=(LeadUnsubscribed,),
    project=project_unsubscribed,
    from_topics=True,
)
