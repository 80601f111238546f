"""Whether dates with slashes begin with the month or the day, as a column's own values tell."""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

SLASHED = re.compile(r"\s*(\d{1,2})/(\d{1,2})/\d{4}\b")
LAST_MONTH = 12


class DateOrder(StrEnum):
    """What a date with slashes begins with."""

    MONTH_FIRST = "month_first"
    DAY_FIRST = "day_first"


def order_of(values: Iterable[str]) -> DateOrder | None:
    """The order that some of these dates are possible in only; None where none tells, or they contradict each other."""
    told = set()
    for value in values:
        if found := SLASHED.match(value):
            first, second = int(found[1]), int(found[2])
            if first > LAST_MONTH >= second:
                told.add(DateOrder.DAY_FIRST)
            elif second > LAST_MONTH >= first:
                told.add(DateOrder.MONTH_FIRST)
    return told.pop() if len(told) == 1 else None


def orders_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, DateOrder]:
    """The order of each column that tells one."""
    found = {column: order_of(row[place] for row in rows if place < len(row)) for place, column in enumerate(columns)}
    return {column: order for column, order in found.items() if order is not None}
