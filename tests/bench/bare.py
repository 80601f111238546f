"""What the HTTP figure is held against: a bare FastAPI handler that does the two statements on psycopg, and nothing else."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import orjson
import psycopg
import uvicorn
from fastapi import FastAPI
from ledger import BookBody, Booked

APPEND = (
    "with e as (insert into events (stream, version, type, published, data, meta, recorded_at)"
    " values (%s, %s, 'nexa.bench.Booked.v1', true, %s, %s, %s) returning position)"
    " insert into outbox select position from e"
)
LOAD = "select version, data::text from events where stream = %s order by version"
idle: list[psycopg.AsyncConnection[tuple[object, ...]]] = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    for _ in range(8):
        connection = await psycopg.AsyncConnection.connect(os.environ["BENCH_DATABASE"], autocommit=True)
        connection.prepare_threshold = 0
        idle.append(connection)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/ledgers/{ledger_id}/bookings", status_code=201)
async def post_booking(ledger_id: UUID, body: BookBody) -> dict[str, int]:
    connection = (
        idle.pop() if idle else await psycopg.AsyncConnection.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    )
    try:
        stream = f"ledger-{ledger_id}"
        rows = await (await connection.execute(LOAD, (stream,))).fetchall()
        events = [Booked.model_validate_json(str(data)) for _, data in rows]
        version = len(events) + 1
        event = Booked(ledger_id=ledger_id, booking_id=body.booking_id, amount=body.amount, note=body.note)
        meta = orjson.dumps({"time": datetime.now(UTC), "actor": "bare", "previous": version - 1}).decode()
        await connection.execute(APPEND, (stream, version, event.model_dump_json(), meta, datetime.now(UTC)))
        return {"version": version}
    finally:
        idle.append(connection)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )
