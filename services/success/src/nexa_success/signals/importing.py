"""The job behind an import of signals: 500 rows a step, each step one transaction.

The file is read before the job begins; what it holds is kept in batches, and a batch goes when its rows have their outcome.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

import orjson
from pydantic import TypeAdapter
from sqlalchemy import delete, select, update

from nexa_chassis.conflicts import IdempotencyMismatch
from nexa_chassis.domain import Refused
from nexa_chassis.jobs import Finished, Job, JobState
from nexa_chassis.origin import Origin
from nexa_chassis.runtime import Runtime
from nexa_chassis.transaction import Transaction
from nexa_success.account_version.decisions import ReportVersion
from nexa_success.read_models.account_directory import accounts_called, accounts_known
from nexa_success.signals.csv_file import AccountId, AccountName, Named, Reject, Row, SignalFile, shown
from nexa_success.signals.decisions import ReportSignals, happened_at
from nexa_success.signals.import_tables import signal_import_batches as batches
from nexa_success.signals.import_tables import signal_imports as imports
from nexa_success.signals.state import NOTHING

JOB = "import_signals"
ROWS_PER_STEP = 500

_ROWS = TypeAdapter(tuple[Row, ...])

Verdict: TypeAlias = UUID | str
"""The account of a row, or why there is none."""


@dataclass(frozen=True)
class Order:
    """Who imports which file."""

    import_id: UUID
    sha256: str
    actor: str
    traceparent: str | None

    @property
    def origin(self) -> Origin:
        return Origin(self.actor, str(self.import_id), traceparent=self.traceparent)


async def begin(runtime: Runtime, order: Order, file: SignalFile) -> None:
    """Keep the file's rows and start the job; an import that is known begins nothing again. Raises IdempotencyMismatch."""
    async with runtime.store.transaction(order.origin) as tx:
        begun = await tx.run(
            "insert into signal_imports (import_id, sha256, rows, rejected, ignored_columns, started_at)"
            " values (%s, %s, %s, %s, %s::json, %s) on conflict (import_id) do nothing",
            (
                order.import_id,
                order.sha256,
                len(file.rows) + len(file.rejects),
                len(file.rejects),
                orjson.dumps(file.ignored).decode(),
                runtime.clock.now(),
            ),
        )
        if not begun:
            ((known,),) = await tx.fetch("select sha256 from signal_imports where import_id = %s", (order.import_id,))
            if known != order.sha256:
                raise IdempotencyMismatch(str(order.import_id))
            return
        for number, start in enumerate(range(0, len(file.rows), ROWS_PER_STEP)):
            rows = _ROWS.dump_json(file.rows[start : start + ROWS_PER_STEP]).decode()
            await tx.run(
                "insert into signal_import_batches (import_id, number, rows) values (%s, %s, %s::json)",
                (order.import_id, number, rows),
            )
        await _keep_rejects(tx, order.import_id, file.rejects)
        state = {"actor": order.actor, "traceparent": order.traceparent}
        await tx.start_job(JOB, order.import_id, state)


async def step(tx: Transaction, runtime: Runtime, job_id: UUID, state: JobState) -> JobState | Finished:
    """Take the rows of the next batch."""
    next_batch = select(batches.c.number, batches.c.rows).where(batches.c.import_id == job_id)
    batch = (await tx.connection.execute(next_batch.order_by(batches.c.number).limit(1))).first()
    this = imports.c.import_id == job_id
    if batch is None:
        await tx.connection.execute(update(imports).where(this).values(finished_at=runtime.clock.now()))
        return Finished(dict(state))
    rows = _ROWS.validate_python(batch.rows)
    traceparent = state["traceparent"]
    origin = Origin(str(state["actor"]), str(job_id), traceparent=None if traceparent is None else str(traceparent))
    created, rejects = await _take(tx, rows, origin, runtime.clock.now())
    await _keep_rejects(tx, job_id, rejects)
    unchanged = len(rows) - created - len(rejects)
    await tx.connection.execute(
        update(imports)
        .where(this)
        .values(
            created=imports.c.created + created,
            unchanged=imports.c.unchanged + unchanged,
            rejected=imports.c.rejected + len(rejects),
        )
    )
    taken = delete(batches).where(batches.c.import_id == job_id, batches.c.number == batch.number)
    await tx.connection.execute(taken)
    return state


import_signals = Job(name=JOB, step=step)


async def _take(tx: Transaction, rows: Sequence[Row], origin: Origin, now: datetime) -> tuple[int, list[Reject]]:
    """How many rows said something new, and those that were rejected."""
    verdicts = await _accounts(tx, rows)
    rejects: list[Reject] = []
    commands: list[tuple[Row, list[tuple[object, Origin]]]] = []
    for row in rows:
        verdict = verdicts[row.account]
        if isinstance(verdict, str):
            rejects.append(Reject(row.line, "account", verdict))
            continue
        told = Origin(
            origin.actor, origin.correlation_id, traceparent=origin.traceparent, time=happened_at(row.on, now)
        )
        commands.append((row, [(command, told) for command in _reports(verdict, row, now)]))
    await tx.load([command for _, reports in commands for command in reports])
    created = 0
    for row, reports in commands:
        try:
            created += bool(tx.decide(reports))
        except Refused as refused:
            rejects.append(Reject(row.line, refused.field, refused.message))
    await tx.write()
    return created, rejects


def _reports(account_id: UUID, row: Row, now: datetime) -> Iterator[ReportSignals | ReportVersion]:
    if row.signals != NOTHING:
        yield ReportSignals(account_id=account_id, on=row.on, signals=row.signals)
    if row.version is not None:
        yield ReportVersion(account_id=account_id, version=row.version, since=happened_at(row.on, now))


async def _accounts(tx: Transaction, rows: Iterable[Row]) -> Mapping[Named, Verdict]:
    """Whose each row is, by how it names the account."""
    named = {row.account for row in rows}
    known = await accounts_known(tx.connection, [each.account_id for each in named if isinstance(each, AccountId)])
    called = await accounts_called(tx.connection, [each.name for each in named if isinstance(each, AccountName)])
    return {each: _verdict(each, known, called) for each in named}


def _verdict(named: Named, known: Collection[UUID], called: Mapping[str, Sequence[UUID]]) -> Verdict:
    match named:
        case AccountId(account_id=account_id):
            return account_id if account_id in known else f"there is no account {account_id}"
        case AccountName(name=name):
            found = called.get(name, ())
            if len(found) == 1:
                return found[0]
            if found:
                return f"{len(found)} accounts are called {shown(name)}; name it by account_id"
            return f"there is no account called {shown(name)}"
        case _:
            assert_never(named)


async def _keep_rejects(tx: Transaction, import_id: UUID, rejects: Sequence[Reject]) -> None:
    if not rejects:
        return
    told = [{"line": each.line, "column_name": each.column, "reason": each.reason} for each in rejects]
    await tx.run(
        "insert into signal_import_rejects (import_id, line, column_name, reason)"
        " select %s, line, column_name, reason from json_to_recordset(%s::json)"
        " as new(line int, column_name text, reason text) on conflict do nothing",
        (import_id, orjson.dumps(told).decode()),
    )
