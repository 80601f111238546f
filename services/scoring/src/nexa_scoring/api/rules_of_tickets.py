"""The ticket rules over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from nexa_chassis.http.call import Call, allow
from nexa_contracts.scoring import CataloguedFeature
from nexa_scoring.aggregates import ticket_rules
from nexa_scoring.ticket_rules.decisions import ChangeTicketRules, PutFeature, RemoveFeature, TicketRulesCommand
from nexa_scoring.ticket_rules.state import RULES_ID, TicketRules

routes = APIRouter(tags=["ticket rules"])

Reader = Annotated[
    Call, Depends(allow("support_agent", "support_manager", "product_manager", "engineer", "csm", "analyst"))
]
RuleEditor = Annotated[Call, Depends(allow("support_manager", "product_manager"))]
Key = Annotated[str, Path(pattern="^[a-z][a-z0-9_]*$", max_length=60, description="Key of the feature.")]
Aliases = Annotated[
    tuple[str, ...], Field(description="Words and phrases that mean it; `export*` stands for all that begin so.")
]
Keywords = Annotated[
    dict[str, dict[str, dict[str, float]]],
    Field(
        description="By question (type, priority, sentiment, urgency), by answer, by word or phrase: what it weighs."
    ),
]


class TicketRulesView(BaseModel):
    version: int
    features: list[CataloguedFeature] = Field(description="The catalogue.")
    keywords: Keywords
    little_words: list[str] = Field(description="Words that say little of what a ticket is about.")
    little_weight: float = Field(description="What such a word weighs; others weigh 1.")
    abstain_below: float = Field(description="A finding less certain than this is not said.")
    similar_from: float = Field(description="Tickets are similar from this score on.")
    window_days: int = Field(description="How far back similar tickets are looked for.")
    same_feature: float = Field(description="A ticket of the same feature is so many times as similar.")
    same_version: float = Field(description="A ticket of the same product version likewise.")
    other_kind: float = Field(description="A ticket of another feature or kind likewise.")
    p1_from: int = Field(description="Similar tickets in seven days that make a high priority p1.")


class TicketRulesChange(BaseModel):
    """What is left out stays as it is; of `keywords`, the questions that are given are replaced."""

    model_config = ConfigDict(allow_inf_nan=False, extra="forbid")

    features: tuple[CataloguedFeature, ...] | None = None
    keywords: Keywords | None = None
    little_words: tuple[str, ...] | None = None
    little_weight: float | None = None
    abstain_below: float | None = None
    similar_from: float | None = None
    window_days: int | None = None
    same_feature: float | None = None
    same_version: float | None = None
    other_kind: float | None = None
    p1_from: int | None = None


class FeatureBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="As people call it.", examples=["Export function"])
    aliases: Aliases = ()


@routes.get("/ticket-rules")
async def rules(call: Reader, response: Response) -> TicketRulesView:
    """The rules in force."""
    return await _in_force(call, response)


@routes.put("/ticket-rules")
async def change_rules(change: TicketRulesChange, call: RuleEditor, response: Response) -> TicketRulesView:
    """Publish a new version of the rules. Tickets that come in from then on are analysed by it."""
    given = {name: getattr(change, name) for name in change.model_fields_set}
    return await _changed(ChangeTicketRules(**given), call, response)


@routes.put("/ticket-rules/features/{key}")
async def put_feature(key: Key, body: FeatureBody, call: RuleEditor, response: Response) -> TicketRulesView:
    """Add a feature to the catalogue, or replace it."""
    feature = CataloguedFeature(key=key, name=body.name, aliases=body.aliases)
    return await _changed(PutFeature(feature=feature), call, response)


@routes.delete("/ticket-rules/features/{key}")
async def remove_feature(key: Key, call: RuleEditor, response: Response) -> TicketRulesView:
    """Take a feature out of the catalogue; what was said of tickets before stays."""
    return await _changed(RemoveFeature(key=key), call, response)


async def _changed(command: TicketRulesCommand, call: Call, response: Response) -> TicketRulesView:
    await call.execute(command)
    return await _in_force(call, response)


async def _in_force(call: Call, response: Response) -> TicketRulesView:
    loaded = await call.runtime.store.load(ticket_rules, RULES_ID)
    state: TicketRules = loaded.state
    call.etag(response, loaded.version)
    return TicketRulesView.model_validate({name: getattr(state, name) for name in TicketRulesView.model_fields})
