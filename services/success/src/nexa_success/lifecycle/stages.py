"""The transition table: which stage may follow which by itself, and which only because a person says so.

A fact moves a party along `BY_ITSELF` or changes nothing. A person may set any stage of `BY_A_PERSON`, with a reason. Only
a disqualified or churned customer is recycled, and only somebody who is a customer can be at risk.
"""

from collections.abc import Mapping
from typing import Final

from nexa_contracts.success import Stage

S = Stage

AFTER_A_RENEWAL = frozenset({S.RENEWED, S.EXPANSION, S.CHURNED})

BY_ITSELF: Final[Mapping[Stage | None, frozenset[Stage]]] = {
    None: frozenset({S.LEAD, S.MQL, S.SQL, S.OPPORTUNITY, S.ONBOARDING, S.LIVE, S.DISQUALIFIED}),
    S.SUBSCRIBER: frozenset({S.LEAD, S.MQL, S.SQL, S.OPPORTUNITY, S.ONBOARDING, S.LIVE, S.DISQUALIFIED}),
    S.RECYCLED: frozenset({S.MQL, S.SQL, S.OPPORTUNITY, S.ONBOARDING, S.LIVE, S.DISQUALIFIED}),
    S.LEAD: frozenset({S.MQL, S.SQL, S.OPPORTUNITY, S.ONBOARDING, S.LIVE, S.DISQUALIFIED}),
    S.MQL: frozenset({S.SQL, S.OPPORTUNITY, S.ONBOARDING, S.LIVE, S.DISQUALIFIED}),
    S.SQL: frozenset({S.OPPORTUNITY, S.ONBOARDING, S.LIVE, S.DISQUALIFIED}),
    S.OPPORTUNITY: frozenset({S.ONBOARDING, S.LIVE}),
    S.ONBOARDING: frozenset({S.LIVE, S.AT_RISK}) | AFTER_A_RENEWAL,
    S.LIVE: frozenset({S.AT_RISK}) | AFTER_A_RENEWAL,
    S.AT_RISK: frozenset({S.ONBOARDING, S.LIVE, S.REACTIVATED}) | AFTER_A_RENEWAL,
    S.EXPANSION: frozenset({S.AT_RISK, S.RENEWED, S.CHURNED}),
    S.RENEWED: frozenset({S.AT_RISK, S.EXPANSION, S.CHURNED}),
    S.CHURNED: frozenset({S.REACTIVATED}),
    S.REACTIVATED: frozenset({S.LIVE, S.AT_RISK}) | AFTER_A_RENEWAL,
    S.DISQUALIFIED: frozenset(
        {S.RECYCLED, S.OPPORTUNITY, S.ONBOARDING, S.LIVE}
    ),  # taken up again, or converted after all
}

ORDER: Final = (
    S.SUBSCRIBER,
    S.RECYCLED,
    S.LEAD,
    S.MQL,
    S.SQL,
    S.OPPORTUNITY,
    S.ONBOARDING,
    S.LIVE,
    S.AT_RISK,
    S.EXPANSION,
    S.RENEWED,
    S.CHURNED,
    S.REACTIVATED,
    S.DISQUALIFIED,
)

ONLY_FROM: Final[Mapping[Stage, frozenset[Stage]]] = {
    S.RECYCLED: frozenset({S.DISQUALIFIED, S.CHURNED}),
    S.AT_RISK: frozenset(
        stage for stage, following in BY_ITSELF.items() if stage is not None and S.AT_RISK in following
    ),
}

BY_A_PERSON: Final[Mapping[Stage, frozenset[Stage]]] = {
    stage: frozenset(
        following
        for following in Stage
        if following is not stage and stage in ONLY_FROM.get(following, frozenset(Stage))
    )
    for stage in Stage
}


def _further(stage: Stage) -> frozenset[Stage]:
    """This stage and all that lie beyond it."""
    return frozenset(ORDER[ORDER.index(stage) : ORDER.index(S.REACTIVATED)])


WENT_ON: Final[Mapping[Stage, frozenset[Stage]]] = {
    S.SUBSCRIBER: _further(S.LEAD),
    S.RECYCLED: _further(S.MQL),
    S.LEAD: _further(S.MQL),
    S.MQL: _further(S.SQL),
    S.SQL: _further(S.OPPORTUNITY),
    S.OPPORTUNITY: _further(S.ONBOARDING),
    S.ONBOARDING: frozenset({S.LIVE, S.RENEWED, S.EXPANSION}),
    S.LIVE: frozenset({S.RENEWED, S.EXPANSION}),
    S.AT_RISK: frozenset({S.ONBOARDING, S.LIVE, S.RENEWED, S.EXPANSION, S.REACTIVATED}),
    S.EXPANSION: frozenset({S.RENEWED}),
    S.RENEWED: frozenset({S.EXPANSION}),
    S.CHURNED: frozenset({S.REACTIVATED}),
    S.REACTIVATED: frozenset({S.LIVE, S.RENEWED, S.EXPANSION}),
    S.DISQUALIFIED: frozenset({S.RECYCLED, S.OPPORTUNITY}),
}
"""What counts as a conversion of each stage: the next one of the way, or one beyond it."""


def is_backwards(stage: Stage, following: Stage) -> bool:
    """An earlier stage than before, and not one that it comes back to by itself."""
    return following not in BY_ITSELF[stage] and ORDER.index(following) < ORDER.index(stage)
