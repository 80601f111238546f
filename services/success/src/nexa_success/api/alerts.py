"""Churn alerts over HTTP: who is about to be lost, and what is done about it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_contracts.success import AlertOutcome
from nexa_success.api.access import Reader, Writer
from nexa_success.api.bodies import Body, Cursor, Limit, Mine, Text, whose
from nexa_success.churn_alert.decisions import AcknowledgeAlert, CloseAlert, SnoozeAlert
from nexa_success.read_models.churn_alerts import AlertStatus, alert_row, list_alerts

routes = APIRouter(tags=["churn alerts"])

Note = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)]


class AlertView(BaseModel):
    """An account that is about to be lost; one alert for each episode of an account."""

    alert_id: UUID
    version: int
    account_id: UUID
    account_name: str
    episode: int = Field(description="Counts the account's episodes.")
    csm_id: UUID | None = Field(description="Who has to act; null while nobody is responsible for the account.")
    score: int
    message: str
    play: str = Field(description="What is recommended.")
    reason: str = Field(description="Why that.")
    status: AlertStatus
    raised_at: datetime
    acknowledged_by: str | None
    snoozed_until: datetime | None
    snooze_reason: str | None
    outcome: AlertOutcome | None
    note: str | None
    closed_by: str | None = Field(description="A person, or the id of the event that closed it.")
    closed_at: datetime | None


class SnoozeBody(Body):
    until: AwareDatetime = Field(description="When it comes back; at most 90 days from now.")
    reason: Text = Field(examples=["Review meeting is on Thursday"])


class CloseBody(Body):
    outcome: AlertOutcome = Field(description="saved, churned or false_alarm; it recovers by itself.")
    note: Note = Field(default="", description="In your words.")


@routes.get("/alerts")
async def alerts(
    call: Reader,
    status: AlertStatus | None = None,
    mine: Mine = False,
    csm_id: UUID | None = None,
    account_id: Annotated[UUID | None, Query(description="Only those of this account.")] = None,
    limit: Limit = None,
    cursor: Cursor = None,
) -> Page[AlertView]:
    """Churn alerts, the oldest first."""
    async with call.query() as connection:
        page = await list_alerts(
            connection,
            status=status,
            csm_id=await whose(connection, call, mine, csm_id),
            account_id=account_id,
            limit=limit,
            cursor=cursor,
        )
    return Page(items=[AlertView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/alerts/{alert_id}")
async def read_alert(alert_id: UUID, call: Reader, response: Response) -> AlertView:
    """One churn alert."""
    view = await _view(call, alert_id)
    call.etag(response, view.version)
    return view


@routes.post("/alerts/{alert_id}/acknowledge")
async def acknowledge_alert(alert_id: UUID, call: Writer, response: Response) -> AlertView:
    """You are on it."""
    return await _executed(call, response, alert_id, AcknowledgeAlert(alert_id=alert_id, by=call.actor))


@routes.post("/alerts/{alert_id}/snooze")
async def snooze_alert(alert_id: UUID, body: SnoozeBody, call: Writer, response: Response) -> AlertView:
    """Put it aside until a time; it comes back then, unless somebody deals with it before."""
    command = SnoozeAlert(alert_id=alert_id, until=body.until, reason=body.reason)
    return await _executed(call, response, alert_id, command)


@routes.post("/alerts/{alert_id}/close")
async def close_alert(alert_id: UUID, body: CloseBody, call: Writer, response: Response) -> AlertView:
    """Say what came of it."""
    command = CloseAlert(alert_id=alert_id, outcome=body.outcome, note=body.note, by=call.actor)
    return await _executed(call, response, alert_id, command)


async def _executed(call: Call, response: Response, alert_id: UUID, command: object) -> AlertView:
    done = await call.execute(command)
    call.etag(response, done.version_of(f"churn_alert-{alert_id}"))
    return await _view(call, alert_id)


async def _view(call: Call, alert_id: UUID) -> AlertView:
    async with call.query() as connection:
        row = await alert_row(connection, alert_id)
    if row is None:
        raise NotFound(f"There is no churn alert {alert_id}.", rule="alert.unknown")
    return AlertView.model_validate(row)
