"""Facts of all services lead a customer from stage to stage. They arrive in any order; the stage in the end is the same."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import LeadCreated, LeadWithdrawn
from nexa_contracts.sales import (
    AccountBecameCustomer,
    DealClosedWon,
    FollowUpRecorded,
    LeadConverted,
    LeadDisqualified,
    LeadRecycled,
    TaskCompleted,
)
from nexa_contracts.scoring import ChurnRiskCleared, ChurnRiskDetected, LeadScored
from nexa_contracts.success import OnboardingCompleted, OnboardingStarted, RenewalClosed, RenewalOutcome, Stage
from nexa_contracts.values import Band
from nexa_success.lifecycle.decisions import AdvanceStage, Command, ContinueLife

RENEWED_AS = {
    RenewalOutcome.WON: (Stage.RENEWED, "renewal won"),
    RenewalOutcome.EXPANDED: (Stage.EXPANSION, "renewal won with a higher ARR"),
    RenewalOutcome.LOST: (Stage.CHURNED, "renewal lost"),
}


def react(fact: Recorded, now: datetime) -> Iterator[Command]:
    at, cause = fact.time, fact.id
    match fact.event:
        case LeadCreated(lead_id=lead_id, campaign_id=campaign_id):
            yield AdvanceStage(lead_id, Stage.LEAD, at, cause, "became a lead", campaign_id)
        case LeadScored(lead_id=lead_id, band=Band.MEDIUM | Band.HIGH as band, campaign_id=campaign_id, score=score):
            reason = f"scored {score}, band {band.value.capitalize()}"
            yield AdvanceStage(lead_id, Stage.MQL, at, cause, reason, campaign_id)
        case TaskCompleted(lead_id=lead_id, found_interest=True):
            yield AdvanceStage(lead_id, Stage.SQL, at, cause, "the follow-up found interest")
        case FollowUpRecorded(lead_id=lead_id, found_interest=True, campaign_id=campaign_id, round=round_):
            reason = "a follow-up found interest"
            yield AdvanceStage(lead_id, Stage.SQL, at, cause, reason, campaign_id, round=round_)
        case LeadRecycled(lead_id=lead_id, campaign_id=campaign_id, round=round_):
            reason = "came back after it was disqualified, as agreed"
            yield AdvanceStage(lead_id, Stage.RECYCLED, at, cause, reason, campaign_id, round=round_)
        case LeadConverted(lead_id=lead_id, account_id=account_id, campaign_id=campaign_id):
            reason = "a lead was converted"
            yield AdvanceStage(account_id, Stage.OPPORTUNITY, at, cause, reason, campaign_id, continues=lead_id)
            yield ContinueLife(lead_id, account_id, at)
        case LeadDisqualified(lead_id=lead_id, campaign_id=campaign_id, reason=reason):
            yield AdvanceStage(lead_id, Stage.DISQUALIFIED, at, cause, f"disqualified: {reason}", campaign_id)
        case LeadWithdrawn(lead_id=lead_id, campaign_id=campaign_id, reason=reason):
            yield AdvanceStage(lead_id, Stage.DISQUALIFIED, at, cause, f"withdrawn: {reason}", campaign_id)
        case OnboardingStarted(account_id=account_id):
            yield AdvanceStage(account_id, Stage.ONBOARDING, at, cause, "onboarding started")
        case OnboardingCompleted(account_id=account_id, days=days):
            yield AdvanceStage(account_id, Stage.LIVE, at, cause, f"onboarding completed after {days} days")
        case ChurnRiskDetected(account_id=account_id, score=score, reason=reason):
            yield AdvanceStage(account_id, Stage.AT_RISK, at, cause, f"health {score}: {reason}")
        case ChurnRiskCleared(account_id=account_id, score=score):
            yield AdvanceStage(account_id, None, at, cause, f"health recovered to {score}")
        case RenewalClosed(account_id=account_id, outcome=outcome, reason=why):
            stage, reason = RENEWED_AS[outcome]
            yield AdvanceStage(account_id, stage, at, cause, f"{reason}: {why}" if why else reason)
        case DealClosedWon(account_id=account_id) | AccountBecameCustomer(account_id=account_id):
            yield AdvanceStage(account_id, Stage.REACTIVATED, at, cause, "a deal was won after it had churned")
        case _:
            return


follow_lifecycle = Reaction(
    name="follow_lifecycle",
    on=(
        LeadCreated,
        LeadWithdrawn,
        LeadScored,
        TaskCompleted,
        FollowUpRecorded,
        LeadRecycled,
        LeadConverted,
        LeadDisqualified,
        AccountBecameCustomer,
        DealClosedWon,
        OnboardingStarted,
        OnboardingCompleted,
        ChurnRiskDetected,
        ChurnRiskCleared,
        RenewalClosed,
    ),
    react=react,
)
