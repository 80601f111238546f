"""Tickets and wishes on the timeline: under the account they turn out to be of, with nothing internal for the customer."""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from nexa_chassis.domain import Recorded
from nexa_chassis.rows_in_memory import rows_after
from nexa_chassis.testing import project
from nexa_contracts import support
from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.notifier import EmailSent, SurveyAnswered
from nexa_contracts.values import ContactId
from nexa_success.read_models.timeline import KIND_OF, UNTOLD, entries, subjects, timeline
from nexa_success.timeline.sentences import sentence
from nexa_success.timeline.visibility import Visibility, visibility_of

from .stories import ACCOUNT, MONDAY, account_created, contact_created, id_of
from .test_timeline import fact

TICKET = id_of("Acme's ticket")
OTHER = id_of("Beta Ltd")
SARAH_THE_CONTACT: ContactId = id_of("Sarah the contact")
SARAH = support.Requester(name="Sarah Miller", email="sarah@acme.example", contact_id=SARAH_THE_CONTACT)
LEA = support.AgentName(agent_id=id_of("Lea Brandt"), name="Lea Brandt")
SECRET = "Module csv-parser not found, they are behind with their payments"


def ticket(kind: type[Event], account_id: UUID | None = None, **changes: Any) -> Any:
    """The example of that event, of Acme's ticket."""
    of_acme = {"ticket_id": TICKET, "account_id": account_id, "account_name": "Acme Corp" if account_id else None}
    return EXAMPLES[kind].model_copy(update={**of_acme, **changes})


def the_ticket() -> list[Recorded]:
    """Nobody knows whose it is, then it is taken for another company's, then it is found to be Acme's."""
    events = [
        ticket(support.TicketSubmitted, requester=SARAH),
        ticket(support.TicketAssigned, agent=LEA),
        ticket(support.InternalNoteAdded, text=SECRET, next_steps=SECRET),
        ticket(support.TicketAccountFound, OTHER),
        ticket(support.TicketReplied, OTHER, requester=SARAH),
        ticket(support.TicketAccountFound, ACCOUNT, because="said by an agent"),
        ticket(support.TicketLinked, ACCOUNT, requester=SARAH),
        ticket(support.TicketAcknowledged, ACCOUNT, requester=SARAH),
        ticket(support.TicketResolved, ACCOUNT, requester=SARAH),
        ticket(support.SlaBreached, ACCOUNT),
        ticket(support.CsatRecorded, ACCOUNT),
    ]
    return [
        fact(event, version, time=MONDAY + version * timedelta(minutes=1)) for version, event in enumerate(events, 1)
    ]


def mails() -> list[Recorded]:
    sent = [
        EmailSent(notification_id=id_of(kind), kind=kind, about=TICKET, attempts=1)
        for kind in ("ticket_received", "ticket_assigned")
    ]
    return [fact(mail, 4, time=MONDAY + timedelta(minutes=1)) for mail in sent]


def interleaved(streams: Sequence[Sequence[Recorded]], seed: int) -> list[Recorded]:
    """An order in which these streams may arrive: each keeps its own order."""
    chance, waiting = random.Random(seed), [list(each) for each in streams]
    order: list[Recorded] = []
    while any(waiting):
        order.append(chance.choice([each for each in waiting if each]).pop(0))
    return order


def shown_of(account_id: UUID, facts: Sequence[Recorded]) -> list[dict[str, object]]:
    """What `entries_of` selects, in memory."""
    rows = rows_after(timeline, facts)
    theirs = {row["subject_id"] for row in rows.of(subjects) if row["account_id"] == account_id} | {account_id}
    found = [row for row in rows.of(entries) if row["subject_id"] in theirs]
    return sorted(found, key=lambda row: (row["occurred_at"], row["place"], row["version"], row["entry_id"]))


def streams() -> list[list[Recorded]]:
    known = [fact(account_created()), fact(contact_created())]
    voted = [fact(EXAMPLES[support.FeatureVoted].model_copy(update={"account_id": ACCOUNT}), 2)]
    return [the_ticket(), *([each] for each in (*mails(), *known)), voted]


@pytest.mark.parametrize("seed", range(20))
def test_in_every_order_of_the_topics_a_ticket_stands_with_all_its_entries_under_its_account(seed: int) -> None:
    in_order = shown_of(ACCOUNT, [each for stream in streams() for each in stream])
    assert {"TicketSubmitted", "InternalNoteAdded", "CsatRecorded", "EmailSent", "FeatureVoted"} <= {
        str(row["type"]).split(".")[2] for row in in_order
    }
    assert len([row for row in in_order if row["subject_id"] == TICKET]) == len(the_ticket()) + len(mails())
    mixed = interleaved(streams(), seed)
    assert shown_of(ACCOUNT, mixed) == in_order
    assert shown_of(OTHER, mixed) == []


def test_a_ticket_of_nobody_known_is_on_no_timeline_and_on_one_with_its_beginning_once_it_is() -> None:
    facts = the_ticket()
    assert shown_of(ACCOUNT, facts[:3]) == []
    assert [row["version"] for row in shown_of(OTHER, facts[:4])] == [1, 2, 3, 4]
    assert [row["version"] for row in shown_of(ACCOUNT, facts[:6])] == [1, 2, 3, 4, 5, 6]


def customer_rows() -> Iterator[dict[str, object]]:
    for row in shown_of(ACCOUNT, [each for stream in streams() for each in stream]):
        if row["visibility"] == Visibility.CUSTOMER.value:
            yield row


def test_a_customer_sees_what_they_were_told_and_nothing_else_of_a_ticket() -> None:
    assert [row["summary"] for row in customer_rows() if row["subject_id"] == TICKET] == [
        "T-7K3QX2M9AB: Reported by email: Export function not working",
        "Mail sent: ticket received",
        "T-7K3QX2M9AB: Answered by email",
        "T-7K3QX2M9AB: The bug is known (In Progress): Fix deployed within 24 hours. "
        "You can use JSON export in the meantime.",
        "T-7K3QX2M9AB: Resolved: Fix deployed in v2.1.6",
        "T-7K3QX2M9AB: Gave 9 of 10: Quick fix, thank you!",
    ]


def test_the_text_of_an_internal_note_is_in_no_entry_and_the_note_itself_in_none_of_the_customers() -> None:
    rows = rows_after(timeline, the_ticket()).of(entries)
    assert SECRET not in str(rows)
    assert not any("note" in str(row["summary"]) for row in customer_rows())


INSIDE = (
    support.InternalNoteAdded,
    support.TicketAccountFound,
    support.TicketAssigned,
    support.TicketEscalated,
    support.TicketLinked,
    support.TicketMerged,
    support.TicketReopened,
    support.TicketPrioritised,
    support.TicketStatusChanged,
    support.SlaWarned,
    support.SlaBreached,
    support.FeatureVoted,
)


@pytest.mark.parametrize("kind", INSIDE, ids=lambda kind: kind.__name__)
def test_work_on_tickets_stays_inside(kind: type[Event]) -> None:
    assert visibility_of(EXAMPLES[kind]) is Visibility.INTERNAL


def test_what_an_agent_took_out_of_a_ticket_stays_inside() -> None:
    split = ticket(support.TicketSubmitted, split_from=id_of("another ticket"))
    assert visibility_of(split) is Visibility.INTERNAL
    assert sentence(split) == "T-7K3QX2M9AB: Taken out of another ticket: Export function not working"


def test_an_entry_of_a_ticket_names_the_contact_who_wrote_else_the_agent() -> None:
    by_kind = {str(row["type"]).split(".")[2]: row for row in rows_after(timeline, the_ticket()).of(entries)}
    assert by_kind["TicketSubmitted"]["person_id"] == SARAH_THE_CONTACT
    assert by_kind["TicketAssigned"]["person_id"] == LEA.agent_id


def test_each_account_that_wished_for_a_feature_has_an_entry_once_it_is_there() -> None:
    voters = tuple(support.Voter(account_id=each, account_name=str(each)) for each in (ACCOUNT, OTHER))
    shipped = EXAMPLES[support.FeatureShipped].model_copy(update={"voters": voters})
    rows = project(timeline, fact(shipped, 4)).of(entries)
    assert {row["subject_id"] for row in rows} == {ACCOUNT, OTHER}
    assert len({row["entry_id"] for row in rows}) == 2
    assert {row["summary"] for row in rows} == {
        "What they wished for is there with 2.2.0: Enhanced export options (Excel, bulk, scheduled)"
    }


@pytest.mark.parametrize("kind", ["rep_notice", "bug_given", "feature_shipped"])
def test_mails_about_no_customer_are_on_no_timeline(kind: str) -> None:
    sent = EmailSent(notification_id=id_of(kind), kind=kind, about=id_of("something else"), attempts=1)
    assert rows_after(timeline, [fact(sent)]).of(entries) == []


def test_an_answered_survey_is_told_once_by_the_ticket() -> None:
    assert SurveyAnswered in UNTOLD
    assert support.CsatRecorded in KIND_OF
