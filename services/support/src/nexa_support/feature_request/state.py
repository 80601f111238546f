"""A feature request: wished for by accounts with one vote each, until it ships or is declined."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.support import (
    FeatureRequestChanged,
    FeatureRequested,
    FeatureShipped,
    FeatureVoted,
    FeatureVoteWithdrawn,
    RequestStatus,
    Voter,
)


@dataclass(frozen=True)
class NotRequested:
    pass


@dataclass(frozen=True)
class Request:
    """What is wished for, as it is now. `voters`: by account, in the order of their votes."""

    title: str
    feature: str | None
    status: RequestStatus
    business_value: str
    engineering_effort: str
    target_quarter: str | None
    roadmap_effect: str
    voters: Mapping[UUID, Voter] = field(default_factory=dict)


State: TypeAlias = NotRequested | Request
RequestEvent: TypeAlias = (
    FeatureRequested | FeatureRequestChanged | FeatureVoted | FeatureVoteWithdrawn | FeatureShipped
)


def evolve(state: State, event: RequestEvent) -> State:
    match state, event:
        case NotRequested(), FeatureRequested() as requested:
            return Request(
                title=requested.title,
                feature=requested.feature,
                status=RequestStatus.NEW,
                business_value=requested.business_value,
                engineering_effort=requested.engineering_effort,
                target_quarter=requested.target_quarter,
                roadmap_effect=requested.roadmap_effect,
            )
        case NotRequested(), _:
            raise ValueError(f"{type(event).__name__} of a feature that nobody requested")
        case Request(), FeatureRequested():
            raise ValueError("a feature is requested once")
        case Request(), FeatureRequestChanged() as changed:
            return replace(
                state,
                title=changed.title,
                feature=changed.feature,
                status=changed.status,
                business_value=changed.business_value,
                engineering_effort=changed.engineering_effort,
                target_quarter=changed.target_quarter,
                roadmap_effect=changed.roadmap_effect,
            )
        case Request(voters=voters), FeatureVoted() as voted:
            voter = Voter(account_id=voted.account_id, account_name=voted.account_name, requester=voted.voter)
            return replace(state, voters={**voters, voted.account_id: voter})
        case Request(voters=voters), FeatureVoteWithdrawn(account_id=account_id):
            return replace(state, voters={each: voter for each, voter in voters.items() if each != account_id})
        case Request(), FeatureShipped():
            return replace(state, status=RequestStatus.SHIPPED)
