"""PostgreSQL and Kafka in containers, by testcontainers, where an engine answers."""

from collections.abc import Iterator
from contextlib import contextmanager

from testcontainers.kafka import KafkaContainer
from testcontainers.postgres import PostgresContainer


@contextmanager
def containers() -> Iterator[tuple[str, str]]:
    """The admin URL and the bootstrap address; both containers are removed at the end."""
    with (
        PostgresContainer("postgres:18-alpine", username="postgres", dbname="postgres", driver=None) as postgres,
        KafkaContainer("apache/kafka:4.1.0") as kafka,
    ):
        yield postgres.get_connection_url(), kafka.get_bootstrap_server()
