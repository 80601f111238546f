"""Other routing rules: drafted, approved by somebody else, in force; and what they do to leads."""

from typing import Any

import pytest

from nexa_chassis.testing import given, project
from nexa_contracts.sales import (
    LeadAssigned,
    LeadQueued,
    RepLevel,
    RoutingRule,
    RoutingRulesApproved,
    RoutingRulesChanged,
    RoutingRulesDrafted,
)
from nexa_contracts.values import Band
from nexa_sales.aggregates import routing_rules
from nexa_sales.assignment import desk as desks
from nexa_sales.assignment.commands import OfferWaitingLead
from nexa_sales.read_models import routing_rule_versions
from nexa_sales.routing_rules.decisions import ApproveRules, DraftRules, PublishRules
from nexa_sales.routing_rules.state import DEFAULT_RULES, RULES_ID

from .stories import MONDAY, Routing, id_of, roster, route, senior, standard


def rule(name: str, band: Band, level: RepLevel, **changes: Any) -> RoutingRule:
    return RoutingRule(name=name, band=band, level=level, **changes)


EMEA_TO_SENIORS = rule("EMEA to seniors", Band.MEDIUM, RepLevel.SENIOR, territories=("EMEA",))
RULES = (EMEA_TO_SENIORS, *DEFAULT_RULES.rules)


def drafted(version: int = 2, by: str = "victor") -> RoutingRulesDrafted:
    return RoutingRulesDrafted(rules_id=RULES_ID, version=version, rules=RULES, drafted_by=by, based_on=1)


def approved(version: int = 2) -> RoutingRulesApproved:
    return RoutingRulesApproved(rules_id=RULES_ID, version=version, drafted_by="victor", approved_by="wilma")


def changed(version: int = 2) -> RoutingRulesChanged:
    return RoutingRulesChanged(
        rules_id=RULES_ID, version=version, rules=RULES, drafted_by="victor", approved_by="wilma"
    )


def test_a_draft_is_approved_by_a_second_person_and_put_in_force() -> None:
    given(routing_rules).when(DraftRules(rules=RULES, by="victor")).then(drafted())
    given(routing_rules, drafted()).when(ApproveRules(version=2, by="wilma")).then(approved())
    given(routing_rules, drafted(), approved()).when(PublishRules(version=2)).then(changed())
    given(routing_rules, drafted(), approved(), changed()).when(PublishRules(version=2)).then()


def test_nobody_approves_what_they_wrote() -> None:
    given(routing_rules, drafted()).when(ApproveRules(version=2, by="victor")).then_refused(rule="rules.approver")


def test_an_approval_of_version_3_is_void_on_version_4() -> None:
    history = (drafted(2), drafted(3), approved(3))
    fourth = given(routing_rules, *history).when(DraftRules(rules=DEFAULT_RULES.rules, by="victor"))
    (draft,) = fourth.produced
    assert isinstance(draft, RoutingRulesDrafted)
    assert draft.version == 4
    at_four = given(routing_rules, *history, draft)
    at_four.when(PublishRules(version=4)).then_refused(rule="rules.approval")
    at_four.when(PublishRules(version=3)).then_refused(rule="rules.version")
    at_four.when(ApproveRules(version=3, by="wilma")).then_refused(rule="rules.version")


def test_without_approval_or_draft_nothing_is_put_in_force() -> None:
    given(routing_rules, drafted()).when(PublishRules(version=2)).then_refused(rule="rules.approval")
    given(routing_rules).when(PublishRules(version=2)).then_refused(rule="rules.no_draft")


def test_the_same_draft_again_changes_nothing_but_somebody_elses_is_theirs() -> None:
    given(routing_rules, drafted()).when(DraftRules(rules=RULES, by="victor")).then()
    given(routing_rules, drafted()).when(DraftRules(rules=RULES, by="wilma")).then(drafted(3, "wilma"))


@pytest.mark.parametrize(
    ("rules", "broken"),
    [
        ((EMEA_TO_SENIORS,), "rules.complete"),
        (DEFAULT_RULES.rules[:1], "rules.complete"),
        ((*DEFAULT_RULES.rules, EMEA_TO_SENIORS), "rules.order"),
        ((*DEFAULT_RULES.rules, rule("low", Band.LOW, RepLevel.STANDARD)), "rules.band"),
        ((rule("boss", Band.HIGH, RepLevel.MANAGER), *DEFAULT_RULES.rules), "rules.level"),
    ],
)
def test_rules_that_leave_a_lead_nobodys_or_can_never_match_are_refused(
    rules: tuple[RoutingRule, ...], broken: str
) -> None:
    given(routing_rules).when(DraftRules(rules=rules, by="victor")).then_refused(rule=broken)


def test_the_first_rule_that_takes_a_lead_decides_and_is_named_with_its_version() -> None:
    routing = Routing(desks.evolve(roster(senior("maria"), standard("jonas")), changed()))
    (emea,) = routing.execute(route("one", 60, territory="emea"))
    (other,) = routing.execute(route("two", 60, territory="apac"))
    assert isinstance(emea, LeadAssigned)
    assert isinstance(other, LeadAssigned)
    assert (emea.rep_id, other.rep_id) == (id_of("maria"), id_of("jonas"))
    assert (emea.because.rule.split(" by ")[0], emea.because.rule_version) == ("EMEA to seniors", 2)


def test_leads_that_wait_are_offered_by_the_rules_in_force_now() -> None:
    routing = Routing(roster(senior("maria")))
    (waits,) = routing.execute(route("lead", 60, territory="emea"))
    assert isinstance(waits, LeadQueued)
    routing.desk = desks.evolve(routing.desk, changed())
    (taken,) = routing.execute(OfferWaitingLead(lead_id=id_of("lead")))
    assert isinstance(taken, LeadAssigned)


def test_each_version_shows_who_wrote_and_who_approved_it() -> None:
    row, later = project(routing_rule_versions.model, drafted(), approved(), changed(), drafted(3, "wilma"))
    assert (row["version"], row["drafted_by"], row["approved_by"]) == (2, "victor", "wilma")
    assert row["in_force_since"] >= MONDAY
    assert (later["version"], later["approved_by"], later["in_force_since"]) == (3, None, None)
