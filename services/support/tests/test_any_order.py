"""Whatever is done with tickets, in whatever order: each stands somewhere, and no message is lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from nexa_chassis.domain import Refused
from nexa_chassis.testing import project
from nexa_contracts.envelope import Event
from nexa_contracts.support import Severity, TicketPriority, TicketReplied, TicketStatus
from nexa_support.aggregates import ticket
from nexa_support.read_models.conversation import conversation
from nexa_support.read_models.ticket_list import ticket_list
from nexa_support.ticket.commands import (
    AcknowledgeBug,
    AddNote,
    AskCsat,
    AssignTicket,
    ChangeStatus,
    CorrectTicket,
    EscalateTicket,
    FindAccount,
    HearFromMerged,
    LinkBug,
    PrioritiseTicket,
    RecordCsat,
    ReopenTicket,
    ResolveTicket,
    RouteTicket,
    UnlinkBug,
)
from nexa_support.ticket.state import Closed, Merged, Open, Resolved, Stage

from .stories import DAY, HOUR, LEA, MIA, MONDAY, TEAM, TOM, Story, id_of, message, submit, take

TICKETS = [id_of(name) for name in ("one", "two", "three")]
BUGS = [id_of(name) for name in ("a bug", "another bug")]
Act = Callable[[Story, timedelta], None]

a_ticket = st.sampled_from(TICKETS)
a_bug = st.sampled_from(BUGS)


def telling(command: Any) -> Act:
    return lambda story, since: story.tell(command, MONDAY + since) and None


def commands_of(ticket_id: UUID) -> st.SearchStrategy[Any]:
    of = st.just(ticket_id)
    people = st.sampled_from([LEA.agent_id, TOM.agent_id, MIA.agent_id])
    words = st.sampled_from(["a", "b", "c", "d"])
    return st.one_of(
        st.builds(take, words, ticket_id=of, type=st.sampled_from(["bug", "question", None])),
        st.builds(
            lambda who, said: message(f"{ticket_id} {said} {who}", from_customer=who, ticket_id=ticket_id),
            st.booleans(),
            words,
        ),
        st.builds(AddNote, ticket_id=of, note_id=words.map(id_of), author=st.just("Lea"), text=st.just("a note")),
        st.builds(ChangeStatus, ticket_id=of, status=st.sampled_from(TicketStatus)),
        st.builds(
            CorrectTicket,
            ticket_id=of,
            field=st.just("type"),
            value=st.sampled_from(["bug", "question"]),
            by=st.none(),
        ),
        st.builds(
            PrioritiseTicket,
            ticket_id=of,
            priority=st.sampled_from(TicketPriority),
            severity=st.sampled_from(Severity),
            reason=st.just("so"),
        ),
        st.builds(AssignTicket, ticket_id=of, agent_id=people, reason=st.just("so")),
        st.builds(RouteTicket, ticket_id=of, say_again=st.booleans()),
        st.builds(EscalateTicket, ticket_id=of, escalated_to=st.just("engineering"), reason=st.just("so")),
        st.builds(LinkBug, ticket_id=of, bug_id=a_bug, because=st.just("so")),
        st.builds(UnlinkBug, ticket_id=of, bug_id=a_bug, reason=st.just("not so")),
        st.builds(
            AcknowledgeBug,
            ticket_id=of,
            bug_id=a_bug,
            status=st.just("In Progress"),
            priority=st.just("P1"),
            eta=words,
            eta_at=st.none(),
            workaround=st.just(""),
        ),
        st.builds(ResolveTicket, ticket_id=of, resolution=st.just("done"), bug_id=st.none() | a_bug),
        st.builds(ReopenTicket, ticket_id=of, reason=st.just("not done"), bug_id=st.none() | a_bug),
        st.builds(HearFromMerged, ticket_id=of, from_reference=st.just("T-0000000001")),
        st.builds(AskCsat, ticket_id=of),
        st.builds(RecordCsat, ticket_id=of, score=st.integers(0, 10), comment=st.just("")),
        st.builds(FindAccount, ticket_id=of, account_id=words.map(id_of), account_name=words, because=st.just("so")),
    )


def splitting(one: UUID) -> Act:
    """Whatever was written in the ticket and is in none of its own goes into one."""

    def act(story: Story, since: timedelta) -> None:
        known = story.states[one].ticket
        here = [reply_id for reply_id in known.replies if reply_id not in known.elsewhere]
        new = id_of(f"split {len(story.states)}")
        if here and not isinstance(story.states[one], Merged):
            story.split(one, new, *here[:2])

    return act


def undoing_a_split(one: UUID) -> Act:
    def act(story: Story, since: timedelta) -> None:
        for new in story.states[one].ticket.splits:
            if not isinstance(story.states[one], Merged) and not isinstance(story.states[new], Merged):
                story.undo_split(one, new)
                return

    return act


def merging(one: UUID, into: UUID) -> Act:
    """As over HTTP, both or neither: the ticket must be none that already goes on elsewhere."""

    def act(story: Story, since: timedelta) -> None:
        if one != into and not any(isinstance(story.states[each], Merged) for each in (one, into)):
            story.merge(one, into)

    return act


def unmerging(one: UUID) -> Act:
    def act(story: Story, since: timedelta) -> None:
        state = story.states[one]
        if isinstance(state, Merged):
            story.unmerge(one, state.into_id)

    return act


a_command = st.one_of([commands_of(ticket_id) for ticket_id in TICKETS])
changing_places = st.one_of(
    a_ticket.map(splitting),
    a_ticket.map(undoing_a_split),
    st.permutations(TICKETS).map(lambda places: merging(*places[:2])),
    a_ticket.map(unmerging),
)
an_act = st.integers(0, 9).flatmap(lambda number: changing_places if number < 3 else a_command.map(telling))
a_pause = st.sampled_from([timedelta(), HOUR, 3 * DAY, 20 * DAY])
a_course = st.lists(st.tuples(an_act, a_pause), min_size=20, max_size=60)


def told(course: list[tuple[Act, timedelta]], story: Story | None = None) -> Story:
    """The story of the course; what is refused did not happen."""
    if story is None:
        story = Story(TEAM)
        for ticket_id in TICKETS:
            story.tell(submit(ticket_id))
    since = timedelta()
    for act, pause in course:
        since += pause
        try:
            act(story, since)
        except Refused:
            continue
    return story


def of_ticket(story: Story, ticket_id: UUID) -> list[Event]:
    return [event for event in story.events if event.ticket_id == ticket_id]  # type: ignore[attr-defined]


def read_in(story: Story, reply_id: UUID, written_in: UUID) -> UUID:
    """The ticket in which a message is read; fails where that runs in a circle."""
    splits = story.states[written_in].ticket.splits
    place = next((new for new, moved in splits.items() if reply_id in moved), written_in)
    seen = set()
    while isinstance(state := story.states[place], Merged):
        assert place not in seen
        seen.add(place)
        place = state.into_id
    return place


@settings(max_examples=150, deadline=None)
@for_all(a_course)
def test_every_order_leaves_each_ticket_in_a_stage_that_its_events_alone_give(
    course: list[tuple[Act, timedelta]],
) -> None:
    story = told(course)
    for ticket_id, state in story.states.items():
        assert isinstance(state, Open | Resolved | Closed | Merged)
        again: Any = ticket.initial
        for event in of_ticket(story, ticket_id):
            again = ticket.evolve(again, event)
        assert again == state
    for event in story.events:
        assert type(event).model_validate_json(event.model_dump_json()) == event


@settings(max_examples=150, deadline=None)
@for_all(a_course)
def test_every_order_keeps_every_message_and_each_is_read_in_one_ticket(
    course: list[tuple[Act, timedelta]],
) -> None:
    story = told(course)
    replies = story.of(TicketReplied)
    assert len({reply.reply_id for reply in replies}) == len(replies)
    for reply in replies:
        assert reply.reply_id in story.states[reply.ticket_id].ticket.replies
        assert not isinstance(story.states[read_in(story, reply.reply_id, reply.ticket_id)], Merged)
    feed = [event for event in story.events if type(event) in conversation.on]
    shown: list[Any] = [row for row in project(conversation, *feed) if "text" in row]
    kept = {row["reply_id"] for row in shown if row["text"] is not None}
    assert {reply.reply_id for reply in replies} <= kept


@settings(max_examples=150, deadline=None)
@for_all(a_course)
def test_every_order_counts_each_open_ticket_for_who_has_it_and_shows_it_as_it_stands(
    course: list[tuple[Act, timedelta]],
) -> None:
    story = told(course)
    holders = [state.ticket.agent for state in story.states.values() if isinstance(state, Open)]
    for agent_id, seat in story.desk.seats.items():
        assert seat.open_tickets == sum(holder is not None and holder.agent_id == agent_id for holder in holders)
    rows: dict[UUID, Any] = {row["ticket_id"]: row for row in project(ticket_list, *story.events)}
    for ticket_id, state in story.states.items():
        row, known = rows[ticket_id], state.ticket
        assert (TicketStatus.MERGED if row["into_id"] else row["work_status"]) == state.status
        shown = (row["agent_id"], row["bug_id"], row["type"], row["priority"], row["severity"], row["waiting_since"])
        agent_id = known.agent.agent_id if known.agent else None
        assert shown == (agent_id, known.bug_id, known.type, known.priority, known.severity, known.waiting_since)
        needs = bool(row["needs_person"]) and (row["type"] is None or not row["priority_seen"])
        assert needs == known.needs_person


@settings(max_examples=150, deadline=None)
@for_all(a_course)
def test_merged_and_unmerged_both_tickets_are_what_they_were(course: list[tuple[Act, timedelta]]) -> None:
    story = told(course)
    one, into = TICKETS[:2]
    before = dict(story.states)
    if isinstance(before[one], Merged) or isinstance(before[into], Merged):
        return
    story.merge(one, into)
    story.unmerge(one, into)
    assert {each: story.states[each] for each in (one, into)} == {each: before[each] for each in (one, into)}


@settings(max_examples=150, deadline=None)
@for_all(a_course, st.lists(st.sampled_from("abcdef"), max_size=6), st.lists(st.sampled_from("abcdef"), max_size=6))
def test_what_was_written_while_tickets_were_merged_stays_where_it_was_written(
    course: list[tuple[Act, timedelta]], here: list[str], there: list[str]
) -> None:
    story = told(course)
    one, into = TICKETS[:2]
    before = dict(story.states)
    if isinstance(before[one], Merged) or isinstance(before[into], Merged):
        return
    story.merge(one, into)
    for ticket_id, said in ((one, here), (into, there)):
        for text in said:
            story.tell(message(f"{ticket_id} merged {text}", ticket_id=ticket_id))
    story.unmerge(one, into)
    for ticket_id, said in ((one, here), (into, there)):
        new = tuple(dict.fromkeys(id_of(f"{ticket_id} merged {text}") for text in said))
        assert story.states[ticket_id].ticket.replies == (*before[ticket_id].ticket.replies, *new)
    assert _without_replies(story.states[one]) == _without_replies(before[one])


def _without_replies(stage: Stage) -> Stage:
    return replace(stage, ticket=replace(stage.ticket, replies=()))


@settings(max_examples=150, deadline=None)
@for_all(a_course, st.integers(1, 4))
def test_split_and_undone_the_ticket_is_what_it_was_and_has_all_its_messages(
    course: list[tuple[Act, timedelta]], count: int
) -> None:
    story = told(course)
    one, new = TICKETS[0], id_of("the new one")
    if isinstance(story.states[one], Merged):
        return
    story.tell(message("a last word", ticket_id=one))
    before = story.states[one]
    movable = [each for each in before.ticket.replies if each not in before.ticket.elsewhere]
    story.split(one, new, *movable[-count:])
    assert {read_in(story, each, one) for each in movable[-count:]} == {new}
    story.tell(message("meanwhile", ticket_id=new))
    story.undo_split(one, new)
    after = story.states[one].ticket
    assert {read_in(story, each, one) for each in movable} == {one}
    assert read_in(story, id_of("meanwhile"), new) == one
    undone = {"undone_splits": before.ticket.undone_splits, "absorbed": before.ticket.absorbed}
    assert replace(after, **undone) == before.ticket
