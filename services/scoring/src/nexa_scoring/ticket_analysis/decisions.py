"""What is said of a ticket, whose it is, and what a person says otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import Refused
from nexa_contracts.scoring import Finding, SupportLoadChanged, TicketAnalyzed
from nexa_scoring.ticket_analysis.events import (
    AnalysisCorrected,
    TicketAttributed,
    TicketRead,
    TicketSetAside,
    TicketTakenBack,
)
from nexa_scoring.ticket_analysis.questions import Findings, TicketText
from nexa_scoring.ticket_analysis.similarity import Likeness, recommended, same_likeness
from nexa_scoring.ticket_analysis.state import Read, TicketAnalysis, TicketEvent, Unread
from nexa_scoring.ticket_rules.state import FEATURE, TicketRules

CATEGORIES = {
    "bug": "product_bug",
    "question": "how_to",
    "feature": "feature_request",
    "incident": "service_incident",
}
CORRECTED_FINDING = {"severity": "recommended_priority"}
"""The finding that a corrected field of a ticket is about, where it is called otherwise."""


@dataclass(frozen=True, kw_only=True)
class AnalyseTicket:
    """A ticket came in. `caused_by` is the id of the event that brought it."""

    ticket_id: UUID
    text: TicketText
    submitted_at: datetime
    account_id: UUID | None
    product_version: str | None
    caused_by: str


@dataclass(frozen=True, kw_only=True)
class AnalyseAgain:
    """A similar ticket of an earlier time was heard of later: what resembles this one is looked for again."""

    ticket_id: UUID
    caused_by: str


@dataclass(frozen=True, kw_only=True)
class AttributeTicket:
    """The ticket is this account's."""

    ticket_id: UUID
    account_id: UUID
    caused_by: str


@dataclass(frozen=True, kw_only=True)
class SetTicketAside:
    """The ticket goes on in another one."""

    ticket_id: UUID
    caused_by: str


@dataclass(frozen=True, kw_only=True)
class TakeTicketBack:
    """The ticket goes on by itself again."""

    ticket_id: UUID
    caused_by: str


@dataclass(frozen=True, kw_only=True)
class KeepLabel:
    """A person said otherwise than the analysis."""

    ticket_id: UUID
    label_id: str
    field: str
    before: str | None
    after: str
    analysis_id: str | None
    by_id: UUID | None
    corrected_at: datetime


TicketCommand: TypeAlias = AnalyseTicket | AnalyseAgain | AttributeTicket | SetTicketAside | TakeTicketBack | KeepLabel


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was found out about one ticket: the answers (None where they stand already), its terms, what resembles it."""

    findings: Findings | None
    terms: tuple[str, ...]
    likeness: Likeness


@dataclass(frozen=True)
class Analyses:
    """What was found out about the tickets that are decided on, by the rules in force."""

    rules: TicketRules
    prepared: Mapping[UUID, Prepared]


def decide(command: TicketCommand, state: TicketAnalysis, now: datetime, known: Analyses) -> Sequence[TicketEvent]:
    if isinstance(command, AnalyseTicket):
        return [] if isinstance(state, Read) else list(_analyse(command, known))
    if isinstance(state, Unread):
        raise Refused(f"Ticket {command.ticket_id} was never submitted.", rule="ticket_analysis.unread")
    match command:
        case AnalyseAgain():
            return list(_again(command, state, known))
        case AttributeTicket(account_id=account_id) if account_id != state.account_id:
            attributed = TicketAttributed(ticket_id=command.ticket_id, account_id=account_id)
            return [attributed, *_counted(command, replace(state, account_id=account_id))]
        case SetTicketAside() if not state.merged:
            return [TicketSetAside(ticket_id=command.ticket_id), *_counted(command, replace(state, merged=True))]
        case TakeTicketBack() if state.merged:
            return [TicketTakenBack(ticket_id=command.ticket_id), *_counted(command, replace(state, merged=False))]
        case KeepLabel(label_id=label_id) if label_id not in state.labels:
            return [_label(command, state)]
        case AttributeTicket() | SetTicketAside() | TakeTicketBack() | KeepLabel():
            return []
        case _:
            assert_never(command)


def _analyse(command: AnalyseTicket, known: Analyses) -> Iterator[TicketEvent]:
    prepared = known.prepared[command.ticket_id]
    assert prepared.findings is not None
    yield TicketRead(
        ticket_id=command.ticket_id,
        account_id=command.account_id,
        submitted_at=command.submitted_at,
        product_version=command.product_version,
        language=command.text.language,
        feature=prepared.findings[FEATURE].value,
        type=prepared.findings["type"].value,
        terms=prepared.terms,
    )
    yield analysis_of(
        command.ticket_id,
        prepared.findings,
        prepared.likeness,
        known.rules,
        account_id=command.account_id,
        product_version=command.product_version,
        caused_by=command.caused_by,
    )
    yield from _counted(command, Read(submitted_at=command.submitted_at, account_id=command.account_id))


def analysis_of(
    ticket_id: UUID,
    findings: Mapping[str, Finding],
    likeness: Likeness,
    rules: TicketRules,
    *,
    account_id: UUID | None,
    product_version: str | None,
    caused_by: str,
) -> TicketAnalyzed:
    """The analysis in the words in which it is told."""
    return TicketAnalyzed(
        ticket_id=ticket_id,
        account_id=account_id,
        product_version=product_version,
        type=findings["type"],
        priority=findings["priority"],
        sentiment=findings["sentiment"],
        urgency=findings["urgency"],
        feature=findings[FEATURE],
        feature_name=rules.name_of(findings[FEATURE].value),
        category=CATEGORIES.get(findings["type"].value or ""),
        similar=likeness.before,
        similar_in_week=likeness.in_week,
        recommended_priority=recommended(findings["priority"], likeness, rules),
        rules_version=rules.version,
        caused_by=caused_by,
        later=likeness.later,
    )


def _again(command: AnalyseAgain, state: Read, known: Analyses) -> Iterator[TicketAnalyzed]:
    """What it says stays as it was; what resembles it may be more than it was."""
    before, prepared = state.analysis, known.prepared.get(command.ticket_id)
    if before is None or prepared is None:
        return
    found = prepared.likeness
    if same_likeness(found.before, before.similar) and found.in_week == before.similar_in_week:
        return
    yield before.model_copy(
        update={
            "account_id": state.account_id,
            "similar": found.before,
            "similar_in_week": found.in_week,
            "recommended_priority": recommended(before.priority, found, known.rules),
            "caused_by": command.caused_by,
            "later": (),
        }
    )


def _counted(
    command: AnalyseTicket | AttributeTicket | SetTicketAside | TakeTicketBack, state: Read
) -> Iterator[SupportLoadChanged]:
    """What changes for the accounts it counts or counted for."""
    counts_for = None if state.merged else state.account_id
    if counts_for == state.counts_for:
        return
    for account_id, counts in ((state.counts_for, False), (counts_for, True)):
        if account_id is not None:
            yield SupportLoadChanged(
                ticket_id=command.ticket_id,
                account_id=account_id,
                submitted_at=state.submitted_at,
                counts=counts,
                caused_by=command.caused_by,
            )


def _label(command: KeepLabel, state: Read) -> AnalysisCorrected:
    name = CORRECTED_FINDING.get(command.field, command.field)
    finding = getattr(state.analysis, name, None)
    said = finding if isinstance(finding, Finding) else None
    return AnalysisCorrected(
        ticket_id=command.ticket_id,
        label_id=command.label_id,
        field=command.field,
        before=command.before,
        after=command.after,
        said=said.value if said else None,
        confidence=float(said.confidence) if said else None,
        analysis_id=command.analysis_id,
        rules_version=state.analysis.rules_version if state.analysis else None,
        by_id=command.by_id,
        corrected_at=command.corrected_at,
    )
