"""The kinds of streams in this service's store."""

from nexa_chassis.domain import Aggregate
from nexa_contracts import topics
from nexa_notifier.notification import answers, decisions, events, state
from nexa_notifier.suppression import decisions as suppressing
from nexa_notifier.suppression import events as suppression_events

notification = Aggregate[decisions.Command, state.Notification](
    name="notification",
    key="notification_id",
    topic=topics.NOTIFICATION,
    private=(events.NotificationQueued, events.SendingBegan, events.SendingPutOff),
    commands=(
        decisions.Notify,
        decisions.BeginSending,
        decisions.SuppressNotification,
        decisions.RecordSent,
        decisions.RecordRefused,
        decisions.RecordPutOff,
        decisions.RecordUnknown,
        *answers.ANSWERS,
    ),
    initial=state.New(),
    evolve=state.evolve,
    decide=decisions.decide,
)
suppression = Aggregate[suppressing.Command, suppressing.Suppression](
    name="suppression",
    key="suppression_id",
    private=(suppression_events.AddressSuppressed, suppression_events.SuppressionLifted),
    commands=(suppressing.SuppressAddress, suppressing.LiftSuppression),
    initial=suppressing.NoEntry(),
    evolve=suppressing.evolve,
    decide=suppressing.decide,
)
