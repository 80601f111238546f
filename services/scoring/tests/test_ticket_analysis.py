"""What is decided about one ticket: analysed once, counted for its account, corrected, and never twice the same."""

from decimal import Decimal
from itertools import pairwise

from nexa_chassis.testing import NOW, given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.scoring import Finding, SimilarTicket, SupportLoadChanged, TicketAnalyzed
from nexa_scoring.aggregates import ticket_analysis
from nexa_scoring.reactions.analyse_ticket import analyse_ticket
from nexa_scoring.ticket_analysis.decisions import (
    AnalyseAgain,
    Analyses,
    AnalyseTicket,
    AttributeTicket,
    KeepLabel,
    Prepared,
    SetTicketAside,
    TakeTicketBack,
)
from nexa_scoring.ticket_analysis.events import AnalysisCorrected, TicketAttributed, TicketRead
from nexa_scoring.ticket_analysis.questions import TicketText, answers
from nexa_scoring.ticket_analysis.similarity import Likeness
from nexa_scoring.ticket_rules.state import DEFAULT_RULES

from .tickets import GOLDEN, MONDAY, account_id, corrected, merged, submitted, ticket_id

TICKET, ACME, OTHER = ticket_id("acme"), account_id("acme"), account_id("other")
TEXT = TicketText(subject=GOLDEN["subject"], description=GOLDEN["description"], impact=GOLDEN["impact"])
SIMILAR = SimilarTicket(ticket_id=ticket_id(1), score=Decimal("0.7"), reason="words: csv", submitted_at=MONDAY)
ALONE = Likeness()
CAUSE = f"ticket-{TICKET}@1"


def known(likeness: Likeness = ALONE) -> Analyses:
    return Analyses(DEFAULT_RULES, {TICKET: Prepared(answers(TEXT, DEFAULT_RULES), ("export", "csv"), likeness)})


def analyse(account: object = ACME) -> AnalyseTicket:
    return AnalyseTicket(
        ticket_id=TICKET,
        text=TEXT,
        submitted_at=MONDAY,
        account_id=account,  # type: ignore[arg-type]
        product_version="2.1.5",
        caused_by=CAUSE,
    )


def history(*commands: object) -> list[Event]:
    told: list[Event] = []
    for command in commands:
        told += given(ticket_analysis, *told, context=known()).when(command).produced  # type: ignore[arg-type]
    return told


def loads(events: list[Event]) -> list[tuple[object, bool]]:
    return [(each.account_id, each.counts) for each in events if isinstance(each, SupportLoadChanged)]


def test_a_ticket_is_analysed_once_and_counts_for_its_account() -> None:
    told = history(analyse(), analyse())
    assert [type(each) for each in told] == [TicketRead, TicketAnalyzed, SupportLoadChanged]
    assert told[1].category == "product_bug"  # type: ignore[attr-defined]
    assert loads(told) == [(ACME, True)]


def test_a_ticket_without_account_counts_for_nobody_until_one_is_found_and_moves_with_it() -> None:
    found = AttributeTicket(ticket_id=TICKET, account_id=ACME, caused_by=CAUSE)
    other = AttributeTicket(ticket_id=TICKET, account_id=OTHER, caused_by=CAUSE)
    told = history(analyse(None), found, found, other)
    assert loads(told) == [(ACME, True), (ACME, False), (OTHER, True)]
    assert sum(isinstance(each, TicketAttributed) for each in told) == 2


def test_a_merged_ticket_counts_no_more_until_it_is_taken_back() -> None:
    aside = SetTicketAside(ticket_id=TICKET, caused_by=CAUSE)
    back = TakeTicketBack(ticket_id=TICKET, caused_by=CAUSE)
    other = AttributeTicket(ticket_id=TICKET, account_id=OTHER, caused_by=CAUSE)
    assert loads(history(analyse(), aside, aside, other, back, back)) == [(ACME, True), (ACME, False), (OTHER, True)]


def test_what_resembles_it_is_looked_for_again_and_told_only_if_it_is_more() -> None:
    told = history(analyse())
    again = AnalyseAgain(ticket_id=TICKET, caused_by="ticket_analysis-x@2")
    more = Likeness(before=(SIMILAR,), in_week=5, accounts_in_week=5)
    (anew,) = given(ticket_analysis, *told, context=known(more)).when(again).produced
    assert isinstance(anew, TicketAnalyzed)
    assert (anew.similar, anew.similar_in_week, anew.recommended_priority.value) == ((SIMILAR,), 5, "p1")
    assert (anew.caused_by, anew.type) == ("ticket_analysis-x@2", told[1].type)  # type: ignore[attr-defined]
    given(ticket_analysis, *told, anew, context=known(more)).when(again).then()


def test_a_correction_is_a_label_with_what_was_said_and_is_kept_once() -> None:
    told = history(analyse())
    label = KeepLabel(
        ticket_id=TICKET,
        label_id="ticket-x@4",
        field="severity",
        before="p2",
        after="p1",
        analysis_id=None,
        by_id=None,
        corrected_at=NOW,
    )
    (kept,) = given(ticket_analysis, *told, context=known()).when(label).produced
    assert isinstance(kept, AnalysisCorrected)
    assert (kept.said, kept.confidence, kept.rules_version) == ("p2", 0.8, 1)
    given(ticket_analysis, *told, kept, context=known()).when(label).then()


def test_nothing_can_be_said_of_a_ticket_that_never_came_in() -> None:
    aside = SetTicketAside(ticket_id=TICKET, caused_by=CAUSE)
    given(ticket_analysis, context=known()).when(aside).then_refused(rule="ticket_analysis.unread")


def test_each_fact_of_a_ticket_leads_to_its_command() -> None:
    stream = f"ticket-{TICKET}"
    fact = recorded(submitted("acme", account="acme", **GOLDEN), stream=stream)
    given(analyse_ticket).when(fact).then(analyse())
    given(analyse_ticket).when(recorded(merged("acme", 1), stream=stream, version=2)).then(
        SetTicketAside(ticket_id=TICKET, caused_by=f"{stream}@2")
    )
    (label,) = (
        given(analyse_ticket).when(recorded(corrected("acme", "type", "bug", "question"), stream=stream)).produced
    )
    assert isinstance(label, KeepLabel)
    assert (label.label_id, label.field, label.after) == (CAUSE, "type", "question")


def test_an_older_ticket_that_came_late_leads_to_those_after_it() -> None:
    told = history(analyse())[1]
    assert isinstance(told, TicketAnalyzed)
    overtaken = told.model_copy(update={"later": (ticket_id(1), ticket_id(2))})
    fact = recorded(overtaken, stream=f"ticket_analysis-{TICKET}", version=2)
    given(analyse_ticket).when(fact).then(
        *(AnalyseAgain(ticket_id=ticket_id(n), caused_by=f"ticket_analysis-{TICKET}@2") for n in (1, 2))
    )
    given(analyse_ticket).when(told).then()


def test_the_recommended_priority_falls_with_the_priority() -> None:
    values = [
        Analyses(
            DEFAULT_RULES,
            {
                TICKET: Prepared(
                    {
                        **answers(TEXT, DEFAULT_RULES),
                        "priority": Finding(value=value, confidence=Decimal(1), because=""),
                    },
                    (),
                    Likeness(),
                )
            },
        )
        for value in ("critical", "high", "normal", "low")
    ]
    told = [given(ticket_analysis, context=each).when(analyse()).produced[1] for each in values]
    recommended = [each.recommended_priority.value for each in told if isinstance(each, TicketAnalyzed)]
    assert all(one < other for one, other in pairwise(recommended)), recommended  # type: ignore[operator]
