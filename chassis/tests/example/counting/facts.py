"""What a counter and its bell can have to tell. The published facts of a real service stand in `nexa_contracts`."""

from uuid import UUID

from nexa_contracts import topics
from nexa_contracts.envelope import Event
from nexa_contracts.topics import Topic


class Counted(Event):
    counter_id: UUID
    amount: int
    total: int


class BellRung(Event):
    bell_id: UUID
    counter_id: UUID
    times: int


class BellMuted(Event):
    """Nobody else's business: it stays in this service's store."""

    bell_id: UUID


COUNTER = Topic("counting", "counter", "counter_id", (Counted,))
BELL = Topic("counting", "bell", "bell_id", (BellRung,))

# The contracts list every topic there is; this one is known in the chassis' tests alone.
topics._TOPIC_OF.update({model: topic for topic in (COUNTER, BELL) for model in topic.events})
