"""The kinds of streams in this service's store."""

from nexa_chassis.domain import Aggregate
from nexa_contracts import topics
from nexa_notifier.notification import decisions, events, state

notification = Aggregate[decisions.Command, state.Notification](
    name="notification",
    key="notification_id",
    topic=topics.NOTIFICATION,
    private=(events.NotificationQueued, events.SendingBegan, events.SendingPutOff),
    commands=(
        decisions.Notify,
        decisions.BeginSending,
        decisions.RecordSent,
        decisions.RecordRefused,
        decisions.RecordPutOff,
        decisions.RecordUnknown,
    ),
    initial=state.New(),
    evolve=state.evolve,
    decide=decisions.decide,
)
