"""What a bug does in figures, what is suspected, and what makes a fix doubtful."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nexa_chassis.domain import Deadline
from nexa_chassis.history import AsOf
from nexa_chassis.testing import given, project, recorded
from nexa_contracts.scoring import SimilarTicket
from nexa_contracts.support import BugFixed, BugReopened, BugSuspected, Severity, TicketAccountFound, TicketLinked
from nexa_contracts.values import Money
from nexa_support.aggregates import suspicion
from nexa_support.bug.commands import CheckRecurrence
from nexa_support.bug.impact import impact
from nexa_support.bug.reporters import Reporters
from nexa_support.reactions.suspect_bugs import suspect_bugs
from nexa_support.reactions.watch_for_recurrence import AGAIN_AFTER, watch_for_recurrence
from nexa_support.read_models.bug_list import bug_list, fixes
from nexa_support.read_models.bug_reports import bug_reports, still_linked
from nexa_support.suspicion.decisions import ProductManager, SuspectBug, suspicion_of, week_of

from .stories import ACCOUNT, DAY, MONDAY, SARAH, TICKET, analyzed, id_of
from .test_bugs import BUG, FIELDS, HOTFIX, IN_PROGRESS, OPENED, fixed, reopened

ACME, GLOBEX, INITECH = id_of("Acme"), id_of("Globex"), id_of("Initech")
PRIA = ProductManager(id_of("Pria"), frozenset({"data_export"}), available=False)
ANA = ProductManager(id_of("Ana"), frozenset(), available=True)
OTHER = id_of("another ticket")


def alike(days_ago: float = 1) -> SimilarTicket:
    at = MONDAY - timedelta(days=days_ago)
    return SimilarTicket(ticket_id=TICKET, score=Decimal("0.7"), reason="words: csv", submitted_at=at)


def test_impact_counts_an_account_once_and_adds_up_each_currency_by_itself() -> None:
    pays = {
        ACME: Money(amount=Decimal("50000.00")),
        GLOBEX: Money(amount=Decimal("30000.00")),
        INITECH: Money(amount=Decimal("90000.00"), currency="EUR"),
    }
    counted = impact([ACME, ACME, None], [ACME, GLOBEX, INITECH, id_of("pays nothing")], pays)
    assert (counted.tickets, counted.accounts) == (3, 4)
    assert (counted.reporting_accounts, counted.running_accounts) == (1, 4)
    assert counted.arr == (
        Money(amount=Decimal("90000.00"), currency="EUR"),
        Money(amount=Decimal("80000.00"), currency="USD"),
    )
    assert impact([], [], {}).arr == ()


def test_who_reports_a_bug_is_known_by_nothing_that_says_who_it_is() -> None:
    reporters = Reporters().linked(TICKET, SARAH).linked(OTHER, SARAH.model_copy(update={"contact_id": None}))
    assert reporters.first == {TICKET: TICKET, OTHER: TICKET}
    assert "sarah" not in repr(reporters).lower()
    assert str(SARAH.contact_id) not in repr(reporters)
    assert reporters.unlinked(TICKET).linked(id_of("third"), SARAH).first == {OTHER: TICKET, id_of("third"): TICKET}


def link_rows(*events: Any) -> Any:
    return project(bug_reports, *events)


def test_a_ticket_reports_a_bug_with_the_account_it_became_known_to_be_of() -> None:
    ticket = {"ticket_id": TICKET, "reference": "T-1", "subject": "Export"}
    linked = TicketLinked(**ticket, bug_id=BUG, because="said by Lea Brandt", requester=SARAH)
    found = TicketAccountFound(**ticket, account_id=ACCOUNT, account_name="Acme Corp", because="said by an agent")
    (report,) = still_linked(link_rows(linked, found), BUG)
    assert (report.account_id, report.because) == (ACCOUNT, "said by Lea Brandt")
    assert list(still_linked(link_rows(linked, found), id_of("another bug"))) == []
    assert AsOf().is_now


def test_the_list_shows_a_bug_as_it_is_and_each_of_its_fixes() -> None:
    again = reopened(reason="back", recurred=True, deployment_id=HOTFIX, ticket_id=TICKET)
    rows = project(bug_list, OPENED, IN_PROGRESS, fixed(percent=30), fixed(), again)
    assert (rows[0]["status"], rows[0]["fixed_at"], rows[0]["reason"]) == ("open", None, "back")
    assert (rows[0]["engineer_name"], rows[0]["reopened"], rows[0]["recurred"]) == ("Omar Haddad", 1, 1)
    (fix,) = rows.of(fixes)
    assert fix["recurred_at"] is not None
    assert fix["withdrawn_at"] is None


SUSPECT = SuspectBug(
    suspicion_id=suspicion_of("data_export", "2025-W47"),
    feature="data_export",
    feature_name="Export function",
    severity=Severity.P1,
    similar=5,
    ticket_ids=(OTHER, TICKET),
    week="2025-W47",
)


def test_five_similar_bug_tickets_of_a_feature_make_a_suspicion_of_the_week() -> None:
    seen = analyzed(OTHER, feature_name="Export function", similar=(alike(), alike(days_ago=8)))
    given(suspect_bugs).when(recorded(seen, time=MONDAY)).then(SUSPECT)
    for less in ({"similar_in_week": 4}, {"type": "question"}, {"feature": None}, {"type": None}):
        given(suspect_bugs).when(recorded(analyzed(OTHER, **less), time=MONDAY)).then()


def test_the_key_stands_for_a_feature_without_a_name_and_high_for_a_severity_nobody_knows() -> None:
    (suspect,) = given(suspect_bugs).when(recorded(analyzed(OTHER, recommended_priority=None), time=MONDAY)).produced
    assert isinstance(suspect, SuspectBug)
    assert (suspect.feature_name, suspect.severity) == ("data export", Severity.P2)


def test_who_looks_after_the_feature_is_told_once_a_week_else_who_is_there() -> None:
    said = BugSuspected(**vars(SUSPECT), product_manager_id=PRIA.agent_id)
    given(suspicion, context=(ANA, PRIA)).when(SUSPECT).then(said)
    given(suspicion, said, context=(ANA, PRIA)).when(SUSPECT).then()
    other = SuspectBug(**{**vars(SUSPECT), "feature": "email_sync"})
    (told,) = given(suspicion, context=(PRIA, ANA)).when(other).produced
    assert isinstance(told, BugSuspected)
    assert told.product_manager_id == ANA.agent_id
    (nobody,) = given(suspicion, context=()).when(other).produced
    assert isinstance(nobody, BugSuspected)
    assert nobody.product_manager_id is None


def test_weeks_are_those_of_iso_8601() -> None:
    assert week_of(MONDAY) == "2025-W47"
    assert week_of(MONDAY - DAY) == "2025-W46"
    assert week_of(MONDAY.replace(month=12, day=31)) == "2026-W01"


LOOK = CheckRecurrence(bug_id=BUG, ticket_id=OTHER, similar=(TICKET,))


def test_a_bug_ticket_of_the_feature_of_a_fix_makes_its_bug_look_now_and_once_more() -> None:
    seen = recorded(analyzed(OTHER, similar=(alike(),)), time=MONDAY + DAY)
    again = Deadline(at=MONDAY + DAY + AGAIN_AFTER, command=LOOK, key=str(BUG))
    given(watch_for_recurrence, recorded(fixed(), time=MONDAY)).when(seen, now=MONDAY + DAY).then(LOOK, again)


@pytest.mark.parametrize(
    ("changes", "after"),
    [({"type": "question"}, DAY), ({"feature": None}, DAY), ({"similar": ()}, DAY), ({}, 32 * DAY)],
)
def test_other_tickets_make_nobody_look(changes: dict[str, Any], after: timedelta) -> None:
    seen = recorded(analyzed(OTHER, **({"similar": (alike(),)} | changes)), time=MONDAY + after)
    given(watch_for_recurrence, recorded(fixed(), time=MONDAY)).when(seen).then()


def test_a_bug_that_is_open_again_is_not_watched_and_old_fixes_are_forgotten() -> None:
    gone: BugReopened = reopened(reason="x")
    seen = recorded(analyzed(OTHER, similar=(alike(),)), time=MONDAY)
    given(watch_for_recurrence, recorded(fixed(), time=MONDAY), recorded(gone, version=2)).when(seen).then()
    other: BugFixed = BugFixed(
        **FIELDS | {"bug_id": id_of("old")},
        version="1.0",
        deployment_id=id_of("old"),
        rollout_percent=100,
        fixed_at=MONDAY - 40 * DAY,
    )
    state = watch_for_recurrence.initial
    for fact in (recorded(other, time=MONDAY - 40 * DAY), recorded(fixed(), time=MONDAY)):
        state = watch_for_recurrence.evolve(state, fact)
    assert set(state.fixed) == {BUG}
