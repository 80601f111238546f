"""The plan of an account and its tickets, in whatever order they come."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from nexa_chassis.domain import Recorded
from nexa_chassis.testing import given, recorded
from nexa_contracts.sales import DealClosedWon, DealDetails, ProductLine
from nexa_contracts.support import TicketAccountFound, TicketReopened, TicketResolved, TicketStatus, TicketStatusChanged
from nexa_contracts.values import Money
from nexa_support.reactions.take_plan import Account, evolve, react, take_plan
from nexa_support.ticket.commands import ReopenTicket, ResolveTicket, TakePlan

from .stories import ACCOUNT, MONDAY, SARAH, TICKET, Story, id_of, submit

FIFTY_THOUSAND = Money.model_validate({"amount": "50000.00"})


def bought(product: str = "Enterprise Plan", *, days: int = 0, deal: str = "deal") -> Recorded:
    event = DealClosedWon(
        deal_id=id_of(deal),
        account_id=ACCOUNT,
        amount=FIFTY_THOUSAND,
        closed_at=MONDAY,
        name="Acme Corp",
        primary_contact_id=SARAH.contact_id or id_of("Sarah Miller"),
        rep_id=id_of("Maria"),
        details=DealDetails(products=(ProductLine(product=product),)),
    )
    return recorded(event, time=MONDAY + timedelta(days=days))


def told(*commands: Any) -> list[Any]:
    story = Story()
    for command in commands:
        story.tell(command)
    return [event for event in story.events if type(event) in take_plan.on]


def take(plan: str | None = "Enterprise Plan") -> TakePlan:
    return TakePlan(ticket_id=TICKET, account_id=ACCOUNT, plan=plan)


def test_a_ticket_of_an_account_with_a_plan_takes_it() -> None:
    (submitted,) = told(submit())
    given(take_plan, bought()).when(submitted).then(take())
    given(take_plan).when(submitted).then()


def test_a_plan_that_is_bought_is_taken_by_every_open_ticket() -> None:
    submitted, resolved, reopened = told(
        submit(),
        ResolveTicket(ticket_id=TICKET, resolution="Done"),
        ReopenTicket(ticket_id=TICKET, reason="It came back"),
    )[:3]
    assert isinstance(resolved, TicketResolved)
    assert isinstance(reopened, TicketReopened)
    given(take_plan, submitted).when(bought()).then(take())
    given(take_plan, submitted, resolved).when(bought()).then()
    given(take_plan, bought(), submitted, resolved).when(reopened).then(take())
    closed = TicketStatusChanged(**_fields(submitted), status=TicketStatus.CLOSED, previous=TicketStatus.OPEN)
    given(take_plan, submitted, closed).when(bought()).then()


def test_a_ticket_whose_account_becomes_known_takes_its_plan_or_none() -> None:
    (submitted,) = told(submit(account_id=None, account_name=None))
    found = TicketAccountFound(
        **(_fields(submitted) | {"account_id": ACCOUNT, "account_name": "Acme Corp"}), because="said by an agent"
    )
    given(take_plan, bought()).when(found).then(take())
    given(take_plan).when(found).then(take(None))
    given(take_plan).when(submitted).then()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_plan_that_was_bought_counts_in_every_order(order: tuple[int, ...]) -> None:
    (submitted,) = told(submit())
    facts = [recorded(submitted), bought("Starter", days=-30, deal="old"), bought("Enterprise Plan", days=1)]
    account, taken = Account(), None
    for each in order:
        account = evolve(account, facts[each])
        for command in react(account, facts[each], MONDAY):
            taken = command
    assert taken == take()


def _fields(event: Any) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("ticket_id", "reference", "subject", "account_id", "account_name")}
