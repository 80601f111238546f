"""Everybody of a kickoff gets its calendar entry, its changes and its cancellation."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import KickoffCancelled, KickoffFields, KickoffMoved, KickoffScheduled
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.notification.events import Guest, Invitation, Method
from nexa_notifier.reactions.welcome_customer import in_words


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case KickoffScheduled() as kickoff:
            yield from _invite(kickoff, Method.REQUEST, f"Invitation: {kickoff.title}")
        case KickoffMoved(reason=reason) as kickoff:
            yield from _invite(kickoff, Method.REQUEST, f"Updated: {kickoff.title}", reason)
        case KickoffCancelled(reason=reason) as kickoff:
            yield from _invite(kickoff, Method.CANCEL, f"Cancelled: {kickoff.title}", reason)
        case _:
            return


def _invite(kickoff: KickoffFields, method: Method, headline: str, reason: str = "") -> Iterator[Notify]:
    """One mail for each attendee with an address and each change of the entry."""
    reachable = [(person, person.email) for person in kickoff.attendees if person.email is not None]
    invitation = Invitation(
        method=method,
        meeting_id=kickoff.meeting_id,
        sequence=kickoff.sequence,
        starts_at=kickoff.starts_at,
        ends_at=kickoff.ends_at,
        time_zone=kickoff.time_zone,
        summary=kickoff.title,
        agenda=kickoff.agenda,
        join_url=kickoff.join_url,
        attendees=tuple(Guest(name=person.name, email=email) for person, email in reachable),
    )
    for person, email in reachable:
        yield Notify(
            notification_id=derive(kickoff.meeting_id, kickoff.sequence, person.person_id, "invitation"),
            kind="invitation",
            about=kickoff.project_id,
            address=email,
            template="invitation.v1",
            variables={
                "headline": headline,
                "when": in_words(kickoff),
                "agenda": kickoff.agenda,
                "join_url": kickoff.join_url if method is Method.REQUEST else "",
                "reason": reason,
            },
            invitation=invitation,
        )


invite_to_kickoff = Reaction(
    name="invite_to_kickoff", on=(KickoffScheduled, KickoffMoved, KickoffCancelled), react=react
)
