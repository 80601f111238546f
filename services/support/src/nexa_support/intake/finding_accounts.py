"""Tickets of unknown accounts find theirs once sales knows the contact, or a company at its domain."""

import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from nexa_chassis.origin import Origin
from nexa_chassis.pacing import Pace
from nexa_chassis.runtime import Runtime
from nexa_chassis.workers import Worker
from nexa_support.intake.free_mail import FREE_MAIL
from nexa_support.ticket.commands import FindAccount

ACTOR = "system:support.find_accounts"
LOOK_SECONDS = 2.0
BATCH = 200

_FOUND = text(
    """
    select t.ticket_id, a.account_id, a.name,
           case when c.account_id is null then 'domain of the account' else 'address of a contact' end
      from tickets t
      left join lateral (select account_id from contacts where email = lower(t.requester_email)
                          order by contact_id limit 1) c on true
      left join lateral (select min(account_id::text)::uuid as account_id from contacts
                          where domain = split_part(lower(t.requester_email), '@', 2) and domain <> all (:free_mail)
                         having count(distinct account_id) = 1) d on true
      join accounts a on a.account_id = coalesce(c.account_id, d.account_id)
     where t.account_id is null and t.requester_email is not null and a.name is not null
     order by t.submitted_at limit :batch
    """
).bindparams(free_mail=sorted(FREE_MAIL), batch=BATCH)


async def run(runtime: Runtime, stopping: asyncio.Event) -> None:
    pace = Pace(stopping, longest=LOOK_SECONDS)
    while not stopping.is_set():
        async with runtime.engine.connect() as connection:
            found = await _commands(connection)
        for command in found:
            await runtime.store.execute([command], Origin(ACTOR, str(command.ticket_id)))
        if found:
            pace.reset()
        await pace.pause()


async def busy(connection: AsyncConnection) -> int:
    """How many tickets could be told their account now."""
    return len(await _commands(connection))


async def _commands(connection: AsyncConnection) -> list[FindAccount]:
    rows = (await connection.execute(_FOUND)).all()
    return [
        FindAccount(ticket_id=ticket_id, account_id=account_id, account_name=name, because=because)
        for ticket_id, account_id, name, because in rows
    ]


find_accounts = Worker(name="find_accounts", run=run, busy=busy)
