"""Deployments over HTTP: a version is out, goes further, is taken back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.support import DeploymentType
from nexa_support.api.access import Deployer, Reader
from nexa_support.api.bodies import Body, Cursor, Limit, Moment, Text, Word
from nexa_support.deployment.decisions import CompleteDeployment, RollOut, WithdrawDeployment, deployment_of
from nexa_support.read_models.bug_list import unknown_bugs
from nexa_support.read_models.deployment_list import deployment_row, list_deployments, unknown_requests

routes = APIRouter(tags=["deployments"])

Percent = Annotated[
    int,
    Field(ge=0, le=100, description="Share of accounts that run it; 100: all, less: those who report that they do."),
]


class DeploymentBody(Body):
    """A version that is out. The same version is the same deployment, whoever tells of it."""

    version: Word = Field(examples=["2.1.6"])
    deployment_type: DeploymentType = DeploymentType.RELEASE
    changes: list[Text] = Field(default_factory=list, max_length=200, examples=[["Fixed CSV export dependency issue"]])
    affected_features: list[Word] = Field(default_factory=list, max_length=200, examples=[["data_export"]])
    fixed_bugs: list[UUID] = Field(default_factory=list, max_length=500, description="Bugs that it mends.")
    rollout_percent: Percent = 100
    deployed_at: Moment | None = Field(default=None, description="When; now unless said.")
    shipped_requests: list[UUID] = Field(default_factory=list, max_length=500, description="Requests that it brings.")


class RollOutBody(Body):
    rollout_percent: Percent


class WithdrawBody(Body):
    reason: Text = Field(examples=["Log in fails for some"])


class DeploymentView(BaseModel):
    deployment_id: UUID
    stream_version: int
    version: str
    deployment_type: DeploymentType
    changes: list[str]
    affected_features: list[str]
    fixed_bugs: list[UUID]
    shipped_requests: list[UUID]
    rollout_percent: int
    deployed_at: datetime
    everywhere_at: datetime | None = Field(description="Since when all accounts run it.")
    withdrawn_at: datetime | None
    reason: str | None = Field(description="Why it was taken back.")


@routes.post("/deployments", status_code=201)
async def deploy(body: DeploymentBody, call: Deployer, response: Response) -> DeploymentView:
    """A version is out: its bugs are fixed, and each of their tickets is settled once its account runs it."""
    command = await deployment_command(call, body)
    return await _executed(call, response, command.deployment_id, command)


@routes.get("/deployments")
async def deployments(call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[DeploymentView]:
    """Deployments, the newest first."""
    async with call.query() as connection:
        page = await list_deployments(connection, limit=limit, cursor=cursor)
    return Page(items=[DeploymentView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/deployments/{deployment_id}")
async def show_deployment(deployment_id: UUID, call: Reader, response: Response) -> DeploymentView:
    """One deployment."""
    view = await _read(call, deployment_id)
    call.etag(response, view.stream_version)
    return view


@routes.post("/deployments/{deployment_id}/roll-out")
async def roll_out(deployment_id: UUID, body: RollOutBody, call: Deployer, response: Response) -> DeploymentView:
    """More accounts run it."""
    command = RollOut(deployment_id=deployment_id, rollout_percent=body.rollout_percent)
    return await _executed(call, response, deployment_id, command)


@routes.post("/deployments/{deployment_id}/withdraw")
async def withdraw(deployment_id: UUID, body: WithdrawBody, call: Deployer, response: Response) -> DeploymentView:
    """Take it back: its bugs are open again, and the tickets that it has settled."""
    command = WithdrawDeployment(deployment_id=deployment_id, reason=body.reason)
    return await _executed(call, response, deployment_id, command)


async def deployment_command(call: Call, body: DeploymentBody) -> CompleteDeployment:
    """Raises Refused for bugs and feature requests that are not there."""
    async with call.query() as connection:
        no_bugs = await unknown_bugs(connection, body.fixed_bugs)
        no_requests = await unknown_requests(connection, body.shipped_requests)
    for field, kind, unknown in (
        ("fixed_bugs", "bug", no_bugs),
        ("shipped_requests", "feature request", no_requests),
    ):
        if unknown:
            raise Refused(
                f"There is no {kind} {' and none '.join(str(each) for each in unknown[:10])}.",
                rule=f"deployment.{field}",
                field=field,
            )
    return CompleteDeployment(
        deployment_id=deployment_of(body.version),
        version=body.version,
        deployment_type=body.deployment_type,
        changes=tuple(body.changes),
        affected_features=tuple(body.affected_features),
        fixed_bugs=tuple(body.fixed_bugs),
        rollout_percent=body.rollout_percent,
        deployed_at=body.deployed_at,
        shipped_requests=tuple(body.shipped_requests),
    )


async def _executed(call: Call, response: Response, deployment_id: UUID, command: object) -> DeploymentView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"deployment-{deployment_id}"))
    return await _read(call, deployment_id)


async def _read(call: Call, deployment_id: UUID) -> DeploymentView:
    async with call.query() as connection:
        row = await deployment_row(connection, deployment_id)
    if row is None:
        raise NotFound(f"There is no deployment {deployment_id}.", rule="deployment.unknown")
    return DeploymentView.model_validate(row)
