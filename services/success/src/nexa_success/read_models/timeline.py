"""What happened to a customer, over all services?

Fed from the topics. Each entry is made of its event alone, so a rebuild gives the same rows whatever order the events come in.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Recorded
from nexa_chassis.http.paging import Page, paginate
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts import support, topics
from nexa_contracts.envelope import Event
from nexa_contracts.notifier import NotificationFields, SurveyAnswered
from nexa_contracts.sales import DealCreated
from nexa_contracts.success import (
    ChurnAlertRaised,
    OnboardingSpecialistAssigned,
    OnboardingStarted,
    Person,
    RenewalOpened,
)
from nexa_success.tables import metadata
from nexa_success.timeline.sentences import in_plain_words, sentence
from nexa_success.timeline.visibility import Visibility, visibility_of

KINDS = {
    topics.LEAD: "marketing",
    topics.NURTURE: "marketing",
    topics.LEAD_SCORE: "scoring",
    topics.ASSIGNMENT: "sales",
    topics.TASK: "sales",
    topics.CONTACT: "account",
    topics.ACCOUNT: "account",
    topics.DEAL: "deal",
    topics.ONBOARDING: "onboarding",
    topics.ACCOUNT_SIGNALS: "health",
    topics.ACCOUNT_HEALTH: "health",
    topics.CHURN_ALERT: "health",
    topics.RENEWAL: "renewal",
    topics.IDENTITY: "identity",
    topics.LIFECYCLE: "lifecycle",
    topics.TICKET: "support",
    topics.FEATURE_REQUEST: "support",
    topics.NOTIFICATION: "mail",
    topics.ACCOUNT_VERSION: "account",
}
"""The topics that tell of customers with the kind each is filtered by, in the order in which one follows from the other."""

PLACES = {f"nexa.{topic.service}.{topic.aggregate}": place for place, topic in enumerate(KINDS)}
UNTOLD = frozenset({support.SlaClocksMoved, support.FeatureRequested, support.FeatureRequestChanged, SurveyAnswered})
"""What is measured, what is nobody's yet, and what support tells as CsatRecorded."""
KIND_OF = {model: kind for topic, kind in KINDS.items() for model in topic.events if model not in UNTOLD}

OF_NO_CUSTOMER = frozenset(
    {"rep_notice", "leads_waiting", "bug_suspected", "bug_given", "bug_reopened", "feature_shipped"}
)
"""Mails about an import, a bug or a request: what they tell of a customer stands on its own entries."""

LATE_AFTER = timedelta(hours=1)

OF_THE_CUSTOMER = ("account_id", "party_id", "lead_id", "about", "project_id", "deal_id", "contact_id")
"""Where an event says whom it is about, the widest first."""

PEOPLE = ("csm_id", "owner_id", "rep_id", "contact_id", "primary_contact_id")

entries = Table(
    "timeline_entries",
    metadata,
    Column("entry_id", Text, primary_key=True),
    Column("subject_id", Uuid),
    Column("person_id", Uuid),
    Column("kind", Text),
    Column("type", Text),
    Column("occurred_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True)),
    Column("late", Boolean),
    Column("place", Integer),
    Column("version", Integer),
    Column("actor", Text),
    Column("source", Text),
    Column("summary", Text),
    Column("visibility", Text),
    Column("causation_id", Text),
    Column("correlation_id", Text),
    Index("timeline_entries_subject_idx", "subject_id", "occurred_at", "place", "version", "entry_id"),
)
subjects = Table(
    "timeline_subjects",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    Column("account_id", Uuid),
    Index("timeline_subjects_account_idx", "account_id"),
)


def project(fact: Recorded) -> Iterator[Change]:
    entry_id = f"{fact.source}/{fact.id}"
    match fact.event:
        case NotificationFields(kind=kind) if kind in OF_NO_CUSTOMER:
            return
        case support.FeatureShipped(voters=voters):  # one event, an entry for each who wished for it
            for voter in voters:
                yield Put(entries, {"entry_id": f"{entry_id}/{voter.account_id}"}, _entry(fact, voter.account_id))
        case event:
            yield Put(entries, {"entry_id": entry_id}, _entry(fact, subject_of(event)))
            yield from _belonging(event)


def _belonging(event: Event) -> Iterator[Change]:
    """Whose a record is. A ticket is whose it turned out to be last, from its first entry on."""
    match event:
        case DealCreated(deal_id=subject_id, account_id=account_id):
            yield Put(subjects, {"subject_id": subject_id}, {"account_id": account_id})
        case OnboardingStarted(project_id=subject_id, account_id=account_id):
            yield Put(subjects, {"subject_id": subject_id}, {"account_id": account_id})
        case ChurnAlertRaised(alert_id=subject_id, account_id=account_id):
            yield Put(subjects, {"subject_id": subject_id}, {"account_id": account_id})
        case RenewalOpened(renewal_id=subject_id, account_id=account_id):
            yield Put(subjects, {"subject_id": subject_id}, {"account_id": account_id})
        case (
            support.TicketSubmitted(account_id=UUID() as account_id)
            | support.TicketAccountFound(account_id=account_id) as ticket
        ):
            yield Put(subjects, {"subject_id": ticket.ticket_id}, {"account_id": account_id})
        case _:
            return


def _entry(fact: Recorded, subject_id: UUID) -> dict[str, object]:
    aggregate = fact.stream.split("-", 1)[0]
    return {
        "subject_id": subject_id,
        "person_id": person_of(fact.event),
        "kind": KIND_OF[type(fact.event)],
        "type": fact.type,
        "occurred_at": fact.time,
        "recorded_at": fact.recorded_at,
        "late": fact.recorded_at - fact.time > LATE_AFTER,
        "place": PLACES[f"{fact.source.removeprefix('/').replace('/', '.')}.{aggregate}"],
        "version": fact.version,
        "actor": fact.actor,
        "source": fact.source,
        "summary": sentence(fact.event) or in_plain_words(type(fact.event)),
        "visibility": visibility_of(fact.event).value,
        "causation_id": fact.causation_id,
        "correlation_id": fact.correlation_id,
    }


def subject_of(event: Event) -> UUID:
    """The record that the event is about: the account's where it names it, else the nearest it names.

    An event of a ticket is about the ticket: its account may become known, or be put right, later.
    """
    if isinstance(event, support.TicketFields):
        return event.ticket_id
    fields = vars(event)
    for name in OF_THE_CUSTOMER:
        found = fields.get(name)
        if isinstance(found, UUID):
            return found
    raise ValueError(f"{type(event).__name__} names nobody it is about")


def person_of(event: Event) -> UUID | None:
    """The colleague or contact whom it concerns most, None where it names none."""
    match event:
        case support.TicketFields():
            return _of_ticket(event)
        case OnboardingSpecialistAssigned(specialist=person):
            return person.person_id
    fields = vars(event)
    csm: Person | None = fields.get("csm")
    if csm is not None:
        return csm.person_id
    return next((each for name in PEOPLE if (each := fields.get(name)) is not None), None)


def _of_ticket(event: support.TicketFields) -> UUID | None:
    """The contact who wrote or is written to, else the agent."""
    requester: support.Requester | None = getattr(event, "requester", None)
    if requester is not None:
        return requester.contact_id
    agent: support.AgentName | None = getattr(event, "agent", None)
    return agent.agent_id if agent else None


timeline = ReadModel(
    name="timeline",
    tables=(entries, subjects),
    on=tuple(KIND_OF),
    project=project,
    from_topics=True,
)


async def entries_of(
    connection: AsyncConnection,
    members: Sequence[UUID],
    *,
    kinds: Sequence[str] = (),
    types: Sequence[str] = (),
    person_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    recorded_by: datetime | None = None,
    visibility: Visibility | None = None,
    newest_first: bool = False,
    limit: int | None = None,
    cursor: str | None = None,
) -> Page[dict[str, Any]]:
    """What happened to the records of a customer, in the order in which it happened.

    What happened at one moment is told in the order in which it follows.
    """
    belonging = select(subjects.c.subject_id).where(subjects.c.account_id.in_(members))
    query = select(entries).where(or_(entries.c.subject_id.in_(members), entries.c.subject_id.in_(belonging)))
    if kinds:
        query = query.where(entries.c.kind.in_(kinds))
    if types:
        query = query.where(entries.c.type.in_(types))
    if person_id is not None:
        query = query.where(entries.c.person_id == person_id)
    if since is not None:
        query = query.where(entries.c.occurred_at >= since)
    if until is not None:
        query = query.where(entries.c.occurred_at < until)
    if recorded_by is not None:
        query = query.where(entries.c.recorded_at <= recorded_by)
    if visibility is not None:
        query = query.where(entries.c.visibility == visibility.value)
    keys = [entries.c.occurred_at, entries.c.place, entries.c.version, entries.c.entry_id]
    order = [key.desc() for key in keys] if newest_first else keys
    return await paginate(connection, query, order=order, limit=limit, cursor=cursor)
