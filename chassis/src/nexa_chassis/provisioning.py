"""The topics a service publishes on: made before it runs, kept for ever, never compacted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from nexa_chassis.settings import Settings

if TYPE_CHECKING:
    from nexa_chassis.service import Service

CONFIGURATION = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}


class TopicNotMade(Exception):
    """The broker refused to make a topic; the message says why."""


def topics_of(service: Service) -> Sequence[str]:
    return sorted(each.topic.name for each in service.aggregates if each.topic is not None)


async def ensure_topics(settings: Settings, topics: Sequence[str]) -> None:
    """Make the topics that are missing. The broker's refusals stand in its answer only, so the answer is read."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics(
            [
                NewTopic(
                    name=topic,
                    num_partitions=settings.topic_partitions,
                    replication_factor=settings.topic_replication,
                    topic_configs=CONFIGURATION,
                )
                for topic in topics
            ]
        )
        for topic, code, *detail in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise TopicNotMade(
                    f"{topic}: {error.__name__} {' '.join(str(each) for each in detail if each)}".strip()
                )
    finally:
        await admin.close()
