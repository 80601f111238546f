"""Scoring rules over HTTP: those in force, the draft, its approval by somebody else, putting it in force, the rescoring."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.paging import Page
from nexa_chassis.schema import jobs as jobs_table
from nexa_scoring.aggregates import scoring_rules
from nexa_scoring.api.leads import Cursor, Limit, Reader
from nexa_scoring.lead_score.rescoring import job_of, read, rescoring_of
from nexa_scoring.read_models.rules_in_force import list_versions, version_row
from nexa_scoring.rules.decisions import ApproveRules, DraftRules, PublishRules
from nexa_scoring.rules.state import RULES_ID, Rules

routes = APIRouter(tags=["scoring rules"])

STREAM = f"{scoring_rules.name}-{RULES_ID}"
RuleEditor = Annotated[Call, Depends(allow("marketing_manager"))]
Version = Annotated[int, Path(ge=1, le=2**31 - 1, description="Version of the rules.")]


class RulesBody(BaseModel):
    """The rules as they are to be; factors that are left out keep the points in force."""

    model_config = ConfigDict(extra="forbid")

    points: dict[str, int] = Field(
        default_factory=dict, description="Only the factors to change.", examples=[{"attended": 20}]
    )
    high_from: int = Field(default=75, description="Least score of band High.")
    medium_from: int = Field(default=50, description="Least score of band Medium.")
    question_limit: int = Field(default=10, ge=0, le=100, description="Most points that questions can bring.")


class RulesView(BaseModel):
    """A version of the rules."""

    version: int
    points: dict[str, int] = Field(description="Points by factor; `question_asked` counts per question.")
    high_from: int = Field(description="Least score of band High.")
    medium_from: int = Field(description="Least score of band Medium.")
    question_limit: int = Field(description="Most points that questions can bring.")
    drafted_by: str | None = Field(default=None, description="Null for the set of the beginning.")
    drafted_at: datetime | None = None
    based_on: int | None = Field(default=None, description="The version that was in force when it was drafted.")
    approved_by: str | None = Field(default=None, description="Who approved this version; null while nobody has.")
    approved_at: datetime | None = None
    in_force_since: datetime | None = Field(
        default=None, description="Null for a draft, and for the set of the beginning."
    )


class ScoringView(BaseModel):
    in_force: RulesView
    draft: RulesView | None = Field(description="What may take its place.")


class RescoringView(BaseModel):
    """How far the rescoring by a version came."""

    version: int
    status: str = Field(description="active, finished or failed.")
    total: int = Field(description="Leads that were known when it began.")
    done: int
    changed: int = Field(description="Leads whose score is another one, or comes about otherwise.")
    rebanded: int = Field(description="Of these, leads in another band.")
    superseded_by: int | None = Field(
        description="The version that came into force before it was through; it rescores."
    )
    started_at: datetime
    updated_at: datetime
    seconds_left: int | None = Field(description="At the pace so far; null before the first step, 0 at the end.")
    error: str | None = Field(description="What the last step failed with; it is tried again.")


@routes.get("/scoring-rules")
async def rules(call: Reader, response: Response) -> ScoringView:
    """The rules in force, and the draft if there is one."""
    loaded = await call.runtime.store.load(scoring_rules, RULES_ID)
    call.etag(response, loaded.version)
    book = loaded.state
    draft = None if book.draft is None else await _version(call, book.draft.rules.version)
    return ScoringView(in_force=await _in_force(call, book.in_force), draft=draft)


@routes.get("/scoring-rules/versions")
async def versions(call: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[RulesView]:
    """All versions that were drafted, the newest first: who wrote each, who approved it, since when it was in force."""
    async with call.query() as connection:
        page = await list_versions(connection, limit=limit, cursor=cursor)
    return Page(items=[_view(row) for row in page.items], next=page.next)


@routes.put("/scoring-rules/draft")
async def draft_rules(body: RulesBody, call: RuleEditor, response: Response) -> RulesView:
    """Propose other rules. They are a new version, take the place of the draft before, and void its approval."""
    done = await call.execute(DraftRules(**body.model_dump(), by=call.actor))
    call.etag(response, done.version_of(STREAM))
    book = (await call.runtime.store.load(scoring_rules, RULES_ID)).state
    return await _version(call, book.draft.rules.version if book.draft else book.latest)


@routes.post("/scoring-rules/{version}/approve")
async def approve_rules(version: Version, call: RuleEditor, response: Response) -> RulesView:
    """Approve this version of the draft, which somebody else wrote."""
    done = await call.execute(ApproveRules(version=version, by=call.actor))
    call.etag(response, done.version_of(STREAM))
    return await _version(call, version)


@routes.post("/scoring-rules/{version}/publish")
async def publish_rules(version: Version, call: RuleEditor, response: Response) -> RulesView:
    """Put this version in force, once it is approved. New scores follow it at once, leads known by now are rescored."""
    done = await call.execute(PublishRules(version=version), jobs=[rescoring_of(version, call.actor)])
    call.etag(response, done.version_of(STREAM))
    return await _version(call, version)


@routes.get("/scoring-rules/{version}/rescoring")
async def rescoring(version: Version, call: Reader) -> RescoringView:
    """How far the rescoring by this version came."""
    row = jobs_table.c
    query = select(row.status, row.state, row.error, row.started_at, row.updated_at).where(row.id == job_of(version))
    async with call.query() as connection:
        job = (await connection.execute(query)).first()
    if job is None:
        raise NotFound(f"Nothing was rescored by version {version}; it never came into force.", rule="rules.rescoring")
    reached = read(job.state)
    passed = (job.updated_at - job.started_at).total_seconds()
    left = None if not reached.done else round(passed / reached.done * (reached.total - reached.done))
    return RescoringView(
        version=version,
        status=job.status,
        total=reached.total,
        done=reached.done,
        changed=reached.changed,
        rebanded=reached.rebanded,
        superseded_by=reached.superseded_by,
        started_at=job.started_at,
        updated_at=job.updated_at,
        seconds_left=0 if job.status == "finished" else left,
        error=job.error,
    )


async def _version(call: Call, version: int) -> RulesView:
    async with call.query() as connection:
        row = await version_row(connection, version)
    if row is None:
        raise NotFound(f"There is no version {version} of the scoring rules.", rule="rules.unknown")
    return _view(row)


async def _in_force(call: Call, rules: Rules) -> RulesView:
    async with call.query() as connection:
        row = await version_row(connection, rules.version)
    return RulesView.model_validate(vars(rules) | {"points": dict(rules.points)}) if row is None else _view(row)


def _view(row: Mapping[str, Any]) -> RulesView:
    return RulesView.model_validate({**row, **row["rules"]})
