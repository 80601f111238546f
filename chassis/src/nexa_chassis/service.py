"""The page a newcomer reads first is a `Service` value: all that a service is made of, in one place."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy import MetaData

from nexa_chassis.domain import AnyAggregate
from nexa_chassis.jobs import Job
from nexa_chassis.reactions import AnyReaction
from nexa_chassis.read_models import ReadModel
from nexa_chassis.workers import Worker


@dataclass(frozen=True, kw_only=True)
class Service:
    """One bounded context. `migrations` is the importable package that holds its Alembic scripts."""

    name: str
    migrations: str
    metadata: MetaData
    aggregates: Sequence[AnyAggregate]
    reactions: Sequence[AnyReaction] = ()
    read_models: Sequence[ReadModel] = ()
    jobs: Sequence[Job] = ()
    workers: Sequence[Worker] = ()
    routes: Sequence[APIRouter] = ()
