"""A customer's life: one table of transitions, led by facts in any order, corrected by people."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.domain import Recorded, Refused
from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.marketing import LeadWithdrawn
from nexa_contracts.sales import FollowUpRecorded, LeadDisqualified, LeadRecycled, TaskCompleted
from nexa_contracts.success import (
    LifecycleStageChanged,
    Stage,
)
from nexa_success.aggregates import lifecycle
from nexa_success.lifecycle.decisions import AdvanceStage, ContinueLife, SetStage
from nexa_success.lifecycle.events import FactNoted
from nexa_success.lifecycle.hindsight import steps
from nexa_success.lifecycle.stages import BY_A_PERSON, BY_ITSELF, ORDER, WENT_ON
from nexa_success.lifecycle.state import Known, Unknown
from nexa_success.reactions.follow_lifecycle import follow_lifecycle

from .facts_of_a_life import CAMPAIGN, lead_created, lead_scored, life_of_acme
from .stories import ACCOUNT, MONDAY, id_of

LEAD = id_of("Sarah the lead")
PARTY = ACCOUNT


class Lives:
    """Lives led by commands, each executed on what the commands before it left."""

    def __init__(self) -> None:
        self.states: dict[UUID, Any] = {}
        self.told: list[LifecycleStageChanged] = []
        self.streams: dict[UUID, list[Recorded]] = {}

    def execute(self, command: Any, now: datetime = MONDAY) -> Sequence[Event]:
        state = self.states.get(command.party_id, lifecycle.initial)
        events = lifecycle.decide(command, state, now)
        for event in events:
            state = lifecycle.evolve(state, event)
        self.states[command.party_id] = state
        stream = self.streams.setdefault(command.party_id, [])
        stream += [recorded(event, version=len(stream) + number, time=now) for number, event in enumerate(events, 1)]
        self.told += [event for event in events if isinstance(event, LifecycleStageChanged)]
        return events

    def follow(self, *facts: Recorded) -> "Lives":
        for fact in facts:
            for command in follow_lifecycle.react(fact, fact.recorded_at):
                self.execute(command, fact.recorded_at)
        return self

    def way(self, party_id: UUID) -> list[str]:
        return [event.stage.value for event in self.told if event.party_id == party_id]

    def in_hindsight(self, party_id: UUID) -> list[str]:
        return [step.stage.value for step in steps(self.streams.get(party_id, []))]

    @property
    def stages(self) -> dict[UUID, str | None]:
        return {
            party_id: state.stage.value if isinstance(state, Known) else None for party_id, state in self.states.items()
        }


def days(count: float) -> timedelta:
    return timedelta(days=count)


def advance(stage: Stage | None, day: float, cause: str = "", **changes: Any) -> AdvanceStage:
    name = stage.value if stage else "cleared"
    return AdvanceStage(PARTY, stage, MONDAY + days(day), cause or f"{name} on day {day}", name, **changes)


def stood_at(*stages: Stage | None) -> Lives:
    """A party led there by facts, one a day."""
    lives = Lives()
    for day, stage in enumerate(stages):
        lives.execute(advance(stage, day))
    assert lives.way(PARTY)[-1:] == [stages[-1].value] if stages[-1] else True
    return lives


def test_the_life_of_acme_goes_from_a_webinar_row_to_a_won_back_customer() -> None:
    lives = Lives().follow(*life_of_acme())
    assert lives.way(LEAD) == ["lead", "mql", "sql"]
    assert lives.way(ACCOUNT) == [
        "opportunity",
        "onboarding",
        "live",
        "at_risk",
        "live",
        "expansion",
        "churned",
        "reactivated",
    ]
    assert {event.campaign_id for event in lives.told} == {CAMPAIGN}
    assert {event.continues for event in lives.told if event.party_id == ACCOUNT} == {LEAD}
    assert lives.states[LEAD].continued_by == ACCOUNT
    assert not any(event.backwards for event in lives.told)


def test_a_stage_tells_what_led_to_it_and_when_that_happened() -> None:
    scored = recorded(lead_scored(85), time=MONDAY, recorded_at=MONDAY + days(1))
    (told,) = Lives().follow(scored).told
    assert (told.cause, told.reason, told.entered_at) == (scored.id, "scored 85, band High", MONDAY)


@pytest.mark.parametrize("rescored", [[50, 90], [90, 50], [75, 60, 75]])
def test_only_the_first_score_of_medium_or_high_makes_an_mql(rescored: list[int]) -> None:
    lives = Lives().follow(
        *(
            recorded(lead_scored(score), version=version, time=MONDAY + days(version))
            for version, score in enumerate([30, *rescored], start=1)
        )
    )
    assert lives.way(LEAD) == ["mql"]
    assert lives.told[0].entered_at == MONDAY + days(2)


def test_a_low_score_and_a_follow_up_without_interest_change_nothing() -> None:
    task = {
        "task_id": id_of("call"),
        "lead_id": LEAD,
        "rep_id": id_of("maria"),
        "outcome": "x",
        "completed_by": "maria",
    }
    facts = [lead_scored(30), TaskCompleted(**task, found_interest=False), TaskCompleted(**task)]
    assert Lives().follow(*map(recorded, facts)).told == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (
            LeadDisqualified(lead_id=LEAD, campaign_id=CAMPAIGN, rep_id=None, reason="Student, no budget"),
            "disqualified: Student, no budget",
        ),
        (
            LeadWithdrawn(lead_id=LEAD, campaign_id=CAMPAIGN, reason="The import was reverted"),
            "withdrawn: The import was reverted",
        ),
    ],
)
def test_a_lead_that_is_given_up_is_disqualified_and_says_why(event: Event, reason: str) -> None:
    lives = Lives().follow(recorded(lead_created()), recorded(event, time=MONDAY + days(1)))
    assert lives.way(LEAD) == ["lead", "disqualified"]
    assert lives.told[-1].reason == reason


@pytest.mark.parametrize("before", [Stage.LIVE, Stage.ONBOARDING, Stage.RENEWED, Stage.EXPANSION, Stage.REACTIVATED])
def test_a_recovery_leads_back_to_where_the_customer_was(before: Stage) -> None:
    way = {
        Stage.ONBOARDING: [Stage.ONBOARDING],
        Stage.LIVE: [Stage.LIVE],
        Stage.RENEWED: [Stage.LIVE, Stage.RENEWED],
        Stage.EXPANSION: [Stage.LIVE, Stage.EXPANSION],
        Stage.REACTIVATED: [Stage.LIVE, Stage.CHURNED, Stage.REACTIVATED],
    }[before]
    lives = stood_at(*way, Stage.AT_RISK)
    lives.execute(advance(None, 10))
    assert lives.way(PARTY)[-2:] == ["at_risk", before.value]
    assert not lives.told[-1].backwards


def test_who_goes_live_while_at_risk_is_live_once_the_risk_is_over() -> None:
    lives = stood_at(Stage.ONBOARDING, Stage.AT_RISK)
    lives.execute(advance(Stage.LIVE, 5))
    assert lives.way(PARTY) == ["onboarding", "at_risk"]
    lives.execute(advance(None, 6))
    assert lives.way(PARTY) == ["onboarding", "at_risk", "live"]


def test_a_deal_won_reactivates_only_who_had_churned() -> None:
    lives = stood_at(Stage.LIVE)
    assert lives.execute(advance(Stage.REACTIVATED, 5))[1:] == []
    lives.execute(advance(Stage.CHURNED, 8))
    lives.execute(advance(Stage.REACTIVATED, 9))
    assert lives.way(PARTY) == ["live", "churned", "reactivated"]


def test_a_deal_won_after_a_loss_reactivates_though_the_loss_is_heard_of_later() -> None:
    lives = stood_at(Stage.LIVE)
    lives.execute(advance(Stage.REACTIVATED, 9))
    lives.execute(advance(Stage.CHURNED, 8))
    assert lives.way(PARTY) == ["live", "churned", "reactivated"]


def test_a_person_sets_a_stage_with_a_reason_and_going_back_is_said() -> None:
    history = stood_at(Stage.OPPORTUNITY)
    events = history.execute(SetStage(PARTY, Stage.SQL, " Budget was withdrawn ", "nora"), MONDAY + days(3))
    told = events[-1]
    assert isinstance(told, LifecycleStageChanged)
    assert (told.previous_stage, told.stage, told.backwards) == (Stage.OPPORTUNITY, Stage.SQL, True)
    assert (told.cause, told.reason, told.entered_at) == ("nora", "Budget was withdrawn", MONDAY + days(3))
    forwards = history.execute(SetStage(PARTY, Stage.ONBOARDING, "Started by hand", "nora"), MONDAY + days(4))[-1]
    assert isinstance(forwards, LifecycleStageChanged)
    assert not forwards.backwards


def test_a_stage_set_by_a_person_is_refused_without_a_reason_for_the_unknown_and_off_the_table() -> None:
    (noted, told) = Lives().execute(advance(Stage.LIVE, 0))
    live = given(lifecycle, noted, told)
    live.when(SetStage(PARTY, Stage.SQL, "  ", "nora")).then_refused(rule="lifecycle.reason")
    live.when(SetStage(PARTY, Stage.RECYCLED, "Try again", "nora")).then_refused(rule="lifecycle.transition")
    live.when(SetStage(PARTY, Stage.LIVE, "It is", "nora")).then()
    given(lifecycle).when(SetStage(PARTY, Stage.SQL, "Why not", "nora")).then_refused(rule="lifecycle.unknown")


def test_the_stage_of_a_converted_lead_is_its_accounts() -> None:
    lives = Lives().follow(*life_of_acme()[:4])
    with pytest.raises(Refused, match=str(ACCOUNT)) as refused:
        lives.execute(SetStage(LEAD, Stage.MQL, "Not yet", "nora"))
    assert refused.value.rule == "lifecycle.continued"


@pytest.mark.parametrize("from_stage", [Stage.DISQUALIFIED, Stage.CHURNED])
def test_the_disqualified_and_the_churned_are_recycled_by_a_person_and_start_over(from_stage: Stage) -> None:
    lives = stood_at(*([Stage.LIVE] if from_stage is Stage.CHURNED else [Stage.LEAD]), from_stage)
    lives.execute(SetStage(PARTY, Stage.RECYCLED, "New budget year", "nora"), MONDAY + days(5))
    lives.execute(advance(Stage.MQL, 4))
    assert lives.way(PARTY)[-1] == "recycled"
    lives.execute(advance(Stage.MQL, 6))
    assert lives.way(PARTY)[-2:] == ["recycled", "mql"]


def test_a_lead_that_comes_back_starts_over_and_finds_interest_once_more() -> None:
    lives = stood_at(Stage.LEAD, Stage.MQL, Stage.SQL, Stage.DISQUALIFIED)
    again = {"lead_id": PARTY, "campaign_id": CAMPAIGN, "band": "high", "score": 85, "round": 2}
    came_back = LeadRecycled(**again, reason="No budget before spring")
    interest = EXAMPLES[FollowUpRecorded].model_copy(
        update={"lead_id": PARTY, "campaign_id": CAMPAIGN, "found_interest": True, "round": 2}
    )
    first_round = interest.model_copy(update={"round": 1})
    lives.follow(
        recorded(came_back, version=9, time=MONDAY + days(90)),
        recorded(first_round, version=10, time=MONDAY + days(91)),
        recorded(interest, version=11, time=MONDAY + days(92)),
    )
    assert lives.way(PARTY)[-3:] == ["disqualified", "recycled", "sql"]
    assert lives.told[-1].entered_at == MONDAY + days(92)


def test_what_had_happened_before_a_person_decided_does_not_undo_the_decision() -> None:
    lives = stood_at(Stage.LEAD, Stage.MQL)
    lives.execute(SetStage(PARTY, Stage.SUBSCRIBER, "Wants to read only", "nora"), MONDAY + days(5))
    lives.execute(advance(Stage.SQL, 4))
    assert lives.way(PARTY)[-1] == "subscriber"
    lives.execute(advance(Stage.SQL, 6))
    assert lives.way(PARTY)[-1] == "sql"


def test_a_stage_that_arrives_late_changes_nothing_but_tells_where_the_customer_came_from() -> None:
    lives = stood_at(Stage.ONBOARDING)
    late = advance(Stage.OPPORTUNITY, -3, campaign_id=CAMPAIGN, continues=LEAD)
    assert [type(event) for event in lives.execute(late)] == [FactNoted]
    lives.execute(advance(Stage.LIVE, 5))
    assert (lives.told[-1].campaign_id, lives.told[-1].continues) == (CAMPAIGN, LEAD)


def test_in_hindsight_what_came_late_stands_where_it_happened() -> None:
    lives = stood_at(Stage.LEAD)
    for command in (advance(Stage.SQL, 5), advance(Stage.MQL, 2), advance(Stage.ONBOARDING, 9)):
        lives.execute(command, MONDAY + days(10))
    lives.execute(SetStage(PARTY, Stage.SQL, "Signature was withdrawn", "nora"), MONDAY + days(11))
    assert lives.way(PARTY) == ["lead", "sql", "onboarding", "sql"]
    found = list(steps(lives.streams[PARTY]))
    assert [(step.stage.value, step.entered_at - MONDAY) for step in found] == [
        ("lead", days(0)),
        ("mql", days(2)),
        ("sql", days(5)),
        ("onboarding", days(9)),
        ("sql", days(11)),
    ]
    assert (found[1].recorded_at, found[4].backwards) == (MONDAY + days(10), True)


def test_of_two_leads_of_one_account_the_first_is_where_it_came_from() -> None:
    first = advance(Stage.OPPORTUNITY, 1, "a", campaign_id=CAMPAIGN, continues=LEAD)
    second = advance(Stage.OPPORTUNITY, 2, "b", campaign_id=id_of("other"), continues=id_of("other lead"))
    for order in permutations([first, second]):
        lives = Lives()
        for command in order:
            lives.execute(command)
        lives.execute(advance(Stage.ONBOARDING, 3))
        assert (lives.told[-1].campaign_id, lives.told[-1].continues) == (CAMPAIGN, LEAD)


def test_the_stage_in_the_end_is_the_same_in_every_order_of_the_topics() -> None:
    expected = Lives().follow(*life_of_acme()).stages
    assert expected == {LEAD: "sql", ACCOUNT: "reactivated"}
    facts = life_of_acme()
    for first in (0, 3, 5):
        for order in permutations(facts[first : first + 6]):
            assert Lives().follow(*facts[:first], *order, *facts[first + 6 :]).stages == expected


STEPS = st.sampled_from([*(stage for stage in Stage if stage is not Stage.SUBSCRIBER), None])
FACTS = st.lists(st.builds(advance, STEPS, st.integers(0, 12)), max_size=12, unique_by=lambda each: each.cause)
ARRIVALS = st.one_of(st.tuples(STEPS, st.integers(0, 8)), st.tuples(st.sampled_from(Stage), st.none()))


@for_all(FACTS, st.randoms())
def test_any_facts_in_any_order_lead_to_the_same_stage(facts: list[AdvanceStage], random: Any) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)
    one, other = Lives(), Lives()
    for command in facts:
        one.execute(command)
    for command in shuffled:
        other.execute(command)
    assert one.stages == other.stages
    assert one.in_hindsight(PARTY)[-1:] == other.in_hindsight(PARTY)[-1:]
    if one.in_hindsight(PARTY):
        assert one.in_hindsight(PARTY)[-1] == one.stages[PARTY]


@for_all(st.lists(ARRIVALS, max_size=15))
def test_nothing_leads_off_the_table_and_redelivering_everything_changes_nothing(
    arrivals: list[tuple[Stage | None, int | None]],
) -> None:
    """One arrival a day: a fact, up to eight days after it happened, or a person who sets a stage."""
    lives = Lives()
    facts = []
    for day, (stage, late) in enumerate(arrivals):
        if late is not None:
            facts.append(advance(stage, day - late, f"fact {day}"))
            lives.execute(facts[-1])
        elif stage is not None:
            with suppress(Refused):
                lives.execute(SetStage(PARTY, stage, "because", "nora"), MONDAY + days(day))
    before: Stage | None = None
    since = None
    for told in lives.told:
        assert told.previous_stage is before
        if told.cause == "nora":
            assert before is not None
            assert told.stage in BY_A_PERSON[before]
        else:
            assert told.stage in BY_ITSELF[before]
            assert not told.backwards
        assert told.entered_at is not None
        assert since is None or since <= told.entered_at
        before, since = told.stage, told.entered_at
    assert [lives.execute(fact) for fact in facts] == [[]] * len(facts)


def test_the_table_knows_every_stage() -> None:
    assert set(BY_ITSELF) == {None, *Stage}
    assert set(ORDER) == set(BY_A_PERSON) == set(WENT_ON) == set(Stage)
    assert len(ORDER) == len(Stage)
    assert all(stage not in following for stage, following in BY_ITSELF.items())
    assert {stage for stage in Stage if Stage.RECYCLED in BY_A_PERSON[stage]} == {Stage.DISQUALIFIED, Stage.CHURNED}
    assert not any(Stage.SUBSCRIBER in following for following in BY_ITSELF.values())
    assert {stage for stage, following in BY_ITSELF.items() if Stage.RECYCLED in following} == {Stage.DISQUALIFIED}


def test_a_lead_goes_on_as_one_account_only() -> None:
    lives = Lives()
    assert lives.execute(ContinueLife(LEAD, ACCOUNT, MONDAY))
    assert lives.execute(ContinueLife(LEAD, id_of("another"), MONDAY)) == []
    assert isinstance(lives.states[LEAD], Unknown)
