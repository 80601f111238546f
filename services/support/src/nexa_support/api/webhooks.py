"""What CI systems tell by webhook. The webhook's id makes it one: sent again, it is answered the same and does nothing."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from nexa_support.api.bodies import Word
from nexa_support.api.deployments import DeploymentBody, RollOutBody, WithdrawBody, deployment_command
from nexa_support.api.signed_webhook import Signed, WebhookId
from nexa_support.deployment.decisions import Command, RollOut, WithdrawDeployment, deployment_of

routes = APIRouter(tags=["deployments"])


class RolledOut(RollOutBody):
    version: Word


class Withdrawn(WithdrawBody):
    version: Word


class Told(BaseModel):
    timestamp: AwareDatetime | None = Field(default=None, description="When the sender says that it happened.")


class CompletedWebhook(Told):
    """A version is out."""

    type: Literal["deployment.completed"]
    data: DeploymentBody


class RolledOutWebhook(Told):
    """It goes further."""

    type: Literal["deployment.rolled_out"]
    data: RolledOut


class WithdrawnWebhook(Told):
    """It was taken back."""

    type: Literal["deployment.withdrawn"]
    data: Withdrawn


AnyWebhook = Annotated[CompletedWebhook | RolledOutWebhook | WithdrawnWebhook, Field(discriminator="type")]


class WebhookAnswer(BaseModel):
    deployment_id: UUID
    version: str


@routes.post("/webhooks/deployments")
async def take_webhook(webhook: AnyWebhook, call: Signed, webhook_id: WebhookId = "") -> WebhookAnswer:
    """Tell of a deployment in the format of Standard Webhooks, signed; no login is needed."""
    deployment_id = deployment_of(webhook.data.version)
    command: Command
    match webhook:
        case CompletedWebhook(data=body):
            command = await deployment_command(call, body)
        case RolledOutWebhook(data=body):
            command = RollOut(deployment_id=deployment_id, rollout_percent=body.rollout_percent)
        case WithdrawnWebhook(data=body):
            command = WithdrawDeployment(deployment_id=deployment_id, reason=body.reason)
    await call.execute(command, key=webhook_id)
    return WebhookAnswer(deployment_id=deployment_id, version=webhook.data.version)
