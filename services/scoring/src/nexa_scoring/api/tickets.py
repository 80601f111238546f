"""What the analysis says of tickets, over HTTP, and how right it is."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.http.paging import Page
from nexa_contracts.scoring import Finding, SimilarTicket, TicketAnalyzed
from nexa_contracts.support import TicketType
from nexa_scoring.read_models.how_right_analysis_is import ANALYSED, accuracy, labels
from nexa_scoring.read_models.ticket_analyses import analysis_at
from nexa_scoring.ticket_analysis.decisions import AnalyseTicket, analysis_of
from nexa_scoring.ticket_analysis.preparing import LONGEST_TEXT, look_up
from nexa_scoring.ticket_analysis.questions import TicketText

routes = APIRouter(tags=["tickets"])

Reader = Annotated[
    Call, Depends(allow("support_agent", "support_manager", "product_manager", "engineer", "csm", "analyst"))
]
Learner = Annotated[Call, Depends(allow("support_manager", "product_manager", "analyst"))]
Limit = Annotated[int, Query(ge=1, le=200, description="How many to return, at most 200.")]
Cursor = Annotated[str | None, Query(description="`next` of the page before.")]
Since = Annotated[AwareDatetime | None, Query(description="Only from this time on.")]

AFTER_ALL_OTHERS = UUID(int=2**128 - 1)
"""Stands for a ticket that is only tried: it has no id."""


class AnalysisView(BaseModel):
    """What the analysis says; a finding whose value is null is too uncertain to say and needs a person."""

    ticket_id: UUID | None = Field(description="Null for a text that was only tried.")
    account_id: UUID | None
    product_version: str | None
    type: Finding
    priority: Finding
    sentiment: Finding
    urgency: Finding
    feature: Finding
    feature_name: str | None
    category: str | None
    similar: list[SimilarTicket] = Field(description="The most similar first, at most twenty.")
    similar_in_week: int
    recommended_priority: Finding
    needs_person: list[str] = Field(description="The questions that were not answered.")
    rules_version: int
    caused_by: str | None = Field(description="Id of the event that brought it about; null for a text that was tried.")
    analysed_at: datetime


class TriedText(BaseModel):
    """A text as a ticket would have it."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(min_length=1, max_length=500)
    description: str = Field(default="", max_length=LONGEST_TEXT)
    impact: str | None = Field(default=None, max_length=500, description="The customer's own word for it.")
    product_version: str | None = Field(default=None, max_length=50)
    language: str = Field(default="en", pattern="^[a-z]{2}$", description="ISO 639-1.")
    type: TicketType | None = Field(default=None, description="As the sender says.")
    submitted_at: AwareDatetime | None = Field(default=None, description="As if it had come then; now unless given.")


class LabelView(BaseModel):
    """A correction, with the words the ticket was compared by: what a model learns from."""

    ticket_id: UUID
    label_id: str = Field(description="Id of support's event.")
    field: str
    before: str | None = Field(description="What stood there.")
    after: str = Field(description="What is right.")
    said: str | None = Field(description="What the analysis had said; null: nothing.")
    confidence: float | None
    analysis_id: str | None = Field(description="Id of the event of the analysis it corrects.")
    rules_version: int | None
    by_id: UUID | None = Field(description="Person of support's roster.")
    corrected_at: datetime
    language: str | None
    product_version: str | None
    terms: list[str] = Field(description="The first words of the ticket, without endings.")


class FieldAccuracy(BaseModel):
    """How often people let stand what the analysis said of a field.

    agreement_rate = (said - corrected) ÷ said; null while nothing was said. A ticket that nobody looked at counts as agreed:
    `judged` tells how many were corrected at all, the ones that were left open by the analysis included.
    """

    field: str
    analysed: int = Field(description="Tickets analysed.")
    said: int = Field(description="The denominator: tickets of which it said something.")
    abstained: int = Field(description="Tickets left to a person.")
    judged: int = Field(description="Tickets of which a person gave the field.")
    corrected: int = Field(description="Tickets of which a person said otherwise than it had said.")
    agreement_rate: float | None


@routes.get("/tickets/{ticket_id}/analysis")
async def analysis(
    ticket_id: UUID,
    call: Reader,
    response: Response,
    as_of: Annotated[AwareDatetime | None, Query(description="By what had been recorded then.")] = None,
) -> AnalysisView:
    """What is said of a ticket: now, or as it was told at a time."""
    async with call.query() as connection:
        row = await analysis_at(connection, ticket_id, as_of)
    if row is None:
        raise NotFound(
            f"No analysis of ticket {ticket_id} is known for that time; a new ticket is analysed within seconds.",
            rule="ticket_analysis.unknown",
        )
    if as_of is None:
        call.etag(response, row["version"])
    return _view(TicketAnalyzed.model_validate(row["analysis"]), row["analysed_at"])


@routes.post("/tickets/analyse")
async def try_out(body: TriedText, call: Reader) -> AnalysisView:
    """What would be said of this text. Nothing is written."""
    submitted_at = body.submitted_at or call.now
    command = AnalyseTicket(
        ticket_id=AFTER_ALL_OTHERS,
        text=TicketText(
            subject=body.subject,
            description=body.description,
            impact=body.impact,
            type=body.type,
            language=body.language,
        ),
        submitted_at=submitted_at.astimezone(UTC),
        account_id=None,
        product_version=body.product_version,
        caused_by="",
    )
    async with call.query() as connection:
        known = await look_up(connection, [command])
    prepared = known.prepared[AFTER_ALL_OTHERS]
    assert prepared.findings is not None
    told = analysis_of(
        AFTER_ALL_OTHERS,
        prepared.findings,
        prepared.likeness,
        known.rules,
        account_id=None,
        product_version=body.product_version,
        caused_by="",
    )
    return _view(told, call.now).model_copy(update={"ticket_id": None, "caused_by": None})


@routes.get("/ticket-labels")
async def ticket_labels(
    call: Learner,
    field: Annotated[str | None, Query(description=f"Only of this field: {', '.join(ANALYSED)}.")] = None,
    since: Since = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LabelView]:
    """What people corrected, the oldest first: to train on, read on from `next` to the end."""
    async with call.query() as connection:
        page = await labels(connection, field, since, limit=limit, cursor=cursor)
    return Page(items=[_label(row) for row in page.items], next=page.next)


@routes.get("/ticket-analysis/accuracy")
async def analysis_accuracy(call: Learner, since: Since = None) -> list[FieldAccuracy]:
    """How often people let stand what was said, by field; of tickets whose last analysis is not before `since`."""
    async with call.query() as connection:
        rows = await accuracy(connection, since)
    return [_accuracy(row) for row in rows]


def _view(told: TicketAnalyzed, analysed_at: datetime) -> AnalysisView:
    fields = {name: getattr(told, name) for name in AnalysisView.model_fields if hasattr(told, name)}
    open_ = [name for name, value in fields.items() if isinstance(value, Finding) and value.value is None]
    return AnalysisView.model_validate({**fields, "needs_person": open_, "analysed_at": analysed_at})


def _label(row: Mapping[str, Any]) -> LabelView:
    return LabelView.model_validate({**row, "terms": (row["terms"] or "").split()})


def _accuracy(row: Mapping[str, Any]) -> FieldAccuracy:
    said, corrected = row["said"], row["corrected"]
    rate = round((said - corrected) / said, 4) if said else None
    return FieldAccuracy.model_validate({**row, "abstained": row["analysed"] - said, "agreement_rate": rate})
