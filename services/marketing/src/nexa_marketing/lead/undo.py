"""What taking an import back means for one lead: which fields become again what they were, which a later edit holds.

Each field is seen as layers: what it was at first, and on top of it what each later fact made of it. To undo an import is to
take its layers out. Where one lay on top, the field shows what is below; where something lies over it, the field stays as
it is, which is a conflict, and undoing that other import later shows what was there before both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_contracts.marketing import LeadCreated, LeadEngaged, LeadUpdated
from nexa_marketing.lead.events import LeadImportUndone, LeadJoinedCampaign
from nexa_marketing.lead.state import Profile, engaged, profile_of

IMPORT_CAUSE = "lead_import-"


@dataclass(frozen=True)
class Conflict:
    """A field that somebody changed after the import: `before` it, what it `imported`, what it is `now`, and by what fact."""

    field: str
    before: object
    imported: object
    now: object
    fact: Recorded


@dataclass(frozen=True)
class Undoing:
    """What an import did to a lead, and what is to be done about it.

    `values`: fields and what they become. `joined`: the campaign it let the lead join. `edited`: the last fact about the
    lead that was none of the import's. `freed`: texts that the lead had by the import alone, which keys may stand for.
    """

    created: bool = False
    changed: bool = False
    values: Mapping[str, object] = field(default_factory=dict)
    was: Mapping[str, object] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    joined: UUID | None = None
    edited: Recorded | None = None
    freed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Layer:
    value: object
    fact: Recorded
    import_id: UUID | None


def import_of(fact: Recorded) -> UUID | None:
    """The import whose row led to this fact."""
    cause = fact.causation_id or ""
    return UUID(cause[len(IMPORT_CAUSE) :][:36]) if cause.startswith(IMPORT_CAUSE) else None


def undoing(facts: Sequence[Recorded], import_id: UUID) -> Undoing:
    """What taking this import back means for the lead with this history."""
    first: dict[str, object] = {}
    layers: dict[str, list[_Layer]] = {}
    joined: dict[UUID, UUID | None] = {}
    profile, made_by, edited, being_undone = Profile(), None, None, False
    for fact in facts:
        event, by = fact.event, import_of(fact)
        if by != import_id and not isinstance(event, LeadImportUndone):
            edited = fact
        match event:
            case LeadCreated():
                profile, made_by = profile_of(event), by
                first = flat(profile)
            case LeadImportUndone():
                _take_out(layers, event.import_id)
                joined.pop(event.import_id, None)
                being_undone = bool(event.fields)
            case LeadUpdated() | LeadEngaged():
                told = profile_of(event) if isinstance(event, LeadUpdated) else _engaged(profile, event)
                if not (being_undone and isinstance(event, LeadUpdated)):
                    _lay(layers, profile, told, _Layer(None, fact, by))
                profile, being_undone = told, False
            case LeadJoinedCampaign(campaign_id=campaign_id) if by is not None:
                joined[by] = campaign_id
            case _:
                pass
    if made_by == import_id:
        return Undoing(created=True, changed=True, edited=edited)
    return _without(first, layers, import_id, joined.get(import_id), edited)


def _engaged(profile: Profile, event: LeadEngaged) -> Profile:
    return replace(profile, engagement=engaged(profile.engagement, event))


def _lay(layers: dict[str, list[_Layer]], known: Profile, told: Profile, layer: _Layer) -> None:
    before, after = flat(known), flat(told)
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            layers.setdefault(name, []).append(replace(layer, value=after.get(name)))


def _take_out(layers: dict[str, list[_Layer]], import_id: UUID) -> None:
    for name, stack in layers.items():
        layers[name] = [layer for layer in stack if layer.import_id != import_id]


def _without(
    first: Mapping[str, object],
    layers: Mapping[str, Sequence[_Layer]],
    import_id: UUID,
    joined: UUID | None,
    edited: Recorded | None,
) -> Undoing:
    values: dict[str, object] = {}
    was: dict[str, object] = {}
    conflicts: list[Conflict] = []
    freed: set[str] = set()
    changed = joined is not None
    for name, stack in layers.items():
        own = [layer for layer in stack if layer.import_id == import_id]
        if not own:
            continue
        changed = True  # also where the field would show the same: a layer that stays holds what lies below
        others = [layer for layer in stack if layer.import_id != import_id]
        top = stack[-1]
        if top.import_id == import_id:
            below = others[-1].value if others else first.get(name)
            if below != top.value:
                values[name], was[name] = below, top.value
            freed |= _texts(own) - _texts(others) - {first.get(name)}
        else:
            below = stack[stack.index(own[0]) - 1].value if stack[0] is not own[0] else first.get(name)
            conflicts.append(Conflict(name, below, own[-1].value, top.value, top.fact))
    return Undoing(
        changed=changed,
        values=values,
        was=was,
        conflicts=tuple(conflicts),
        joined=joined,
        edited=edited,
        freed=frozenset(freed),
    )


def _texts(layers: Iterable[_Layer]) -> set[str]:
    return {layer.value for layer in layers if isinstance(layer.value, str)}


def flat(profile: Profile) -> dict[str, object]:
    """A profile as one level of fields: engagement and attributes part by part."""
    values = dict(vars(profile))
    engagement, attributes = values.pop("engagement"), values.pop("attributes")
    values |= {f"engagement.{name}": getattr(engagement, name) for name in type(engagement).model_fields}
    return values | {f"attributes.{name}": value for name, value in attributes.items()}


def laid_over(profile: Profile, values: Mapping[str, object]) -> Profile:
    """The profile with these of its flat fields replaced; an attribute that becomes None is gone."""
    engagement: dict[str, Any] = {name[11:]: value for name, value in values.items() if name.startswith("engagement.")}
    attributes = {name[11:]: value for name, value in values.items() if name.startswith("attributes.")}
    plain: dict[str, Any] = {name: value for name, value in values.items() if "." not in name}
    kept = {name: value for name, value in {**profile.attributes, **attributes}.items() if isinstance(value, str)}
    return replace(profile, **plain, engagement=profile.engagement.model_copy(update=engagement), attributes=kept)
