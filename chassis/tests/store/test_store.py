"""What holds of the store whoever writes at the same time."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from nexa_chassis.catalog import Catalog
from nexa_chassis.clock import FixedClock
from nexa_chassis.conflicts import ConcurrencyConflict, IdempotencyMismatch, VersionMismatch
from nexa_chassis.domain import Alone, Deadline, Refused
from nexa_chassis.event_codec import EVENT_COLUMNS, EventRow
from nexa_chassis.origin import Origin
from nexa_chassis.state_cache import Head
from nexa_chassis.store import Idempotency, Store
from nexa_chassis.transaction import decode_origin
from nexa_chassis.unit_of_work import UnitOfWork

from .conftest import EVERY_QUESTION, Shop
from .shop import (
    AddItems,
    BasketOpened,
    CloseBasket,
    ClosedBasket,
    DrawTicket,
    ItemAdded,
    NoBasket,
    NoteTaken,
    OpenBasket,
    OpenedBasket,
    TicketDrawn,
    basket,
    ticket,
)

ME = Origin(actor="anna", correlation_id="visit-1")
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


async def test_a_stream_that_does_not_exist_is_at_version_0_in_its_initial_state(store: Store) -> None:
    loaded = await store.load(basket, uuid4())

    assert (loaded.state, loaded.version) == (NoBasket(), 0)


async def test_what_was_executed_is_loaded_again_by_another_process(a_shop: Shop, store: Store) -> None:
    basket_id = uuid4()
    done = await store.execute([OpenBasket(basket_id, "anna"), AddItems(basket_id, ("tea", "jam"))], ME)

    assert [type(fact.event) for fact in done.facts] == [BasketOpened, ItemAdded, ItemAdded]
    assert done.version_of(f"basket-{basket_id}") == 3
    loaded = await a_shop.store().load(basket, basket_id)
    assert (loaded.state, loaded.version) == (OpenedBasket(basket_id, ("tea", "jam")), 3)


async def test_a_fact_says_who_when_and_why(a_shop: Shop) -> None:
    store = a_shop.store(clock=FixedClock(NOW))
    happened = NOW - timedelta(days=3)
    origin = Origin("anna", "visit-1", causation_id="visit-9@1", traceparent="00-ab-cd-01", time=happened)

    await store.execute([OpenBasket(basket_id := uuid4(), "anna")], origin)

    ((*row,),) = await a_shop.rows(f"select {EVENT_COLUMNS} from events")
    fact = store.catalog.codec.recorded(EventRow(*row))
    assert (fact.actor, fact.correlation_id, fact.causation_id) == ("anna", "visit-1", "visit-9@1")
    assert (fact.time, fact.traceparent) == (happened, "00-ab-cd-01")
    assert fact.recorded_at == NOW
    assert fact.id == f"basket-{basket_id}@1"


async def test_previous_counts_published_events_only(a_shop: Shop, store: Store) -> None:
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna"), AddItems(basket_id, ("tea", "jam"), note="hurry")], ME)
    done = await a_shop.store().execute([AddItems(basket_id, ("egg",))], ME)

    rows = await a_shop.rows("select version, published, meta->>'previous' from events order by version")
    assert rows == [(1, True, None), (2, True, "1"), (3, False, None), (4, True, "2"), (5, True, "4")]
    assert done.facts[0].previous == 4
    assert await a_shop.rows("select version from outbox natural join events order by position") == [
        (1,), (2,), (4,), (5,),
    ]  # fmt: skip


async def test_commands_of_one_call_happen_together_or_not_at_all(a_shop: Shop, store: Store) -> None:
    first = uuid4()
    with pytest.raises(Refused, match="AddItems"):
        await store.execute([OpenBasket(first, "anna"), AddItems(uuid4(), ("tea",))], ME)

    assert await a_shop.rows("select 1 from events") == []
    assert (await store.load(basket, first)).version == 0


async def test_readers_see_their_own_writes(a_shop: Shop, store: Store) -> None:
    first, second = uuid4(), uuid4()
    await store.execute([OpenBasket(first, "anna"), AddItems(first, ("tea", "tea", "jam"))], ME)
    await store.execute([OpenBasket(second, "ben"), CloseBasket(second)], ME)

    assert await a_shop.rows("select basket_id, owner, items, last_item from open_baskets") == [
        (first, "anna", 3, "jam")
    ]
    assert await a_shop.rows("select * from items_sold order by item") == [("jam", 1, 3), ("tea", 2, 6)]


async def test_a_retried_request_gets_the_first_answer_even_when_the_state_has_moved_on(store: Store) -> None:
    basket_id, key = uuid4(), Idempotency("anna:1", "add tea")
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    first = await store.execute([AddItems(basket_id, ("tea",))], ME, idempotency=key, expected_version=1)
    await store.execute([CloseBasket(basket_id)], ME)

    again = await store.execute([AddItems(basket_id, ("tea",))], ME, idempotency=key, expected_version=1)

    assert again.replayed
    assert not first.replayed
    assert again.facts == first.facts
    assert again.version_of(f"basket-{basket_id}") == 2


async def test_a_retried_request_that_changed_nothing_is_replayed_too(a_shop: Shop, store: Store) -> None:
    basket_id, key = uuid4(), Idempotency("anna:1", "open")
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    first = await store.execute([OpenBasket(basket_id, "anna")], ME, idempotency=key)
    again = await store.execute([OpenBasket(basket_id, "anna")], ME, idempotency=key)

    assert (first.facts, first.replayed, again.facts, again.replayed) == ((), False, (), True)
    assert await a_shop.rows("select count(*) from events") == [(1,)]


async def test_a_key_used_for_another_request_is_a_mismatch(store: Store) -> None:
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna")], ME, idempotency=Idempotency("anna:1", "open"))
    with pytest.raises(IdempotencyMismatch, match="anna:1"):
        await store.execute([AddItems(basket_id, ("tea",))], ME, idempotency=Idempotency("anna:1", "add"))


async def test_one_key_under_concurrency_happens_once(a_shop: Shop) -> None:
    stores = [a_shop.store(*EVERY_QUESTION) for _ in range(4)]
    basket_id, key = uuid4(), Idempotency("anna:1", "add")
    await stores[0].execute([OpenBasket(basket_id, "anna")], ME)

    answers = await asyncio.gather(
        *(stores[n % 4].execute([AddItems(basket_id, ("tea",))], ME, idempotency=key) for n in range(24))
    )

    assert sum(not answer.replayed for answer in answers) == 1
    assert len({answer.facts for answer in answers}) == 1
    assert await a_shop.rows("select count, amount from items_sold") == [(1, 3)]


async def test_an_expected_version_that_is_not_the_streams_is_a_mismatch(store: Store) -> None:
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    with pytest.raises(VersionMismatch, match="is at version 1, the request expected 7"):
        await store.execute([AddItems(basket_id, ("tea",))], ME, expected_version=7)


async def test_every_writer_of_a_contended_stream_is_heard_once(a_shop: Shop) -> None:
    stores = [a_shop.store(*EVERY_QUESTION) for _ in range(3)]
    basket_id = uuid4()
    await stores[0].execute([OpenBasket(basket_id, "anna")], ME)

    async def insist(n: int) -> None:
        while True:
            try:
                await stores[n % 3].execute([AddItems(basket_id, (f"item {n}",))], ME)
            except ConcurrencyConflict:
                continue
            return

    await asyncio.gather(*(insist(n) for n in range(30)))

    state = (await a_shop.store().load(basket, basket_id)).state
    assert isinstance(state, OpenedBasket)
    assert sorted(state.items) == sorted(f"item {n}" for n in range(30))
    assert await a_shop.rows("select items from open_baskets") == [(30,)]


async def test_positions_follow_versions_whoever_is_slow_and_whoever_rolls_back(a_shop: Shop) -> None:
    """16 writers, single appends and batches, some held open, some rolled back: nothing lost, nothing out of order."""
    stores = [a_shop.store(*EVERY_QUESTION) for _ in range(2)]
    baskets = [uuid4() for _ in range(40)]
    await stores[0].execute([OpenBasket(one, "anna") for one in baskets], ME)
    added: list[str] = []

    class ChangeOfMind(Exception):
        pass

    async def write(writer: int) -> None:
        chance = random.Random(writer)
        for round_ in range(12):
            chosen = sorted(chance.sample(baskets, chance.choice((1, 1, 3, 12))))
            items = tuple(f"{writer}/{round_}/{n}" for n in range(chance.choice((1, 2, 3))))
            commands = [AddItems(one, items, note="n" if chance.random() < 0.3 else None) for one in chosen]
            slow, rolled_back = chance.random() < 0.3, chance.random() < 0.2
            try:
                if len(chosen) == 1:
                    await stores[writer % 2].execute(commands, ME)
                else:
                    async with stores[writer % 2].transaction(ME) as tx:
                        await tx.execute(commands)
                        if slow:
                            await tx.connection.exec_driver_sql("select pg_sleep(0.03)")
                        if rolled_back:
                            raise ChangeOfMind
            except (ConcurrencyConflict, ChangeOfMind):
                continue
            added.extend(item for _ in chosen for item in items)

    await asyncio.gather(*(write(writer) for writer in range(16)))

    assert (
        await a_shop.rows(
            "select stream, version from (select stream, version, lag(version) over by_position as before from events"
            " window by_position as (partition by stream order by position)) e where version <> coalesce(before, 0) + 1"
        )
        == []
    )
    stored = await a_shop.rows("select data->>'item' from events where type = 'nexa.shop.ItemAdded.v1'")
    assert sorted(item for (item,) in stored) == sorted(added)
    assert await a_shop.rows(
        "select count(*) from (select position from events where published except select position from outbox) missing"
    ) == [(0,)]
    assert await a_shop.rows("select sum(items) from open_baskets") == [(len(added),)]
    assert await a_shop.rows("select sum(count) from items_sold") == [(len(added),)]


async def test_a_batch_that_lost_the_race_is_a_conflict_that_names_its_stream(a_shop: Shop, store: Store) -> None:
    baskets = [uuid4() for _ in range(20)]
    other = a_shop.store()
    async with store.transaction(ME) as tx:
        await tx.load([OpenBasket(one, "anna") for one in baskets])
        await other.execute([OpenBasket(baskets[7], "ben")], ME)
        tx.decide([OpenBasket(one, "anna") for one in baskets])
        with pytest.raises(ConcurrencyConflict, match=f"basket-{baskets[7]}"):
            await tx.write()
        await tx.connection.rollback()
    assert await a_shop.rows("select count(*) from events") == [(1,)]


async def test_a_refused_fact_of_a_batch_leaves_its_neighbours_alone(a_shop: Shop, store: Store) -> None:
    good, bad, later = uuid4(), uuid4(), DrawTicket(uuid4())
    everything = [
        OpenBasket(good, "anna"),
        DrawTicket(uuid4()),
        OpenBasket(bad, "ben"),
        AddItems(uuid4(), ("x",)),
        later,
    ]
    async with store.transaction(ME) as tx:
        await tx.load(everything)
        tx.decide(everything[:2])
        with pytest.raises(Refused):
            tx.decide(everything[2:4])
        tx.decide([later])
        await tx.write()

    assert await a_shop.rows("select owner from open_baskets") == [("anna",)]
    assert await a_shop.rows("select number from tickets order by 1") == [(1,), (2,)]


async def test_the_tenth_decision_of_a_batch_knows_the_first_nine(a_shop: Shop, store: Store) -> None:
    await store.execute([DrawTicket(uuid4())], ME)
    done = await store.execute([DrawTicket(uuid4()) for _ in range(10)], ME, idempotency=Idempotency("k", "draw"))

    assert [fact.event for fact in done.facts] == [TicketDrawn(number=n) for n in range(2, 12)]
    assert await a_shop.rows("select count(*), max(number) from tickets") == [(11, 11)]


def test_a_command_that_is_decided_alone_gets_no_context_and_has_none_loaded() -> None:
    given = replace(ticket, alone=Alone(commands=(DrawTicket,), decide=lambda *_: [TicketDrawn(number=7)]))
    service: Any = SimpleNamespace(name="shop", aggregates=(given,), read_models=())
    unit = UnitOfWork(Catalog(service), NOW)
    command = DrawTicket(uuid4())
    unit.heads[given.stream_of(command)] = Head(None, 0, None)

    assert unit.missing_contexts([(command, ME)]) == []
    assert [fact.event for fact in unit.decide([(command, ME)])] == [TicketDrawn(number=7)]


async def test_an_idempotent_call_in_a_context_is_replayed_with_its_facts(store: Store) -> None:
    command, key = DrawTicket(uuid4()), Idempotency("k", "draw")
    first = await store.execute([command], ME, idempotency=key)
    again = await store.execute([command], ME, idempotency=key)

    assert again.replayed
    assert again.facts == first.facts != ()


async def test_an_event_too_large_for_its_topic_is_refused(a_shop: Shop, store: Store) -> None:
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    with pytest.raises(Refused) as refusal:
        await store.execute([AddItems(basket_id, ("x" * 900_000,))], ME)

    assert refusal.value.rule == "event.size"
    assert await a_shop.rows("select count(*) from events") == [(1,)]


async def test_a_nul_character_is_kept_in_an_event_and_is_a_data_error_in_a_text_column(
    a_shop: Shop, store: Store
) -> None:
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    await a_shop.store().execute([AddItems(basket_id, ("a\0b",))], ME)
    state = (await store.load(basket, basket_id)).state

    assert state == OpenedBasket(basket_id, ("a\0b",))
    with pytest.raises(psycopg.DataError):
        await store.execute([AddItems(basket_id, ("a\0b",))], ME)


async def test_deadlines_and_jobs_are_written_with_the_transaction_and_once(a_shop: Shop, store: Store) -> None:
    basket_id, job = uuid4(), uuid4()
    cause = Origin("system:shop.remind", "visit-1", causation_id="visit-1@4")
    reminder = Deadline(at=NOW, command=CloseBasket(basket_id))
    for _ in range(2):
        async with store.transaction(cause) as tx:
            await tx.schedule([reminder, Deadline(at=NOW, command=CloseBasket(basket_id), key="second")])
            await tx.start_job("count", job, {"from": 1})

    rows = await a_shop.rows("select due_at, command_type, command::text, origin::text from deadlines")
    assert len(rows) == 2
    due_at, command_type, command, origin = rows[0]
    assert due_at == NOW
    assert store.catalog.decode_command(command_type, command) == CloseBasket(basket_id)
    assert decode_origin(origin) == cause
    assert await a_shop.rows("select id, name, state, status from jobs") == [(job, "count", {"from": 1}, "active")]


async def test_a_commit_is_told_to_whoever_waits_for_work(store: Store) -> None:
    told: list[str] = []
    store.on_append.append(lambda: told.append("work"))
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    await store.execute([OpenBasket(basket_id, "anna")], ME)

    assert told == ["work"]


async def test_a_commit_wakes_only_those_whom_it_gives_work(store: Store) -> None:
    told: list[str] = []
    store.on_append.append(lambda: told.append("events"))
    store.on_schedule.append(lambda: told.append("deadline"))
    store.on_job.append(lambda: told.append("job"))
    basket_id = uuid4()
    async with store.transaction(ME) as tx:
        await tx.fetch("select count(*) from events where stream = %s", (f"basket-{basket_id}",))
    assert told == []
    async with store.transaction(ME) as tx:
        await tx.schedule([Deadline(at=NOW, command=CloseBasket(basket_id))])
    assert told == ["deadline"]
    async with store.transaction(ME) as tx:
        await tx.start_job("count", uuid4(), {})
    assert told == ["deadline", "job"]


async def test_a_cached_state_is_not_trusted_when_the_database_lost_its_stream(a_shop: Shop, store: Store) -> None:
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    async with await psycopg.AsyncConnection.connect(_owner(a_shop)) as owner:
        await owner.execute("truncate events, outbox, open_baskets")

    assert (await store.load(basket, basket_id)).version == 0
    async with store.transaction(ME) as tx:
        facts = await tx.execute([OpenBasket(basket_id, "anna")])
    assert facts[0].version == 1


async def test_the_application_role_reads_and_appends_events_and_can_do_nothing_else_to_them(
    a_shop: Shop, store: Store
) -> None:
    await store.execute([OpenBasket(uuid4(), "anna")], ME)
    for forbidden in ("update events set type = 'x'", "delete from events", "truncate events"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with await psycopg.AsyncConnection.connect(_app(a_shop)) as app:
                await app.execute(forbidden.encode())
    assert await a_shop.rows("select type from events") == [("nexa.shop.BasketOpened.v1",)]


async def test_a_store_whose_idle_connections_were_cut_does_not_show_it(a_shop: Shop, store: Store) -> None:
    await store.execute([OpenBasket(uuid4(), "anna"), DrawTicket(uuid4())], ME)
    await store.execute([OpenBasket(uuid4(), "anna")], ME)
    async with await psycopg.AsyncConnection.connect(_app(a_shop)) as app:
        await app.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    await _until_cut(a_shop)
    basket_id = uuid4()
    await store.execute([OpenBasket(basket_id, "anna")], ME)
    assert (await store.load(basket, basket_id)).version == 1
    await store.execute([DrawTicket(uuid4())], ME)


async def test_a_closed_basket_stays_closed_for_every_way_to_load_it(a_shop: Shop, store: Store) -> None:
    ids: list[UUID] = [uuid4() for _ in range(12)]
    await store.execute([OpenBasket(one, "anna") for one in ids], ME)
    await store.execute([CloseBasket(one) for one in ids], ME)
    uncached = a_shop.store(cached_states=0)
    for one in ids:
        assert (await uncached.load(basket, one)).state == (await store.load(basket, one)).state == ClosedBasket(one)


async def test_an_event_nobody_lists_and_a_command_nobody_takes_are_errors_that_name_them(store: Store) -> None:
    with pytest.raises(TypeError, match="Stray is no command of shop"):
        await store.execute([type("Stray", (), {})()], ME)
    with pytest.raises(TypeError, match="NoteTaken is no event of other"):
        type(store.catalog.codec)("other", ()).kind_of(NoteTaken)


async def _until_cut(a_shop: Shop) -> None:
    others = "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    for _ in range(500):
        if not (left := await a_shop.rows(others)):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"Connections still open after 5 s: {left}")


def _owner(a_shop: Shop) -> str:
    return a_shop.owner_url.replace("+psycopg", "")


def _app(a_shop: Shop) -> str:
    return a_shop.app_url.replace("+psycopg", "")
