"""Parts that several requests and answers have in common."""

from decimal import Decimal
from typing import Annotated, TypeAlias
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from fastapi import Depends, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call, allow
from nexa_contracts.values import Money
from nexa_sales.read_models.rep_desk import rep_of_person

Salesperson: TypeAlias = Annotated[Call, Depends(allow("sales_rep", "sales_manager"))]
Manager: TypeAlias = Annotated[Call, Depends(allow("sales_manager", "operator"))]
Reader: TypeAlias = Annotated[
    Call,
    Depends(
        allow(
            "sales_rep",
            "sales_manager",
            "operator",
            "marketing_manager",
            "csm",
            "success_manager",
            "support_agent",
            "analyst",
        )
    ),
]

Limit: TypeAlias = Annotated[int | None, Query(ge=1, le=200, description="How many to return: 50 unless said.")]
Cursor: TypeAlias = Annotated[str | None, Query(description="`next` of the page before.")]
Mine: TypeAlias = Annotated[
    bool, Query(description="Only those of the caller: the token's subject is a rep's id or e-mail address.")
]
Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Body(BaseModel):
    """What is sent must be known: a misspelt field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def _money(value: object) -> object:
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        return {"amount": str(value)}
    return value


Amount: TypeAlias = Annotated[
    Money, BeforeValidator(_money), Field(description="`{amount, currency}`; a plain number is in USD.")
]


def not_negative(money: Money | None, field: str) -> Money | None:
    """The amount as it is. Raises Refused for one below zero."""
    if money is not None and money.amount < 0:
        raise Refused("An amount is not below zero.", rule="amount.negative", field=field)
    return money


def address(text: str, rule: str) -> str:
    """The e-mail address as it is written everywhere. Raises Refused for what cannot be one."""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise Refused(f"{error}", rule=rule, field="email") from None


async def whose(connection: AsyncConnection, call: Call, mine: bool, rep_id: UUID | None) -> UUID | None:
    """The rep a list is about: the caller where it is to be theirs, else the one that was named, if any."""
    if not mine:
        return rep_id
    own = await rep_of_person(connection, call.actor)
    if own is None:
        raise Refused(
            f"{call.actor} is nobody of the roster; name a rep with rep_id, or use a token whose subject is a rep's id or"
            " e-mail address.",
            rule="rep.nobody",
            field="mine",
        )
    return own
