"""A deployment brings what was wished for."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import DeploymentCompleted
from nexa_support.feature_request.decisions import ShipFeature


def react(fact: Recorded, now: datetime) -> Iterator[ShipFeature]:
    match fact.event:
        case DeploymentCompleted(shipped_requests=requests, version=version):
            for request_id in requests:
                yield ShipFeature(request_id=request_id, version=version)
        case _:
            return


ship_requested_features = Reaction(name="ship_requested_features", on=(DeploymentCompleted,), react=react)
