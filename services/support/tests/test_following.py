"""What follows from facts that come in any order: analyses, waiting lines, merged tickets, customers who write late."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from nexa_chassis.domain import Deadline, Recorded, derive
from nexa_chassis.reactions import Process
from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.support import (
    AgentUpdated,
    Severity,
    SupportRole,
    TicketAssigned,
    TicketClassified,
    TicketMerged,
    TicketQueued,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
    TicketUnmerged,
)
from nexa_contracts.values import Because
from nexa_support.reactions.ask_for_csat import ask_for_csat
from nexa_support.reactions.follow_merged_tickets import follow_merged_tickets
from nexa_support.reactions.hear_late_customers import hear_late_customers
from nexa_support.reactions.route_unanalysed_tickets import route_unanalysed_tickets
from nexa_support.reactions.route_waiting_tickets import route_waiting_tickets
from nexa_support.reactions.take_analysis import take_analysis
from nexa_support.ticket.commands import (
    CorrectTicket,
    HearFromMerged,
    ReopenTicket,
    ResolveTicket,
    RouteTicket,
    SubmitTicket,
    TakeAnalysis,
)
from nexa_support.ticket.reference import reference_of

from .stories import DAY, HOUR, LEA, MONDAY, SARAH, TICKET, Story, analyzed, begun, desk, id_of, message, submit, take

OTHER = id_of("the other ticket")


def of(ticket_id: Any) -> dict[str, Any]:
    return {"ticket_id": ticket_id, "reference": reference_of(ticket_id), "subject": "Export", "account_name": "Acme"}


def told(process: Process[Any], *events: Event, at: timedelta = timedelta()) -> list[object]:
    """All that follows from these facts, each the next of its stream."""
    state, commands = process.initial, []
    versions: dict[str, int] = {}
    for event in events:
        fact = recorded(event, time=MONDAY + at)
        versions[fact.stream] = versions.get(fact.stream, 0) + 1
        fact = recorded(event, time=MONDAY + at, version=versions[fact.stream])
        state = process.evolve(state, fact)
        commands += process.react(state, fact, MONDAY + at)
    return commands


def fact_of(event: Event) -> Recorded:
    return recorded(event, stream=f"ticket_analysis-{TICKET}")


def test_an_analysis_is_taken_over_under_the_id_of_its_event() -> None:
    analysis = analyzed()
    taken = TakeAnalysis(ticket_id=TICKET, analysis=analysis, analysis_id=f"ticket_analysis-{TICKET}@1")
    given(take_analysis).when(fact_of(analysis)).then(taken)


CORRECTIONS = [
    CorrectTicket(ticket_id=TICKET, field="priority", value="low", by=None),
    CorrectTicket(ticket_id=TICKET, field="type", value="question", by=None),
    CorrectTicket(ticket_id=TICKET, field="severity", value="p2", by=None),
]


@pytest.mark.parametrize("order", list(permutations([take(), *CORRECTIONS])))
def test_in_whatever_order_analysis_and_corrections_come_the_persons_word_stands(order: tuple[Any, ...]) -> None:
    story = Story()
    story.tell(submit())
    for command in order:
        story.tell(command)
    known = story.state.ticket
    assert (known.type, known.priority, known.severity) == ("question", "low", Severity.P2)
    assert (known.feature, known.analysis_id) == ("data_export", "analysis@1")
    assert len(story.of(TicketAssigned)) == 1


@pytest.mark.parametrize("order", list(permutations(["analysis", "resolution", "message"])))
def test_in_whatever_order_analysis_resolution_and_answer_come_nobody_is_assigned_what_is_settled(
    order: tuple[str, ...],
) -> None:
    commands = {
        "analysis": take(),
        "resolution": ResolveTicket(ticket_id=TICKET, resolution="Answered"),
        "message": message("Thanks"),
    }
    story = Story()
    story.tell(submit())
    for name in order:
        story.tell(commands[name])
        settled = story.state.status is TicketStatus.RESOLVED
        assert story.load(LEA) == (0 if settled or story.state.ticket.agent is None else 1)
    assert len(story.of(TicketClassified)) == 1
    reopened = order.index("message") > order.index("resolution")
    assert (story.state.status is TicketStatus.RESOLVED) is not reopened


def test_a_ticket_that_nobody_analyses_is_given_to_somebody_all_the_same() -> None:
    story = Story()
    (submitted,) = story.tell(submit())
    (deadline,) = route_unanalysed_tickets.react(recorded(submitted, time=MONDAY), MONDAY)
    assert isinstance(deadline, Deadline)
    assert deadline.at == MONDAY + timedelta(minutes=10)
    story.tell(deadline.command, deadline.at)
    assert len(story.of(TicketAssigned)) == 1
    again = TicketReopened(**of(TICKET), reason="The customer wrote again")
    given(route_unanalysed_tickets).when(recorded(again, time=MONDAY)).then(deadline)
    analysed = begun()
    assert analysed.tell(deadline.command, deadline.at) == []


def test_a_customer_is_asked_an_hour_after_it_was_settled_unless_it_is_open_again() -> None:
    story = begun()
    (settled, *_) = story.tell(ResolveTicket(ticket_id=TICKET, resolution="Fixed"))
    (deadline,) = ask_for_csat.react(recorded(settled, time=MONDAY), MONDAY)
    assert deadline.at == MONDAY + HOUR
    again = begun()
    assert again.tell(deadline.command, deadline.at) == []
    assert [type(event).__name__ for event in story.tell(deadline.command, deadline.at)] == ["CsatRequested"]


def queued(ticket_id: Any, who: str = "all agents", language: str = "en", **facts: str) -> TicketQueued:
    because = Because(rule=f"{who}: in shift", facts={"language": language, **facts})
    return TicketQueued(**of(ticket_id), waiting_since=MONDAY, because=because)


def hired() -> AgentUpdated:
    return AgentUpdated(agent_id=id_of("Tom"), name="Tom", email="tom@nexa.example", role=SupportRole.AGENT)


def resolved(ticket_id: Any = TICKET, **changes: Any) -> TicketResolved:
    said = {"requester": SARAH, "resolution": "Fixed", "resolved_at": MONDAY}
    return TicketResolved(**(of(ticket_id) | said | changes))


@pytest.mark.parametrize("order", list(permutations([queued(TICKET), hired()])))
def test_a_waiting_ticket_is_offered_whichever_came_first_the_person_or_the_ticket(order: tuple[Event, ...]) -> None:
    assert RouteTicket(ticket_id=TICKET) in told(route_waiting_tickets, *order)


def test_a_freed_place_is_offered_to_the_head_of_each_line_in_the_order_of_waiting() -> None:
    english = [id_of(f"english {number}") for number in range(3)]
    german, senior = id_of("german"), id_of("senior")
    line = [queued(each) for each in english] + [queued(german, language="de"), queued(senior, who="senior agents")]
    offered = told(route_waiting_tickets, *line, resolved())[len(line) :]
    assert offered == [RouteTicket(ticket_id=each) for each in (english[0], german, senior)]


def test_who_was_given_to_somebody_is_out_of_the_line_and_the_next_is_offered() -> None:
    agent = LEA.person
    assigned = TicketAssigned(
        **of(TICKET), agent=agent, priority="high", instruction="x", because=Because(rule="all agents")
    )
    offered = told(route_waiting_tickets, queued(TICKET), queued(OTHER), assigned)
    assert offered[2:] == [RouteTicket(ticket_id=OTHER)]


def test_a_ticket_that_nobody_is_there_for_is_offered_when_the_next_shift_begins() -> None:
    begin = MONDAY + 5 * HOUR
    (_, deadline) = told(route_waiting_tickets, queued(TICKET, **{"next shift begins": begin.isoformat()}))
    assert deadline == Deadline(at=begin, command=RouteTicket(ticket_id=TICKET, say_again=True))


def test_the_event_of_a_waiting_ticket_names_the_next_shift_that_the_reaction_waits_for() -> None:
    away = begun(desk())
    assert told(route_waiting_tickets, *away.of(TicketQueued)) == [RouteTicket(ticket_id=TICKET)]


def merged(ticket_id: Any = OTHER, into: Any = TICKET) -> TicketMerged:
    return TicketMerged(**of(ticket_id), into_id=into, into_reference=reference_of(into))


def unmerged(ticket_id: Any = OTHER, into: Any = TICKET) -> TicketUnmerged:
    return TicketUnmerged(**of(ticket_id), into_id=into)


@pytest.mark.parametrize("order", list(permutations([merged(), resolved()])))
def test_a_merged_ticket_is_settled_with_the_other_whichever_came_first(order: tuple[Event, ...]) -> None:
    (settle,) = told(follow_merged_tickets, *order)
    assert settle == ResolveTicket(ticket_id=OTHER, resolution="Fixed", told=SARAH)


def test_a_ticket_that_was_unmerged_goes_its_own_way() -> None:
    assert told(follow_merged_tickets, merged(), unmerged(), resolved()) == []


def test_a_merged_ticket_is_reopened_with_the_other() -> None:
    again = TicketReopened(**of(TICKET), reason="v2.1.6 was withdrawn")
    assert told(follow_merged_tickets, merged(), again) == [
        ReopenTicket(ticket_id=OTHER, reason="v2.1.6 was withdrawn")
    ]


def test_the_customer_of_a_merged_ticket_is_told_and_the_same_customer_is_not_told_twice() -> None:
    gil = SARAH.model_copy(update={"name": "Gil", "email": "gil@globex.example", "contact_id": None})
    for requester, told_too in ((SARAH, False), (gil, True)):
        story = Story()
        story.tell(submit())
        story.tell(submit(OTHER, requester=requester))
        story.merge(OTHER, TICKET)
        (settled, *_) = story.tell(ResolveTicket(ticket_id=TICKET, resolution="Fixed"))
        for command in told(follow_merged_tickets, merged(), settled):
            story.tell(command)
        assert [each.tell_customer for each in story.of(TicketResolved)] == [True, told_too]
        assert story.states[OTHER].status is TicketStatus.MERGED


def replied(name: str = "Still broken", *, from_customer: bool = True) -> TicketReplied:
    return TicketReplied(
        **of(TICKET),
        reply_id=id_of(name),
        from_customer=from_customer,
        author="Sarah Miller",
        text=name,
        channel="email",
        requester=SARAH,
    )


def test_a_message_to_what_was_settled_too_long_ago_is_a_new_ticket_that_says_what_it_follows() -> None:
    story = Story()
    (submitted,) = story.tell(submit())
    (new,) = told(hear_late_customers, submitted, resolved(), replied(), at=20 * DAY)
    assert isinstance(new, SubmitTicket)
    assert (new.ticket_id, new.follows) == (derive(id_of("Still broken"), "new-ticket"), TICKET)
    assert (new.description, new.requester, new.product_version) == ("Still broken", SARAH, "2.1.5")
    assert new.submitted_at == MONDAY + 20 * DAY
    assert [type(event).__name__ for event in story.tell(new)] == ["TicketSubmitted", "TicketFollows"]


def test_a_message_that_reopened_its_ticket_an_answer_of_support_and_one_to_an_open_ticket_make_none() -> None:
    (submitted,) = Story().tell(submit())
    again = TicketReopened(**of(TICKET), reason="The customer wrote again")
    assert told(hear_late_customers, submitted, replied()) == []
    assert told(hear_late_customers, submitted, resolved(), again, replied()) == []
    assert told(hear_late_customers, submitted, resolved(), replied(from_customer=False)) == []


def test_a_closed_ticket_is_settled_too() -> None:
    closed = TicketStatusChanged(**of(TICKET), status=TicketStatus.CLOSED, previous=TicketStatus.OPEN)
    assert len(told(hear_late_customers, closed, replied())) == 1


def test_a_message_to_a_merged_ticket_is_heard_where_it_goes_on() -> None:
    heard = told(hear_late_customers, merged(TICKET, OTHER), replied())
    assert heard == [HearFromMerged(ticket_id=OTHER, from_reference=reference_of(TICKET))]
    back = told(hear_late_customers, merged(TICKET, OTHER), unmerged(TICKET, OTHER), replied())
    assert back == []
