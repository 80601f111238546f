"""What happened to a lead, when, by whom? Two tables: what sales did, in the transaction that did it; what others told.

A summary is written once and stays as it was then, whatever changes later.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Column, DateTime, Index, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.envelope import Event, event_name
from nexa_contracts.marketing import (
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadEnrolledInNurture,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
    NurtureStopped,
)
from nexa_contracts.notifier import EmailFailed, EmailSent
from nexa_contracts.sales import (
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealDetailsChanged,
    DealHandoffResubmitted,
    DealHandoffReturned,
    DealReassigned,
    DealReopened,
    DealStageChanged,
    FollowUpRecorded,
    LeadAssigned,
    LeadConverted,
    LeadDisqualified,
    LeadQueued,
    LeadRecycled,
    LeadReleased,
    LeadSentToNurture,
    LeadWaitedTooLong,
    TaskCompleted,
    TaskCreated,
    TaskOverdue,
    TaskReassigned,
)
from nexa_contracts.scoring import LeadScored
from nexa_sales.assignment.events import LeadWorked
from nexa_sales.read_models.account_history import deal_summary
from nexa_sales.tables import metadata

FOLLOWS = {name: place for place, name in enumerate(("lead", "lead_score", "assignment", "nurture", "task", "deal"))}
"""Kinds of streams, each after the one whose events lead to its own."""

MAIL_KINDS_ABOUT_LEADS = frozenset({"thank_you", "nurture_step"})


def _table(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("event_id", Text, primary_key=True),
        Column("lead_id", Uuid),
        Column("deal_id", Uuid),
        Column("event", Text),
        Column("occurred_at", DateTime(timezone=True)),
        Column("recorded_at", DateTime(timezone=True)),
        Column("actor", Text),
        Column("summary", Text),
        Index(f"{name}_lead_idx", "lead_id"),
        Index(f"{name}_deal_idx", "deal_id"),
    )


done_here = _table("lead_history")
heard_elsewhere = _table("lead_history_elsewhere")


def project_own(fact: Recorded) -> Iterator[Change]:
    yield _entry(done_here, fact, summary_here(fact.event))


def project_foreign(fact: Recorded) -> Iterator[Change]:
    if isinstance(fact.event, EmailSent | EmailFailed) and fact.event.kind not in MAIL_KINDS_ABOUT_LEADS:
        return
    yield _entry(heard_elsewhere, fact, summary_elsewhere(fact.event))


def _entry(table: Table, fact: Recorded, summary: str) -> Put:
    event, fields = fact.event, vars(fact.event)
    lead_id = event.about if isinstance(event, EmailSent | EmailFailed) else fields.get("lead_id")
    return Put(
        table,
        {"event_id": fact.id},
        {
            "lead_id": lead_id,
            "deal_id": fields.get("deal_id"),
            "event": event_name(type(event)),
            "occurred_at": fact.time,
            "recorded_at": fact.recorded_at,
            "actor": fact.actor,
            "summary": summary,
        },
    )


def summary_here(event: Event) -> str:
    match event:
        case LeadAssigned(because=because, band=band, reason=reason):
            name = next((each.name for each in because.candidates if each.taken), "a rep")
            return f"Assigned to {name} as {band.value} lead ({reason.value.replace('_', ' ')})"
        case LeadQueued(reason=reason):
            return f"Waits for a rep: {reason}"
        case LeadSentToNurture(score=score):
            return f"Left to the e-mail series with {score} points"
        case LeadWorked():
            return "A rep has been in touch"
        case LeadConverted(amount=money, account_matched=matched):
            return (
                f"Converted: {'a known' if matched else 'a new'} account, a deal of {money.amount:.2f} {money.currency}"
            )
        case LeadWaitedTooLong(since=since):
            return f"Managers were told that it has waited since {since:%Y-%m-%d %H:%M} UTC"
        case FollowUpRecorded(channel=channel, outcome=outcome, note=note):
            return f"{channel.value.capitalize()}: {outcome.value.replace('_', ' ')}" + (f", {note}" if note else "")
        case LeadDisqualified(reason=reason, recycle_at=None):
            return f"Disqualified: {reason}"
        case LeadDisqualified(reason=reason, recycle_at=datetime() as recycle_at):
            return f"Disqualified until {recycle_at:%Y-%m-%d}: {reason}"
        case LeadRecycled(round=number):
            return f"Came back to sales, for the {number}. time"
        case LeadReleased():
            return "Let go, since marketing withdrew it"
        case TaskCreated(title=title, due_at=due_at):
            return f"Task: {title}, due {due_at:%Y-%m-%d %H:%M} UTC"
        case TaskReassigned(reason=reason):
            return "The task went to another rep" + (f": {reason}" if reason else "")
        case TaskOverdue(title=title):
            return f"Overdue: {title}"
        case TaskCompleted(outcome=outcome):
            return f"Task done: {outcome}"
        case _:
            return _deal_summary(event)


def _deal_summary(event: Event) -> str:
    if isinstance(event, DealStageChanged):
        return f"Deal in stage {event.stage.value}"
    return deal_summary(event)


def summary_elsewhere(event: Event) -> str:
    match event:
        case LeadCreated(campaign_name=campaign, import_line=line):
            return f"Came in with {campaign}" + (f", line {line} of the import" if line else "")
        case LeadUpdated(changed=changed):
            return f"Changed: {', '.join(changed)}"
        case LeadEngaged(kind=kind, detail=detail):
            return ENGAGED[kind] + (f": {detail}" if detail else "")
        case LeadUnsubscribed():
            return "Wants no more marketing mail"
        case LeadWithdrawn(reason=reason):
            return f"Withdrawn by marketing: {reason}"
        case LeadScored(score=score, band=band, recommendation=recommendation):
            return f"Scored {score}, {band.value}: {recommendation}"
        case LeadEnrolledInNurture(series=series):
            return f"Entered the e-mail series {series}"
        case NurtureStopped(reason=reason):
            return f"Left the e-mail series: {reason.value}"
        case EmailSent(kind=kind):
            return f"Mail sent: {kind.replace('_', ' ')}"
        case EmailFailed(kind=kind, reason=reason):
            return f"Mail failed: {kind.replace('_', ' ')}, {reason}"
        case _:
            return event_name(type(event))


ENGAGED = {
    EngagementKind.REGISTERED_EARLY: "Registered early",
    EngagementKind.ATTENDED: "Attended",
    EngagementKind.QUESTION_ASKED: "Asked a question",
    EngagementKind.CONTENT_DOWNLOADED: "Downloaded",
    EngagementKind.EMAIL_OPENED: "Opened a mail",
    EngagementKind.EMAIL_CLICKED: "Followed a link in a mail",
    EngagementKind.PRICING_PAGE_VISITED: "Looked at the prices",
}

lead_history = ReadModel(
    name="lead_history",
    tables=(done_here,),
    on=(
        LeadAssigned,
        LeadQueued,
        LeadSentToNurture,
        LeadWorked,
        LeadConverted,
        LeadDisqualified,
        LeadRecycled,
        LeadReleased,
        LeadWaitedTooLong,
        FollowUpRecorded,
        TaskCreated,
        TaskReassigned,
        TaskOverdue,
        TaskCompleted,
        DealCreated,
        DealStageChanged,
        DealDetailsChanged,
        DealClosedWon,
        DealClosedLost,
        DealReassigned,
        DealReopened,
        DealHandoffReturned,
        DealHandoffResubmitted,
    ),
    project=project_own,
)

lead_history_elsewhere = ReadModel(
    name="lead_history_elsewhere",
    tables=(heard_elsewhere,),
    on=(
        LeadCreated,
        LeadUpdated,
        LeadEngaged,
        LeadUnsubscribed,
        LeadWithdrawn,
        LeadScored,
        LeadEnrolledInNurture,
        NurtureStopped,
        EmailSent,
        EmailFailed,
    ),
    project=project_foreign,
    from_topics=True,
)
