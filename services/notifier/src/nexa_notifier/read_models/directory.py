"""Which colleague has which address? Fed by the rosters that other services publish."""

from collections.abc import Iterator

from sqlalchemy import Column, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.sales import RepUpdated
from nexa_contracts.success import CsmUpdated
from nexa_contracts.support import AgentUpdated
from nexa_notifier.tables import metadata

directory = Table(
    "directory",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("name", Text),
    Column("email", Text),
)


def project(fact: Recorded) -> Iterator[Change]:
    match fact.event:
        case RepUpdated() as rep:
            yield Put(directory, {"person_id": rep.rep_id}, {"name": rep.name, "email": rep.email})
        case CsmUpdated() as csm:
            yield Put(directory, {"person_id": csm.csm_id}, {"name": csm.name, "email": csm.email})
        case AgentUpdated() as agent:
            yield Put(directory, {"person_id": agent.agent_id}, {"name": agent.name, "email": agent.email})


model = ReadModel(
    name="directory", tables=(directory,), on=(RepUpdated, CsmUpdated, AgentUpdated), project=project, from_topics=True
)
