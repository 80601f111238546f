"""Tickets a second through their analysis, with few and with many tickets stored, beside the database's part of it alone."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from uuid import uuid4

import orjson
import psycopg
from aiokafka import AIOKafkaProducer
from figures import Figure

from nexa_chassis.consumer import consumers_of
from nexa_chassis.migrate import migrate
from nexa_chassis.process import create_runtime
from nexa_chassis.provisioning import ensure_topics
from nexa_chassis.settings import Settings
from nexa_contracts.topics import TICKET, TICKET_ANALYSIS
from nexa_local.infra import Infra
from nexa_local.postgres import create_database
from nexa_scoring.app import scoring
from nexa_scoring.read_models.which_tickets_resemble import COMPARED, NEAREST, SOUGHT
from nexa_scoring.ticket_analysis.preparing import MOST_TERMS

FEW, MANY = 1_000, 100_000
ANALYSED = 2_000
ROUNDS = 3
AT_ONCE = 100
"""Tickets of one statement of the floor; the consumer takes what has come."""
BEGIN = datetime(2025, 9, 1, tzinfo=UTC)
DAYS = 85

SUBJECTS = (
    "Export function not working", "CSV download is empty", "Dashboard loads slowly", "Emails stopped syncing",
    "Cannot sign in", "Invoice is wrong", "Import stuck", "Question about reports", "Webhook delivers twice",
    "Feature request: dark mode", "Search finds nothing", "Mobile app crashes", "How do I add a user?",
    "Calendar shows wrong times", "Locked out",
)  # fmt: skip
PHRASES = (
    "I get an error message", "it worked last week", "we cannot work like this", "please help", "this is urgent for our team",
    "nothing happens when I click the button", "could you tell me how", "it would be nice to have", "since the last update",
    "our customers are waiting", "the page stays blank", "several users have the same problem", "thank you in advance",
)  # fmt: skip
SYLLABLES = (
    "ba",
    "co",
    "di",
    "fe",
    "ga",
    "ho",
    "ki",
    "lu",
    "ma",
    "no",
    "pe",
    "qui",
    "ra",
    "so",
    "tu",
    "vi",
    "wo",
    "zy",
)


READ = f"""
    select id, at, (array_agg(t.lexeme order by t.positions[1]))[:{MOST_TERMS}] as terms
    from {{tickets}}, unnest(to_tsvector('english', body)) as t group by id, at
"""


class Texts:
    """Made-up tickets: phrases that many have, and words of a vocabulary of 20,000 as frequent as words are (Zipf)."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        words = Random(1)
        self._words = ["".join(words.choices(SYLLABLES, k=words.randint(2, 5))) for _ in range(20_000)]
        self._weights = [1 / (place + 10) for place in range(len(self._words))]

    def take(self, number: int) -> Iterator[tuple[str, str]]:
        for _ in range(number):
            words = self._chance.choices(self._words, self._weights, k=self._chance.randint(10, 40))
            phrases = self._chance.sample(PHRASES, 3)
            yield self._chance.choice(SUBJECTS), f"{'. '.join(phrases)}. {' '.join(words)}."


def fill(settings: Settings, number: int, texts: Texts) -> None:
    """Store as many tickets in the index as are missing to this number, evenly over the days before."""
    with psycopg.connect(plain(settings.owner_url)) as connection:
        row = connection.execute("select count(*) from ticket_index").fetchone()
        assert row is not None
        missing = number - row[0]
        with connection.cursor() as cursor:
            cursor.execute("create temporary table stored (id uuid, at timestamptz, body text) on commit drop")
            with cursor.copy("copy stored from stdin") as copy:
                for place, (subject, description) in enumerate(texts.take(missing)):
                    at = BEGIN + timedelta(days=DAYS) * (place / missing)
                    copy.write_row((uuid4(), at, f"{subject}\n{description}"))
            cursor.execute(
                f"with read as materialized ({READ.format(tickets='stored')}),"
                " terms as (insert into ticket_terms (term, submitted_at, ticket_id) select unnest(terms), at, id from read)"
                " insert into ticket_index (ticket_id, submitted_at, language, feature, type, product_version, terms)"
                " select id, at, 'en', 'data_export', 'bug', '2.1.5', array_to_string(terms, ' ') from read"
            )
    with psycopg.connect(plain(settings.owner_url), autocommit=True) as connection:
        connection.execute("vacuum analyze ticket_index")
        connection.execute("vacuum analyze ticket_terms")


async def produce(settings: Settings, texts: Texts, began: datetime) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, linger_ms=5, max_batch_size=256 * 1024)
    await producer.start()
    pending = []
    for place, (subject, description) in enumerate(texts.take(ANALYSED)):
        key = str(uuid4())
        at = (began + timedelta(seconds=place)).isoformat()
        envelope = {
            "specversion": "1.0",
            "id": f"ticket-{key}@1",
            "source": "/nexa/support",
            "type": "nexa.support.TicketSubmitted.v1",
            "subject": f"ticket-{key}",
            "time": at,
            "recordedtime": at,
            "streamversion": 1,
            "correlationid": "bench",
            "actor": "bench",
            "datacontenttype": "application/json",
            "data": {
                "ticket_id": key,
                "reference": "T-7K3QX2M9AB",
                "subject": subject,
                "description": description,
                "account_id": str(uuid4()),
                "channel": "email",
                "requester": {"name": "Sarah"},
                "submitted_at": at,
                "product_version": "2.1.5",
            },
        }
        pending.append(await producer.send(TICKET.name, orjson.dumps(envelope), key=key.encode()))
    await asyncio.gather(*pending)
    await producer.stop()


async def by_consumer(settings: Settings) -> float:
    """What waits in the topic, analysed by the consumer of the service."""
    runtime = create_runtime(scoring, settings)
    consumer = next(each for each in consumers_of(runtime) if each.name == "scoring.analyse_ticket")
    stopping = asyncio.Event()
    task = asyncio.create_task(consumer.run(stopping))
    while consumer.assigned == 0:
        await asyncio.sleep(0.001)
    started, before = time.perf_counter(), consumer.handled
    while consumer.handled < ANALYSED:
        await asyncio.sleep(0.001)
    rate = (ANALYSED - before) / (time.perf_counter() - started)
    stopping.set()
    await task
    await runtime.store.close()
    await runtime.engine.dispose()
    return rate


FLOOR = f"""
    with new as (select * from unnest(%s::uuid[], %s::timestamptz[], %s::text[]) as n(id, at, body)),
    read as materialized ({READ.format(tickets="new")}),
    terms as (insert into ticket_terms (term, submitted_at, ticket_id) select unnest(terms), at, id from read),
    stored as (
        insert into ticket_index (ticket_id, submitted_at, terms) select id, at, array_to_string(terms, ' ') from read
    )
    select read.id, i.ticket_id, i.terms from read cross join lateral (
        select near.ticket_id from unnest(read.terms[:{SOUGHT}]) as sought cross join lateral (
            select t.ticket_id from ticket_terms t where t.term = sought and t.submitted_at < read.at
            order by t.submitted_at desc limit {NEAREST}
        ) near group by 1 order by count(*) desc limit {COMPARED}
    ) best join ticket_index i using (ticket_id)
"""


def by_hand(settings: Settings, texts: Texts, began: datetime) -> float:
    """Words, index rows and candidates of the same tickets in one statement: no answers, no exact comparison, no events."""
    rows = [
        (uuid4(), began + timedelta(seconds=place), f"{subject}\n{description}")
        for place, (subject, description) in enumerate(texts.take(ANALYSED))
    ]
    with psycopg.connect(plain(settings.owner_url)) as connection:
        started = time.perf_counter()
        for first in range(0, len(rows), AT_ONCE):
            columns = [list(column) for column in zip(*rows[first : first + AT_ONCE], strict=True)]
            connection.execute(FLOOR, columns).fetchall()
            connection.commit()
        return ANALYSED / (time.perf_counter() - started)


def measure(infra: Infra) -> list[Figure]:
    """Both stores take the same tickets in turn, round by round, because the machine is not the same from minute to minute."""
    few, many = (_store(infra, stored) for stored in (FEW, MANY))
    rates: dict[int, list[float]] = {FEW: [], MANY: []}
    floors = []
    for number in range(ROUNDS):
        began = BEGIN + timedelta(days=DAYS, hours=2 * number)
        asyncio.run(produce(few, Texts(number), began))
        for stored, settings in ((FEW, few), (MANY, many)):
            rates[stored].append(on_one_core(lambda settings=settings: _run(by_consumer(settings))))  # type: ignore[misc]
        floors.append(by_hand(many, Texts(100 + number), began + timedelta(hours=1)))
    rate = median(rates[MANY])
    return [
        Figure(
            f"tickets analysed, {MANY:,} stored, one core, median of {ROUNDS} rounds",
            rate,
            "/s",
            at_least=200,
            checked=checked(many, ROUNDS * ANALYSED),
        ),
        Figure(
            f"the same beside the database's part alone, {MANY:,} stored",
            rate,
            "/s",
            "words, index and candidates by hand, psycopg",
            median(floors),
            0.15,
        ),
        Figure(
            f"tickets analysed with {MANY:,} stored ÷ with {FEW:,} stored, median of {ROUNDS} rounds",
            median(of_many / of_few for of_many, of_few in zip(rates[MANY], rates[FEW], strict=True)),
            "",
            at_least=0.8,
            checked=" ".join(
                f"{of_many:.0f}/{of_few:.0f}" for of_many, of_few in zip(rates[MANY], rates[FEW], strict=True)
            ),
        ),
    ]


def _store(infra: Infra, stored: int) -> Settings:
    database = create_database(infra.postgres_admin_url, f"bench_tickets_{stored}")
    settings = Settings(
        database_url=database.app_url,
        database_owner_url=database.owner_url,
        kafka_bootstrap=infra.kafka_bootstrap,
        statement_timeout=60,
    )
    asyncio.run(migrate(settings, scoring))
    asyncio.run(ensure_topics(settings, [TICKET.name, TICKET_ANALYSIS.name]))
    fill(settings, stored, Texts(stored))
    return settings


def checked(settings: Settings, tickets: int) -> str:
    """Each ticket has one analysis; gives what was counted."""
    with psycopg.connect(plain(settings.owner_url)) as connection:
        row = connection.execute(
            "select count(*), count(*) filter (where type is not null), sum(json_array_length(analysis->'similar'))"
            " from ticket_analyses"
        ).fetchone()
    assert row is not None
    assert row[0] == tickets, f"{row} where {tickets} analyses were to be"
    return f"{row[0]:,} analyses, {row[1]:,} with a type, {row[2]:,} similar named"


def on_one_core(work: Callable[[], float]) -> float:
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(everywhere)})
    try:
        return work()
    finally:
        os.sched_setaffinity(0, everywhere)


def _run(work: object) -> float:
    import uvloop

    rate: float = uvloop.run(work)  # type: ignore[arg-type]
    return rate


def plain(url: str) -> str:
    return url.replace("+psycopg", "")
