"""What happened to a customer, one sentence for each event, in the words and names of then."""

import re
from decimal import ROUND_HALF_UP, Decimal

from nexa_contracts import marketing, notifier, sales, scoring, success
from nexa_contracts.envelope import Event
from nexa_contracts.success import MemberKind
from nexa_contracts.values import Money
from nexa_success.timeline import support_sentences

ENGAGED = {
    marketing.EngagementKind.REGISTERED_EARLY: "Registered early",
    marketing.EngagementKind.ATTENDED: "Attended",
    marketing.EngagementKind.QUESTION_ASKED: "Asked a question",
    marketing.EngagementKind.CONTENT_DOWNLOADED: "Downloaded",
    marketing.EngagementKind.EMAIL_OPENED: "Opened a mail",
    marketing.EngagementKind.EMAIL_CLICKED: "Followed a link in a mail",
    marketing.EngagementKind.PRICING_PAGE_VISITED: "Looked at the prices",
}


def sentence(event: Event) -> str | None:
    """None for an event that tells nothing of a customer."""
    return (
        _of_marketing(event)
        or _of_scoring(event)
        or _of_leads_in_sales(event)
        or _of_accounts_in_sales(event)
        or _of_onboardings(event)
        or _of_tasks(event)
        or _of_handoffs(event)
        or _of_life_after(event)
        or support_sentences.of_tickets(event)
        or support_sentences.of_feature_requests(event)
        or _of_mails(event)
    )


def _of_marketing(event: Event) -> str | None:
    match event:
        case marketing.LeadCreated(campaign_name=campaign, import_line=line):
            return f"Came in with {campaign}" + (f", line {line} of the import" if line else "")
        case marketing.LeadUpdated(changed=changed):
            return f"Lead changed: {', '.join(changed)}"
        case marketing.LeadEngaged(kind=kind, detail=detail):
            return ENGAGED[kind] + (f": {detail}" if detail else "")
        case marketing.LeadWithdrawn(reason=reason):
            return f"Lead withdrawn: {reason}"
        case marketing.LeadUnsubscribed():
            return "Wants no more marketing mail"
        case marketing.LeadEnrolledInNurture(series=series):
            return f"Entered the e-mail series {series}"
        case marketing.NurtureStepScheduled(series=series, step=step, at=at):
            return f"Step {step} of the e-mail series {series} is due {at:%Y-%m-%d %H:%M} UTC"
        case marketing.NurtureStepSkipped(series=series, step=step, condition=condition):
            return f"Step {step} of the e-mail series {series} passed over: {condition.value.replace('_', ' ')} was asked for"
        case marketing.NurtureMoved(series=series, series_version=version):
            return f"Goes on with version {version} of the e-mail series {series}"
        case marketing.NurtureStepDue(series=series, step=step):
            return f"Step {step} of the e-mail series {series}"
        case marketing.NurtureStopped(reason=reason):
            return f"Left the e-mail series: {reason.value.replace('_', ' ')}"
        case _:
            return None


def _of_scoring(event: Event) -> str | None:
    match event:
        case scoring.LeadScored(score=score, band=band, recommendation=recommendation):
            return f"Lead scored {score} ({band.value}): {recommendation}"
        case scoring.HealthScored(label=label, score=score) if label:
            return f"Health {score} ({label})"
        case scoring.HealthScored(late=True, on=on, score=score, risk=risk):
            return f"Health {score} ({risk.value} risk) on {on}, reported late"
        case scoring.HealthScored(score=score, risk=risk, change=change, factors=factors):
            moved = ", ".join(factor.factor for factor in factors if factor.change)
            by = f", {'up' if change > 0 else 'down'} {abs(change)}" if change else ""
            return f"Health {score} ({risk.value} risk){by}" + (f": {moved}" if moved else "")
        case scoring.ChurnRiskDetected(score=score, play=play, reason=reason):
            return f"Churn risk at health {score}: {reason}. Recommended: {play}"
        case scoring.ChurnRiskCleared(score=score):
            return f"Churn risk over: health is back at {score}"
        case _:
            return None


def _of_leads_in_sales(event: Event) -> str | None:
    match event:
        case sales.LeadAssigned(because=because, band=band, reason=reason):
            name = next((each.name for each in because.candidates if each.taken), "a rep")
            return f"Assigned to {name} as {band.value} lead ({reason.value.replace('_', ' ')})"
        case sales.LeadQueued(reason=reason):
            return f"Waits for a rep: {reason}"
        case sales.LeadSentToNurture(score=score):
            return f"Left to the e-mail series with {score} points"
        case sales.LeadConverted(amount=amount, account_matched=matched):
            return f"Lead converted: {'a known' if matched else 'a new'} account, a deal of {money(amount)}"
        case sales.LeadDisqualified(reason=reason):
            return f"Lead disqualified: {reason}"
        case sales.LeadWaitedTooLong(since=since):
            return f"Waits for a rep since {since:%Y-%m-%d %H:%M} UTC; the managers were told"
        case sales.LeadRecycled(round=round_):
            return f"Taken up again, round {round_}"
        case sales.FollowUpRecorded(channel=channel, outcome=outcome, found_interest=interest):
            found = {True: ", with interest", False: ", without interest", None: ""}[interest]
            return f"Followed up by {channel.value}: {outcome.value.replace('_', ' ')}{found}"
        case sales.LeadReleased():
            return "Lead let go, since marketing withdrew it"
        case sales.TaskCreated(title=title, due_at=due_at):
            return f"Task: {title}, due {due_at:%Y-%m-%d %H:%M} UTC"
        case sales.TaskReassigned():
            return "The task went to another rep"
        case sales.TaskCompleted(outcome=outcome):
            return f"Task done: {outcome}"
        case sales.TaskOverdue(title=title):
            return f"Task overdue: {title}"
        case _:
            return None


def _of_accounts_in_sales(event: Event) -> str | None:
    match event:
        case sales.AccountCreated(name=name):
            return f"{name} became an account"
        case sales.AccountUpdated(name=name):
            return f"Account corrected: {name}"
        case sales.AccountBecameCustomer(arr=arr, contract_end=end):
            return f"Became a customer: {money(arr)} a year, contract until {end}"
        case sales.AccountContractChanged(arr=arr, contract_end=end):  # the reason is internal, the entry is not
            return f"Contract changed: {money(arr)} a year until {end}"
        case sales.AccountChurned(arr=arr, reason=reason):
            return f"Churned, {money(arr)} a year lost: {reason}"
        case sales.AccountBecameProspect(reason=reason):
            return f"A prospect again: {reason}"
        case sales.ContactCreated() as contact:
            name = " ".join(filter(None, (contact.first_name, contact.last_name))) or "Somebody"
            return f"{name} became a contact" + (f" ({contact.title})" if contact.title else "")
        case sales.DealCreated(name=name, amount=amount):
            return f"Deal opened: {name}, {money(amount)}"
        case sales.DealStageChanged(stage=stage):
            return f"Deal in stage {stage.value}"
        case sales.DealDetailsChanged(changed=changed):
            return f"Deal details: {', '.join(each.replace('_', ' ') for each in changed)}"
        case sales.DealClosedWon(amount=amount):
            return f"Deal won: {money(amount)} a year"
        case sales.DealClosedLost(reason=reason):
            return f"Deal lost: {reason}"
        case sales.DealReassigned(reason=reason):
            return f"Deal went to another rep: {reason}"
        case sales.DealReopened(reason=reason):
            return f"Deal reopened: {reason}"
        case sales.DealHandoffReturned(reason=reason):
            return f"Handoff back with sales: {reason}"
        case sales.DealHandoffResubmitted(note=note):
            return f"Handed over again: {note}"
        case _:
            return None


def _of_onboardings(event: Event) -> str | None:
    match event:
        case success.OnboardingStarted(name=name, csm=csm, due_on=due_on):
            return f"{name} started with {csm.name if csm else 'nobody responsible yet'}, due on {due_on}"
        case success.OnboardingAssigned(csm=csm, reason=reason):
            return f"{csm.name} is responsible: {reason}"
        case success.OnboardingSpecialistAssigned(specialist=specialist, reason=reason):
            return f"{specialist.name} implements it: {reason}"
        case success.OnboardingPaused(reason=reason):
            return f"Onboarding paused: {reason}"
        case success.OnboardingResumed():
            return "Onboarding goes on"
        case success.OnboardingCancelled(reason=reason):
            return f"Onboarding cancelled, since the deal was lost: {reason}"
        case success.OnboardingCompleted(days=days, on_time=on_time):
            return f"Live after {days} days, {'on time' if on_time else 'later than planned'}"
        case success.KickoffScheduled(starts_at=starts_at):
            return f"Kickoff planned for {starts_at:%Y-%m-%d %H:%M} UTC"
        case success.KickoffMoved(starts_at=starts_at, reason=reason):
            return f"Kickoff moved to {starts_at:%Y-%m-%d %H:%M} UTC: {reason}"
        case success.KickoffCancelled(reason=reason):
            return f"Kickoff called off: {reason}"
        case success.KickoffHeld():
            return "Kickoff held"
        case _:
            return None


def _of_tasks(event: Event) -> str | None:
    match event:
        case success.TaskCreated(title=title, due_at=due_at):
            return f"Onboarding task: {title}, due {due_at:%Y-%m-%d %H:%M} UTC"
        case success.TaskMoved(title=title, status=status):
            return f"Onboarding task {status.value.replace('_', ' ')}: {title}"
        case success.TaskReassigned(title=title):
            return f"Somebody else does: {title}"
        case success.TaskRescheduled(title=title, due_at=due_at):
            return f"Due {due_at:%Y-%m-%d %H:%M} UTC now: {title}"
        case success.TaskCommented(title=title, text=text):
            return f"About {title}: {text}"
        case success.TaskCompleted(title=title, late=late):
            return f"Onboarding task done{' late' if late else ''}: {title}"
        case success.TaskOverdue(title=title):
            return f"Onboarding task overdue: {title}"
        case _:
            return None


def _of_handoffs(event: Event) -> str | None:
    match event:
        case success.HandoffNoteWritten(round=round_):
            return "Handoff note written" + (f", round {round_}" if round_ > 1 else "")
        case success.HandoffNoteRead():
            return "Handoff note read"
        case success.HandoffReminded():
            return "Handoff note unread for 24 hours; the CSM was reminded"
        case success.HandoffAccepted():
            return "Handoff accepted"
        case success.HandoffDeclined(reason=reason):
            return f"Handoff sent back to sales: {reason}"
        case success.HandoffEscalated():
            return "Handoff not accepted in time; the manager was told"
        case _:
            return None


def _of_life_after(event: Event) -> str | None:
    match event:
        case success.AccountSignalReported(on=on) as signal:
            given = signal.model_dump(exclude={"account_id", "on"}, exclude_none=True)
            return f"Reported for {on}: {', '.join(name.replace('_', ' ') for name in given)}"
        case success.AccountVersionReported(version=version, previous=previous):
            return f"Runs version {version}" + (f", {previous} before" if previous else "")
        case success.ChurnAlertRaised(message=message):
            return f"Churn alert: {message}"
        case success.ChurnAlertAcknowledged():
            return "Somebody is on the churn alert"
        case success.ChurnAlertSnoozed(until=until, reason=reason):
            return f"Churn alert put aside until {until:%Y-%m-%d %H:%M} UTC: {reason}"
        case success.ChurnAlertResumed():
            return "The churn alert is back"
        case success.ChurnAlertClosed(outcome=outcome):
            return f"Churn alert closed: {outcome.value.replace('_', ' ')}"
        case success.RenewalOpened(contract_end=end, arr=arr):
            return f"Renewal open: {money(arr)} a year until {end}"
        case success.RenewalClosed(outcome=outcome, arr=arr, contract_end=end):
            return f"Renewal {outcome.value}" + (f": {money(arr)} a year until {end}" if arr else "")
        case success.LifecycleStageChanged(stage=stage, reason=reason):
            return f"Stage {stage.value.replace('_', ' ')}: {reason}"
        case success.IdentityLinked(member=member):
            article = "an" if member.kind is MemberKind.ACCOUNT else "a"
            return f"Known as {article} {member.kind.value}"
        case success.CustomerProfileChanged(changed=changed):
            return f"Profile: {', '.join(each.replace('_', ' ') for each in changed)}"
        case success.IdentitiesMerged(reason=reason):
            return f"Another customer was merged in: {reason}"
        case success.MergedAway():
            return "Goes on as part of another customer"
        case success.IdentitiesUnmerged(reason=reason):
            return f"A merge was undone: {reason}"
        case success.SplitOff():
            return "By itself again after a merge was undone"
        case _:
            return None


def _of_mails(event: Event) -> str | None:
    match event:
        case notifier.EmailSent(kind=kind):
            return f"Mail sent: {kind.replace('_', ' ')}"
        case notifier.EmailFailed(kind=kind, reason=reason):
            return f"Mail failed: {kind.replace('_', ' ')}, {reason}"
        case notifier.EmailOutcomeUnknown(kind=kind):
            return f"Mail perhaps sent, its answer was lost: {kind.replace('_', ' ')}"
        case notifier.EmailSuppressed(kind=kind, cause=cause):
            return f"Mail not sent, its address gets none ({cause}): {kind.replace('_', ' ')}"
        case notifier.EmailOpened(kind=kind, machine=machine):
            return f"Mail opened{' by a program' if machine else ''}: {kind.replace('_', ' ')}"
        case notifier.EmailClicked(kind=kind, machine=machine):
            return f"Link followed{' by a program' if machine else ''} in a mail: {kind.replace('_', ' ')}"
        case notifier.UnsubscribeRequested():
            return "Asked for no more marketing mail"
        case _:
            return None


def in_plain_words(kind: type[Event]) -> str:
    """For an event that is too new to have a sentence: EmailOpened is "Email opened"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind.__name__).capitalize()


def money(amount: Money) -> str:
    """$50,000; with cents only where there are any; other currencies by their code: EUR 50,000."""
    cents = amount.amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    number = f"{cents:,.0f}" if cents == cents.to_integral_value() else f"{cents:,.2f}"
    return f"${number}" if amount.currency == "USD" else f"{amount.currency} {number}"
