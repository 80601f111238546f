"""Campaigns and single leads over HTTP."""

import asyncio
import contextlib
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import Depends

from nexa_marketing.api import imports


async def test_a_campaign_is_planned_read_changed_and_listed(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign()
    shown = await marketing_service.client.get(f"/campaigns/{campaign_id}")
    body = shown.json()
    assert body["budget"] == {"amount": "5000.00", "currency": "USD"}
    assert body["start_date"] == "2025-11-15"
    assert shown.headers["etag"] == '"1"'
    changed = await marketing_service.client.patch(
        f"/campaigns/{campaign_id}", json={"goal": "More"}, headers={"if-match": '"1"'}
    )
    assert changed.headers["etag"] == '"2"'
    await marketing_service.ask(
        "PATCH", f"/campaigns/{campaign_id}", 412, json={"goal": "Less"}, headers={"if-match": '"1"'}
    )
    (row,) = (await marketing_service.ask("GET", "/campaigns"))["items"]
    assert row["name"] == "Q4 Product Webinar"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"type": "concert"}, "type"),
        ({"start_date": "soon"}, "start_date"),
        ({"name": ""}, "name"),
        ({"budget": "much"}, "budget"),
        ({"budget": -1}, "budget"),
        ({"colour": "red"}, "colour"),
        ({"audience": {"countries": ["Narnia"]}}, "audience.countries"),
    ],
)
async def test_a_wrong_field_of_a_campaign_is_named(
    marketing_service: Any, wrong: dict[str, object], field: str
) -> None:
    body = {"name": "Webinar", "type": "webinar", "start_date": "2025-11-15"} | wrong
    problem = await marketing_service.ask("POST", "/campaigns", 422, json=body)
    assert any(field in error["field"] for error in problem["errors"]), problem


async def test_figures_of_a_new_campaign_are_nought_and_say_why_there_is_no_ratio(marketing_service: Any) -> None:
    metrics = await marketing_service.ask("GET", f"/campaigns/{await marketing_service.campaign(budget=0)}/metrics")
    assert metrics["leads"] == 0
    assert metrics["conversion"] == {"value": None, "formula": "converted / leads = 0 / 0: no leads"}
    assert metrics["pipeline_multiple"] == {"value": None, "formula": "pipeline / cost = 0 / 0: no cost"}


async def test_a_lead_is_made_read_and_changed_with_its_audience_judged(marketing_service: Any) -> None:
    campaign_id = await marketing_service.campaign(audience={"titles": ["Director"]})
    body = {"campaign_id": str(campaign_id), "email": " Dana@Acme.example", "company_size": "5000", "country": "usa"}
    made = await marketing_service.ask("POST", "/leads", 201, json=body)
    lead = await marketing_service.ask("GET", f"/leads/{made['lead_id']}")
    assert (lead["email"], lead["company_size"], lead["country"]) == ("dana@acme.example", "enterprise", "US")
    assert (lead["source_kind"], lead["source_label"]) == ("webinar", "Webinar Q4")
    assert lead["in_target_audience"] is False
    await marketing_service.ask("PATCH", f"/leads/{made['lead_id']}", json={"title": "IT Director"})
    lead = await marketing_service.ask("GET", f"/leads/{made['lead_id']}")
    assert lead["in_target_audience"] is True
    assert lead["company_size"] == "enterprise"


async def test_one_address_is_one_lead_however_many_ask_at_once(marketing_service: Any) -> None:
    campaign_id = str(await marketing_service.campaign())
    body = {"campaign_id": campaign_id, "email": "dana@acme.example"}
    answers = await asyncio.gather(*(marketing_service.client.post("/leads", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 7]
    assert {answer.json()["rule"] for answer in answers if answer.status_code == 409} == {"lead.known"}
    other = await marketing_service.ask("POST", "/leads", 201, json={"campaign_id": campaign_id, "first_name": "Ben"})
    taken = {"email": "dana@acme.example"}
    assert (await marketing_service.ask("PATCH", f"/leads/{other['lead_id']}", 409, json=taken))["rule"] == "lead.known"


async def test_a_change_that_is_refused_leaves_the_address_free(marketing_service: Any) -> None:
    campaign_id = str(await marketing_service.campaign())
    new = {"campaign_id": campaign_id, "email": "dana@acme.example"}
    dana = (await marketing_service.ask("POST", "/leads", 201, json=new))["lead_id"]
    stale = {"if-match": '"9"'}
    await marketing_service.ask("PATCH", f"/leads/{dana}", 412, json={"email": "ben@acme.example"}, headers=stale)
    await marketing_service.ask("POST", "/leads", 201, json=new | {"email": "ben@acme.example"})
    await marketing_service.ask("POST", f"/leads/{dana}/withdraw", json={"reason": "a test entry"})
    await marketing_service.ask("PATCH", f"/leads/{dana}", 409, json={"email": "lena@acme.example"})
    await marketing_service.ask("POST", "/leads", 201, json=new | {"email": "lena@acme.example"})
    again = await marketing_service.ask("POST", "/leads", 409, json=new)
    assert "withdrawn (a test entry)" in again["detail"]


async def test_the_same_request_sent_again_makes_the_same_lead(marketing_service: Any) -> None:
    body = {"campaign_id": str(await marketing_service.campaign()), "email": "dana@acme.example"}
    headers = {"idempotency-key": str(uuid4())}
    first = await marketing_service.ask("POST", "/leads", 201, json=body, headers=headers)
    again = await marketing_service.ask("POST", "/leads", 201, json=body, headers=headers)
    assert first == again


async def test_engagement_is_added_and_a_withdrawn_lead_takes_none(marketing_service: Any) -> None:
    body = {"campaign_id": str(await marketing_service.campaign()), "email": "dana@acme.example"}
    lead_id = (await marketing_service.ask("POST", "/leads", 201, json=body))["lead_id"]
    for kind in ("email_opened", "content_downloaded", "attended", "attended"):
        await marketing_service.ask(
            "POST", f"/leads/{lead_id}/engagements", 201, json={"kind": kind, "detail": "Guide"}
        )
    engagement = (await marketing_service.ask("GET", f"/leads/{lead_id}"))["engagement"]
    assert (engagement["emails_opened"], engagement["content_downloaded"], engagement["attended"]) == (
        1,
        ["Guide"],
        True,
    )
    await marketing_service.ask("POST", f"/leads/{lead_id}/engagements", 422, json={"kind": "danced"})
    await marketing_service.ask("POST", f"/leads/{lead_id}/withdraw", json={"reason": "a test entry"})
    refused = await marketing_service.ask("POST", f"/leads/{lead_id}/engagements", 409, json={"kind": "email_opened"})
    assert refused["rule"] == "lead.withdrawn"
    assert (await marketing_service.ask("GET", f"/leads/{lead_id}"))["status"] == "withdrawn"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"email": "nobody"}, "email"), ({"country": "Narnia"}, "country"), ({"company_size": "huge"}, "company_size")],
)
async def test_a_wrong_field_of_a_lead_is_named(marketing_service: Any, wrong: dict[str, str], field: str) -> None:
    body = {"campaign_id": str(await marketing_service.campaign())} | wrong
    problem = await marketing_service.ask("POST", "/leads", 422, json=body)
    assert any(field in error["field"] for error in problem["errors"]), problem


async def test_a_nul_character_is_named_as_what_is_wrong(marketing_service: Any) -> None:
    body = {"campaign_id": str(await marketing_service.campaign()), "attributes": {"Note": "a\x00b"}}
    problem = await marketing_service.ask("POST", "/leads", 422, json=body)
    assert "NUL" in str(problem)


async def test_what_is_not_there_is_not_found(marketing_service: Any) -> None:
    nobody = uuid4()
    for path in (f"/leads/{nobody}", f"/campaigns/{nobody}", f"/imports/{nobody}", f"/imports/{nobody}/rejects"):
        await marketing_service.ask("GET", path, 404)
    body = {"campaign_id": str(nobody), "email": "dana@acme.example"}
    assert (await marketing_service.ask("POST", "/leads", 404, json=body))["rule"] == "campaign.unknown"


async def test_a_file_beyond_the_limit_is_refused_and_leaves_nothing_behind(
    marketing_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = next(route for route in imports.routes.routes if getattr(route, "name", "") == "receive_file")
    (dependency,) = [one for one in route.dependencies if isinstance(one, type(Depends()))]  # type: ignore[attr-defined]
    monkeypatch.setattr(dependency.dependency, "size", 2_000_000)
    campaign_id = await marketing_service.campaign()
    opened = await marketing_service.ask(
        "POST", "/imports", 201, json={"campaign_id": str(campaign_id), "filename": "big.csv"}
    )
    with contextlib.suppress(httpx.TransportError):  # the door closes while the rest is still being sent
        await marketing_service.ask("PUT", opened["upload"], 413, content=_endless(3_000_000))
    assert (await marketing_service.ask("GET", f"/imports/{opened['import_id']}"))["status"] == "open"
    async with marketing_service.service.runtime.engine.connect() as connection:
        kept = await connection.exec_driver_sql("select count(*) from import_chunks")
        assert kept.scalar_one() == 0


async def _endless(size: int) -> Any:
    """A body of unannounced length."""
    yield b"Email\n"
    for _ in range(size // 50_000):
        yield b"a@b.example\n" * 4_166
