"""What can be done with a bug."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    BugAcknowledged,
    BugChanged,
    BugDeclined,
    BugOpened,
    BugReopened,
    BugStatus,
    BugTriaged,
)
from nexa_support.bug import commands as c
from nexa_support.bug import fixing, words
from nexa_support.bug.recurrence import Evidence
from nexa_support.bug.state import Active, Declined, Fixed, NotOpened, Stage, State

WORKED_ON = (BugStatus.TRIAGED, BugStatus.IN_PROGRESS)
PLANNED = ("engineer", "sprint", "story_points", "eta_at")
MAY_BE_EMPTY = frozenset({*PLANNED, "feature", "feature_name", "affected_version"})


def decide(command: c.Command, state: State, now: datetime, evidence: Evidence) -> Sequence[Event]:
    if isinstance(command, c.OpenBug):
        return open_bug(command) if isinstance(state, NotOpened) else []
    if isinstance(state, NotOpened):
        raise NotFound(f"There is no bug {command.bug_id}.", rule="bug.unknown")
    match command:
        case c.TriageBug():
            return triage(command, state)
        case c.ChangeBug():
            return change(command, state)
        case c.DeclineBug():
            return decline(command, state)
        case c.TellCustomers():
            return tell_customers(command, state, now)
        case c.MarkFixed():
            return fixing.mark_fixed(command, state)
        case c.TakeBackFix():
            return fixing.take_back(command, state)
        case c.ReopenBug():
            return reopen(command, state)
        case c.CheckRecurrence():
            return fixing.check_recurrence(command, state, evidence)
        case _:
            assert_never(command)


def open_bug(command: c.OpenBug) -> Sequence[Event]:
    tickets = tuple(dict.fromkeys(command.ticket_ids))
    return [BugOpened(**{**vars(command), "ticket_ids": tickets})]


def triage(command: c.TriageBug, state: Stage) -> Sequence[Event]:
    active = _active(state, "triaged")
    status = command.status or (active.status if active.status in WORKED_ON else BugStatus.TRIAGED)
    if status not in WORKED_ON:
        raise Refused(
            f"A bug becomes {status.value} by an act of its own; triage makes it triaged or in_progress.",
            rule="bug.status",
            field="status",
        )
    bug = active.bug
    kept = {name: getattr(bug, name) for name in PLANNED}
    plan = kept | {name: value for name, value in _said(command).items() if name in PLANNED}
    return [] if (active.status, kept) == (status, plan) else [BugTriaged(**bug.fields, **plan, status=status)]


def change(command: c.ChangeBug, state: Stage) -> Sequence[Event]:
    """A bug of any status can be described better."""
    bug = state.bug
    kept = {name: getattr(bug, name) for name in BugChanged.model_fields}
    changed = kept | {name: value for name, value in _said(command).items() if name in kept}
    return [] if changed == kept else [BugChanged(**changed)]


def _said(command: c.TriageBug | c.ChangeBug) -> dict[str, object]:
    for name in sorted(command.emptied - MAY_BE_EMPTY):
        raise Refused(f"A bug always has a {name}; leave it out, or send another.", rule="bug.needed", field=name)
    return {name: value for name, value in vars(command).items() if value is not None or name in command.emptied}


def decline(command: c.DeclineBug, state: Stage) -> Sequence[Event]:
    if isinstance(state, Declined):
        return []
    return [BugDeclined(**_active(state, "declined").bug.fields, reason=command.reason)]


def tell_customers(command: c.TellCustomers, state: Stage, now: datetime) -> Sequence[Event]:
    active = _active(state, "acknowledged")
    bug = active.bug
    told = BugAcknowledged(
        **bug.fields,
        status=words.STATUS[active.status],
        priority=words.PRIORITY[bug.severity],
        eta=command.eta,
        eta_at=bug.eta_at,
        workaround=bug.workaround,
    )
    return [] if bug.told == told else [told]


def reopen(command: c.ReopenBug, state: Stage) -> Sequence[Event]:
    """What its fix has settled stays settled: each customer says if it is not."""
    if isinstance(state, Active):
        return []
    return [BugReopened(**state.bug.fields, reason=command.reason, engineer=state.bug.engineer)]


def _active(state: Stage, act: str) -> Active:
    match state:
        case Active():
            return state
        case Fixed() | Declined():
            raise Refused(
                f"The bug is {state.status.value} and cannot be {act}; reopen it first.",
                rule=f"bug.{state.status.value}",
            )
