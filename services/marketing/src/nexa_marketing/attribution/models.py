"""Which touch gets how much of a deal: five models, as pure functions of the touches that came before the deal.

The weights of a deal are Decimals of nine places and add up to exactly 1. Every share is rounded down first; what is then
missing goes, in the least unit, to the shares that lost most by the rounding, of equal ones to the earlier (the method of
largest remainders, Hamilton 1792). Amounts are shared out by the same rule, to the cent.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from enum import StrEnum
from functools import lru_cache

PRECISION = Context(prec=34)
LN_2 = PRECISION.ln(Decimal(2))
WEIGHT_UNIT = Decimal("0.000000001")
CENT = Decimal("0.01")
HALF_LIFE = timedelta(days=7)
ENDS, BETWEEN = Decimal("0.4"), Decimal("0.2")


class Model(StrEnum):
    """first and last: that touch alone; linear: all alike; time_decay: half as much for each half-life before the last
    touch; u_shaped: 40 % to the first, 40 % to the last, 20 % to those between them alike (two touches: half each).
    """

    FIRST = "first"
    LAST = "last"
    LINEAR = "linear"
    TIME_DECAY = "time_decay"
    U_SHAPED = "u_shaped"


def weights(times: Sequence[datetime], model: Model, half_life: timedelta = HALF_LIFE) -> tuple[Decimal, ...]:
    """The weight of each touch; `times` in order. Empty where there is no touch."""
    if not times:
        return ()
    if model is Model.TIME_DECAY:
        return shares(Decimal(1), [_decayed(times[-1] - time, half_life) for time in times], WEIGHT_UNIT)
    return _by_place(len(times), model)


@lru_cache(maxsize=1_000)
def _by_place(touches: int, model: Model) -> tuple[Decimal, ...]:
    """The weights of the models that ask for the order of touches alone."""
    none = [Decimal(0)] * (touches - 1)
    match model:
        case Model.FIRST:
            parts = [Decimal(1), *none]
        case Model.LAST:
            parts = [*none, Decimal(1)]
        case Model.U_SHAPED if touches > 2:
            parts = [ENDS, *[PRECISION.divide(BETWEEN, Decimal(touches - 2))] * (touches - 2), ENDS]
        case _:
            parts = [Decimal(1)] * touches
    return shares(Decimal(1), parts, WEIGHT_UNIT)


def _decayed(age: timedelta, half_life: timedelta) -> Decimal:
    """0.5 to the power of age ÷ half-life, as e to the power of −ln 2 × age ÷ half-life, which is five times as fast."""
    second = timedelta(seconds=1)
    halvings = PRECISION.divide(Decimal(age // second), Decimal(half_life // second))
    return PRECISION.exp(PRECISION.multiply(-LN_2, halvings))


def shares(total: Decimal, parts: Sequence[Decimal], unit: Decimal = CENT) -> tuple[Decimal, ...]:
    """`total` in proportion to `parts`, in whole units; they add up to exactly `total`, which is a whole number of units.

    Raises ValueError where it is not, or where the parts are negative or all 0.
    """
    with localcontext(PRECISION):
        units = total / unit
        if units != units.to_integral_value():
            raise ValueError(f"{total} is no whole number of {unit}.")
        whole = sum(parts, Decimal(0))
        if whole <= 0 or min(parts) < 0:
            raise ValueError("Shares are given to parts of 0 or more, one of them more than 0.")
        exact = [units * part / whole for part in parts]
        floors = [share.to_integral_value(ROUND_FLOOR) for share in exact]
        missing = int(units - sum(floors))
        by_loss = sorted(range(len(parts)), key=lambda place: (floors[place] - exact[place], place))
        for place in by_loss[:missing]:
            floors[place] += 1
        return tuple((floor * unit).quantize(unit) for floor in floors)
