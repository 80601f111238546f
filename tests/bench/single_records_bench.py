"""One lead at a time over HTTP on the whole stack: created, its page read, converted; by one client and by eight.

Each client has one connection that it keeps, and asks again when it has its answer; all that follows from a request
(scoring, routing, tasks, mails) is done meanwhile on the same processors. A client that pauses asks when that is done.
"""

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import uvloop
from figures import Figure
from http_bench import HERE, served
from ledger import ledger_id
from store_bench import seed

from nexa_chassis.settings import Settings
from nexa_local import operations
from nexa_local.demo import marketing_to_sales as webinar
from nexa_local.demo.telling import Checks, Story, rep_id, send
from nexa_local.home import Home, Stack
from nexa_local.processes import free_port

LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    """How many ask how often: `pause` seconds after each answer. The first `warm` requests are not measured."""

    name: str
    clients: int
    requests: int
    warm: int
    pause: float = 0.0


LOADS = (
    Load("1 client", 1, 480, 80),
    Load("8 clients", 8, 480, 80),
    Load("1 client that pauses for 0.2 s", 1, 120, 20, pause=0.2),
)
ALL = sum(load.requests for load in LOADS)


@dataclass(frozen=True)
class Request:
    """One request of many; a write carries a body, and gets an Idempotency-Key of its own."""

    method: str
    path: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Service:
    """Where requests go, and the token they carry."""

    port: int
    authorization: str = ""

    def head(self, request: Request, length: int) -> bytes:
        lines = [f"{request.method} {request.path} HTTP/1.1", "Host: bench"]
        if self.authorization:
            lines.append(f"Authorization: {self.authorization}")
        if request.body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {length}", f"Idempotency-Key: {uuid4()}"]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True)
class Answers:
    """What came back, in the order of the requests, how long each took, and how many there were in a second."""

    bodies: list[dict[str, Any]]
    seconds: list[float]
    rate: float


def ask(service: Service, requests: Sequence[Request], load: Load) -> Answers:
    """Send the requests over that many connections. Raises AssertionError for an answer that is no success."""
    bodies: dict[int, dict[str, Any]] = {}
    seconds: dict[int, float] = {}

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
        for place in range(number, len(requests), load.clients):
            request = requests[place]
            body = b"" if request.body is None else orjson.dumps(request.body)
            sent = service.head(request, len(body)) + body
            began = time.perf_counter()
            writer.write(sent)
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            assert length is not None, head
            answer = await reader.readexactly(int(length[1]))
            seconds[place] = time.perf_counter() - began
            wanted = b"201" if request.method == "POST" else b"200"
            assert head.startswith(b"HTTP/1.1 " + wanted), (head, answer)
            bodies[place] = orjson.loads(answer)
            await asyncio.sleep(load.pause)
        writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(client(number) for number in range(load.clients)))

    began = time.perf_counter()
    uvloop.run(all_of_them())
    rate = len(requests) / (time.perf_counter() - began)
    places = range(len(requests))
    return Answers([bodies[place] for place in places], [seconds[place] for place in places], rate)


def measure(settings: Settings, directory: Path) -> list[Figure]:
    floors = _floors(settings)
    home = Home(directory / "single_records")
    with operations.stack_up(home) as stack:
        story = Story(stack, Checks())
        webinar.list_roster(story)
        for name in (*webinar.SENIORS, *webinar.STANDARDS):
            _make_room(story, name)
        marketing = _service(stack, "marketing", "marketing_manager", "mona.marketing")
        sales = _service(stack, "sales", "sales_manager", "victor.stone")
        created, leads = _create(story, marketing, webinar.plan_campaign(story), floors)
        read = [*_read_in_sales(sales, leads), *_read_in_marketing(marketing, leads)]
        converted = _convert(story, sales, leads)
    operations.reset(home)
    return [*created, *read, *converted]


def _create(story: Story, marketing: Service, campaign: str, floors: Sequence[float]) -> tuple[list[Figure], list[str]]:
    answered = _in_turn(story, marketing, [Request("POST", "/leads", _lead(place, campaign)) for place in range(ALL)])
    leads = [str(answer["lead_id"]) for answers in answered for answer in answers.bodies]
    counted = (
        _count(story.stack, "marketing", "LeadCreated", leads),
        _count(story.stack, "sales", "LeadAssigned", leads),
    )
    assert counted == (ALL, ALL), counted
    checked = f"{ALL:,} leads, each routed to a rep"
    figures: list[Figure] = []
    for load, answers, most, floor in zip(LOADS, answered, (5, 20, None), (*floors, None), strict=True):
        figures += _figures("create a lead", load, answers, most, checked, floor)
    return figures, leads


def _read_in_sales(sales: Service, leads: Sequence[str]) -> Iterator[Figure]:
    """The page that a rep opens before calling: score, engagement, why this rep, tasks, timeline."""
    for load, most in zip(LOADS[:2], (3, 12), strict=True):
        answers = ask(sales, [Request("GET", f"/leads/{lead}") for lead in leads[: load.requests]], load)
        assert all(page["rep_name"] and page["tasks"] and page["timeline"] for page in answers.bodies)
        yield from _figures("read a lead's page in sales", load, answers, most, "rep, task, timeline in each")


def _read_in_marketing(marketing: Service, leads: Sequence[str]) -> Iterator[Figure]:
    for load in LOADS[:2]:
        wanted = leads[: load.requests]
        answers = ask(marketing, [Request("GET", f"/leads/{lead}") for lead in wanted], load)
        assert [page["lead_id"] for page in answers.bodies] == wanted
        yield from _figures("read a lead in marketing", load, answers, None, "")


def _convert(story: Story, sales: Service, leads: Sequence[str]) -> list[Figure]:
    requests = [Request("POST", f"/leads/{lead}/convert", {"amount": 50_000}) for lead in leads]
    answered = _in_turn(story, sales, requests)
    found = [_count(story.stack, "sales", "LeadConverted", leads)]
    for event, made in (("AccountCreated", "account_id"), ("ContactCreated", "contact_id"), ("DealCreated", "deal_id")):
        ids = [str(answer[made]) for answers in answered for answer in answers.bodies]
        found.append(_count(story.stack, "sales", event, ids, made))
    assert found == [ALL] * 4, found
    figures: list[Figure] = []
    for load, answers, most in zip(LOADS, answered, (12, 45, None), strict=True):
        figures += _figures("convert a lead", load, answers, most, f"{ALL:,} accounts, contacts, deals")
    return figures


def _in_turn(story: Story, service: Service, requests: Sequence[Request]) -> list[Answers]:
    """Each load with its share of the requests, and all that follows from them waited for."""
    answered, begin = [], 0
    for load in LOADS:
        answered.append(ask(service, requests[begin : begin + load.requests], load))
        begin += load.requests
        story.settle()
    return answered


def _figures(
    what: str, load: Load, answers: Answers, at_most: float | None, checked: str, floor: float | None = None
) -> list[Figure]:
    taken = sorted(seconds * 1000 for seconds in answers.seconds[load.warm :])
    floor_name = "bare FastAPI, two statements" if floor is not None else ""
    p50, p95 = taken[len(taken) // 2], taken[len(taken) * 95 // 100]
    return [
        Figure(f"{what}, {load.name}, p50", p50, "ms", floor_name, floor, at_most=at_most, checked=checked),
        Figure(f"{what}, {load.name}, p95", p95, "ms", checked=f"{answers.rate:.0f} a second"),
    ]


def _floors(settings: Settings) -> list[float]:
    """What the bare handler takes with one client and with eight, p50, in milliseconds."""
    seed(settings.owner_url)
    port = free_port()
    bare_url = settings.database_url.replace("+psycopg", "")
    bookings = [
        Request("POST", f"/ledgers/{ledger_id(number + 1)}/bookings", {"booking_id": str(uuid4()), "amount": 1})
        for number in range(LOADS[0].requests)
    ]
    with tempfile.TemporaryDirectory() as name:
        log = Path(name) / "bare.log"
        with served([sys.executable, HERE / "bare.py", str(port)], {"BENCH_DATABASE": bare_url}, port, log):
            taken = [sorted(ask(Service(port), bookings, load).seconds[load.warm :]) for load in LOADS[:2]]
    return [seconds[len(seconds) // 2] * 1000 for seconds in taken]


def _service(stack: Stack, name: str, role: str, subject: str) -> Service:
    client = operations.client(stack, name, [role], subject)
    port = client.base_url.port
    assert port is not None
    return Service(port, client.headers["authorization"])


def _make_room(story: Story, name: str) -> None:
    body = {
        "name": name,
        "email": f"{name.lower().replace(' ', '.')}@nexa.example",
        "level": "senior" if name in webinar.SENIORS else "standard",
        "capacity": 100_000,
        "manager_id": None,
    }
    send(story.manager, "PUT", f"/reps/{rep_id(name)}", body)


def _lead(number: int, campaign: str) -> dict[str, Any]:
    """A person of a company of their own, every second one with interest enough for a senior rep."""
    did = {"attended": True, "questions_asked": 2, "content_downloaded": ["Buyer's guide"]} if number % 2 else {}
    return {
        "campaign_id": campaign,
        "email": f"person{number}@single.example",
        "first_name": "Ada",
        "last_name": f"Number {number}",
        "company": f"Single Record {number}",
        "title": "IT Director",
        "company_size": "enterprise",
        "country": "DE",
        "engagement": {"registered_early": True, "emails_opened": 1, **did},
    }


def _count(stack: Stack, service: str, event: str, ids: Sequence[str], key: str = "lead_id") -> int:
    """How many different ones of these ids an event of this kind is about."""
    address = stack.postgres_admin_url.rpartition("/")[0] + f"/nexa_{service}"
    query = f"select count(distinct data->>'{key}') from events where type = %s and data->>'{key}' = any(%s)"
    with psycopg.connect(address) as connection:
        row = connection.execute(query.encode(), (f"nexa.{service}.{event}.v1", list(ids))).fetchone()
    return int(row[0]) if row else 0
