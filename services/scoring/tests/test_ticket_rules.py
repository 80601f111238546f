"""Changing the ticket rules: what is taken, and what is refused with which words."""

from typing import Any

import pytest

from nexa_chassis.testing import given
from nexa_contracts.scoring import CataloguedFeature, TicketRulesChanged
from nexa_scoring.aggregates import ticket_rules
from nexa_scoring.ticket_rules.decisions import ChangeTicketRules, PutFeature, RemoveFeature
from nexa_scoring.ticket_rules.state import DEFAULT_RULES, TicketRules, evolve

QUOTES = CataloguedFeature(key="quotes", name="Quotes", aliases=("offer*",))


def after(*commands: Any) -> TicketRules:
    state, told = DEFAULT_RULES, 0
    for command in commands:
        for event in ticket_rules.decide(command, state, None):  # type: ignore[arg-type]
            assert isinstance(event, TicketRulesChanged)
            stored = TicketRulesChanged.model_validate_json(event.model_dump_json())
            state, told = evolve(state, stored), told + 1
            assert state.version == 1 + told
    return state


def test_a_feature_is_added_replaced_in_its_place_and_taken_out() -> None:
    assert after(PutFeature(feature=QUOTES)).features == (*DEFAULT_RULES.features, QUOTES)
    export = CataloguedFeature(key="data_export", name="Data export", aliases=("export*",))
    replaced = after(PutFeature(feature=export))
    assert replaced.features == (export, *DEFAULT_RULES.features[1:])
    assert after(PutFeature(feature=QUOTES), RemoveFeature(key="quotes")).features == DEFAULT_RULES.features


def test_what_is_left_out_stays_and_a_question_is_replaced_as_a_whole() -> None:
    changed = after(ChangeTicketRules(keywords={"type": {"bug": {"broken": 2.5}}}, p1_from=3))
    assert changed.keywords["type"] == {"bug": {"broken": 2.5}}
    assert changed.keywords["priority"] == DEFAULT_RULES.keywords["priority"]
    assert (changed.p1_from, changed.similar_from, changed.features) == (3, 0.4, DEFAULT_RULES.features)


def test_the_same_rules_again_change_nothing() -> None:
    given(ticket_rules).when(ChangeTicketRules(p1_from=5, features=DEFAULT_RULES.features)).then()


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (ChangeTicketRules(features=()), "ticket_rules.features"),
        (ChangeTicketRules(features=(QUOTES, QUOTES)), "ticket_rules.feature_twice"),
        (PutFeature(feature=CataloguedFeature(key="x", name="...")), "ticket_rules.phrase"),
        (PutFeature(feature=CataloguedFeature(key="x", name="X", aliases=("a*",))), "ticket_rules.phrase"),
        (RemoveFeature(key="quotes"), "ticket_rules.unknown_feature"),
        (ChangeTicketRules(keywords={"mood": {}}), "ticket_rules.question"),
        (ChangeTicketRules(keywords={"type": {"rant": {"x": 1}}}), "ticket_rules.answer"),
        (ChangeTicketRules(keywords={"type": {"bug": {"broken": 0}}}), "ticket_rules.weight"),
        (ChangeTicketRules(keywords={"type": {"bug": {"broken": float("nan")}}}), "ticket_rules.weight"),
        (ChangeTicketRules(keywords={"priority": {"low": {"type:rant": 1}}}), "ticket_rules.phrase"),
        (ChangeTicketRules(abstain_below=1.5), "ticket_rules.number"),
        (ChangeTicketRules(similar_from=float("nan")), "ticket_rules.number"),
        (ChangeTicketRules(same_feature=0.5), "ticket_rules.number"),
        (ChangeTicketRules(window_days=0), "ticket_rules.number"),
        (ChangeTicketRules(p1_from=0), "ticket_rules.number"),
    ],
)
def test_what_cannot_be_used_is_refused(command: Any, rule: str) -> None:
    given(ticket_rules).when(command).then_refused(rule=rule)
