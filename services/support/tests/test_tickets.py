"""A ticket from its submission to its settlement: who takes it, what a person says, what the customer hears."""

from uuid import UUID

import pytest

from nexa_chassis.domain import Refused
from nexa_contracts.support import (
    AgentName,
    CsatRecorded,
    CsatRequested,
    InternalNoteAdded,
    Severity,
    TicketAcknowledged,
    TicketAssigned,
    TicketClassified,
    TicketCorrected,
    TicketEscalated,
    TicketLinked,
    TicketPrioritised,
    TicketPriority,
    TicketQueued,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketStatus,
    TicketStatusChanged,
    TicketSubmitted,
    TicketType,
    TicketUnlinked,
    TicketUnmerged,
)
from nexa_support.read_models.conversation import conversation
from nexa_support.ticket import telling
from nexa_support.ticket.commands import (
    AcknowledgeBug,
    AddNote,
    AskCsat,
    AssignTicket,
    ChangeStatus,
    CorrectTicket,
    EscalateTicket,
    FindAccount,
    LinkBug,
    MergeTicket,
    PrioritiseTicket,
    RecordCsat,
    ReopenTicket,
    ResolveTicket,
    RouteTicket,
    UnlinkBug,
    UnmergeTicket,
)
from nexa_support.ticket.reference import reference_of
from nexa_support.ticket.state import Closed, Open, Resolved

from .stories import (
    DAY,
    HOUR,
    LEA,
    MIA,
    MONDAY,
    SARAH,
    TEAM,
    TICKET,
    TOM,
    Story,
    begun,
    desk,
    id_of,
    message,
    submit,
    take,
)

BUG = id_of("CSV export failing")
LEA_HERSELF = AgentName(agent_id=LEA.agent_id, name="Lea Brandt")


def status_of(story: Story) -> TicketStatus:
    found: TicketStatus = story.state.status
    return found


def correct(field: str, value: str) -> CorrectTicket:
    return CorrectTicket(ticket_id=TICKET, field=field, value=value, by=LEA_HERSELF)


def become(status: TicketStatus) -> ChangeStatus:
    return ChangeStatus(ticket_id=TICKET, status=status)


def resolve(**changes: object) -> ResolveTicket:
    return ResolveTicket(ticket_id=TICKET, **({"resolution": "Fix deployed in v2.1.6"} | changes))  # type: ignore[arg-type]


def acknowledge(eta: str = "Fix deployed within 24 hours") -> AcknowledgeBug:
    return AcknowledgeBug(
        ticket_id=TICKET,
        bug_id=BUG,
        status="In Progress",
        priority="Critical (P1)",
        eta=eta,
        eta_at=None,
        workaround="Use JSON export temporarily",
    )


def refused(story: Story, command: object) -> str:
    with pytest.raises(Refused) as why:
        story.tell(command)
    return why.value.rule


def test_a_reference_is_short_unmistakable_and_of_the_ticket_alone() -> None:
    assert reference_of(UUID(int=0)) == "T-0000000000"
    assert reference_of(UUID(int=(1 << 50) - 1)) == "T-ZZZZZZZZZZ"
    assert len({reference_of(id_of(str(number))) for number in range(2_000)}) == 2_000
    assert not set("ILOU") & set("".join(reference_of(id_of(str(number)))[2:] for number in range(200)))


def test_a_submitted_ticket_is_open_and_the_same_submission_changes_nothing() -> None:
    story = Story()
    (submitted,) = story.tell(submit(subject="  Export\n function  not working "))
    assert isinstance(submitted, TicketSubmitted)
    assert (submitted.subject, submitted.reference) == ("Export function not working", reference_of(TICKET))
    assert status_of(story) is TicketStatus.OPEN
    assert story.tell(submit()) == []


def test_a_mail_without_a_subject_is_a_ticket_too() -> None:
    (submitted,) = Story().tell(submit(subject="  "))
    assert isinstance(submitted, TicketSubmitted)
    assert submitted.subject == "(no subject)"


def test_an_analysed_bug_of_high_priority_goes_to_a_senior_agent_to_be_investigated_within_2_hours() -> None:
    story = begun()
    (classified,) = story.of(TicketClassified)
    assert (classified.type, classified.priority, classified.severity) == ("bug", "high", "p2")
    assert (classified.similar, classified.recommended_priority) == (5, "p1")
    (assigned,) = story.of(TicketAssigned)
    assert assigned.agent == LEA_HERSELF
    assert (assigned.instruction, assigned.due_at) == ("Investigate within 2 hours", MONDAY + 2 * HOUR)
    assert {each.name: each.reason for each in assigned.because.candidates} == {
        "Lea Brandt": "knows data_export, next in turn of those who can (0 of 20 open tickets)",
        "Tom Weber": "not senior",
    }


def test_the_same_analysis_twice_is_taken_once() -> None:
    story = begun()
    assert story.tell(take()) == []


def test_a_question_goes_to_any_agent_and_has_no_time_of_its_own() -> None:
    story = Story(desk(TOM))
    story.tell(submit())
    story.tell(take(type="question", priority="normal"))
    (assigned,) = story.of(TicketAssigned)
    assert (assigned.agent.name, assigned.due_at) == ("Tom Weber", None)


@pytest.mark.parametrize("unsure", ["type", "priority"])
def test_what_the_analysis_abstains_from_needs_a_person_who_says_it_before_anybody_gets_it(unsure: str) -> None:
    story = Story()
    story.tell(submit())
    story.tell(take(**{unsure: None}))  # type: ignore[arg-type]
    assert story.of(TicketClassified)[0].needs_person
    assert story.of(TicketAssigned) == []
    assert story.tell(RouteTicket(ticket_id=TICKET)) == []
    story.tell(correct("feature", "data_export"))
    assert story.of(TicketAssigned) == []
    story.tell(correct(unsure, {"type": "bug", "priority": "critical"}[unsure]))
    assert [each.agent.name for each in story.of(TicketAssigned)] == ["Lea Brandt"]


def test_a_corrected_field_is_a_label_with_the_analysis_and_stays_when_a_later_analysis_comes() -> None:
    story = begun()
    story.tell(correct("feature", "email_sync"))
    (label,) = story.of(TicketCorrected)
    assert (label.before, label.after, label.by, label.analysis_id) == (
        "data_export",
        "email_sync",
        LEA_HERSELF,
        "analysis@1",
    )
    assert story.tell(correct("feature", "email_sync")) == []
    story.tell(take("analysis@2", sentiment="content"))
    later = story.of(TicketClassified)[-1]
    assert (later.feature, later.sentiment) == ("email_sync", "content")


def test_a_ticket_that_was_corrected_before_its_analysis_came_keeps_the_correction() -> None:
    story = Story()
    story.tell(submit())
    story.tell(correct("type", "question"))
    story.tell(take())
    assert story.of(TicketClassified)[0].type is TicketType.QUESTION
    assert story.of(TicketCorrected)[0].analysis_id is None


def test_the_type_that_the_sender_gave_stays() -> None:
    story = Story()
    story.tell(submit(type=TicketType.FEATURE))
    story.tell(take())
    assert story.of(TicketClassified)[0].type is TicketType.FEATURE


def test_a_corrected_priority_takes_the_severity_along_unless_somebody_said_that_too() -> None:
    story = begun()
    story.tell(correct("priority", "low"))
    assert story.of(TicketPrioritised)[-1].severity is Severity.P4
    story.tell(correct("severity", "p2"))
    story.tell(correct("priority", "critical"))
    assert story.of(TicketPrioritised)[-1].severity is Severity.P2


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("colour", "red", "ticket.field"),
        ("type", "nonsense", "ticket.value"),
        ("severity", "p9", "ticket.value"),
        ("feature", " ", "ticket.value"),
    ],
)
def test_what_cannot_be_said_of_a_ticket_is_refused(field: str, value: str, rule: str) -> None:
    assert refused(begun(), correct(field, value)) == rule


def test_an_analysis_that_comes_after_the_ticket_was_resolved_is_noted_and_nobody_gets_the_ticket() -> None:
    story = Story()
    story.tell(submit())
    story.tell(resolve())
    (classified,) = story.tell(take())
    assert isinstance(classified, TicketClassified)
    assert status_of(story) is TicketStatus.RESOLVED


def test_nobody_to_take_it_makes_it_wait_once_and_the_first_with_room_gets_it() -> None:
    story = begun(desk(TOM))
    (queued,) = story.of(TicketQueued)
    assert [(each.name, each.reason) for each in queued.because.candidates] == [("Tom Weber", "not senior")]
    assert story.tell(RouteTicket(ticket_id=TICKET), MONDAY + HOUR) == []
    (again,) = story.tell(RouteTicket(ticket_id=TICKET, say_again=True), MONDAY + HOUR)
    assert isinstance(again, TicketQueued)
    assert again.waiting_since == MONDAY
    story.desk = TEAM
    story.tell(RouteTicket(ticket_id=TICKET), MONDAY + 2 * HOUR)
    assert [each.agent.name for each in story.of(TicketAssigned)] == ["Lea Brandt"]


def test_a_ticket_that_waited_when_it_was_merged_waits_again_in_its_old_place() -> None:
    story = begun(desk(TOM))
    other = id_of("the other ticket")
    story.tell(MergeTicket(ticket_id=TICKET, into_id=other, into_reference=reference_of(other)), MONDAY + HOUR)
    assert story.tell(RouteTicket(ticket_id=TICKET, say_again=True), MONDAY + HOUR) == []
    unmerged, queued = story.tell(UnmergeTicket(ticket_id=TICKET, reason="another matter"), MONDAY + 2 * HOUR)
    assert isinstance(unmerged, TicketUnmerged)
    assert isinstance(queued, TicketQueued)
    assert queued.waiting_since == MONDAY


def test_a_person_gives_it_to_whom_they_want_and_the_desk_counts_it_there() -> None:
    story = begun()
    assert (story.load(LEA), story.load(TOM)) == (1, 0)
    story.tell(AssignTicket(ticket_id=TICKET, agent_id=TOM.agent_id, reason="knows the customer"))
    assert story.of(TicketAssigned)[-1].previous == LEA_HERSELF
    assert (story.load(LEA), story.load(TOM)) == (0, 1)
    story.tell(resolve())
    assert (story.load(LEA), story.load(TOM)) == (0, 0)
    story.tell(ReopenTicket(ticket_id=TICKET, reason="not fixed"))
    assert story.load(TOM) == 1


def test_a_ticket_is_given_to_agents_and_managers_alone() -> None:
    engineer = id_of("nobody of the roster")
    assert refused(begun(), AssignTicket(ticket_id=TICKET, agent_id=engineer, reason="why not")) == "agent.unknown"
    begun(desk(LEA, MIA)).tell(AssignTicket(ticket_id=TICKET, agent_id=MIA.agent_id, reason="hers"))


def test_an_escalated_ticket_is_critical_and_p1_and_with_a_team() -> None:
    story = begun()
    command = EscalateTicket(ticket_id=TICKET, escalated_to="engineering_team", reason="blocks core functionality")
    story.tell(command)
    (escalated,) = story.of(TicketEscalated)
    assert (escalated.priority, escalated.severity) == (TicketPriority.CRITICAL, Severity.P1)
    assert (escalated.feature, escalated.agent) == ("data_export", LEA_HERSELF)
    assert status_of(story) is TicketStatus.ESCALATED
    assert story.tell(command) == []
    story.tell(take("analysis@2", priority="low"))
    assert story.of(TicketClassified)[-1].severity is Severity.P1


def test_an_answer_of_the_customer_ends_the_waiting_for_them_and_the_work_stands_where_it_stood() -> None:
    story = begun()
    story.tell(EscalateTicket(ticket_id=TICKET, escalated_to="engineering_team", reason="reproduced"))
    story.tell(become(TicketStatus.WAITING_FOR_CUSTOMER))
    story.tell(message("It was the second export"))
    changed = story.of(TicketStatusChanged)[-1]
    assert (changed.previous, changed.status) == (TicketStatus.WAITING_FOR_CUSTOMER, TicketStatus.ESCALATED)


def test_an_agent_who_answers_has_begun_to_work() -> None:
    story = begun()
    story.tell(message("We look into it", from_customer=False, by_agent=LEA.agent_id))
    assert status_of(story) is TicketStatus.IN_PROGRESS


@pytest.mark.parametrize("status", [TicketStatus.RESOLVED, TicketStatus.ESCALATED, TicketStatus.MERGED])
def test_what_has_a_command_of_its_own_is_no_status_to_be_set(status: TicketStatus) -> None:
    assert refused(begun(), become(status)) == "ticket.status"


def test_a_message_comes_in_once_and_an_empty_one_not_at_all() -> None:
    story = begun()
    assert len(story.tell(message("Hello?"))) == 1
    assert story.tell(message("Hello?")) == []
    assert refused(story, message(" ")) == "reply.empty"
    assert refused(story, AddNote(ticket_id=TICKET, note_id=id_of("n"), author="Lea", text=" ")) == "note.empty"


def test_a_note_is_a_note_and_nothing_that_a_customer_sees_is_made_of_it() -> None:
    story = begun()
    secret = AddNote(ticket_id=TICKET, note_id=id_of("n"), author="Lea", text="On thin ice", next_steps="Be quick")
    (noted,) = story.tell(secret)
    assert isinstance(noted, InternalNoteAdded)
    assert (noted.text, noted.next_steps) == ("On thin ice", "Be quick")
    assert story.tell(secret) == []
    assert telling.summary(noted) == "Lea wrote an internal note"
    assert not isinstance(noted, telling.CUSTOMER_KNOWS)
    assert InternalNoteAdded not in conversation.on


def test_a_customer_who_answers_in_time_reopens_what_was_settled() -> None:
    story = begun()
    story.tell(resolve())
    events = story.tell(message("Still broken"), MONDAY + 13 * DAY)
    assert [type(event) for event in events][:2] == [TicketReopened, TicketReplied]
    assert isinstance(story.state, Open)
    story.tell(become(TicketStatus.CLOSED), MONDAY + 14 * DAY)
    assert isinstance(story.state, Closed)
    story.tell(message("And again"), MONDAY + 20 * DAY)
    assert isinstance(story.state, Open)


def test_a_customer_who_answers_too_late_is_kept_and_the_ticket_stays_settled() -> None:
    story = begun()
    story.tell(resolve())
    (kept,) = story.tell(message("Still broken"), MONDAY + 15 * DAY)
    assert isinstance(kept, TicketReplied)
    assert isinstance(story.state, Resolved)


def test_how_long_an_answer_reopens_can_be_set() -> None:
    story = begun(desk(LEA, reopen_within=HOUR))
    story.tell(resolve())
    story.tell(message("Still broken"), MONDAY + 2 * HOUR)
    assert isinstance(story.state, Resolved)


def test_a_ticket_is_about_one_bug_at_a_time() -> None:
    story = begun()
    other = id_of("another bug")
    story.tell(LinkBug(ticket_id=TICKET, bug_id=BUG, because="said by Lea Brandt"))
    assert story.tell(LinkBug(ticket_id=TICKET, bug_id=BUG, because="suggested")) == []
    story.tell(LinkBug(ticket_id=TICKET, bug_id=other, because="said by Lea Brandt"))
    assert [type(event) for event in story.events[-3:]] == [TicketLinked, TicketUnlinked, TicketLinked]
    assert story.of(TicketLinked)[-1].product_version == "2.1.5"
    assert story.tell(UnlinkBug(ticket_id=TICKET, bug_id=BUG, reason="no")) == []
    story.tell(UnlinkBug(ticket_id=TICKET, bug_id=other, reason="no"))
    assert story.state.ticket.bug_id is None


def test_a_customer_is_told_the_same_of_a_bug_once() -> None:
    story = begun()
    assert story.tell(acknowledge()) == []
    story.tell(LinkBug(ticket_id=TICKET, bug_id=BUG, because="said by Lea Brandt"))
    (told,) = story.tell(acknowledge())
    assert isinstance(told, TicketAcknowledged)
    assert (told.requester, told.workaround) == (SARAH, "Use JSON export temporarily")
    assert story.tell(acknowledge()) == []
    assert len(story.tell(acknowledge("Fix deployed tomorrow"))) == 1
    story.tell(resolve())
    assert story.tell(acknowledge("Fix deployed today")) == []


def test_a_fix_settles_a_ticket_once_and_only_one_that_is_about_its_bug() -> None:
    story = begun()
    fix = resolve(bug_id=BUG, deployment_id=id_of("v2.1.6"), version="2.1.6", feature_name="CSV export")
    assert story.tell(fix) == []
    story.tell(LinkBug(ticket_id=TICKET, bug_id=BUG, because="said by Lea Brandt"))
    story.tell(fix, MONDAY + 12 * HOUR)
    (resolved,) = story.of(TicketResolved)
    assert (resolved.resolved_at, resolved.tell_customer, resolved.version) == (MONDAY + 12 * HOUR, True, "2.1.6")
    assert story.tell(fix) == []


def test_a_withdrawn_deployment_reopens_what_it_had_settled_and_nothing_else() -> None:
    story = begun()
    story.tell(LinkBug(ticket_id=TICKET, bug_id=BUG, because="said by Lea Brandt"))
    story.tell(resolve(bug_id=BUG, deployment_id=id_of("v2.1.6")))
    other = ReopenTicket(ticket_id=TICKET, reason="withdrawn", bug_id=BUG, deployment_id=id_of("v2.1.7"))
    assert story.tell(other) == []
    story.tell(ReopenTicket(ticket_id=TICKET, reason="withdrawn", bug_id=BUG, deployment_id=id_of("v2.1.6")))
    assert story.of(TicketReopened)[0].bug_id == BUG
    assert status_of(story) is TicketStatus.OPEN


def test_who_heard_of_the_same_fix_is_not_told_again() -> None:
    story = begun()
    story.tell(resolve(told=SARAH.model_copy(update={"contact_id": None, "email": "Sarah.Miller@ACME.example"})))
    assert not story.of(TicketResolved)[0].tell_customer


def test_a_customer_is_asked_once_and_a_later_answer_replaces_the_earlier() -> None:
    story = begun()
    ask, answer = AskCsat(ticket_id=TICKET), RecordCsat(ticket_id=TICKET, score=9, comment="")
    assert story.tell(ask) == []
    assert refused(story, answer) == "csat.not_asked"
    story.tell(resolve())
    (asked,) = story.tell(ask)
    assert isinstance(asked, CsatRequested)
    assert story.tell(ask) == []
    story.tell(answer)
    assert story.tell(answer) == []
    story.tell(RecordCsat(ticket_id=TICKET, score=3, comment="Broken again"))
    assert [(each.score, each.agent) for each in story.of(CsatRecorded)] == [(9, LEA_HERSELF), (3, LEA_HERSELF)]
    assert refused(story, RecordCsat(ticket_id=TICKET, score=11, comment="")) == "csat.score"


def test_nobody_is_asked_who_left_no_address() -> None:
    story = begun(requester=SARAH.model_copy(update={"email": None}))
    story.tell(resolve())
    assert story.tell(AskCsat(ticket_id=TICKET)) == []


def test_the_account_of_a_ticket_is_found_later_and_every_event_after_that_names_it() -> None:
    story = Story()
    story.tell(submit(account_id=None, account_name=None))
    account = id_of("Acme Corp")
    found = FindAccount(ticket_id=TICKET, account_id=account, account_name="Acme Corp", because="address of a contact")
    assert len(story.tell(found)) == 1
    assert story.tell(found) == []
    story.tell(resolve())
    assert story.of(TicketResolved)[0].account_id == account


def test_what_a_person_says_of_priority_and_severity_stays() -> None:
    story = begun()
    command = PrioritiseTicket(ticket_id=TICKET, priority=TicketPriority.LOW, severity=Severity.P4, reason="cosmetic")
    story.tell(command)
    assert story.tell(command) == []
    story.tell(take("analysis@2"))
    assert story.of(TicketClassified)[-1].priority is TicketPriority.LOW


def test_an_unknown_ticket_is_not_found() -> None:
    for command in (message("x"), resolve(), become(TicketStatus.OPEN), take(), AskCsat(ticket_id=TICKET)):
        assert refused(Story(), command) == "ticket.unknown"
