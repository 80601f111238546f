"""The facts that an onboarding waits for come in any order, twice, and with the deal reopened in between."""

from itertools import permutations

import pytest

from nexa_chassis.domain import Recorded
from nexa_contracts.success import CsmUpdated, OnboardingAssigned, OnboardingStarted, Role
from nexa_contracts.values import Because
from nexa_success.onboarding.commands import AssignWaiting, PauseOnboarding, StartOnboarding
from nexa_success.reactions.assign_waiting_onboardings import assign_waiting_onboardings
from nexa_success.reactions.onboard_won_customer import Handover, onboard_won_customer

from .stories import (
    ACCOUNT,
    DEAL,
    DETAILS,
    MONDAY,
    PROJECT,
    SARAH,
    account_created,
    contact_created,
    deal_created,
    deal_reopened,
    deal_won,
    id_of,
    orders_of,
    start,
    stream,
)


def told(order: list[Recorded]) -> tuple[list[object], Handover]:
    state, commands = onboard_won_customer.initial, []
    for fact in order:
        state = onboard_won_customer.evolve(state, fact)
        commands += onboard_won_customer.react(state, fact, MONDAY)
    return commands, state


ORDERS = orders_of(stream(account_created()), stream(contact_created()), stream(deal_created(), deal_won()))


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join(type(fact.event).__name__ for fact in order))
def test_every_order_of_the_facts_starts_the_same_onboarding_once(order: list[Recorded]) -> None:
    commands, _ = told(order)
    assert commands == [start()]


@pytest.mark.parametrize("order", ORDERS[:4])
def test_facts_that_come_twice_start_nothing_more(order: list[Recorded]) -> None:
    commands, state = told(order)
    for fact in order:
        state = onboard_won_customer.evolve(state, fact)
        commands += [each for each in onboard_won_customer.react(state, fact, MONDAY) if each != start()]
    assert commands == [start()]


@pytest.mark.parametrize(
    "order",
    orders_of(
        stream(account_created()),
        stream(contact_created()),
        stream(deal_created(), deal_won(), deal_reopened(), deal_won()),
    ),
)
def test_a_deal_that_is_reopened_and_won_again_ends_with_a_start_in_every_order(order: list[Recorded]) -> None:
    commands, _ = told(order)
    assert isinstance(commands[-1], StartOnboarding)
    assert {each.project_id for each in commands} == {PROJECT}  # type: ignore[attr-defined]
    assert sum(isinstance(each, PauseOnboarding) for each in commands) == 1


def test_what_an_older_release_of_sales_leaves_out_of_the_won_deal_is_taken_from_the_deal_itself() -> None:
    bare = deal_won(name=None, primary_contact_id=None, rep_id=None, details=None)
    commands, _ = told(stream(account_created()) + stream(contact_created()) + stream(deal_created(), bare))
    (command,) = commands
    assert isinstance(command, StartOnboarding)
    assert (command.contact, command.rep_id, command.deal_name) == (SARAH, id_of("Maria"), "Acme Corp")
    assert command.details != DETAILS


def started(csm: bool) -> OnboardingStarted:
    return OnboardingStarted(
        project_id=PROJECT,
        account_id=ACCOUNT,
        account_name="Acme Corp",
        deal_id=DEAL,
        name="Acme Corp Onboarding",
        arr=deal_won().amount,
        won_at=MONDAY,
        due_on=MONDAY.date(),
        csm=SARAH if csm else None,
        contact=SARAH,
        template_version=1,
        because=Because(rule="a rule"),
    )


def hired() -> CsmUpdated:
    return CsmUpdated(csm_id=id_of("Nora"), name="Nora", email="nora@nexa.example", role=Role.CSM, capacity=1)


@pytest.mark.parametrize("order", list(permutations([*stream(started(csm=False)), *stream(hired())])))
def test_an_onboarding_without_a_csm_is_offered_whichever_came_first_the_person_or_the_onboarding(
    order: tuple[Recorded, ...],
) -> None:
    state, offered = assign_waiting_onboardings.initial, []
    for fact in order:
        state = assign_waiting_onboardings.evolve(state, fact)
        offered += assign_waiting_onboardings.react(state, fact, MONDAY)
    assert AssignWaiting(project_id=PROJECT) in offered
    assigned = OnboardingAssigned(
        project_id=PROJECT, account_id=ACCOUNT, account_name="Acme Corp", csm=SARAH, reason="somebody has room now"
    )
    (fact,) = stream(assigned)
    assert assign_waiting_onboardings.evolve(state, fact).waiting == ()
