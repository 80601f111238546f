"""What recipients do with a mail that really arrived: open it, follow a link, want no more; and what bounces."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert

from nexa_chassis.clock import write_clock
from nexa_chassis.domain import derive
from nexa_chassis.origin import Origin
from nexa_chassis.running import RunningService, eventually, running
from nexa_chassis.testing import project
from nexa_contracts.marketing import NURTURE_LETTER, LeadUnsubscribed
from nexa_local.infra import Infra
from nexa_local.mailsink import kept
from nexa_local.postgres import Database
from nexa_notifier.app import notifier
from nexa_notifier.mail.links import Purpose, sign
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.read_models import suppression_list

from .test_sending import sink

ORIGIN = Origin(actor="test", correlation_id="test")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "a-secret-of-the-tests-with-over-thirty-two-bytes"
ANSWERS = "https://nexa.example/answers?a=1&b=2"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    file = tmp_path / "clock"
    write_clock(file, NOON)
    return file


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    return tmp_path / "mails"


@pytest.fixture
async def service(
    infra: Infra,
    database: Callable[[str], Database],
    clock: Path,
    mails: Path,
    monkeypatch: pytest.MonkeyPatch,
    port: int,
) -> AsyncIterator[RunningService]:
    monkeypatch.setenv("NEXA_LINKS_URL", "https://mail.nexa.example")
    monkeypatch.setenv("NEXA_LINKS_SECRET", SECRET)
    async with (
        await sink(port, mails),
        running(notifier, database("notifier"), infra, settings={"clock_file": clock}) as found,
    ):
        yield found


def notify(address: str, kind: str = "nurture_step") -> Notify:
    return Notify(
        notification_id=uuid4(),
        kind=kind,
        about=uuid4(),
        address=address,
        template=NURTURE_LETTER,
        variables={"subject": "Three answers", "text": "Here.", "link": ANSWERS, "link_label": "Read them"},
        enrolment_id=uuid4(),
        step="answers",
    )


async def row(service: RunningService, notification_id: UUID, **wanted: object) -> dict[str, Any]:
    """The notification once it is as wanted."""
    client = service.client("marketing_manager")

    async def asked() -> dict[str, Any] | None:
        items = (await client.get("/notifications", params={"limit": 200})).json()["items"]
        found = next((each for each in items if each["notification_id"] == str(notification_id)), None)
        return found if found and all(found[name] == value for name, value in wanted.items()) else None

    return await eventually(asked, what=f"{notification_id} is {wanted}")


async def sent(service: RunningService, mails: Path, address: str = "dana@acme.example") -> tuple[UUID, EmailMessage]:
    """A marketing mail that arrived, as its recipient has it."""
    command = notify(address)
    await service.runtime.store.execute([command], ORIGIN)
    await row(service, command.notification_id, status="sent")
    wanted = f"<{command.notification_id}@nexa.example>"
    (file,) = [mail["file"] for mail in kept(mails) if mail["message_id"] == wanted]
    message = message_from_bytes((mails / str(file)).read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return command.notification_id, message


def addresses(message: EmailMessage) -> dict[str, str]:
    """The links of the mail that lead to this service, by what they are for, as paths."""
    part = message.get_body(("html",))
    assert part is not None
    found = re.findall(r'(?:href|src)="(https://mail\.nexa\.example/([a-z]+)/[^"]+)"', part.get_content())
    return {purpose: urlsplit(url).path for url, purpose in found}


@pytest.fixture
async def recipient(service: RunningService) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token, in a browser."""
    async with httpx.AsyncClient(base_url=service.url, headers={"user-agent": BROWSER}) as client:
        yield client


async def published(service: RunningService, notification_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    async with service.runtime.engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "select type, data from events where stream = %s and published order by version",
            (f"notification-{notification_id}",),
        )
        return [(each.type.split(".")[2], each.data) for each in rows]


async def test_opens_and_clicks_of_a_person_and_of_programs_are_told_apart_and_each_told_once(
    service: RunningService, mails: Path, clock: Path, recipient: httpx.AsyncClient
) -> None:
    notification_id, message = await sent(service, mails)
    links = addresses(message)
    scanner = await recipient.get(links["follow"])  # while the mail is being delivered
    assert (scanner.status_code, scanner.headers["location"]) == (302, ANSWERS)
    assert (await recipient.head(links["opened"])).status_code == 200

    write_clock(clock, NOON + timedelta(hours=1))
    for _ in range(3):
        picture = await recipient.get(links["opened"])
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/gif")
        assert (await recipient.get(links["follow"])).headers["location"] == ANSWERS
        await recipient.get(links["opened"], headers={"user-agent": "Mozilla/5.0"})

    told = [(name, bool(data.get("machine"))) for name, data in await published(service, notification_id)]
    by_programs = [("EmailClicked", True), ("EmailOpened", True)]
    assert told == [("EmailSent", False), *by_programs, ("EmailOpened", False), ("EmailClicked", False)]
    shown = await row(service, notification_id)
    assert shown["opened_at"] == shown["clicked_at"] == "2026-03-02T13:00:00Z"
    assert shown["machine_opened_at"] == shown["machine_clicked_at"] == "2026-03-02T12:00:00Z"
    (_, clicked) = (await published(service, notification_id))[-1]
    assert clicked["step"] == "answers"


async def test_no_link_leads_where_the_mail_did_not(
    service: RunningService, mails: Path, recipient: httpx.AsyncClient
) -> None:
    notification_id, message = await sent(service, mails)
    good = addresses(message)["follow"]
    token = good.rpartition("/")[2]
    secret = SECRET.encode()
    for wrong in (
        f"/follow/{token[:-3]}AAA",
        f"/follow/{sign(secret, Purpose.FOLLOW, notification_id, 1)}",
        f"/follow/{sign(secret, Purpose.FOLLOW, uuid4())}",
        f"/follow/{sign(secret, Purpose.OPENED, notification_id)}",
        f"/follow/{sign(b'another secret, of thirty-two bytes', Purpose.FOLLOW, notification_id)}",
    ):
        answer = await recipient.get(wrong)
        assert (answer.status_code, answer.headers.get("location")) == (404, None), wrong
    further = await recipient.get(good, params={"url": "https://evil.example"})
    assert further.headers["location"] == ANSWERS


async def test_unsubscribing_takes_a_post_and_stops_marketing_mails_alone(
    service: RunningService, mails: Path, recipient: httpx.AsyncClient
) -> None:
    notification_id, message = await sent(service, mails)
    one_click = urlsplit(str(message["List-Unsubscribe"]).strip("<>")).path
    assert one_click == addresses(message)["unsubscribe"]
    page = await recipient.get(one_click)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<form method="post">' in page.text
    assert (await row(service, notification_id))["unsubscribed_at"] is None

    for _ in range(2):
        done = await recipient.post(one_click, data={"List-Unsubscribe": "One-Click"})
        assert (done.status_code, "Done" in done.text) == (200, True)
    told = [name for name, _ in await published(service, notification_id)]
    assert told.count("UnsubscribeRequested") == 1

    marketing, owed = notify("Dana@Acme.example"), notify("dana@acme.example", kind="welcome")
    await service.runtime.store.execute([marketing, owed], ORIGIN)
    assert "unsubscribed" in (await row(service, marketing.notification_id, status="suppressed"))["reason"]
    await row(service, owed.notification_id, status="sent")


async def test_a_bounced_address_gets_no_mail_at_all_until_its_entry_is_lifted(
    service: RunningService, mails: Path
) -> None:
    bounced, after = notify("bounce@acme.example"), notify("bounce@acme.example", kind="welcome")
    await service.runtime.store.execute([bounced], ORIGIN)
    assert (await row(service, bounced.notification_id, status="failed"))["failure"] == "bounced"
    await service.runtime.store.execute([after], ORIGIN)
    await row(service, after.notification_id, status="suppressed")

    manager = service.client("marketing_manager")
    (entry,) = (await manager.get("/suppressions", params={"address": "Bounce@Acme.example"})).json()["items"]
    assert (entry["cause"], entry["reason"]) == ("bounced", "refused with 550")
    assert entry["suppression_id"] == str(derive(bounced.notification_id, "bounced"))
    lift = f"/suppressions/{entry['suppression_id']}/lift"
    assert (await service.client("marketing_user").post(lift, json={"reason": "x"})).status_code == 403
    assert (await manager.post(lift, json={"reason": ""})).status_code == 422
    lifted = (await manager.post(lift, json={"reason": "It is there again"})).json()
    assert lifted["lifted_because"] == "It is there again"
    again = notify("bounce@acme.example", kind="welcome")
    await service.runtime.store.execute([again], ORIGIN)
    await row(service, again.notification_id, status="failed")


async def test_an_address_can_be_put_on_the_list_by_hand(service: RunningService, mails: Path) -> None:
    user = service.client("marketing_user")
    body = {"address": " Ben@Acme.example ", "reason": "Asked on the phone"}
    made = await user.post("/suppressions", json=body)
    assert made.status_code == 201
    assert (made.json()["address"], made.json()["cause"], made.json()["added_by"]) == (
        "ben@acme.example",
        "manual",
        "tester",
    )
    assert (await user.post("/suppressions", json=body)).json()["suppression_id"] == made.json()["suppression_id"]
    for wrong in ({"address": "nobody"}, {"reason": ""}, {"cause": "hunch"}, {"colour": "red"}):
        assert (await user.post("/suppressions", json=body | wrong)).status_code == 422, wrong
    assert (await service.client("sales_rep").get("/suppressions")).status_code == 403
    command = notify("ben@acme.example")
    await service.runtime.store.execute([command], ORIGIN)
    await row(service, command.notification_id, status="suppressed")


async def test_a_lead_that_unsubscribed_elsewhere_gets_no_marketing_mail_that_still_waits(
    service: RunningService, mails: Path
) -> None:
    marketing, owed = notify("dana@acme.example"), notify("dana@acme.example", kind="welcome")
    (left,) = project(suppression_list.leads_model, LeadUnsubscribed(lead_id=marketing.about, campaign_id=uuid4()))
    async with service.runtime.engine.begin() as connection:
        await connection.execute(insert(suppression_list.unsubscribed_leads).values(**left))
    await service.runtime.store.execute([marketing, owed], ORIGIN)
    await row(service, marketing.notification_id, status="suppressed")
    await row(service, owed.notification_id, status="sent")


async def test_marketing_mails_wait_where_nobody_could_unsubscribe_and_others_go_out(
    infra: Infra, database: Callable[[str], Database], port: int, mails: Path
) -> None:
    marketing, owed = notify("dana@acme.example"), notify("dana@acme.example", kind="welcome")
    async with await sink(port, mails), running(notifier, database("notifier"), infra) as service:
        await service.runtime.store.execute([marketing, owed], ORIGIN)
        await row(service, owed.notification_id, status="sent")
        await row(service, marketing.notification_id, status="queued")


async def test_with_tracking_off_links_of_earlier_mails_still_lead_on_and_tell_nothing(
    service: RunningService, mails: Path, clock: Path, recipient: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    notification_id, message = await sent(service, mails)
    links = addresses(message)
    monkeypatch.setenv("NEXA_LINKS_TRACKING", "off")
    write_clock(clock, NOON + timedelta(hours=1))
    assert (await recipient.get(links["opened"])).status_code == 200
    assert (await recipient.get(links["follow"])).headers["location"] == ANSWERS
    assert [name for name, _ in await published(service, notification_id)] == ["EmailSent"]
