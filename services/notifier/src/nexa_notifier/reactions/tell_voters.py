"""Who wished for a feature hears, once, that it is there."""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded, derive
from nexa_chassis.reactions import Reaction
from nexa_contracts.support import FeatureShipped
from nexa_notifier.notification.decisions import Notify


def react(fact: Recorded, now: datetime) -> Iterator[Notify]:
    match fact.event:
        case FeatureShipped() as shipped:
            for voter in shipped.voters:
                if voter.requester is not None and voter.requester.email is not None:
                    yield Notify(
                        notification_id=derive(shipped.request_id, voter.account_id, "shipped"),
                        kind="feature_shipped",
                        about=shipped.request_id,
                        address=voter.requester.email,
                        template="feature_shipped.v1",
                        variables={
                            "name": voter.requester.name.split(" ")[0],
                            "title": shipped.title,
                            "version": shipped.version or "",
                        },
                    )
        case _:
            return


tell_voters = Reaction(name="tell_voters", on=(FeatureShipped,), react=react)
