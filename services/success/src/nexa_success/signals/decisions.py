"""Taking down how an account did on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.success import AccountSignalReported
from nexa_success.signals.state import KEPT_DAYS, NOTHING, AccountSignals, Signals

A_DAY = timedelta(days=1)
HIGHEST = {"usage": 100, "adoption": 100, "support_tickets": 1_000_000, "nps": 10}


@dataclass(frozen=True, kw_only=True)
class ReportSignals:
    """How the account did on that day, as far as it is known."""

    account_id: UUID
    on: date
    signals: Signals


def decide(command: ReportSignals, state: AccountSignals, now: datetime) -> Sequence[AccountSignalReported]:
    check_day(command.on, now)
    check_values(command.signals)
    known = state.on(command.on)
    if known.with_reported(command.signals) == known:
        return []
    return [AccountSignalReported(account_id=command.account_id, on=command.on, **command.signals._asdict())]


def check_day(on: date, now: datetime) -> None:
    """Raises Refused for a day that nothing can be reported of."""
    today = now.astimezone(UTC).date()
    if on > today + A_DAY:  # where it is tomorrow already, it is so by less than a day
        raise Refused(f"{on} is still to come; today is {today}.", rule="signals.future", field="on")
    if on < today - timedelta(days=KEPT_DAYS):
        raise Refused(
            f"{on} is more than {KEPT_DAYS} days ago; signals are taken for days since then.",
            rule="signals.too_old",
            field="on",
        )


def check_values(signals: Signals) -> None:
    """Raises Refused for values that cannot be, whatever is known of the account."""
    if signals == NOTHING:
        raise Refused(
            f"Nothing is reported; give at least one of {', '.join(Signals._fields)}.", rule="signals.nothing"
        )
    for name, highest in HIGHEST.items():
        value = getattr(signals, name)
        if value is not None and not 0 <= value <= highest:
            raise Refused(f"{name} is from 0 to {highest}; {value} is not.", rule="signals.range", field=name)


def happened_at(on: date, now: datetime) -> datetime:
    """When a report about a day happened: at noon (UTC) of that day, or now while that is still to come."""
    return min(datetime.combine(on, time(12), UTC), now)
