"""A handoff that is not read, not accepted, sent back or given to somebody else is told to whom it concerns."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import HandoffDeclined, HandoffEscalated, HandoffReminded, OnboardingAssigned
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case HandoffReminded(account_name=account, csm_id=csm_id):
            text = "Nobody has read the handoff note for 24 hours. It is on the onboarding's page."
            yield from _tell(fact, "handoff_reminder", csm_id, f"Handoff note unread: {account}", text)
        case HandoffEscalated(account_name=account, csm_id=csm_id, manager_id=manager_id):
            text = "The handoff was not accepted within 24 hours. Accept it with its CSM, or give it to somebody else."
            yield from _tell(fact, "handoff_escalation", manager_id or csm_id, f"Handoff not accepted: {account}", text)
        case HandoffDeclined(account_name=account, rep_id=rep_id, reason=reason):
            text = f"What is missing: {_as_sentence(reason)} Complete the deal's details and hand it over again."
            yield from _tell(fact, "handoff_returned", rep_id, f"Handoff sent back: {account}", text)
        case OnboardingAssigned(account_name=account, csm=csm, reason=reason):
            text = f"Why: {_as_sentence(reason)} Tasks, kickoff and handoff note are on the onboarding's board."
            yield from _tell(fact, "onboarding_assigned", csm.person_id, f"Yours from now on: {account}", text)
        case _:
            return


def _tell(fact: Recorded, kind: str, person_id: UUID | None, headline: str, text: str) -> Iterator[Notify]:
    """Nobody to tell yields nothing. The event's place in its stream makes the notice one."""
    if person_id is not None:
        project_id: UUID = fact.event.project_id  # type: ignore[attr-defined]
        yield Notify(
            notification_id=derive(project_id, fact.version, kind),
            kind=kind,
            about=project_id,
            person_id=person_id,
            template="notice.v1",
            variables={"headline": headline, "text": text},
        )


def _as_sentence(words: str) -> str:
    words = words.strip()
    return words if words.endswith((".", "!", "?")) else f"{words}."


watch_handoff = Reaction(
    name="watch_handoff",
    on=(HandoffReminded, HandoffEscalated, HandoffDeclined, OnboardingAssigned),
    react=react,
)
