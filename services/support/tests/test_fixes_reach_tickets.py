"""From a fix to every ticket about the bug: in whatever order the facts come, and each customer told once."""

import random
from functools import partial
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as cases
from hypothesis import settings
from hypothesis import strategies as st

from nexa_contracts.support import (
    CsatRequested,
    DeploymentType,
    Requester,
    Severity,
    TicketAcknowledged,
    TicketLinked,
    TicketReopened,
    TicketResolved,
)
from nexa_support.bug.commands import CheckRecurrence, OpenBug, ReopenBug, TellCustomers, TriageBug
from nexa_support.bug.recurrence import Evidence, Report
from nexa_support.bug.state import Active, Fixed
from nexa_support.deployment.decisions import CompleteDeployment, RollOut, WithdrawDeployment, deployment_of
from nexa_support.ticket.commands import (
    AbsorbTicket,
    AskCsat,
    FindAccount,
    LinkBug,
    MergeTicket,
    ReopenTicket,
    ResolveTicket,
    UnlinkBug,
)
from nexa_support.ticket.reference import reference_of
from nexa_support.ticket.state import Merged, Open, Resolved

from .courses import Course
from .stories import DAY, HOUR, MONDAY, SARAH, id_of, submit
from .test_bugs import TRIAGE

BUG = id_of("CSV export failing")
HOTFIX = deployment_of("2.1.6")
ACME, GLOBEX = id_of("Acme Corp"), id_of("Globex")
ONE, TWO, THREE = id_of("one"), id_of("two"), id_of("three")
TOM = Requester(name="Tom Jones", email="tom@globex.example")


def deploy(percent: int = 100, version: str = "2.1.6", **changes: Any) -> CompleteDeployment:
    given: dict[str, Any] = {
        "deployment_id": deployment_of(version),
        "version": version,
        "deployment_type": DeploymentType.HOTFIX,
        "changes": ("Fixed CSV export dependency issue",),
        "affected_features": ("data_export",),
        "fixed_bugs": (BUG,),
        "rollout_percent": percent,
    }
    return CompleteDeployment(**(given | changes))


def link(ticket_id: UUID, bug_id: UUID = BUG) -> LinkBug:
    return LinkBug(ticket_id=ticket_id, bug_id=bug_id, because="said by Lea Brandt")


WITHDRAW = WithdrawDeployment(deployment_id=HOTFIX, reason="Log in fails")
ROLL_OUT = RollOut(deployment_id=HOTFIX, rollout_percent=100)


def begun(*tickets: UUID, seed: int = 0, **changes: Any) -> Course:
    """Acme's tickets are there, and the bug."""
    course = Course(random.Random(seed))
    course.do(*(submit(ticket_id, **changes) for ticket_id in tickets))
    bug = OpenBug(
        bug_id=BUG,
        title="CSV export failing - missing dependency",
        severity=Severity.P1,
        feature="data_export",
        feature_name="CSV export",
        affected_version="2.1.5",
        workaround="Use JSON export temporarily",
        reported_by="pria.nair",
    )
    course.do(bug)
    return course


def test_a_bug_opened_from_tickets_is_linked_to_each_of_them() -> None:
    course = Course()
    course.do(submit(ONE), submit(TWO, account_id=None, account_name=None))
    course.do(OpenBug(bug_id=BUG, title="x", severity=Severity.P1, reported_by="pria.nair", ticket_ids=(ONE, TWO)))
    course.settle()
    assert [event.ticket_id for event in course.of(TicketLinked)] == [ONE, TWO]
    assert course.ticket(TWO).ticket.bug_id == BUG


def test_a_fix_for_all_settles_each_ticket_and_says_what_was_mended() -> None:
    course = begun(ONE)
    course.do(link(ONE), deploy())
    course.settle()
    (resolved,) = course.of(TicketResolved)
    assert (resolved.resolution, resolved.version, resolved.feature_name) == (
        "Fix deployed in v2.1.6",
        "2.1.6",
        "CSV export",
    )
    assert (resolved.bug_id, resolved.deployment_id, resolved.tell_customer) == (BUG, HOTFIX, True)
    assert isinstance(course.bug(BUG), Fixed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("order", list(permutations(("link", "fix", "version"))))
def test_link_fix_and_version_settle_a_ticket_in_any_order(order: tuple[str, ...], seed: int) -> None:
    course = begun(ONE, seed=seed)
    acts = {
        "link": partial(course.do, link(ONE)),
        "fix": partial(course.do, deploy(30)),
        "version": partial(course.report, ACME, "2.1.6"),
    }
    course.play(*(acts[name] for name in order))
    assert isinstance(course.ticket(ONE), Resolved)
    assert len(course.of(TicketResolved)) == 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "order",
    [
        order
        for order in permutations(("link", "fix", "version", "withdraw"))
        if order.index("fix") < order.index("withdraw")
    ],
)
def test_after_a_withdrawal_the_ticket_is_open_whatever_came_first(order: tuple[str, ...], seed: int) -> None:
    course = begun(ONE, seed=seed)
    acts = {
        "link": partial(course.do, link(ONE)),
        "fix": partial(course.do, deploy(30)),
        "version": partial(course.report, ACME, "2.1.6"),
        "withdraw": partial(course.do, WITHDRAW),
    }
    course.play(*(acts[name] for name in order))
    stage = course.ticket(ONE)
    assert isinstance(stage, Open)
    assert stage.ticket.fixes == {}
    assert isinstance(course.bug(BUG), Active)
    assert len(course.of(TicketReopened)) == len(course.of(TicketResolved))


@pytest.mark.parametrize("seed", range(20))
def test_a_ticket_without_an_account_is_settled_once_its_account_is_known_to_run_the_fix(seed: int) -> None:
    course = begun(ONE, seed=seed, account_id=None, account_name=None)
    found = FindAccount(ticket_id=ONE, account_id=ACME, account_name="Acme Corp", because="said by an agent")
    acts = [
        partial(course.do, link(ONE)),
        partial(course.do, found),
        partial(course.do, deploy(30)),
        partial(course.report, ACME, "v2.1.7"),
    ]
    course.chance.shuffle(acts)
    course.play(*acts)
    assert isinstance(course.ticket(ONE), Resolved)


def test_a_partial_roll_out_settles_those_who_run_it_and_the_rest_once_it_is_whole() -> None:
    course = begun(ONE)
    course.do(submit(TWO, account_id=GLOBEX, account_name="Globex", requester=TOM))
    course.do(link(ONE), link(TWO), deploy(30))
    course.report(ACME, "2.1.6")
    course.report(GLOBEX, "2.1.5")
    course.settle()
    assert isinstance(course.ticket(ONE), Resolved)
    assert isinstance(course.ticket(TWO), Open)
    course.do(ROLL_OUT)
    course.settle()
    assert isinstance(course.ticket(TWO), Resolved)
    assert len(course.of(TicketResolved)) == 2


def test_a_withdrawal_reopens_exactly_what_the_deployment_had_settled() -> None:
    course = begun(ONE, TWO, THREE)
    course.do(ResolveTicket(ticket_id=TWO, resolution="Used JSON"))
    course.do(link(ONE), link(TWO), link(THREE), deploy())
    course.settle()
    course.do(ReopenTicket(ticket_id=THREE, reason="Still broken"))
    course.do(ResolveTicket(ticket_id=THREE, resolution="The filter was wrong"))
    course.do(WITHDRAW)
    course.settle()
    assert isinstance(course.ticket(ONE), Open)
    assert isinstance(course.ticket(TWO), Resolved)
    assert isinstance(course.ticket(THREE), Resolved)
    (reopened,) = [event for event in course.of(TicketReopened) if event.ticket_id == ONE]
    assert reopened.reason == "The deployment of v2.1.6 was withdrawn: Log in fails"
    assert reopened.bug_id == BUG


def test_a_fix_that_the_customer_says_did_not_help_does_not_settle_their_ticket_again() -> None:
    course = begun(ONE)
    course.do(link(ONE), deploy(30))
    course.report(ACME, "2.1.6")
    course.settle()
    course.do(ReopenTicket(ticket_id=ONE, reason="Still broken"), ROLL_OUT)
    course.report(ACME, "2.1.7")
    course.settle()
    assert isinstance(course.ticket(ONE), Open)
    course.do(deploy(version="2.2.0"))
    course.settle()
    assert isinstance(course.ticket(ONE), Resolved)
    assert course.ticket(ONE).settled.version == "2.2.0"


def test_a_ticket_that_is_not_about_the_bug_any_more_is_left_alone() -> None:
    course = begun(ONE)
    course.do(link(ONE))
    course.settle()
    course.do(UnlinkBug(ticket_id=ONE, bug_id=BUG, reason="Another matter"), deploy())
    course.settle()
    assert isinstance(course.ticket(ONE), Open)


def test_where_another_deployment_has_the_fix_a_withdrawal_tells_nobody_twice() -> None:
    course = begun(ONE)
    course.do(link(ONE), deploy(), deploy(version="2.2.0"))
    course.settle()
    course.do(WITHDRAW)
    course.settle()
    assert isinstance(course.ticket(ONE), Resolved)
    assert course.ticket(ONE).settled.version == "2.2.0"
    assert isinstance(course.bug(BUG), Fixed)
    assert len(course.notices()) == 1
    course.do(WithdrawDeployment(deployment_id=deployment_of("2.2.0"), reason="Slow"))
    course.settle()
    assert isinstance(course.ticket(ONE), Open)
    assert [event.bug_id for event in course.of(TicketReopened)] == [
        None,
        BUG,
    ]  # what another fix mends is not broken again


@pytest.mark.parametrize("seed", range(20))
def test_a_merged_ticket_is_settled_with_the_other_and_its_customer_told_once(seed: int) -> None:
    course = begun(ONE, seed=seed)
    course.do(submit(TWO, account_id=GLOBEX, account_name="Globex", requester=TOM))
    course.do(submit(THREE, account_id=GLOBEX, account_name="Globex", requester=TOM))
    merge = (
        MergeTicket(ticket_id=TWO, into_id=ONE, into_reference=reference_of(ONE)),
        AbsorbTicket(ticket_id=ONE, from_id=TWO),
    )
    acts = [
        partial(course.do, link(ONE), link(THREE)),
        partial(course.do, deploy()),
        partial(course.do, *merge),
    ]
    course.chance.shuffle(acts)
    course.play(*acts)
    assert isinstance(course.ticket(TWO), Merged)
    assert isinstance(course.ticket(TWO).before, Resolved)
    assert course.ticket(TWO).ticket.bug_id == BUG
    assert len(course.notices()) == 2


@pytest.mark.parametrize("seed", range(6))
def test_a_merged_ticket_that_another_fix_mends_stays_settled_when_one_is_taken_back(seed: int) -> None:
    course = begun(ONE, seed=seed)
    course.do(submit(TWO, account_id=GLOBEX, account_name="Globex", requester=TOM), link(ONE))
    course.do(
        MergeTicket(ticket_id=TWO, into_id=ONE, into_reference=reference_of(ONE)),
        AbsorbTicket(ticket_id=ONE, from_id=TWO),
    )
    course.do(deploy(), deploy(version="2.2.0"))
    course.settle()
    for version, stage in (("2.1.6", Resolved), ("2.2.0", Open)):
        course.do(WithdrawDeployment(deployment_id=deployment_of(version), reason="Log in fails"))
        course.settle()
        assert isinstance(course.ticket(ONE), stage)
        assert isinstance(course.ticket(TWO).before, stage)


PEOPLE = (
    SARAH,
    Requester(name="Sarah", email="Sarah.Miller@acme.example"),
    TOM,
)
NAMES = [SARAH.email, SARAH.email, TOM.email]
OTHER_ADDRESS = Requester(name="Sarah again", email="other@acme.example", contact_id=SARAH.contact_id)


@settings(max_examples=150, deadline=None)
@cases(data=st.data(), seed=st.integers(0, 2**32))
def test_each_customer_is_told_at_most_once_per_fix_and_at_least_once_where_one_settled_their_ticket(
    data: Any, seed: int
) -> None:
    course = begun(seed=seed)
    tickets = [id_of(f"ticket {number}") for number in range(6)]
    whose = [data.draw(st.integers(0, len(PEOPLE) - 1)) for _ in tickets]
    accounts = [data.draw(st.sampled_from([ACME, GLOBEX])) for _ in tickets]
    for ticket_id, person, account in zip(tickets, whose, accounts, strict=True):
        course.do(submit(ticket_id, requester=PEOPLE[person], account_id=account, account_name="x"))
    merge = (
        MergeTicket(ticket_id=tickets[0], into_id=tickets[1], into_reference=reference_of(tickets[1])),
        AbsorbTicket(ticket_id=tickets[1], from_id=tickets[0]),
    )
    acts = [
        *(partial(course.do, link(ticket_id)) for ticket_id in tickets[1:]),
        partial(course.do, deploy(data.draw(st.sampled_from([30, 100])))),
        partial(course.report, ACME, "2.1.6"),
        partial(course.report, GLOBEX, data.draw(st.sampled_from(["2.1.5", "2.1.6"]))),
        partial(course.do, *merge),
    ]
    order = data.draw(st.permutations(range(len(acts))))
    course.play(*(acts[place] for place in order))
    notices = {notice for _, notice in course.notices()}
    settled = {event.ticket_id for event in course.of(TicketResolved)}
    people = {NAMES[whose[tickets.index(ticket_id)]] for ticket_id in settled}
    assert len(notices) == len(people)


def test_an_address_and_a_contact_that_turn_out_to_be_one_customer_s_are_told_once() -> None:
    course = Course()
    for ticket_id, requester in ((ONE, PEOPLE[1]), (TWO, OTHER_ADDRESS), (THREE, SARAH)):
        course.do(submit(ticket_id, requester=requester))
    course.do(
        OpenBug(bug_id=BUG, title="x", severity=Severity.P1, reported_by="pria.nair", ticket_ids=(ONE, TWO, THREE))
    )
    course.settle()
    course.do(deploy())
    course.settle()
    assert len({notice for _, notice in course.notices()}) == 1


def test_customers_are_told_of_a_known_bug_in_words_and_those_who_report_it_later_too() -> None:
    course = begun(ONE, TWO)
    course.do(submit(THREE, account_id=GLOBEX, account_name="Globex", requester=TOM))
    course.do(link(ONE), link(TWO), TRIAGE)
    course.settle()
    course.do(TellCustomers(bug_id=BUG))
    course.settle()
    first, second = course.of(TicketAcknowledged)
    assert (first.status, first.priority, first.eta) == ("In Progress", "Critical (P1)", "Fix deployed within 24 hours")
    assert first.workaround == "Use JSON export temporarily"
    assert first.notice_id == second.notice_id is not None
    course.now = MONDAY + HOUR
    course.do(TellCustomers(bug_id=BUG), link(THREE))
    course.settle()
    assert [event.ticket_id for event in course.of(TicketAcknowledged)] == [ONE, TWO, THREE]
    third = course.of(TicketAcknowledged)[2]
    assert third.eta == "Fix deployed within 23 hours"
    assert third.notice_id != first.notice_id
    course.do(TriageBug(**{**vars(TRIAGE), "eta_at": MONDAY + 2 * DAY}), TellCustomers(bug_id=BUG))
    course.settle()
    again = course.of(TicketAcknowledged)[3:]
    assert len(again) == 3
    assert {event.notice_id for event in again}.isdisjoint({first.notice_id, third.notice_id})


@pytest.mark.parametrize("seed", range(10))
def test_a_ticket_linked_while_customers_are_told_hears_once(seed: int) -> None:
    course = begun(ONE, seed=seed)
    course.play(partial(course.do, TellCustomers(bug_id=BUG)), partial(course.do, link(ONE)))
    assert len(course.of(TicketAcknowledged)) == 1


def test_who_reports_a_bug_after_its_fix_is_not_told_that_it_is_being_worked_on() -> None:
    course = begun(ONE)
    course.do(TellCustomers(bug_id=BUG), deploy())
    course.settle()
    course.do(link(ONE))
    course.settle()
    assert course.of(TicketAcknowledged) == []
    assert isinstance(course.ticket(ONE), Resolved)


@pytest.mark.parametrize("seed", range(20))
def test_a_ticket_that_shows_the_bug_is_back_is_linked_and_never_settled_by_the_fix_that_did_not_hold(
    seed: int,
) -> None:
    course = begun(ONE, seed=seed)
    course.do(link(ONE), deploy())
    course.settle()
    course.now = MONDAY + DAY
    course.do(submit(TWO, account_id=GLOBEX, account_name="Globex", requester=TOM))
    course.evidence = Evidence({TWO: Report(MONDAY + DAY)}, {ONE: BUG}, {HOTFIX: MONDAY})
    course.do(CheckRecurrence(bug_id=BUG, ticket_id=TWO, similar=(ONE,)))
    course.settle()
    assert isinstance(course.bug(BUG), Active)
    assert course.ticket(TWO).ticket.bug_id == BUG
    assert isinstance(course.ticket(TWO), Open)
    assert isinstance(course.ticket(ONE), Resolved)
    assert [event.ticket_id for event in course.of(TicketResolved)] == [ONE]


def test_a_bug_reopened_by_hand_leaves_what_is_settled_and_settles_nothing_more() -> None:
    course = begun(ONE)
    course.do(submit(TWO, account_id=GLOBEX, account_name="Globex", requester=TOM))
    course.do(link(ONE), link(TWO), deploy(30))
    course.report(ACME, "2.1.6")
    course.settle()
    course.do(ReopenBug(bug_id=BUG, reason="Fails for large lists"))
    course.settle()
    course.report(GLOBEX, "2.1.6")
    course.do(ROLL_OUT)
    course.settle()
    assert isinstance(course.ticket(ONE), Resolved)
    assert isinstance(course.ticket(TWO), Open)


def test_who_has_several_tickets_of_a_bug_is_asked_once_how_content_they_are() -> None:
    course = begun(ONE, TWO)
    course.do(link(ONE), link(TWO), deploy())
    course.settle()
    course.do(AskCsat(ticket_id=ONE), AskCsat(ticket_id=TWO))
    one, two = course.of(CsatRequested)
    assert one.notice_id == two.notice_id is not None
