"""What speaks for a bug being seen again: asked once for all tickets that are looked at together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.domain import ContextOfCommands
from nexa_contracts.envelope import Event
from nexa_support.bug.commands import CheckRecurrence, Command
from nexa_support.bug.recurrence import Evidence, Report
from nexa_support.read_models.account_directory import version_history
from nexa_support.read_models.bug_list import fixes
from nexa_support.read_models.deployment_list import deployments
from nexa_support.read_models.ticket_list import tickets


async def _load(connection: AsyncConnection, commands: Sequence[Command]) -> Evidence:
    checks = [command for command in commands if isinstance(command, CheckRecurrence)]
    if not checks:
        return Evidence()
    alike = {ticket_id for check in checks for ticket_id in check.similar}
    return Evidence(
        reports=await _reports(connection, [check.ticket_id for check in checks]),
        bug_of=await _bugs_of(connection, sorted(alike)),
        everywhere=await _everywhere(connection, [check.bug_id for check in checks]),
    )


async def _reports(connection: AsyncConnection, ticket_ids: Sequence[UUID]) -> Mapping[UUID, Report]:
    """Without merged tickets: they go on elsewhere."""
    source = tickets.c
    query = select(source.ticket_id, source.account_id, source.submitted_at, source.product_version)
    found = (await connection.execute(query.where(source.ticket_id.in_(ticket_ids), source.into_id.is_(None)))).all()
    versions = await _versions(connection, [row.account_id for row in found if row.account_id])
    return {
        row.ticket_id: Report(
            submitted_at=row.submitted_at,
            product_version=row.product_version,
            versions=tuple(versions.get(row.account_id, ())),
        )
        for row in found
        if row.submitted_at is not None
    }


async def _versions(
    connection: AsyncConnection, account_ids: Sequence[UUID]
) -> Mapping[UUID, list[tuple[datetime, str]]]:
    source = version_history.c
    query = select(source.account_id, source.since, source.product_version).where(source.account_id.in_(account_ids))
    ran: dict[UUID, list[tuple[datetime, str]]] = defaultdict(list)
    for account_id, since, version in await connection.execute(query.order_by(source.since, source.stream_version)):
        ran[account_id].append((since, version))
    return ran


async def _bugs_of(connection: AsyncConnection, ticket_ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    query = select(tickets.c.ticket_id, tickets.c.bug_id)
    query = query.where(tickets.c.ticket_id.in_(ticket_ids), tickets.c.bug_id.is_not(None))
    return {row.ticket_id: row.bug_id for row in await connection.execute(query)}


async def _everywhere(connection: AsyncConnection, bug_ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
    query = select(deployments.c.deployment_id, deployments.c.everywhere_at)
    query = query.join(fixes, fixes.c.deployment_id == deployments.c.deployment_id)
    query = query.where(fixes.c.bug_id.in_(bug_ids), deployments.c.everywhere_at.is_not(None))
    return {row.deployment_id: row.everywhere_at for row in await connection.execute(query)}


def _same(evidence: Evidence, event: Event) -> Evidence:
    """What is decided about bugs changes nothing of what speaks for it."""
    return evidence


evidence_of_recurrence = ContextOfCommands(load=_load, evolve=_same)
