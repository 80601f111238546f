"""What to do next for a customer, over HTTP."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from nexa_chassis.domain import NotFound
from nexa_contracts.success import Stage
from nexa_success.api.access import Reader
from nexa_success.lifecycle.next_best import About, next_best
from nexa_success.read_models.what_to_do_next import situation_of
from nexa_success.read_models.who_is_whom import members_of

routes = APIRouter(tags=["lifecycle"])


class ActionView(BaseModel):
    """Something to do for a customer."""

    model_config = ConfigDict(from_attributes=True)

    action: str = Field(examples=["Schedule executive business review"])
    because: str = Field(examples=["Usage declining, support tickets increasing; health dropped to 65 yesterday"])
    about: About
    subject_id: UUID | None = Field(
        description="The alert, renewal or onboarding; null where it follows from the stage."
    )


class NextBestView(BaseModel):
    """What to do next for a customer, null where nothing is due, and what else could be done, in that order.

    Open churn alerts come first, then a renewal that ends within 30 days, an onboarding that nobody has taken over, overdue
    tasks, other open renewals, the next task, and last what the stage asks for.
    """

    party_id: UUID
    stage: Stage | None
    best: ActionView | None
    others: list[ActionView]


@routes.get("/customers/{any_id}/next-best-action")
async def next_best_action(any_id: UUID, call: Reader) -> NextBestView:
    """What to do next for the customer, and why. Takes the id of a lead, a contact or an account."""
    async with call.query() as connection:
        party_id, members = await members_of(connection, any_id)
        known = await situation_of(connection, party_id, members, call.now)
    if known is None:
        raise NotFound(f"Nothing is known of the life of {any_id}.", rule="lifecycle.unknown")
    actions = [ActionView.model_validate(each) for each in next_best(known, call.now)]
    return NextBestView(party_id=party_id, stage=known.stage, best=next(iter(actions), None), others=actions[1:])
