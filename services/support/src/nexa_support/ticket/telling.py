"""What happened to a ticket, in a sentence. A note is said to be there; what it says is not."""

from nexa_contracts import support as s
from nexa_contracts.envelope import Event
from nexa_support.ticket import events as e

CUSTOMER_KNOWS = (
    s.TicketSubmitted,
    s.TicketReplied,
    s.TicketAcknowledged,
    s.TicketResolved,
    s.CsatRequested,
    s.CsatRecorded,
)
UNTOLD = (e.SeatTaken, e.SeatFreed, e.ClosingNoted, s.SlaClocksMoved)
"""What is counted and measured, and what another event says already."""


def summary(event: Event) -> str:
    said = _came_in(event) or _judged(event) or _worked(event) or _mended(event) or _settled(event)
    return said or type(event).__name__


def _came_in(event: Event) -> str | None:
    match event:
        case s.TicketSubmitted(channel=channel, requester=requester, subject=subject):
            return f"{requester.name} reported by {channel.value}: {subject}"
        case s.TicketAccountFound(account_name=name, because=because):
            return f"It is {name}'s: {because}"
        case e.TicketFollows(follows_reference=reference):
            return f"It follows {reference}, which was settled too long ago to go on"
        case s.TicketReplied(author=author, from_customer=from_customer, channel=channel):
            return f"{author} {'wrote' if from_customer else 'answered the customer'} by {channel.value}"
        case s.InternalNoteAdded(author=author):
            return f"{author} wrote an internal note"
        case _:
            return None


def _judged(event: Event) -> str | None:
    match event:
        case s.TicketClassified(type=type_, priority=priority, feature=feature, similar=similar, needs_person=needs):
            about = f"{type_.value if type_ else 'unclear'}, {priority.value}, {feature or 'no known feature'}"
            return f"Analysed: {about}, {similar} similar{'; a person has to look at it' if needs else ''}"
        case s.TicketCorrected(field=name, before=before, after=after, by=by):
            return f"{by.name if by else 'Somebody'} corrected the {name} from {before or 'unknown'} to {after}"
        case s.TicketPrioritised(priority=priority, severity=severity, reason=reason):
            return f"Priority {priority.value}, severity {severity.value}{_why(reason)}"
        case s.TicketEscalated(escalated_to=team, reason=reason):
            return f"Escalated to {team}{_why(reason)}"
        case s.SlaWarned(clock=clock, due_at=due_at):
            return f"The promise to {clock.value} is due at {due_at:%Y-%m-%d %H:%M} UTC"
        case s.SlaBreached(clock=clock, step=step):
            return f"The promise to {clock.value} was broken (step {step})"
        case _:
            return None


def _worked(event: Event) -> str | None:
    match event:
        case s.TicketAssigned(agent=agent, instruction=instruction):
            return f"Assigned to {agent.name}: {instruction}"
        case s.TicketQueued():
            return "Waits for an agent"
        case s.TicketStatusChanged(status=status, previous=previous, reason=reason):
            return f"{_words(previous)} → {_words(status)}{_why(reason)}"
        case s.TicketLinked(because=because):
            return f"Linked to a bug: {because}"
        case s.TicketUnlinked(reason=reason):
            return f"Not about the bug any more{_why(reason)}"
        case s.TicketAcknowledged(status=status, eta=eta):
            return f"Customer informed of status ({status}) and workaround; {eta}"
        case s.TicketMerged(into_reference=reference):
            return f"Goes on in {reference}"
        case s.TicketUnmerged():
            return "Goes on by itself again"
        case e.TicketAbsorbed(from_reference=reference):
            return f"{reference} goes on in here"
        case e.TicketReleased(from_reference=reference):
            return f"{reference} goes on by itself again"
        case s.TicketSplit(reply_ids=moved):
            return f"{len(moved)} message(s) became a ticket of their own"
        case s.TicketSplitUndone():
            return "The messages came back from the other ticket"
        case _:
            return None


def _mended(event: Event) -> str | None:
    match event:
        case e.FixOffered(version=version, rollout_percent=percent):
            return f"{version} mends it, which {percent} % of the accounts run"
        case e.FixWithdrawn(version=version):
            return f"{version} does not mend it"
        case e.AccountVersionNoted(version=version):
            return f"The account runs {version}"
        case _:
            return None


def _settled(event: Event) -> str | None:
    match event:
        case s.TicketResolved(resolution=resolution, tell_customer=told):
            return f"Resolved: {resolution}{'' if told else ' (the customer knew already)'}"
        case s.TicketReopened(reason=reason):
            return f"Reopened{_why(reason)}"
        case s.CsatRequested():
            return "The customer was asked how content they are"
        case s.CsatRecorded(score=score):
            return f"The customer gave {score} of 10"
        case _:
            return None


def _words(status: s.TicketStatus) -> str:
    return status.value.replace("_", " ")


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""
