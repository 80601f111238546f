"""Parts that several requests and answers have in common."""

from datetime import UTC, date, datetime
from typing import Annotated, TypeAlias

from email_validator import EmailNotValidError, validate_email
from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call
from nexa_contracts.support import AgentName
from nexa_support.read_models.agent_desk import agent_of_person

Limit: TypeAlias = Annotated[int | None, Query(ge=1, le=200, description="How many to return: 50 unless said.")]
Cursor: TypeAlias = Annotated[str | None, Query(description="`next` of the page before.")]
Day: TypeAlias = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2999, 12, 31))]
Moment: TypeAlias = Annotated[
    AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(2999, 12, 31, tzinfo=UTC))
]
Word: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
LongText: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=100_000, strip_whitespace=True)]
Optional: TypeAlias = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)]


class Body(BaseModel):
    """What is sent must be known: a misspelt field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def emptied(body: Body) -> frozenset[str]:
    """The fields that were sent as null: they are to have no value, while those left out stay."""
    return frozenset(name for name in body.model_fields_set if getattr(body, name) is None)


async def who(call: Call) -> AgentName | None:
    """The caller as the roster knows them; None for somebody outside it."""
    async with call.query() as connection:
        row = await agent_of_person(connection, call.actor)
    return None if row is None else AgentName(agent_id=row["agent_id"], name=row["name"])


def address(email: str, rule: str) -> str:
    """The address as it is written properly. Raises Refused for what is none."""
    try:
        return validate_email(email, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise Refused(f"{email!r} is no e-mail address: {error}", rule=rule, field="email") from None
