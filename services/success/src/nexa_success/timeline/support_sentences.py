"""What happened with a customer's tickets and wishes, one sentence for each event; of an internal note, that it is there."""

from nexa_contracts import support
from nexa_contracts.envelope import Event

PROMISES = {
    support.SlaClock.ACKNOWLEDGE: "a first answer",
    support.SlaClock.NEXT_RESPONSE: "the next answer",
    support.SlaClock.RESOLVE: "a solution",
}


def of_tickets(event: Event) -> str | None:
    if not isinstance(event, support.TicketFields):
        return None
    said = _written(event) or _routed(event) or _about_a_bug(event) or _moved(event) or _settled(event)
    return f"{event.reference}: {said}" if said else None


def _written(event: support.TicketFields) -> str | None:
    match event:
        case support.TicketSubmitted(channel=channel, subject=subject, split_from=None):
            return f"Reported by {channel.value}: {subject}"
        case support.TicketSubmitted(subject=subject):
            return f"Taken out of another ticket: {subject}"
        case support.TicketReplied(from_customer=True, channel=channel):
            return f"The customer wrote by {channel.value}"
        case support.TicketReplied(channel=channel):
            return f"Answered by {channel.value}"
        case support.InternalNoteAdded(author=author):
            return f"{author} wrote an internal note"
        case support.TicketAccountFound(because=because):
            return f"Known to be theirs: {because}"
        case _:
            return None


def _routed(event: support.TicketFields) -> str | None:
    match event:
        case support.TicketClassified(type=type_, priority=priority, severity=severity):
            return f"Taken for {type_.value if type_ else 'nothing certain'}, {priority.value}, {severity.value}"
        case support.TicketCorrected(field=name, after=after, by=by):
            return f"{by.name if by else 'Somebody'} corrected the {name} to {after}"
        case support.TicketPrioritised(priority=priority, severity=severity, reason=reason):
            return f"Priority {priority.value}, severity {severity.value}{_why(reason)}"
        case support.TicketAssigned(agent=agent, instruction=instruction):
            return f"Assigned to {agent.name}{_why(instruction)}"
        case support.TicketQueued():
            return "Waits for an agent"
        case support.TicketStatusChanged(status=status, reason=reason):
            return f"{status.value.replace('_', ' ').capitalize()}{_why(reason)}"
        case support.TicketEscalated(escalated_to=team, reason=reason):
            return f"Escalated to {team.replace('_', ' ')}{_why(reason)}"
        case support.SlaWarned(clock=clock, due_at=due_at):
            return f"{PROMISES[clock].capitalize()} is due at {due_at:%Y-%m-%d %H:%M} UTC"
        case support.SlaBreached(clock=clock, due_at=due_at):
            return f"{PROMISES[clock].capitalize()} was promised by {due_at:%Y-%m-%d %H:%M} UTC and is late"
        case _:
            return None


def _about_a_bug(event: support.TicketFields) -> str | None:
    match event:
        case support.TicketLinked(because=because):
            return f"It is about a bug: {because}"
        case support.TicketUnlinked(reason=reason):
            return f"Not about that bug after all{_why(reason)}"
        case support.TicketAcknowledged(status=status, eta=eta, workaround=workaround):
            meanwhile = f". {workaround}" if workaround else ""
            return f"The bug is known ({status}): {eta}{meanwhile}"
        case _:
            return None


def _moved(event: support.TicketFields) -> str | None:
    match event:
        case support.TicketMerged(into_reference=into):
            return f"Goes on in {into}"
        case support.TicketUnmerged():
            return "Goes on by itself again"
        case support.TicketSplit():
            return "A part of it became a ticket of its own"
        case support.TicketSplitUndone():
            return "The part that was taken out came back"
        case _:
            return None


def _settled(event: support.TicketFields) -> str | None:
    match event:
        case support.TicketResolved(resolution=resolution):
            return f"Resolved: {resolution}"
        case support.TicketReopened(reason=reason):
            return f"Open again{_why(reason)}"
        case support.CsatRequested():
            return "Asked how content they are"
        case support.CsatRecorded(score=score, comment=comment):
            return f"Gave {score} of 10{_why(comment)}"
        case _:
            return None


def of_feature_requests(event: Event) -> str | None:
    match event:
        case support.FeatureVoted(title=title, votes=votes):
            return f"Wishes for {title}, as one of {votes}"
        case support.FeatureVoteWithdrawn(title=title):
            return f"Wishes no more for {title}"
        case support.FeatureShipped(title=title, version=version):
            return f"What they wished for is there{f' with {version}' if version else ''}: {title}"
        case _:
            return None


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""
