"""Series over HTTP: read, previewed, published; those in flight finish, move or stop; conditions follow answers to mails."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from nexa_chassis.clock import write_clock
from nexa_chassis.elsewhere import OtherServices, other_services
from nexa_chassis.running import eventually, running
from nexa_contracts.marketing import NURTURE_LETTER
from nexa_contracts.notifier import EmailClicked, EmailOpened, UnsubscribeRequested
from nexa_contracts.values import Band
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_marketing.app import marketing

from .test_choreography import enrolment_of, lead_of, scored

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SERIES = "Webinar_Followup_Series"
PATH = f"/nurture/series/{SERIES}"


@dataclass
class Desk:
    """A marketing manager at work, what the others say, and the clock."""

    service: Any
    manager: Any
    others: OtherServices
    clock: Path
    campaign_id: UUID

    async def enrolled(self, address: str | None = None) -> UUID:
        lead_id = await lead_of(self.service, self.campaign_id, email=address or f"{uuid4().hex[:12]}@acme.example")
        await self.others.say(scored(lead_id, self.campaign_id, 30, Band.LOW))
        await enrolment_of(self.service, lead_id, status="active", step=1)
        return lead_id

    async def publish(self, in_flight: str, *steps: dict[str, Any], status: int = 200, **fields: Any) -> Any:
        answer = await self.manager.put(PATH, json={"steps": steps, "in_flight": in_flight, **fields})
        assert answer.status_code == status, answer.text
        return answer.json()

    async def after(self, **passed: float) -> None:
        write_clock(self.clock, MONDAY + timedelta(**passed))

    async def handled(self) -> None:
        """What has been said until now has been handled: no consumer lags."""

        async def none_lags() -> bool:
            status = (await self.service.client.get("/status")).json()
            return all(not each["lag"] for each in status["consumers"])

        await eventually(none_lags, what="every consumer is at the end of its topics")

    async def answered(self, event: type[Any], lead_id: UUID, step: str, **fields: Any) -> None:
        enrolment = await enrolment_of(self.service, lead_id)
        mail = {"notification_id": uuid4(), "kind": "nurture_step", "about": lead_id, "occurred_at": MONDAY}
        place = {"enrolment_id": enrolment["enrolment_id"], "step": step}
        await self.others.say(event.model_validate({**mail, **place, **fields}))


@pytest.fixture
async def desk(
    infra: Infra, database: Callable[[str], Database], tmp_path: Path, marketing_of: Callable[..., Any]
) -> AsyncIterator[Desk]:
    clock = tmp_path / "clock"
    write_clock(clock, MONDAY)
    settings = {"clock_file": clock}
    async with (
        other_services(infra) as others,
        running(marketing, database("marketing"), infra, settings=settings) as it,
    ):
        service = marketing_of(it)
        yield Desk(service, it.client("marketing_manager"), others, clock, await service.campaign())


def followup(number: int, hours: int, key: str | None = None) -> dict[str, Any]:
    return {"key": key or str(number), "delay_hours": hours, "template": f"webinar_followup_{number}.v1"}


LETTER = {
    "key": "answers",
    "delay_hours": 24,
    "template": NURTURE_LETTER,
    "subject": "{first_name}, three answers",
    "text": "Here they are.",
    "link": "https://nexa.example/answers",
    "link_label": "Read them",
}


async def test_a_version_is_previewed_and_published_and_those_in_flight_move_to_it(desk: Desk) -> None:
    people = [await desk.enrolled() for _ in range(3)]
    steps = [followup(1, 0), LETTER, followup(3, 96)]
    asked = await desk.service.ask("POST", f"{PATH}/preview", json={"steps": steps})
    assert (asked["version"], asked["in_flight"], asked["finish"], asked["stop"]) == (2, 3, 3, 3)
    assert (asked["added"], asked["removed"], asked["changed"]) == (["answers"], ["2"], ["3"])
    (group,) = asked["move"]["groups"]
    assert (group["passed"], group["goes_on_with"], group["people"]) == (["1"], "answers", 3)
    assert (asked["move"]["mailed_later"], asked["move"]["mailed_at_once"], asked["move"]["ends"]) == (3, 0, 0)
    await desk.after(hours=25)
    asked = await desk.service.ask("POST", f"{PATH}/preview", json={"steps": steps})
    assert (asked["move"]["mailed_later"], asked["move"]["mailed_at_once"]) == (0, 3)
    assert (await desk.service.ask("GET", PATH))["version"] == 1, "a preview writes nothing"

    assert (await desk.publish("move", *steps))["version"] == 2
    for lead_id in people:
        found = await enrolment_of(desk.service, lead_id, series_version=2, step=2, next_step="3")
        assert found["next_at"] == "2026-03-07T10:00:00Z"

    async def moved() -> bool:
        page = await desk.service.ask("GET", PATH)
        assert page["moving"] == {"status": "finished", "done": 3, "left": 0}
        return bool(page["active"] == {"2": 3})

    await eventually(moved, what="the move is finished")
    again = await desk.publish("move", *steps)
    assert again["version"] == 2, "the same content publishes nothing"
    assert (await desk.service.ask("GET", f"{PATH}/versions/1"))["steps"][1]["key"] == "2"
    await desk.service.ask("GET", f"{PATH}/versions/9", 404)


async def test_those_in_flight_finish_in_their_version_or_stop_as_was_chosen_and_new_ones_enter_the_newest(
    desk: Desk,
) -> None:
    before = await desk.enrolled()
    await desk.publish("finish", followup(1, 0), followup(3, 24, "short"))
    after = await desk.enrolled()
    assert (await enrolment_of(desk.service, before))["series_version"] == 1
    assert (await enrolment_of(desk.service, after))["series_version"] == 2
    await desk.after(days=3)
    await enrolment_of(desk.service, before, step=2, series_version=1)
    await enrolment_of(desk.service, after, status="finished", step=2)
    await desk.publish("stop", followup(1, 0), followup(2, 24))
    ended = await enrolment_of(desk.service, before, status="finished")
    assert ended["detail"] == "ended by version 3"


async def test_a_condition_follows_what_people_do_with_the_mail_and_not_what_programs_do(desk: Desk) -> None:
    await desk.publish(
        "finish",
        followup(1, 0),
        {**LETTER, "condition": "previous_opened"},
        {**followup(2, 24), "condition": "previous_clicked"},
    )
    reader, scanned = await desk.enrolled(), await desk.enrolled()
    await desk.answered(EmailOpened, reader, "1")
    await desk.answered(EmailOpened, scanned, "1", machine="prefetched by a mail program's proxy")

    async def scored_once() -> bool:
        told = [(await desk.service.ask("GET", f"/leads/{each}"))["engagement"] for each in (reader, scanned)]
        return [each["emails_opened"] for each in told] == [1, 0]

    await eventually(scored_once, what="the reader's open counts and the program's does not")
    await desk.after(hours=24)
    await enrolment_of(desk.service, reader, step=2)
    await enrolment_of(desk.service, scanned, step=1, next_step="2")
    link = {"link": 0, "url": "https://nexa.example/answers"}
    await desk.answered(EmailClicked, reader, "answers", **link)

    async def clicked() -> bool:
        lead = await desk.service.ask("GET", f"/leads/{reader}")
        return bool(lead["engagement"]["emails_clicked"] == 1)

    await eventually(clicked, what="the click counts")
    await desk.after(hours=48)
    await enrolment_of(desk.service, reader, status="finished", step=3)
    await enrolment_of(desk.service, scanned, status="finished", step=1)


async def test_unsubscribing_by_a_mail_stops_the_series(desk: Desk) -> None:
    lead_id = await desk.enrolled()
    wish = {"notification_id": uuid4(), "kind": "nurture_step", "about": lead_id, "occurred_at": MONDAY}
    await desk.others.say(UnsubscribeRequested.model_validate(wish))
    await enrolment_of(desk.service, lead_id, status="stopped", reason="unsubscribed", next_at=None)
    assert (await desk.service.ask("GET", f"/leads/{lead_id}"))["unsubscribed"] is True


async def test_who_has_been_through_a_series_enters_it_again_after_the_days_of_its_rule(desk: Desk) -> None:
    await desk.publish("finish", followup(1, 0), reentry_days=30)
    lead_id = await lead_of(desk.service, desk.campaign_id, email="dana@acme.example")
    await desk.others.say(scored(lead_id, desk.campaign_id, 30, Band.LOW))
    await enrolment_of(desk.service, lead_id, status="finished", step=1)
    await desk.after(days=29)
    await desk.others.say(scored(lead_id, desk.campaign_id, 35, Band.LOW, Band.LOW))
    await desk.handled()
    assert len((await desk.service.ask("GET", "/nurture", params={"lead_id": str(lead_id)}))["items"]) == 1
    await desk.after(days=31)
    await desk.others.say(scored(lead_id, desk.campaign_id, 36, Band.LOW, Band.LOW))

    async def twice() -> bool:
        items = (await desk.service.ask("GET", "/nurture", params={"lead_id": str(lead_id)}))["items"]
        return [item["status"] for item in items] == ["finished", "finished"]

    await eventually(twice, what="the lead has had the series twice")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"template": "none.v1"}, "steps.1.template"),
        ({"subject": "{password}"}, "steps.1.subject"),
        ({"link": "ftp://nexa.example"}, "steps.1.link"),
        ({"delay_hours": 0}, "steps.1.delay_hours"),
        ({"delay_hours": -1}, "steps.1.delay_hours"),
        ({"key": "Not A Key"}, "steps.1.key"),
        ({"subjekt": "x"}, "steps.1.subjekt"),
        ({"condition": "on a Monday"}, "steps.1.condition"),
    ],
)
async def test_what_is_wrong_with_a_step_is_named(marketing_service: Any, change: dict[str, Any], field: str) -> None:
    manager = marketing_service.service.client("marketing_manager")
    body = {"steps": [followup(1, 0), LETTER | change], "in_flight": "finish"}
    answer = await manager.put(PATH, json=body)
    assert answer.status_code == 422, answer.text
    assert any(field in error["field"] for error in answer.json()["errors"]), answer.text


async def test_publishing_takes_a_manager_and_a_choice_for_those_in_flight(marketing_service: Any) -> None:
    steps = [followup(1, 0)]
    await marketing_service.ask("PUT", PATH, 403, json={"steps": steps, "in_flight": "finish"})
    manager = marketing_service.service.client("marketing_manager")
    assert (await manager.put(PATH, json={"steps": steps})).status_code == 422
    made = await manager.put("/nurture/series/Content_Series", json={"steps": steps, "in_flight": "finish", "rank": 5})
    assert (made.status_code, made.json()["version"]) == (200, 1)
    names = [series["name"] for series in await marketing_service.ask("GET", "/nurture/series")]
    assert names == ["Content_Series", SERIES]
    await marketing_service.ask("GET", "/nurture/series/None_Such", 404)
