"""Routing rules over HTTP: those in force, the draft, its approval by somebody else, and putting it in force."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.sales import RepLevel, RoutingRule
from nexa_contracts.values import Band
from nexa_sales.aggregates import routing_rules
from nexa_sales.api.bodies import Body, Cursor, Limit, Manager, Reader, Text, Word
from nexa_sales.read_models.routing_rule_versions import list_versions, version_row
from nexa_sales.routing_rules.decisions import ApproveRules, DraftRules, PublishRules
from nexa_sales.routing_rules.state import RULES_ID, Rules

routes = APIRouter(tags=["routing"])

STREAM = f"{routing_rules.name}-{RULES_ID}"
Version = Annotated[int, Path(ge=1, le=2**31 - 1, description="Version of the rules.")]


class RuleBody(Body):
    """One rule. A lead is tried against the rules in their order; the first that takes it decides."""

    name: Text = Field(examples=["high band to senior reps"])
    band: Band = Field(description="High or Medium; Low leads are marketing's.")
    level: RepLevel = Field(description="The reps who get the leads: senior or standard.")
    territories: list[Word] = Field(default_factory=list, max_length=100, description="Of the lead. Empty: any.")
    products: list[Word] = Field(default_factory=list, max_length=100, description="Asked about. Empty: any.")
    alert_after_hours: int = Field(
        default=24, ge=1, le=8_760, description="When a lead has waited so long for a rep, managers are told."
    )

    def rule(self) -> RoutingRule:
        return RoutingRule.model_validate(self.model_dump())


class RulesBody(Body):
    """All rules, as they are to be. The last of each band names no territories and no products."""

    rules: list[RuleBody] = Field(min_length=1, max_length=200)


class RulesView(BaseModel):
    """A version of the rules."""

    version: int
    rules: list[RoutingRule]
    drafted_by: str | None = Field(description="Null for the set of the beginning.")
    drafted_at: datetime | None
    based_on: int | None = Field(description="The version that was in force when it was drafted.")
    approved_by: str | None = Field(description="Who approved this version; null while nobody has.")
    approved_at: datetime | None
    in_force_since: datetime | None = Field(description="Null for a draft, and for the set of the beginning.")


class RoutingView(BaseModel):
    in_force: RulesView
    draft: RulesView | None = Field(description="What may take its place.")


@routes.get("/routing/rules")
async def rules(call: Reader, response: Response) -> RoutingView:
    """The rules in force, and the draft if there is one."""
    loaded = await call.runtime.store.load(routing_rules, RULES_ID)
    call.etag(response, loaded.version)
    book = loaded.state
    draft = None if book.draft is None else await _version(call, book.draft.version)
    return RoutingView(in_force=await _in_force(call, book.in_force), draft=draft)


@routes.get("/routing/rules/versions")
async def versions(call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[RulesView]:
    """All versions that were drafted, the newest first: who wrote each, who approved it, since when it was in force."""
    async with call.query() as connection:
        page = await list_versions(connection, limit=limit, cursor=cursor)
    return Page(items=[RulesView.model_validate(row) for row in page.items], next=page.next)


@routes.put("/routing/rules/draft")
async def draft_rules(body: RulesBody, call: Manager, response: Response) -> RulesView:
    """Propose other rules. They are a new version, take the place of the draft before, and void its approval."""
    rules = tuple(rule.rule() for rule in body.rules)
    done = await call.execute(DraftRules(rules=rules, by=call.actor))
    call.etag(response, done.version_of(STREAM))
    book = (await call.runtime.store.load(routing_rules, RULES_ID)).state
    return await _version(call, book.draft.version if book.draft else book.latest)


@routes.post("/routing/rules/{version}/approve")
async def approve_rules(version: Version, call: Manager, response: Response) -> RulesView:
    """Approve this version of the draft, which somebody else wrote."""
    done = await call.execute(ApproveRules(version=version, by=call.actor))
    call.etag(response, done.version_of(STREAM))
    return await _version(call, version)


@routes.post("/routing/rules/{version}/publish")
async def publish_rules(version: Version, call: Manager, response: Response) -> RulesView:
    """Put this version in force, once it is approved. It counts for leads routed from now on, those that wait too."""
    done = await call.execute(PublishRules(version=version))
    call.etag(response, done.version_of(STREAM))
    return await _version(call, version)


async def _version(call: Call, version: int) -> RulesView:
    async with call.query() as connection:
        row = await version_row(connection, version)
    if row is None:
        raise NotFound(f"There is no version {version} of the routing rules.", rule="rules.unknown")
    return RulesView.model_validate(row)


async def _in_force(call: Call, rules: Rules) -> RulesView:
    async with call.query() as connection:
        row = await version_row(connection, rules.version)
    if row is not None:
        return RulesView.model_validate(row)
    return RulesView(
        version=rules.version,
        rules=list(rules.rules),
        drafted_by=None,
        drafted_at=None,
        based_on=None,
        approved_by=None,
        approved_at=None,
        in_force_since=None,
    )
