"""Conversion, accounts and deals."""

import pytest

from nexa_chassis.testing import given
from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.sales import (
    AccountCreated,
    AccountUpdated,
    DealClosedLost,
    DealClosedWon,
    DealCreated,
    DealDetails,
    DealReassigned,
    DealReopened,
    DealStage,
    DealStageChanged,
    LeadConverted,
)
from nexa_contracts.values import Band, Money
from nexa_sales.account.decisions import THERE_ALREADY, ChangeAccount, OpenAccount, account_id_of
from nexa_sales.aggregates import account, assignment, deal
from nexa_sales.assignment.commands import ConvertLead, DisqualifyLead
from nexa_sales.deal.commands import CloseLost, CloseWon, MoveDeal, OpenDeal, ReassignDeal, ReopenDeal

from .stories import CAMPAIGN, FIFTY_THOUSAND, IMPORT, MONDAY, Routing, id_of, roster, route, senior

DEAL = id_of("deal")
ACCOUNT = account_id_of("Acme Corp")
OPENED = DealCreated(
    deal_id=DEAL,
    account_id=ACCOUNT,
    primary_contact_id=id_of("Dana"),
    lead_id=id_of("lead"),
    campaign_id=CAMPAIGN,
    rep_id=id_of("maria"),
    name="Acme Corp",
    amount=FIFTY_THOUSAND,
    source_label="Webinar Q4",
    source_kind=LeadSourceKind.WEBINAR,
)
LOST = DealClosedLost(
    deal_id=DEAL,
    account_id=ACCOUNT,
    campaign_id=CAMPAIGN,
    amount=FIFTY_THOUSAND,
    reason="Chose another vendor",
    closed_at=MONDAY,
)
SIGNED = CloseWon(deal_id=DEAL, contract_signed=True, contract_url="s3://contracts/acme.pdf", actual_amount=None)
WON = DealClosedWon(
    deal_id=DEAL,
    account_id=ACCOUNT,
    campaign_id=CAMPAIGN,
    amount=FIFTY_THOUSAND,
    contract_url="s3://contracts/acme.pdf",
    closed_at=MONDAY,
    name="Acme Corp",
    primary_contact_id=id_of("Dana"),
    rep_id=id_of("maria"),
    lead_id=id_of("lead"),
    details=DealDetails(),
)


def conversion(lead: str = "lead") -> ConvertLead:
    return ConvertLead(
        lead_id=id_of(lead),
        company="Acme Corp",
        contact_id=id_of("contact"),
        account_id=ACCOUNT,
        account_matched=False,
        deal_id=DEAL,
        amount=FIFTY_THOUSAND,
    )


def test_a_converted_lead_tells_campaign_band_source_rep_and_why_this_account() -> None:
    routing = Routing(roster(senior("maria")))
    routing.execute(route("lead", 85))
    (event,) = routing.execute(conversion())
    assert isinstance(event, LeadConverted)
    assert (event.campaign_id, event.import_id, event.band) == (CAMPAIGN, IMPORT, Band.HIGH)
    assert (event.source_label, event.source_kind) == ("Webinar Q4", LeadSourceKind.WEBINAR)
    assert event.rep_id == id_of("maria")
    assert event.because is not None
    assert event.because.facts == {"company": "Acme Corp", "account": "there was none, so a new one"}
    assert routing.desk.seats[id_of("maria")].open_leads == 0


def test_a_lead_is_converted_once() -> None:
    routing = Routing(roster(senior("maria")))
    history = [*routing.execute(route("lead", 85)), *routing.execute(conversion())]
    given(assignment, *history, context=routing.desk).when(conversion()).then_refused(rule="lead.converted")
    disqualify = DisqualifyLead(lead_id=id_of("lead"), reason="no")
    given(assignment, *history, context=routing.desk).when(disqualify).then_refused(rule="lead.converted")


def test_a_disqualified_lead_is_not_converted() -> None:
    routing = Routing(roster(senior("maria")))
    history = [
        *routing.execute(route("lead", 85)),
        *routing.execute(DisqualifyLead(lead_id=id_of("lead"), reason="Student")),
    ]
    given(assignment, *history, context=routing.desk).when(conversion()).then_refused(rule="lead.closed")


def test_a_lead_that_sales_does_not_know_is_not_converted() -> None:
    given(assignment, context=roster()).when(conversion()).then_refused(rule="lead.unknown")


def test_a_lead_of_the_series_can_be_converted_without_a_rep() -> None:
    routing = Routing(roster())
    routing.execute(route("lead", 20))
    (event,) = routing.execute(conversion())
    assert isinstance(event, LeadConverted)
    assert event.rep_id is None


@pytest.mark.parametrize("name", ["Acme", "ACME Corp", "acme corp.", " Acme,  Corporation ", "Acme Co Ltd"])
def test_one_company_has_one_account_whatever_way_its_name_is_written(name: str) -> None:
    assert account_id_of(name) == ACCOUNT


@pytest.mark.parametrize("name", ["Acme Robotics", "Acne Corp", "Company", "Co"])
def test_other_companies_have_other_accounts(name: str) -> None:
    assert account_id_of(name) != ACCOUNT


def test_an_account_is_opened_once_and_can_be_corrected() -> None:
    opened = AccountCreated(account_id=ACCOUNT, name="Acme Corp", country="US", company_size=CompanySize.ENTERPRISE)
    command = OpenAccount(account_id=ACCOUNT, name="Acme Corp", country="US", company_size=CompanySize.ENTERPRISE)
    change = ChangeAccount(account_id=ACCOUNT, name="Acme Inc", country="US", company_size=None)
    given(account).when(command).then(opened)
    given(account, opened).when(command).then_refused(rule=THERE_ALREADY)
    given(account).when(change).then_refused(rule="account.unknown")
    changed = AccountUpdated(account_id=ACCOUNT, name="Acme Inc", country="US", company_size=None)
    given(account, opened).when(change).then(changed)
    given(account, opened, changed).when(change).then()


def test_a_deal_opens_in_qualification_with_the_source_of_its_lead() -> None:
    fields = OPENED.model_dump(exclude={"stage", "amount"})
    given(deal).when(OpenDeal(**fields, amount=FIFTY_THOUSAND)).then(OPENED)
    given(deal, OPENED).when(OpenDeal(**fields, amount=FIFTY_THOUSAND)).then()
    assert OPENED.stage is DealStage.QUALIFICATION


def test_a_deal_without_a_signed_contract_is_not_won() -> None:
    unsigned = CloseWon(deal_id=DEAL, contract_signed=False, contract_url=None, actual_amount=None)
    given(deal, OPENED).when(unsigned).then_refused(rule="deal.contract_signed")


def test_a_signed_deal_is_won_once_with_its_contract_kept_as_text() -> None:
    given(deal, OPENED).when(SIGNED, now=MONDAY).then(WON)
    given(deal, OPENED, WON).when(SIGNED, now=MONDAY).then()


def test_a_contract_can_say_another_amount() -> None:
    less = Money.model_validate({"amount": "42000.00"})
    command = CloseWon(deal_id=DEAL, contract_signed=True, contract_url=None, actual_amount=less)
    (event,) = given(deal, OPENED).when(command).produced
    assert isinstance(event, DealClosedWon)
    assert event.amount == less


def test_a_lost_deal_is_won_only_after_it_was_reopened() -> None:
    given(deal, OPENED).when(CloseLost(deal_id=DEAL, reason="Chose another vendor"), now=MONDAY).then(LOST)
    given(deal, OPENED, LOST).when(SIGNED).then_refused(rule="deal.closed")
    reopened = DealReopened(
        deal_id=DEAL,
        account_id=ACCOUNT,
        campaign_id=CAMPAIGN,
        amount=FIFTY_THOUSAND,
        reason="They came back",
        was="lost",
        stage=DealStage.QUALIFICATION,
    )
    given(deal, OPENED, LOST).when(ReopenDeal(deal_id=DEAL, reason="They came back")).then(reopened)
    given(deal, OPENED, LOST, reopened).when(SIGNED, now=MONDAY).then(WON)


def test_a_won_deal_is_not_lost() -> None:
    given(deal, OPENED, WON).when(CloseLost(deal_id=DEAL, reason="no")).then_refused(rule="deal.closed")


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_deal_is_lost_and_reopened_for_a_reason_only(blank: str) -> None:
    given(deal, OPENED).when(CloseLost(deal_id=DEAL, reason=blank)).then_refused(rule="deal.reason")
    given(deal, OPENED, WON).when(ReopenDeal(deal_id=DEAL, reason=blank)).then_refused(rule="deal.reason")


def test_a_deal_moves_between_open_stages_only_and_is_reopened_where_it_was() -> None:
    moved = DealStageChanged(
        deal_id=DEAL, campaign_id=CAMPAIGN, stage=DealStage.PROPOSAL, previous_stage=DealStage.QUALIFICATION
    )
    to_proposal = MoveDeal(deal_id=DEAL, stage=DealStage.PROPOSAL)
    given(deal, OPENED).when(to_proposal).then(moved)
    given(deal, OPENED, moved).when(to_proposal).then()
    given(deal, OPENED).when(MoveDeal(deal_id=DEAL, stage=DealStage.CLOSED_WON)).then_refused(rule="deal.stage")
    given(deal, OPENED, LOST).when(to_proposal).then_refused(rule="deal.closed")
    (event,) = given(deal, OPENED, moved, WON).when(ReopenDeal(deal_id=DEAL, reason="Signature withdrawn")).produced
    assert isinstance(event, DealReopened)
    assert (event.was, event.stage) == ("won", DealStage.PROPOSAL)


@pytest.mark.parametrize(
    "command",
    [
        SIGNED,
        CloseLost(deal_id=DEAL, reason="x"),
        ReopenDeal(deal_id=DEAL, reason="x"),
        MoveDeal(deal_id=DEAL, stage=DealStage.PROPOSAL),
    ],
)
def test_a_deal_nobody_knows_is_not_found(command: object) -> None:
    given(deal).when(command).then_refused(rule="deal.unknown")


REASSIGNED = DealReassigned(
    deal_id=DEAL,
    account_id=ACCOUNT,
    campaign_id=CAMPAIGN,
    rep_id=id_of("victor"),
    previous_rep_id=id_of("maria"),
    reason="maria left",
)


def test_a_deal_goes_to_another_rep_once_and_is_won_by_that_one() -> None:
    to_victor = ReassignDeal(deal_id=DEAL, rep_id=id_of("victor"), reason="maria left")
    given(deal, OPENED).when(to_victor).then(REASSIGNED)
    given(deal, OPENED, REASSIGNED).when(to_victor).then()
    given(deal, OPENED, WON).when(to_victor).then(REASSIGNED)
    given(deal, OPENED, REASSIGNED).when(SIGNED).then(WON.model_copy(update={"rep_id": id_of("victor")}))
    given(deal).when(to_victor).then_refused(rule="deal.unknown")
