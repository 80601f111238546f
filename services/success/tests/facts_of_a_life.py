"""What the services tell of one customer, from a row of a webinar's list to the deal that won it back."""

from datetime import date, timedelta
from typing import Any

from nexa_chassis.domain import Recorded
from nexa_chassis.testing import recorded
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadCreated, LeadSourceKind
from nexa_contracts.sales import AccountCreated, ContactCreated, DealClosedWon, LeadConverted, TaskCompleted
from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected, LeadScored
from nexa_contracts.success import OnboardingCompleted, OnboardingStarted, RenewalClosed, RenewalOutcome
from nexa_contracts.values import Band, Because

from .stories import ACCOUNT, DEAL, FIFTY_THOUSAND, MONDAY, PROJECT, SARAH, id_of

LEAD = id_of("Sarah the lead")
CONTACT = id_of("Sarah the contact")
CAMPAIGN = id_of("Q4 Product Webinar")


def lead_created(lead: str = "Sarah the lead", **changes: Any) -> LeadCreated:
    given: dict[str, Any] = {
        "lead_id": id_of(lead),
        "campaign_id": CAMPAIGN,
        "campaign_name": "Q4 Product Webinar",
        "import_id": id_of("registrants.csv"),
        "company": "Acme Corp",
        "source_label": "Webinar Q4",
        "source_kind": LeadSourceKind.WEBINAR,
    }
    return LeadCreated(**(given | changes))


def lead_scored(score: int, lead: str = "Sarah the lead") -> LeadScored:
    return LeadScored(
        lead_id=id_of(lead),
        campaign_id=CAMPAIGN,
        score=score,
        band=Band.HIGH if score >= 75 else Band.MEDIUM if score >= 50 else Band.LOW,
        raw_points=score,
        factors=(),
        recommendation="High buying intent, call within 24h",
        rules_version=1,
        caused_by="test",
    )


def interest_found(lead: str = "Sarah the lead") -> TaskCompleted:
    return TaskCompleted(
        task_id=id_of("call Sarah"),
        lead_id=id_of(lead),
        rep_id=id_of("maria"),
        outcome="Wants an offer",
        completed_by="maria",
        found_interest=True,
    )


def lead_converted(lead: str = "Sarah the lead", **changes: Any) -> LeadConverted:
    given: dict[str, Any] = {
        "lead_id": id_of(lead),
        "campaign_id": CAMPAIGN,
        "contact_id": CONTACT,
        "account_id": ACCOUNT,
        "account_matched": False,
        "deal_id": DEAL,
        "amount": FIFTY_THOUSAND,
        "rep_id": id_of("maria"),
    }
    return LeadConverted(**(given | changes))


def account_created() -> AccountCreated:
    return AccountCreated(account_id=ACCOUNT, name="Acme Corp")


def contact_created() -> ContactCreated:
    return ContactCreated(contact_id=CONTACT, account_id=ACCOUNT, lead_id=LEAD, first_name="Sarah")


def onboarding_started() -> OnboardingStarted:
    return OnboardingStarted(
        project_id=PROJECT,
        account_id=ACCOUNT,
        account_name="Acme Corp",
        deal_id=DEAL,
        name="Acme Corp Onboarding",
        arr=FIFTY_THOUSAND,
        won_at=MONDAY,
        due_on=date(2025, 12, 24),
        csm=None,
        contact=SARAH,
        template_version=1,
        because=Because(rule="test", version=1),
    )


def onboarding_completed() -> OnboardingCompleted:
    return OnboardingCompleted(
        project_id=PROJECT, account_id=ACCOUNT, account_name="Acme Corp", days=30, on_time=True, csm_id=None
    )


def risk_detected() -> ChurnRiskDetected:
    return ChurnRiskDetected(
        account_id=ACCOUNT,
        account_name="Acme Corp",
        episode=1,
        score=65,
        play="Schedule executive business review",
        reason="Usage declining, support tickets increasing",
    )


def risk_cleared() -> ChurnRiskCleared:
    return ChurnRiskCleared(account_id=ACCOUNT, account_name="Acme Corp", episode=1, score=74)


def renewal_closed(outcome: RenewalOutcome, year: int = 2026) -> RenewalClosed:
    return RenewalClosed(
        renewal_id=id_of(f"renewal of {year}"),
        account_id=ACCOUNT,
        account_name="Acme Corp",
        outcome=outcome,
        previous_arr=FIFTY_THOUSAND,
        arr=None if outcome is RenewalOutcome.LOST else FIFTY_THOUSAND,
        contract_end=date(year, 11, 24),
        reason="Project was stopped" if outcome is RenewalOutcome.LOST else None,
    )


def deal_won(deal: str = "Acme comes back") -> DealClosedWon:
    return DealClosedWon(deal_id=id_of(deal), account_id=ACCOUNT, amount=FIFTY_THOUSAND, closed_at=MONDAY)


def life_of_acme() -> list[Recorded]:
    """One fact every ten days, in the order in which they happened."""
    events: list[Event] = [
        lead_created(),
        lead_scored(85),
        interest_found(),
        lead_converted(),
        onboarding_started(),
        onboarding_completed(),
        risk_detected(),
        risk_cleared(),
        renewal_closed(RenewalOutcome.EXPANDED),
        renewal_closed(RenewalOutcome.LOST, 2027),
        deal_won(),
    ]
    return [recorded(event, time=MONDAY + number * timedelta(days=10)) for number, event in enumerate(events)]
