"""Which CSM is responsible for an account, by what its onboardings say, in whatever order they say it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from nexa_contracts.success import OnboardingAssigned, OnboardingStarted


@dataclass(frozen=True)
class Assigned:
    """The CSM of one onboarding, which began when its deal was won."""

    won_at: datetime
    csm_id: UUID | None


@dataclass(frozen=True)
class Responsible:
    """The onboardings of an account."""

    onboardings: Mapping[UUID, Assigned] = field(default_factory=dict)

    @property
    def csm_id(self) -> UUID | None:
        """The CSM of the onboarding that was won last; null if none of them has one."""
        led = [(each.won_at, str(project_id), each.csm_id) for project_id, each in self.onboardings.items()]
        return max((each for each in led if each[2] is not None), default=(None, None, None))[2]


def evolve(known: Responsible, event: OnboardingStarted | OnboardingAssigned) -> Responsible:
    match event:
        case OnboardingStarted(project_id=project_id, won_at=won_at, csm=csm):
            begun = Assigned(won_at, csm.person_id if csm else None)
            return Responsible({**known.onboardings, project_id: begun})
        case OnboardingAssigned(project_id=project_id, csm=csm):
            if project_id not in known.onboardings:
                return known
            again = Assigned(known.onboardings[project_id].won_at, csm.person_id)
            return Responsible({**known.onboardings, project_id: again})
