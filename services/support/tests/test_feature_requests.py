"""What customers wish for: one vote each, told when it ships."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from nexa_chassis.running import eventually
from nexa_chassis.testing import given
from nexa_contracts.sales import AccountCreated
from nexa_contracts.support import (
    FeatureRequestChanged,
    FeatureRequested,
    FeatureShipped,
    FeatureVoted,
    FeatureVoteWithdrawn,
    Requester,
    RequestStatus,
    Voter,
)
from nexa_support.aggregates import feature_request
from nexa_support.feature_request.decisions import ChangeRequest, ShipFeature, Vote, WithdrawVote

from .stories import id_of

REQUEST = UUID(int=7)
ACME, BIRCH = UUID(int=11), UUID(int=12)
SARAH = Requester(name="Sarah Miller", email="sarah.miller@acme.example")
ABOUT: dict[str, Any] = {"request_id": REQUEST, "title": "Excel export", "feature": "data_export"}
REQUESTED = FeatureRequested(**ABOUT, source="customer_feedback")
VOTED = FeatureVoted(**ABOUT, account_id=ACME, account_name="Acme Corp", voter=SARAH, votes=1)
VOTE = Vote(request_id=REQUEST, account_id=ACME, account_name="Acme Corp", ticket_id=None, voter=SARAH)


def test_an_account_votes_once() -> None:
    given(feature_request, REQUESTED).when(VOTE).then(VOTED)
    given(feature_request, REQUESTED, VOTED).when(VOTE).then()
    birch = Vote(request_id=REQUEST, account_id=BIRCH, account_name="Birch", ticket_id=None, voter=None)
    given(feature_request, REQUESTED, VOTED).when(birch).then(
        FeatureVoted(**ABOUT, account_id=BIRCH, account_name="Birch", votes=2)
    )


def test_fifteen_accounts_are_fifteen_votes() -> None:
    names = [f"Account {number}" for number in range(1, 16)]
    votes = [
        FeatureVoted(**ABOUT, account_id=id_of(name), account_name=name, votes=place)
        for place, name in enumerate(names, 1)
    ]
    last = Vote(request_id=REQUEST, account_id=id_of(names[-1]), account_name=names[-1], ticket_id=None, voter=None)
    given(feature_request, REQUESTED, *votes[:-1]).when(last).then(votes[-1])
    given(feature_request, REQUESTED, *votes).when(last).then()


def test_a_vote_is_withdrawn_once() -> None:
    withdrawn = FeatureVoteWithdrawn(**ABOUT, account_id=ACME, votes=0)
    given(feature_request, REQUESTED, VOTED).when(WithdrawVote(request_id=REQUEST, account_id=ACME)).then(withdrawn)
    given(feature_request, REQUESTED, VOTED, withdrawn).when(WithdrawVote(request_id=REQUEST, account_id=ACME)).then()


def test_who_voted_is_told_once_that_it_is_there() -> None:
    shipped = FeatureShipped(
        **ABOUT, version="2.2.0", voters=(Voter(account_id=ACME, account_name="Acme Corp", requester=SARAH),)
    )
    given(feature_request, REQUESTED, VOTED).when(ShipFeature(request_id=REQUEST, version="2.2.0")).then(shipped)
    given(feature_request, REQUESTED, VOTED, shipped).when(ShipFeature(request_id=REQUEST, version="2.2.0")).then()
    given(feature_request, REQUESTED, shipped).when(VOTE).then_refused(rule="feature_request.ended")


def test_what_is_not_said_stays_and_declining_needs_a_reason() -> None:
    plan = ChangeRequest(request_id=REQUEST, status=RequestStatus.PLANNED, target_quarter="Q1 2026")
    planned = FeatureRequestChanged(**ABOUT, status=RequestStatus.PLANNED, target_quarter="Q1 2026")
    given(feature_request, REQUESTED).when(plan).then(planned)
    given(feature_request, REQUESTED, planned).when(plan).then()
    decline = ChangeRequest(request_id=REQUEST, status=RequestStatus.DECLINED)
    given(feature_request, REQUESTED).when(decline).then_refused(rule="feature_request.reason")
    ship = ChangeRequest(request_id=REQUEST, status=RequestStatus.SHIPPED)
    given(feature_request, REQUESTED).when(ship).then_refused(rule="feature_request.ship")
    given(feature_request).when(plan).then_refused(rule="feature_request.unknown")


def test_a_quarter_and_a_feature_can_be_taken_away_a_title_not() -> None:
    planned = FeatureRequestChanged(**ABOUT, status=RequestStatus.PLANNED, target_quarter="Q1 2026")
    some_day = ChangeRequest(request_id=REQUEST, emptied=frozenset({"target_quarter", "feature"}))
    freed = FeatureRequestChanged(**ABOUT | {"feature": None}, status=RequestStatus.PLANNED, target_quarter=None)
    given(feature_request, REQUESTED, planned).when(some_day).then(freed)
    given(feature_request, REQUESTED, planned, freed).when(some_day).then()
    untitled = ChangeRequest(request_id=REQUEST, emptied=frozenset({"title"}))
    given(feature_request, REQUESTED).when(untitled).then_refused(rule="feature_request.needed")


@pytest.mark.timeout(120)
async def test_tickets_and_accounts_vote_over_http(support_service: Any) -> None:
    planner = support_service.service.client("product_manager", subject="pria")
    request = await support_service.ask("POST", "/feature-requests", 201, by=planner, json={"title": "Excel export"})
    path = f"/feature-requests/{request['request_id']}"
    ticket = await support_service.submit()
    voted = await support_service.ask("POST", f"{path}/votes", 201, json={"ticket_id": ticket["ticket_id"]})
    again = await support_service.ask("POST", f"{path}/votes", 201, json={"ticket_id": ticket["ticket_id"]})
    assert (voted["votes"], again["votes"]) == (1, 1)
    birch = {"account_id": str(id_of("Birch Ltd"))}
    await support_service.ask("POST", f"{path}/votes", 404, json=birch)
    await support_service.others.say(AccountCreated(account_id=id_of("Birch Ltd"), name="Birch Ltd"))

    async def voted_by_account() -> Any:
        answer = await support_service.agent.post(f"{path}/votes", json=birch)
        return answer.json() if answer.status_code == 201 else None

    assert (await eventually(voted_by_account, what="the account's vote"))["votes"] == 2
    refused = await support_service.ask("POST", f"{path}/votes", 404, json={"account_id": str(uuid4())})
    assert refused["rule"] == "account.unknown"
    await support_service.ask("POST", f"{path}/votes", 422, json={})
    vote = (await support_service.ask("GET", f"{path}/votes"))["items"][0]
    assert (vote["account_name"], vote["ticket_id"]) == ("Acme Corp", ticket["ticket_id"])
    plan = {"target_quarter": "Q1 2026", "feature": "data_export"}
    assert (await support_service.ask("PATCH", path, by=planner, json=plan))["target_quarter"] == "Q1 2026"
    changed = await support_service.ask("PATCH", path, by=planner, json={"target_quarter": None})
    assert (changed["target_quarter"], changed["feature"]) == (None, "data_export")
    refused = await support_service.ask("PATCH", path, 422, by=planner, json={"title": None})
    assert refused["errors"][0]["field"].endswith("title")
    shipped = await support_service.ask("POST", f"{path}/ship", by=planner, json={"version": "2.2.0"})
    assert (shipped["status"], shipped["shipped_version"]) == ("shipped", "2.2.0")
    await support_service.ask("POST", f"{path}/ship", 403, json={})
