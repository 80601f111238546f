"""What a process of a service has to be told, read once from the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

PREFIX = "NEXA_"


class SettingsError(Exception):
    """The environment does not say what the service needs; the message names each variable."""


def _none_if_blank(value: object) -> object:
    return None if value == "" else value


OptionalPath = Annotated[Path | None, BeforeValidator(_none_if_blank)]


class Settings(BaseModel):
    """Addresses, files and limits. Each field is read from `NEXA_<FIELD NAME IN CAPITALS>`.

    `database_url` is the application role's address (`postgresql://…`), `database_owner_url` the one that owns the
    tables (migrations and rebuilds). Time-outs are seconds on the wall clock, never on the simulated one.
    """

    model_config = ConfigDict(frozen=True)

    database_url: str = Field(
        description="PostgreSQL as the application role, postgresql://user:password@host:port/name"
    )
    database_owner_url: str = Field(default="", description="PostgreSQL as the owner of the tables")
    kafka_bootstrap: str = Field(default="127.0.0.1:9092", description="host:port, several separated by commas")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8000, ge=0, le=65535, description="0 takes a free port")
    jwks_file: OptionalPath = Field(
        default=None, description="JSON Web Key Set that bearer tokens are verified against"
    )
    issuer: str = Field(default="nexa", description="who signs the bearer tokens")
    clock_file: OptionalPath = Field(default=None, description="file of the simulated clock; without it, wall time")
    trace_file: OptionalPath = Field(
        default=None, description="where spans go as JSON lines when no OTLP endpoint is set"
    )
    trace_ratio: float = Field(default=1.0, ge=0, le=1, description="share of new traces that are recorded")
    log_level: str = "INFO"
    topic_partitions: int = Field(default=4, ge=1)
    topic_replication: int = Field(default=1, ge=1, description="copies of each topic; 3 on a cluster")
    pool_size: int = Field(default=10, ge=1, description="database connections a process keeps")
    pool_timeout: float = Field(default=2.0, gt=0, description="longest wait for a connection before a 503")
    connect_timeout: int = Field(default=2, ge=1, description="longest wait for the database to accept a connection")
    request_timeout: float = Field(
        default=5.0, gt=0, description="longest a request works on the database before a 503"
    )
    statement_timeout: float = Field(default=60.0, gt=0, description="longest single statement of any part")
    idle_transaction_timeout: float = Field(
        default=30.0, gt=0, description="longest the database keeps the locks of a process that has stopped answering"
    )
    stop_timeout: float = Field(default=10.0, gt=0, description="longest a stopping process waits for work in flight")
    body_limit: int = Field(default=1024 * 1024, ge=1, description="largest request body in bytes")
    most_in_flight: int = Field(default=512, ge=1, description="requests answered at once; more get a 503")
    outbox_age_limit: float = Field(default=60.0, gt=0, description="an older unpublished event makes us not ready")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read every field from the environment; raises `SettingsError` that names what is missing or wrong."""
        given = os.environ if environment is None else environment
        values = {name: given[variable] for name in cls.model_fields if (variable := PREFIX + name.upper()) in given}
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            wrong = [f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors()]
            raise SettingsError("The environment lacks or misstates " + "; ".join(wrong)) from None

    @property
    def owner_url(self) -> str:
        """The address to migrate and rebuild with; the application's own where no owner is given."""
        return self.database_owner_url or self.database_url
