"""Parts that several requests and answers have in common."""

from typing import Annotated, Any, TypeAlias
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Call
from nexa_success.read_models.csm_desk import csm_of_person

Limit: TypeAlias = Annotated[int | None, Query(ge=1, le=200, description="How many to return: 50 unless said.")]
Cursor: TypeAlias = Annotated[str | None, Query(description="`next` of the page before.")]
Mine: TypeAlias = Annotated[
    bool, Query(description="Only those of the caller: the token's subject is the id or e-mail address of the roster.")
]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class Body(BaseModel):
    """What is sent must be known: a misspelt field is an error, not a surprise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


async def whose(connection: AsyncConnection, call: Call, mine: bool, csm_id: UUID | None) -> UUID | None:
    """The person a list is about: the caller where it is to be theirs, else the one that was named, if any."""
    if not mine:
        return csm_id
    own: Any = await csm_of_person(connection, call.actor)
    if own is None:
        raise Refused(
            f"{call.actor} is nobody of the roster; name a person with csm_id, or use a token whose subject is the id or"
            " e-mail address of one.",
            rule="csm.nobody",
            field="mine",
        )
    found: UUID = own["csm_id"]
    return found
