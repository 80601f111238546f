"""What came of a call or mail to a lead, and what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.sales import FollowUpChannel, FollowUpOutcome, FollowUpRecorded, NextStep, TaskPriority
from nexa_contracts.values import Band
from nexa_sales.assignment.commands import RecordFollowUp
from nexa_sales.assignment.events import LeadWorked
from nexa_sales.assignment.state import (
    Assigned,
    Assignment,
    Converted,
    Disqualified,
    Ended,
    Nurtured,
    Unrouted,
    Waiting,
)

OUTCOMES = {
    FollowUpChannel.CALL: frozenset(
        {
            FollowUpOutcome.REACHED,
            FollowUpOutcome.NO_ANSWER,
            FollowUpOutcome.VOICEMAIL,
            FollowUpOutcome.CALL_BACK,
        }
    ),
    FollowUpChannel.MAIL: frozenset({FollowUpOutcome.SENT, FollowUpOutcome.REPLIED}),
}
MOST_ATTEMPTS = 5
"""So many calls and mails without an answer, and letting the lead go is proposed."""


@dataclass(frozen=True)
class _Step:
    title: str
    after: timedelta
    reason: str


def record(command: RecordFollowUp, state: Assignment, now: datetime) -> Sequence[Event]:
    """The first call or mail counts as first contact, whether or not anybody answered."""
    _check(command, now)
    match state:
        case Assigned(lead=lead, attempts=attempts):
            attempt = attempts + 1
            recorded = FollowUpRecorded(
                lead_id=command.lead_id,
                campaign_id=lead.campaign_id,
                import_id=lead.import_id,
                rep_id=state.rep_id,
                channel=command.channel,
                outcome=command.outcome,
                attempt=attempt,
                found_interest=command.found_interest,
                note=command.note,
                recorded_by=command.recorded_by,
                task_id=command.task_id,
                next_step=next_step(command, lead.band, attempt, now),
                round=lead.round,
            )
            return [recorded] if state.worked else [recorded, LeadWorked(lead_id=command.lead_id)]
        case Waiting() | Nurtured():
            raise Refused("Nobody has the lead; a manager can give it to you first.", rule="lead.unassigned")
        case Converted() | Disqualified() | Ended():
            raise Refused("The lead is closed; nobody follows it up any more.", rule="lead.closed")
        case Unrouted():
            raise NotFound(f"Sales does not know a lead {command.lead_id}.", rule="lead.unknown")
        case _:
            assert_never(state)


def _check(command: RecordFollowUp, now: datetime) -> None:
    possible = OUTCOMES[command.channel]
    if command.outcome not in possible:
        raise Refused(
            f"A {command.channel.value} does not end as {command.outcome.value};"
            f" say one of {', '.join(sorted(possible))}.",
            rule="follow_up.outcome",
            field="outcome",
        )
    if (command.outcome is FollowUpOutcome.CALL_BACK) != (command.call_back_at is not None):
        raise Refused(
            "A time to call back goes with the outcome call_back, and only with it.",
            rule="follow_up.call_back",
            field="call_back_at",
        )
    if command.call_back_at is not None and command.call_back_at <= now:
        raise Refused("The time to call back is past.", rule="follow_up.call_back", field="call_back_at")


def next_step(command: RecordFollowUp, band: Band, attempt: int, now: datetime) -> NextStep:
    """What follows from this outcome: a proposal, with the reason for it."""
    hot = band is Band.HIGH
    priority = TaskPriority.URGENT if hot else TaskPriority.NORMAL
    if command.call_back_at is not None:
        return NextStep(
            title="Call back as agreed",
            due_at=command.call_back_at,
            priority=priority,
            reason="they asked for this time",
        )
    step = _after(command.outcome, command.found_interest, attempt, hot)
    return NextStep(title=step.title, due_at=now + step.after, priority=priority, reason=step.reason)


def _after(outcome: FollowUpOutcome, interest: bool | None, attempt: int, hot: bool) -> _Step:
    match outcome, interest:
        case ((FollowUpOutcome.REACHED | FollowUpOutcome.REPLIED | FollowUpOutcome.CALL_BACK), True):
            return _Step("Convert the lead", timedelta(days=1), "there is interest")
        case ((FollowUpOutcome.REACHED | FollowUpOutcome.REPLIED | FollowUpOutcome.CALL_BACK), False):
            return _Step("Disqualify the lead, recycle it in 90 days", timedelta(days=1), "there is no interest now")
        case ((FollowUpOutcome.REACHED | FollowUpOutcome.REPLIED | FollowUpOutcome.CALL_BACK), None):
            return _Step("Find out whether there is interest", timedelta(days=3), "reached, interest still unknown")
        case _ if attempt >= MOST_ATTEMPTS:
            return _Step(
                "Disqualify the lead, recycle it in 90 days", timedelta(days=1), f"no answer to {attempt} attempts"
            )
        case FollowUpOutcome.SENT, _:
            return _Step("Call about the mail", timedelta(days=1 if hot else 2), "a mail was sent, no answer yet")
        case ((FollowUpOutcome.NO_ANSWER | FollowUpOutcome.VOICEMAIL), _) if attempt == 1:
            return _Step("Call again", timedelta(hours=4 if hot else 24), "no answer at the first attempt")
        case ((FollowUpOutcome.NO_ANSWER | FollowUpOutcome.VOICEMAIL), _) if attempt == 2:
            return _Step("Call at another time of the day", timedelta(days=1), "no answer at the second attempt")
        case ((FollowUpOutcome.NO_ANSWER | FollowUpOutcome.VOICEMAIL), _):
            return _Step("Write a mail", timedelta(days=1), f"no answer to {attempt} attempts")
        case _:
            raise AssertionError(f"No step follows from {outcome.value}.")
