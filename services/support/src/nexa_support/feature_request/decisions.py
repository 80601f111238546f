"""Wishing for a feature, voting for it, planning and shipping it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from nexa_chassis.domain import NotFound, Refused
from nexa_contracts.support import (
    FeatureRequestChanged,
    FeatureRequested,
    FeatureShipped,
    FeatureVoted,
    FeatureVoteWithdrawn,
    Requester,
    RequestStatus,
)
from nexa_support.feature_request.state import NotRequested, Request, RequestEvent, State, evolve

ENDED = (RequestStatus.SHIPPED, RequestStatus.DECLINED)
MAY_BE_EMPTY = frozenset({"feature", "target_quarter"})


@dataclass(frozen=True, kw_only=True)
class RequestFeature:
    """The same request again changes nothing."""

    request_id: UUID
    title: str
    description: str
    feature: str | None
    source: str
    business_value: str
    engineering_effort: str
    target_quarter: str | None
    roadmap_effect: str


@dataclass(frozen=True, kw_only=True)
class ChangeRequest:
    """None leaves a field as it is; `emptied` names those that are to have no value. Shipping has a command of its own."""

    request_id: UUID
    title: str | None = None
    feature: str | None = None
    status: RequestStatus | None = None
    business_value: str | None = None
    engineering_effort: str | None = None
    target_quarter: str | None = None
    roadmap_effect: str | None = None
    reason: str = ""
    emptied: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Vote:
    """An account votes once; its second vote changes nothing."""

    request_id: UUID
    account_id: UUID
    account_name: str
    ticket_id: UUID | None
    voter: Requester | None


@dataclass(frozen=True, kw_only=True)
class WithdrawVote:
    request_id: UUID
    account_id: UUID


@dataclass(frozen=True, kw_only=True)
class ShipFeature:
    """It is out; the same again changes nothing."""

    request_id: UUID
    version: str | None


Command: TypeAlias = RequestFeature | ChangeRequest | Vote | WithdrawVote | ShipFeature
COMMANDS: tuple[type, ...] = (RequestFeature, ChangeRequest, Vote, WithdrawVote, ShipFeature)


def decide(command: Command, state: State, now: datetime) -> Sequence[RequestEvent]:
    if isinstance(command, RequestFeature):
        return [FeatureRequested(**vars(command))] if isinstance(state, NotRequested) else []
    if isinstance(state, NotRequested):
        raise NotFound(f"There is no feature request {command.request_id}.", rule="feature_request.unknown")
    about = {"request_id": command.request_id, "title": state.title, "feature": state.feature}
    match command:
        case ChangeRequest():
            return _changed(command, state)
        case Vote():
            return _voted(command, state)
        case WithdrawVote(account_id=account_id):
            if account_id not in state.voters:
                return []
            return [
                FeatureVoteWithdrawn.model_validate({**about, "account_id": account_id, "votes": len(state.voters) - 1})
            ]
        case ShipFeature(version=version):
            if state.status is RequestStatus.SHIPPED:
                return []
            voters = tuple(state.voters.values())
            return [FeatureShipped.model_validate({**about, "version": version, "voters": voters})]
        case _:
            assert_never(command)


def _changed(command: ChangeRequest, state: Request) -> Sequence[RequestEvent]:
    if state.status is RequestStatus.SHIPPED:
        raise Refused("It has shipped; what is still wished for is another request.", rule="feature_request.shipped")
    if command.status is RequestStatus.SHIPPED:
        raise Refused("A request ships with its version: use `ship`.", rule="feature_request.ship", field="status")
    if command.status is RequestStatus.DECLINED and not command.reason.strip():
        raise Refused("Say why it is declined.", rule="feature_request.reason", field="reason")
    for name in sorted(command.emptied - MAY_BE_EMPTY):
        raise Refused(
            f"A request always has a {name}; leave it out, or send another.", rule="feature_request.needed", field=name
        )
    said = {name: value for name, value in vars(command).items() if value is not None or name in command.emptied}
    now_is = {name: getattr(state, name) for name in FeatureRequestChanged.model_fields if hasattr(state, name)}
    changed = FeatureRequestChanged.model_validate({**now_is, **said})
    return [] if evolve(state, changed) == state else [changed]


def _voted(command: Vote, state: Request) -> Sequence[RequestEvent]:
    if command.account_id in state.voters:
        return []
    if state.status in ENDED:
        raise Refused(
            f"The request is {state.status.value}; nobody votes for it any more.", rule="feature_request.ended"
        )
    return [
        FeatureVoted(
            request_id=command.request_id,
            title=state.title,
            feature=state.feature,
            account_id=command.account_id,
            account_name=command.account_name,
            ticket_id=command.ticket_id,
            voter=command.voter,
            votes=len(state.voters) + 1,
        )
    ]
