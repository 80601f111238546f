"""Scoring rules: drafted, approved by somebody else, published; what is refused, and what they would do."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.testing import given
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.scoring import ScoringRulesApproved, ScoringRulesChanged, ScoringRulesDrafted
from nexa_contracts.values import Band
from nexa_scoring.aggregates import scoring_rules
from nexa_scoring.lead_score.features import Features
from nexa_scoring.lead_score.known_leads import ScoredLead
from nexa_scoring.lead_score.points import score
from nexa_scoring.rules.decisions import ApproveRules, DraftRules, PublishRules
from nexa_scoring.rules.state import DEFAULT_POINTS, DEFAULT_RULES, RULES_ID, Rules
from nexa_scoring.rules.what_if import MOST_MOVES, Tally, judged

TOLD: dict[str, Any] = {
    "rules_id": RULES_ID,
    "version": 2,
    "points": {**DEFAULT_POINTS, "attended": 20},
    "high_from": 80,
    "medium_from": 50,
    "question_limit": 10,
}
DRAFTED = ScoringRulesDrafted(**TOLD, drafted_by="mona", based_on=1)
APPROVED = ScoringRulesApproved(rules_id=RULES_ID, version=2, drafted_by="mona", approved_by="paul")
CHANGED = ScoringRulesChanged(**TOLD, drafted_by="mona", approved_by="paul")


def draft(by: str = "mona", **changes: Any) -> DraftRules:
    told = {"points": {"attended": 20}, "high_from": 80, "medium_from": 50, "question_limit": 10, "by": by}
    return DraftRules(**(told | changes))


def test_a_draft_is_the_next_version_and_keeps_what_it_does_not_name() -> None:
    given(scoring_rules).when(draft()).then(DRAFTED)


def test_the_same_draft_again_is_no_news_and_somebody_elses_takes_its_place() -> None:
    given(scoring_rules, DRAFTED).when(draft()).then()
    again = ScoringRulesDrafted(**{**TOLD, "version": 3}, drafted_by="paul", based_on=1)
    given(scoring_rules, DRAFTED, APPROVED).when(draft(by="paul")).then(again)


def test_what_is_in_force_needs_no_draft() -> None:
    given(scoring_rules, DRAFTED, APPROVED, CHANGED).when(draft(points={})).then_refused(rule="rules.unchanged")


def test_somebody_else_approves_once_and_then_it_comes_into_force_once() -> None:
    given(scoring_rules, DRAFTED).when(ApproveRules(version=2, by="paul")).then(APPROVED)
    given(scoring_rules, DRAFTED, APPROVED).when(ApproveRules(version=2, by="wilma")).then()
    given(scoring_rules, DRAFTED, APPROVED).when(PublishRules(version=2)).then(CHANGED)
    given(scoring_rules, DRAFTED, APPROVED, CHANGED).when(PublishRules(version=2)).then()


def test_nobody_approves_their_own_draft() -> None:
    given(scoring_rules, DRAFTED).when(ApproveRules(version=2, by="mona")).then_refused(rule="rules.approver")


def test_an_approval_is_void_for_the_next_version() -> None:
    next_draft = ScoringRulesDrafted(**{**TOLD, "version": 3, "high_from": 81}, drafted_by="mona", based_on=1)
    history: tuple[Event, ...] = (DRAFTED, APPROVED, next_draft)
    given(scoring_rules, *history).when(PublishRules(version=3)).then_refused(rule="rules.approval")
    given(scoring_rules, *history).when(PublishRules(version=2)).then_refused(rule="rules.version")
    given(scoring_rules, *history).when(ApproveRules(version=2, by="paul")).then_refused(rule="rules.version")


def test_without_a_draft_there_is_nothing_to_approve() -> None:
    given(scoring_rules).when(ApproveRules(version=2, by="paul")).then_refused(rule="rules.no_draft")


def test_rules_that_were_changed_before_there_were_drafts_are_still_in_force() -> None:
    old = ScoringRulesChanged(**TOLD)
    book = scoring_rules.evolve(scoring_rules.initial, old)
    assert (book.in_force.version, book.in_force.points["attended"], book.latest) == (2, 20, 2)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"points": {"charm": 5}}, "rules.factor"),
        ({"points": {"attended": -1}}, "rules.points"),
        ({"points": {"attended": 101}}, "rules.points"),
        ({"high_from": 50}, "rules.bands"),
        ({"high_from": 101}, "rules.bands"),
        ({"medium_from": 0}, "rules.bands"),
    ],
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, Any], rule: str) -> None:
    given(scoring_rules).when(draft(**changes)).then_refused(rule=rule)


IT_DIRECTOR = Features(
    company_size=CompanySize.ENTERPRISE,
    title="IT Director",
    source_kind=LeadSourceKind.WEBINAR,
    in_target_audience=False,
    registered_early=True,
    attended=False,
    questions=0,
    downloads=0,
    emails_opened=1,
    emails_clicked=0,
    pricing_visits=0,
)


def lead(number: int, features: Features) -> ScoredLead:
    now = score(features, DEFAULT_RULES)
    return ScoredLead(UUID(int=number), UUID(int=9), features, now.value, now.band)


def test_a_what_if_tells_who_would_change_band_and_who_only_changes_points() -> None:
    leads = [
        lead(1, IT_DIRECTOR),
        lead(2, replace(IT_DIRECTOR, attended=True)),
        lead(3, replace(IT_DIRECTOR, title="")),
    ]
    assert [(each.score, each.band) for each in leads] == [(55, Band.MEDIUM), (70, Band.MEDIUM), (40, Band.LOW)]
    tally = Tally()
    tally.count(leads, replace(DEFAULT_RULES, points={**DEFAULT_POINTS, "attended": 25}, medium_from=60))
    assert (tally.leads, tally.rescored) == (3, 1)
    assert tally.between == {
        (Band.MEDIUM, Band.LOW): 1,
        (Band.MEDIUM, Band.HIGH): 1,
        (Band.LOW, Band.LOW): 1,
    }
    assert [(move.lead_id.int, move.score_then, move.band_then) for move in tally.moves] == [
        (1, 55, Band.LOW),
        (2, 80, Band.HIGH),
    ]


def test_of_many_moves_the_first_are_named_and_all_are_counted() -> None:
    tally = Tally()
    tally.count([lead(number, IT_DIRECTOR) for number in range(MOST_MOVES + 1)], replace(DEFAULT_RULES, medium_from=56))
    assert (len(tally.moves), tally.between) == (MOST_MOVES, {(Band.MEDIUM, Band.LOW): MOST_MOVES + 1})


@for_all(
    st.builds(
        Features,
        company_size=st.sampled_from(CompanySize),
        title=st.sampled_from(["CEO", "IT Director", "Office Manager", "Student", ""]),
        source_kind=st.sampled_from(LeadSourceKind),
        in_target_audience=st.booleans(),
        registered_early=st.booleans(),
        attended=st.booleans(),
        questions=st.integers(0, 5),
        downloads=st.integers(0, 2),
        emails_opened=st.integers(0, 2),
        emails_clicked=st.integers(0, 2),
        pricing_visits=st.integers(0, 2),
    ),
    st.builds(
        Rules,
        version=st.just(7),
        points=st.fixed_dictionaries({factor: st.integers(0, 100) for factor in DEFAULT_POINTS}),
        high_from=st.integers(60, 100),
        medium_from=st.integers(1, 59),
        question_limit=st.integers(0, 100),
    ),
)
def test_a_what_if_says_what_publishing_the_rules_would_do(features: Features, rules: Rules) -> None:
    (verdict,) = judged([lead(1, features)], rules)
    published = score(features, rules)
    assert (verdict.score_then, verdict.band_then) == (published.value, published.band)
