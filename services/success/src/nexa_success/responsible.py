"""Which CSM is responsible for an account, by what its onboardings say, in whatever order they say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.success import OnboardingAssigned, OnboardingCancelled, OnboardingResumed, OnboardingStarted

TeamFact: TypeAlias = OnboardingStarted | OnboardingAssigned | OnboardingCancelled | OnboardingResumed


@dataclass(frozen=True)
class Assigned:
    """The CSM of one onboarding, which began when its deal was won."""

    won_at: datetime
    csm_id: UUID | None
    cancelled: bool = False


@dataclass(frozen=True)
class Responsible:
    """The onboardings of an account."""

    onboardings: Mapping[UUID, Assigned] = field(default_factory=dict)

    @property
    def csm_id(self) -> UUID | None:
        """The CSM of the onboarding that was won last, cancelled ones left out; null if none of them has one."""
        on = ((project_id, each) for project_id, each in self.onboardings.items() if not each.cancelled)
        led = [(each.won_at, str(project_id), each.csm_id) for project_id, each in on]
        return max((each for each in led if each[2] is not None), default=(None, None, None))[2]


def evolve(known: Responsible, event: TeamFact) -> Responsible:
    if isinstance(event, OnboardingStarted):
        begun = Assigned(event.won_at, event.csm.person_id if event.csm else None)
        return Responsible({**known.onboardings, event.project_id: begun})
    before = known.onboardings.get(event.project_id)
    if before is None:
        return known
    match event:
        case OnboardingAssigned(csm=csm):
            now = replace(before, csm_id=csm.person_id)
        case OnboardingCancelled():
            now = replace(before, cancelled=True)
        case OnboardingResumed():
            now = replace(before, cancelled=False)
    return Responsible({**known.onboardings, event.project_id: now})
