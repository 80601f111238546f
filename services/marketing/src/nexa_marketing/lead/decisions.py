"""A lead becomes known, is told more about, shows interest, leaves the mailing list, is withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Aggregate, NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import (
    Audience,
    CompanySize,
    Engagement,
    EngagementKind,
    LeadCreated,
    LeadEngaged,
    LeadUnsubscribed,
    LeadUpdated,
    LeadWithdrawn,
)
from nexa_contracts.topics import LEAD
from nexa_marketing.lead.events import LeadImportUndone, LeadJoinedCampaign
from nexa_marketing.lead.normalise import in_audience
from nexa_marketing.lead.state import PROFILE_FIELDS, Active, Lead, LeadOrigin, NoLead, Profile, Withdrawn, evolve
from nexa_marketing.lead.undo import laid_over


@dataclass(frozen=True)
class RegisterLead:
    """A person who was not a lead yet."""

    lead_id: UUID
    origin: LeadOrigin
    profile: Profile


@dataclass(frozen=True)
class ImportLead:
    """A row of a file. A known lead takes over what the row says; an empty cell erases nothing.

    `by_address`: the lead was found by the row's e-mail address, which is the lead's or was: another one that it has since
    got, or none, stays.
    """

    lead_id: UUID
    origin: LeadOrigin
    profile: Profile
    by_address: bool = False


@dataclass(frozen=True)
class ChangeLead:
    """Replace these fields. `audience`: the criteria of the lead's campaign, to judge the new fields by."""

    lead_id: UUID
    changes: Mapping[str, str | CompanySize | None]
    audience: Audience | None = None


@dataclass(frozen=True)
class EngageLead:
    """`campaign_id`: the campaign it was part of, where that is not the one that found the lead."""

    lead_id: UUID
    kind: EngagementKind
    occurred_at: datetime
    detail: str = ""
    campaign_id: UUID | None = None


@dataclass(frozen=True)
class NoteMailAnswer:
    """The lead opened a mail or followed a link of one. Nobody asked for it, so a lead that is gone lets it pass."""

    lead_id: UUID
    kind: EngagementKind
    occurred_at: datetime
    detail: str = ""


@dataclass(frozen=True)
class UnsubscribeLead:
    lead_id: UUID


@dataclass(frozen=True)
class WithdrawLead:
    lead_id: UUID
    reason: str


@dataclass(frozen=True)
class UndoImport:
    """Give these fields the values they had before an import, and let the lead leave the campaign it joined by it."""

    lead_id: UUID
    import_id: UUID
    values: Mapping[str, object]
    left: UUID | None = None


LeadCommand: TypeAlias = (
    RegisterLead | ImportLead | ChangeLead | EngageLead | NoteMailAnswer | UnsubscribeLead | WithdrawLead | UndoImport
)


def decide(command: LeadCommand, state: Lead, now: datetime) -> Sequence[Event]:
    match command, state:
        case ((RegisterLead(lead_id, origin, profile) | ImportLead(lead_id, origin, profile)), NoLead()):
            return [LeadCreated(lead_id=lead_id, **vars(origin), **vars(profile))]
        case RegisterLead(lead_id), Active():
            raise Refused(f"The e-mail address belongs to lead {lead_id}; change that one.", rule="lead.known")
        case RegisterLead(lead_id), Withdrawn(reason=reason):
            message = f"The e-mail address belongs to lead {lead_id}, which was withdrawn ({reason}) and stays so."
            raise Refused(message, rule="lead.known")
        case ImportLead(), Active():
            return _imported(command, state)
        case (ImportLead(), Withdrawn()) | (UnsubscribeLead() | WithdrawLead() | UndoImport(), Withdrawn()):
            return []
        case NoteMailAnswer(), NoLead() | Withdrawn():
            return []
        case _, NoLead():
            raise NotFound(f"There is no lead {command.lead_id}.", rule="lead.unknown")
        case _, Withdrawn(reason=reason):
            raise Refused(f"Lead {command.lead_id} was withdrawn ({reason}).", rule="lead.withdrawn")
        case ChangeLead(), Active():
            return _changed(command, state)
        case EngageLead(), Active():
            return _engaged(command, state, now)
        case NoteMailAnswer(lead_id, kind, occurred_at, detail), Active():
            return _engaged(EngageLead(lead_id, kind, min(occurred_at, now), detail), state, now)
        case UnsubscribeLead(lead_id), Active():
            return (
                [] if state.unsubscribed else [LeadUnsubscribed(lead_id=lead_id, campaign_id=state.origin.campaign_id)]
            )
        case UndoImport(lead_id, import_id, values, left), Active():
            undone = LeadImportUndone(lead_id=lead_id, import_id=import_id, fields=tuple(values), left=left)
            return [undone, *_updated(state, laid_over(state.profile, values))]
        case WithdrawLead(lead_id, reason), Active():
            return [LeadWithdrawn(lead_id=lead_id, campaign_id=state.origin.campaign_id, reason=reason)]
    raise AssertionError(f"No decision for {type(command).__name__}")


def _imported(command: ImportLead, state: Active) -> Sequence[Event]:
    same_campaign = command.origin.campaign_id == state.origin.campaign_id
    events: list[Event] = []
    if command.origin.campaign_id not in state.campaigns:
        campaign_id, import_id = command.origin.campaign_id, command.origin.import_id
        events.append(LeadJoinedCampaign(lead_id=state.lead_id, campaign_id=campaign_id, import_id=import_id))
    told = command.profile
    if command.by_address and told.email != state.profile.email:
        told = replace(told, email=None)
    events.extend(_updated(state, merged(state.profile, told, same_campaign=same_campaign)))
    return events


def merged(known: Profile, told: Profile, *, same_campaign: bool) -> Profile:
    """What is known with what a row tells laid over it. Source and audience stay those of the lead's own campaign."""
    keep = {"source_label", "source_kind", "in_target_audience", "engagement", "attributes"}
    fields = {name: getattr(told, name) for name in PROFILE_FIELDS if name not in keep}
    overlay = {name: value for name, value in fields.items() if value not in (None, CompanySize.UNKNOWN)}
    if same_campaign and told.in_target_audience:
        overlay["in_target_audience"] = True
    return replace(
        known,
        **overlay,
        engagement=_both(known.engagement, told.engagement),
        attributes={**known.attributes, **told.attributes},
    )


def _both(known: Engagement, told: Engagement) -> Engagement:
    """What either of two accounts of a lead's engagement says; counts are not added up, the higher one holds."""
    if known == told:
        return known
    return Engagement(
        registered_early=known.registered_early or told.registered_early,
        attended=known.attended or told.attended,
        questions_asked=max(known.questions_asked, told.questions_asked),
        content_downloaded=tuple(dict.fromkeys((*known.content_downloaded, *told.content_downloaded))),
        emails_opened=max(known.emails_opened, told.emails_opened),
        emails_clicked=max(known.emails_clicked, told.emails_clicked),
        pricing_visits=max(known.pricing_visits, told.pricing_visits),
    )


def _changed(command: ChangeLead, state: Active) -> Sequence[Event]:
    profile = Profile(**{**vars(state.profile), **command.changes})
    in_target = in_audience(command.audience, profile.company_size, profile.title, profile.country)
    return _updated(state, replace(profile, in_target_audience=in_target))


def _updated(state: Active, profile: Profile) -> Sequence[LeadUpdated]:
    known, told = vars(state.profile), vars(profile)
    changed = tuple(name for name in PROFILE_FIELDS if known[name] != told[name])
    if not changed:
        return []
    return [LeadUpdated(lead_id=state.lead_id, changed=changed, **vars(state.origin), **told)]


def _engaged(command: EngageLead, state: Active, now: datetime) -> Sequence[LeadEngaged]:
    if command.occurred_at > now:
        message = f"An engagement has happened; {command.occurred_at.isoformat()} is still to come."
        raise Refused(message, rule="engagement.future", field="at")
    engagement = state.profile.engagement
    once = {EngagementKind.REGISTERED_EARLY: engagement.registered_early, EngagementKind.ATTENDED: engagement.attended}
    elsewhere = command.campaign_id if command.campaign_id != state.origin.campaign_id else None
    if once.get(command.kind, False) and elsewhere is None:
        return []
    return [
        LeadEngaged(
            lead_id=state.lead_id,
            campaign_id=state.origin.campaign_id,
            kind=command.kind,
            occurred_at=command.occurred_at,
            detail=command.detail,
            at_campaign_id=elsewhere,
        )
    ]


lead: Aggregate[LeadCommand, Lead] = Aggregate(
    name="lead",
    key="lead_id",
    commands=(
        RegisterLead,
        ImportLead,
        ChangeLead,
        EngageLead,
        NoteMailAnswer,
        UnsubscribeLead,
        WithdrawLead,
        UndoImport,
    ),
    initial=NoLead(),
    evolve=evolve,
    decide=decide,
    topic=LEAD,
    private=(LeadJoinedCampaign, LeadImportUndone),
)
