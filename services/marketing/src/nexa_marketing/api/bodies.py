"""Parts that several answers and requests have in common."""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from nexa_contracts.values import Money
from nexa_marketing.campaign.figures import Ratio as RatioFigure


class Body(BaseModel):
    """What is sent must be known: a misspelt field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        if _holds_nul(value):
            raise ValueError("a NUL character cannot be stored")
        return value


def _holds_nul(value: object) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(_holds_nul(part) for pair in value.items() for part in pair)
        case list():
            return any(map(_holds_nul, value))
        case _:
            return False


def _money(value: object) -> object:
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        return {"amount": str(value)}
    return value


MoneyOrNumber = Annotated[Money, BeforeValidator(_money), Field(description="An amount; a plain number is in USD.")]


class Ratio(BaseModel):
    """A figure and the formula it comes from; null where it would divide by 0."""

    value: Decimal | None
    formula: str

    @classmethod
    def of(cls, figure: RatioFigure) -> "Ratio":
        return cls(value=figure.value, formula=figure.formula)
