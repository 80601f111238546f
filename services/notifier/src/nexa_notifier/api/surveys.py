"""Where the links of a survey lead: how content a customer is, 0 to 10.

Public: who holds a signed link got it in a mail. Following it answers nothing by itself, since programs follow links too.
"""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, public
from nexa_chassis.http.limits import rate_limit
from nexa_chassis.origin import Origin
from nexa_notifier.api.answers import UNSEEN
from nexa_notifier.mail.classes import SURVEY
from nexa_notifier.mail.links import SCORES, Purpose, read
from nexa_notifier.mail.rendering import environment
from nexa_notifier.notification.answers import AnswerSurvey
from nexa_notifier.read_models.mail_queue import mail_queue
from nexa_notifier.settings import LinkSettings

routes = APIRouter(tags=["surveys"])

Anyone = Annotated[Call, Depends(public)]


class AnswerBody(BaseModel):
    """The fields of the page."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    score: int = Field(ge=0, le=10, description="0 to 10.")
    comment: str = Field(default="", max_length=2_000, description="In their own words.")


@routes.get("/survey/{token}", response_class=HTMLResponse)
async def ask(token: str, call: Anyone) -> Response:
    """The page with the score of the link chosen; a button sends it."""
    _, score = await _asked(call, token)
    return _page(scores=SCORES, chosen=score, done=False)


@routes.post("/survey/{token}", response_class=HTMLResponse, dependencies=[Depends(rate_limit(20, 60))])
async def answer(token: str, body: Annotated[AnswerBody, Form()], call: Anyone) -> Response:
    """Take the answer; another one later replaces it."""
    notification_id, _ = await _asked(call, token)
    command = AnswerSurvey(notification_id=notification_id, score=body.score, comment=body.comment)
    await call.runtime.store.execute([command], Origin(actor=call.actor, correlation_id=str(uuid4())))
    return _page(scores=SCORES, chosen=body.score, done=True)


async def _asked(call: Call, token: str) -> tuple[UUID, int]:
    """The survey's mail and the score of the link. Raises NotFound for a link that was not signed here for a survey."""
    settings = LinkSettings.from_environment()
    signed = read(settings.secrets, Purpose.SURVEY, token) if settings else None
    if signed is not None and signed[1] in SCORES:
        query = select(mail_queue.c.kind).where(mail_queue.c.notification_id == signed[0])
        async with call.query() as connection:
            if await connection.scalar(query) == SURVEY:
                return signed
    raise NotFound("This link is not, or no longer, good.", rule="link.unknown")


def _page(**given: object) -> Response:
    return HTMLResponse(environment.get_template("pages/survey.html").render(given), headers=UNSEEN)
