"""The customer success team hears of a new customer: who, how big, and when the kickoff is."""

from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.success import KickoffScheduled
from nexa_contracts.values import Money
from nexa_notifier.notification.decisions import Notify

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}
TEAM = frozenset({"csm", "implementation specialist"})


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case KickoffScheduled() as kickoff:
            for person in kickoff.attendees:
                if person.role in TEAM:
                    yield Notify(
                        notification_id=derive(kickoff.project_id, person.person_id, "new_customer"),
                        kind="new_customer",
                        about=kickoff.project_id,
                        person_id=person.person_id,
                        template="notice.v1",
                        variables={
                            "headline": sentence(kickoff),
                            "text": "The handoff note and the tasks are on the onboarding's board.",
                        },
                    )
        case _:
            return


def sentence(kickoff: KickoffScheduled) -> str:
    """Such as "New customer: Acme Corp ($50K ARR) - Kickoff in 3 days"."""
    return f"New customer: {kickoff.account_name} ({short(kickoff.arr)} ARR) - Kickoff {_in_days(kickoff.days)}"


def short(money: Money) -> str:
    """$950, $50K, $12.5K, $3.5M; a currency without a sign of its own by its code: CHF 50K."""
    sign = SIGNS.get(money.currency, f"{money.currency} ")
    thousands = _tenths(money.amount / 1_000)
    if thousands >= 1_000:
        return f"{sign}{_plain(_tenths(money.amount / 1_000_000))}M"
    if money.amount >= 1_000:
        return f"{sign}{_plain(thousands)}K"
    return f"{sign}{_plain(money.amount)}"


def _tenths(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.1"), ROUND_HALF_UP)


def _plain(number: Decimal) -> str:
    whole = number.to_integral_value()
    return f"{whole:f}" if number == whole else f"{number.normalize():f}"


def _in_days(days: int) -> str:
    match days:
        case 0:
            return "today"
        case 1:
            return "tomorrow"
        case _:
            return f"in {days} days"


tell_cs_team = Reaction(name="tell_cs_team", on=(KickoffScheduled,), react=react)
