"""Facts come from several topics in any order, some of them twice: what comes of them is the same."""

import random
from collections.abc import Sequence
from typing import Any

from hypothesis import given as each_of
from hypothesis import settings
from hypothesis import strategies as st

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Process
from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadImportCompleted, LeadWithdrawn
from nexa_contracts.sales import ImportRouted, LeadAssigned, LeadQueued, LeadReleased, LeadSentToNurture, RepCount
from nexa_sales.aggregates import import_routing
from nexa_sales.assignment.commands import LetLeadGo, ReconsiderLead, RouteLead
from nexa_sales.import_routing.decisions import ReportImportRouted
from nexa_sales.reactions.report_routed_import import report_routed_import
from nexa_sales.reactions.route_scored_lead import route_scored_lead

from .stories import (
    CAMPAIGN,
    IMPORT,
    Routing,
    id_of,
    lead_created,
    lead_scored,
    lead_updated,
    orders_of,
    roster,
    route,
    senior,
    standard,
)


def stream(aggregate: str, *events: Event) -> list[Recorded]:
    lead = getattr(events[0], "lead_id", IMPORT)
    return [
        recorded(event, stream=f"{aggregate}-{lead}", version=version) for version, event in enumerate(events, start=1)
    ]


def yielded(process: Process[Any], facts: Sequence[Recorded]) -> list[object]:
    """What the process asks for; a fact delivered again is passed over by its watermark, as the consumer does."""
    states: dict[object, Any] = {}
    seen: dict[str, int] = {}
    outputs: list[object] = []
    for fact in facts:
        if fact.version <= seen.get(fact.stream, 0):
            continue
        seen[fact.stream] = fact.version
        key = process.key(fact.event)
        states[key] = process.evolve(states.get(key, process.initial), fact)
        outputs += process.react(states[key], fact, fact.time)
    return outputs


def test_a_lead_and_its_scores_lead_to_the_same_commands_in_every_order() -> None:
    leads = stream("lead", lead_created("lead"))
    scores = stream("lead_score", lead_scored("lead", 55), lead_scored("lead", 76), lead_scored("lead", 79))
    outcomes = {tuple(map(repr, yielded(route_scored_lead, order))) for order in orders_of(leads, scores)}
    assert len(outcomes) == 1
    commands = yielded(route_scored_lead, [*leads, *scores])
    assert commands == [route("lead", 55), route("lead", 76), route("lead", 79)]


def test_a_score_without_its_lead_asks_for_nothing() -> None:
    given(route_scored_lead).when(lead_scored("lead", 90)).then()


def test_routing_goes_by_the_territory_or_else_by_the_country() -> None:
    with_country = lead_created("lead", country="DE")
    given(route_scored_lead, with_country).when(lead_scored("lead", 90)).then(route("lead", 90, territory="DE"))
    with_both = lead_created("lead", country="DE", territory="emea")
    given(route_scored_lead, with_both).when(lead_scored("lead", 90)).then(route("lead", 90, territory="emea"))


def test_an_update_matters_only_where_it_changes_what_the_lead_asks_for() -> None:
    given(route_scored_lead, lead_created("lead")).when(lead_updated("lead", title="CIO")).then()
    given(route_scored_lead, lead_created("lead")).when(lead_updated("lead", territory="apac")).then(
        ReconsiderLead(lead_id=id_of("lead"), territory="apac", product_interest=None)
    )


def test_a_withdrawn_lead_ends_closed_in_every_order() -> None:
    withdrawn = LeadWithdrawn(lead_id=id_of("lead"), campaign_id=CAMPAIGN, reason="Asked us to forget them")
    leads = stream("lead", lead_created("lead"), withdrawn)
    scores = stream("lead_score", lead_scored("lead", 90))
    for order in orders_of(leads, scores):
        routing = Routing(roster(senior("maria")))
        for command in yielded(route_scored_lead, order):
            assert isinstance(command, RouteLead | LetLeadGo)
            routing.execute(command)
        assert repr(routing.states[id_of("lead")]) == "Ended(reason='withdrawn by marketing')"
        assert routing.desk.seats[id_of("maria")].open_leads == 0


@settings(max_examples=60, deadline=None)
@each_of(st.integers(0, 2**32), st.lists(st.integers(0, 100), min_size=1, max_size=25))
def test_any_order_and_duplicates_route_each_lead_once_to_a_rep_of_its_band(seed: int, scores: list[int]) -> None:
    shuffled = random.Random(seed)
    facts = [
        fact
        for number, score in enumerate(scores)
        for fact in (
            *stream("lead", lead_created(f"lead {number}")),
            *stream("lead_score", lead_scored(f"lead {number}", score)),
        )
    ]
    facts += shuffled.sample(facts, len(facts) // 2)
    shuffled.shuffle(facts)
    routing = Routing(roster(*(senior(f"s{n}") for n in range(3)), *(standard(f"m{n}") for n in range(3))))
    for command in yielded(route_scored_lead, facts):
        routing.execute(command)
    assert len(routing.events) == len(scores)
    by_band = {"s": sum(score >= 75 for score in scores), "m": sum(50 <= score < 75 for score in scores)}
    for letter, leads in by_band.items():
        loads = sorted(routing.desk.seats[id_of(f"{letter}{n}")].open_leads for n in range(3))
        assert sum(loads) == leads
        assert loads[-1] - loads[0] <= 1


def completed(created: int) -> LeadImportCompleted:
    return LeadImportCompleted(
        import_id=IMPORT,
        campaign_id=CAMPAIGN,
        campaign_name="Q4 Product Webinar",
        total=created,
        created=created,
        updated=0,
        duplicate=0,
        rejected=0,
    )


def report(**counts: Any) -> ReportImportRouted:
    given_counts: dict[str, Any] = {"reps": (), "waiting": 0, "nurture": 0, "total": 0}
    return ReportImportRouted(
        import_id=IMPORT, campaign_id=CAMPAIGN, campaign_name="Q4 Product Webinar", **(given_counts | counts)
    )


def outcomes_of(*scores: int) -> list[Recorded]:
    """The first routing of each of these leads, over one senior rep with room for two."""
    routing = Routing(roster(senior("maria", capacity=2), standard("jonas")))
    return [
        fact
        for number, score in enumerate(scores)
        for fact in stream("assignment", *routing.execute(route(f"lead {number}", score)))
    ]


EXPECTED = report(
    reps=tuple(
        sorted(
            (RepCount(rep_id=id_of("maria"), high=2), RepCount(rep_id=id_of("jonas"), medium=1)),
            key=lambda count: count.rep_id,
        )
    ),
    waiting=1,
    nurture=1,
    total=6,
)


@settings(max_examples=60, deadline=None)
@each_of(st.integers(0, 2**32))
def test_an_import_is_reported_with_the_same_counts_in_any_order(seed: int) -> None:
    gone = LeadReleased(lead_id=id_of("gone"), campaign_id=CAMPAIGN, import_id=IMPORT, first=True)
    facts = [*outcomes_of(80, 80, 80, 60, 20), *stream("assignment", gone), recorded(completed(6), stream="import-1")]
    shuffled = random.Random(seed)
    facts += shuffled.sample(facts, 3)
    shuffled.shuffle(facts)
    assert yielded(report_routed_import, facts) == [EXPECTED]


def test_an_import_that_created_no_lead_is_wholly_routed_at_once() -> None:
    given(report_routed_import).when(completed(0)).then(report())


def test_an_import_is_not_reported_while_a_lead_is_still_to_come() -> None:
    facts = [recorded(completed(2), stream="import-1"), *outcomes_of(80)]
    assert yielded(report_routed_import, facts) == []


def test_only_the_first_routing_of_a_lead_counts() -> None:
    routing = Routing(roster(senior("maria"), standard("jonas")))
    events = [*routing.execute(route("lead", 60)), *routing.execute(route("lead", 90))]
    assert [type(event) for event in events] == [LeadAssigned, LeadAssigned]
    facts = [*stream("assignment", *events), recorded(completed(1), stream="import-1")]
    (only,) = yielded(report_routed_import, facts)
    assert isinstance(only, ReportImportRouted)
    assert only.reps == (RepCount(rep_id=id_of("jonas"), medium=1),)


def test_leads_without_an_import_are_nobodys_report() -> None:
    routing = Routing(roster())
    for score in (90, 20):
        (event,) = routing.execute(route(f"alone {score}", score, import_id=None))
        assert isinstance(event, LeadQueued | LeadSentToNurture)
        given(report_routed_import).when(event).then()


def test_an_import_is_reported_once() -> None:
    (event,) = given(import_routing).when(EXPECTED).produced
    assert isinstance(event, ImportRouted)
    assert (event.total, event.waiting, event.nurture) == (6, 1, 1)
    given(import_routing, event).when(EXPECTED).then()
