"""The CSM of an account hears that it is about to be lost, and that its renewal is open."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import ChurnAlertRaised, ChurnAlertResumed, RenewalOpened
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case ChurnAlertRaised(csm_id=csm_id) as alert if csm_id is not None:
            yield Notify(
                notification_id=derive(alert.alert_id, "churn_alert"),
                kind="churn_alert",
                about=alert.alert_id,
                person_id=csm_id,
                template="notice.v1",
                variables={
                    "headline": f"{alert.account_name}: {alert.message}",
                    "text": f"Recommended: {alert.play}. Why: {alert.reason}.",
                },
            )
        case ChurnAlertResumed(csm_id=csm_id) as alert if csm_id is not None:
            yield Notify(
                notification_id=derive(alert.alert_id, fact.version, "churn_alert_back"),
                kind="churn_alert_back",
                about=alert.alert_id,
                person_id=csm_id,
                template="notice.v1",
                variables={
                    "headline": f"{alert.account_name}: the churn alert is back",
                    "text": "The time for which it was put aside is over.",
                },
            )
        case RenewalOpened(csm_id=csm_id) as renewal if csm_id is not None:
            yield Notify(
                notification_id=derive(renewal.renewal_id, "renewal_opened"),
                kind="renewal_opened",
                about=renewal.renewal_id,
                person_id=csm_id,
                template="notice.v1",
                variables={
                    "headline": f"Renewal open: {renewal.account_name}",
                    "text": f"The contract ends on {renewal.contract_end}.",
                },
            )
        case _:
            return


tell_csm_of_risk_and_renewal = Reaction(
    name="tell_csm_of_risk_and_renewal", on=(ChurnAlertRaised, ChurnAlertResumed, RenewalOpened), react=react
)
