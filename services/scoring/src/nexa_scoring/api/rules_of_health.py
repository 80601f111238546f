"""The health rules over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from nexa_chassis.http.call import Call, allow
from nexa_scoring.aggregates import health_rules
from nexa_scoring.health_rules.decisions import ChangeHealthRules
from nexa_scoring.health_rules.state import RULES_ID, HealthRules

routes = APIRouter(tags=["health rules"])

Reader = Annotated[Call, Depends(allow("csm", "success_manager", "sales_rep", "sales_manager", "analyst"))]
RuleEditor = Annotated[Call, Depends(allow("success_manager"))]


class HealthRulesView(BaseModel):
    version: int
    weights: dict[str, int] = Field(description="Most points by factor; 100 in all.")
    usage_full: float = Field(description="Percent of daily active users that gives full points.")
    adoption_full: float = Field(description="Percent of features in use that gives full points.")
    support_full: int = Field(description="Most tickets in 30 days that give full points.")
    support_none: int = Field(description="Fewest tickets that give none.")
    renewal_intercept: float = Field(description="Of the logistic that gives the renewal probability.")
    renewal_coefficients: dict[str, float] = Field(description="Of each factor's fraction of its full points.")


class HealthRulesChange(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(allow_inf_nan=False, extra="forbid")

    weights: dict[str, int] = Field(default_factory=dict, description="Only the factors to change; the sum stays 100.")
    usage_full: float | None = None
    adoption_full: float | None = None
    support_full: int | None = None
    support_none: int | None = None
    renewal_intercept: float | None = None
    renewal_coefficients: dict[str, float] = Field(default_factory=dict, description="Only the factors to change.")


@routes.get("/health-rules")
async def rules(call: Reader, response: Response) -> HealthRulesView:
    """The rules in force."""
    return await _in_force(call, response)


@routes.put("/health-rules")
async def change_rules(change: HealthRulesChange, call: RuleEditor, response: Response) -> HealthRulesView:
    """Publish a new version of the rules. Each account follows it from its next score on."""
    await call.execute(ChangeHealthRules(**change.model_dump()))
    return await _in_force(call, response)


async def _in_force(call: Call, response: Response) -> HealthRulesView:
    loaded = await call.runtime.store.load(health_rules, RULES_ID)
    state: HealthRules = loaded.state
    call.etag(response, loaded.version)
    return HealthRulesView(
        version=state.version,
        weights=dict(state.weights),
        usage_full=state.usage_full,
        adoption_full=state.adoption_full,
        support_full=state.support_full,
        support_none=state.support_none,
        renewal_intercept=state.renewal_intercept,
        renewal_coefficients=dict(state.renewal_coefficients),
    )
