"""Account health with the real broker and database: what the topics say, and what the API answers."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx
from sqlalchemy import select

from nexa_chassis.rebuild import rebuild
from nexa_chassis.running import eventually
from nexa_scoring.read_models import how_accounts_do

from .accounts import ACCOUNT, GOLDEN, churned, report, won
from .conftest import Running
from .tickets import account_found, merged, submitted

MISSING = UUID(int=404)
HEALTH = f"/accounts/{ACCOUNT}/health"


async def test_an_accounts_way_from_its_first_day_to_an_alert_and_back_and_what_was_known_when(
    scoring_service: Running,
) -> None:
    others, ask, once = scoring_service.others, scoring_service.ask, scoring_service.once

    await ask(HEALTH, 404)
    await others.say(won(1))
    new = await once(HEALTH, lambda health: True, "the new customer's health")
    assert (new["score"], new["label"], new["risk"], new["factors"], new["renewal"]) == (
        100,
        "onboarding",
        "low",
        [],
        None,
    )

    await others.say(report(2, **GOLDEN))
    golden = await once(HEALTH, lambda health: health["score"] == 95, "the golden score")
    assert golden["renewal"] == {"percent": 97.9, "rounded": 98, "label": "uncalibrated"}
    assert (golden["change"], golden["risk"], golden["on"]) == (-5, "low", "2026-01-02")
    assert {each["factor"]: each["points"] for each in golden["factors"]}["nps"] == "9"

    await others.say(report(9, usage=32, support_tickets=10))
    await once(HEALTH, lambda health: health["score"] == 65, "the score at risk")
    (at_risk,) = (await ask("/accounts/health", risk="high"))["items"]
    assert (at_risk["episode"], at_risk["play"]) == (1, "Schedule executive business review")
    assert at_risk["reason"] == "Usage declining, support tickets increasing"

    before_late = datetime.now(UTC).isoformat()
    await others.say(report(5, usage=0))
    history = f"{HEALTH}/history"
    page = await once(history, lambda page: page["items"][0]["late"], "the late score")
    assert [(each["on"][-2:], each["score"]) for each in page["items"]] == [
        ("05", 70),
        ("09", 65),
        ("02", 95),
        ("01", 100),
    ]

    assert (await ask(HEALTH))["score"] == 65, "a late one leaves the present score alone"
    assert (await ask(HEALTH, as_of=before_late))["score"] == 65
    assert (await ask(HEALTH, as_of=golden["recorded_at"]))["score"] == 95
    assert (await ask(HEALTH, as_happened="2026-01-06T12:00:00Z"))["score"] == 70
    assert (await ask(HEALTH, as_happened="2026-01-06T12:00:00Z", as_of=before_late))["score"] == 95
    assert (await ask(HEALTH, as_happened="2026-03-01T00:00:00Z"))["score"] == 65
    await ask(HEALTH, 404, as_happened="2025-12-31T23:00:00Z")
    await ask(HEALTH, 404, as_of="2025-12-31T23:00:00Z")

    first = await ask(history, limit=3)
    rest = await ask(history, limit=3, cursor=first["next"])
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)

    changes = await ask(f"{HEALTH}/changes", since=golden["recorded_at"])
    assert (changes["before"]["score"], changes["now"]["score"], changes["change"]) == (95, 65, -30)
    assert [(each["factor"], each["before"], each["now"]) for each in changes["factors"]] == [
        ("usage", "85 %", "32 %"),
        ("support", "2 tickets", "10 tickets"),
    ]
    assert [(each["type"].split(".")[2], each["data"].get("late")) for each in changes["events"]["items"]] == [
        ("HealthScored", False),
        ("ChurnRiskDetected", None),
        ("HealthScored", True),
    ]
    since_ever = await ask(f"{HEALTH}/changes", since="2025-01-01T00:00:00Z")
    assert (since_ever["before"], since_ever["change"], len(since_ever["events"]["items"])) == (None, None, 5)
    without_zone = await ask(HEALTH, 422, as_of="2026-01-06T12:00:00")
    assert without_zone["errors"]

    await others.say(report(12, usage=85))
    recovered = await once("/accounts/health", lambda page: page["items"][0]["episode"] is None, "the episode's end")
    assert recovered["items"][0]["score"] == 80

    await others.say(churned(20))
    await once("/accounts/health", lambda page: not page["items"], "the list without the churned account")
    gone = await ask(HEALTH)
    assert (gone["score"], gone["label"], gone["risk"]) == (None, "stopped", None)
    assert (await ask(HEALTH, as_happened="2026-01-13T00:00:00Z"))["score"] == 80


async def test_tickets_of_an_account_change_its_health_and_are_named_as_the_cause(scoring_service: Running) -> None:
    others, once = scoring_service.others, scoring_service.once
    at = datetime(2026, 1, 3, 9, tzinfo=UTC)
    facts = [submitted(number, at=at).model_copy(update={"account_id": ACCOUNT}) for number in range(9)]
    await others.say(won(1), report(2, **GOLDEN), *facts, submitted("unknown", at=at))
    nine = await once(HEALTH, lambda health: support(health) == "9 tickets", "nine tickets in the score")
    assert (nine["on"], nine["caused_by"].split("-")[0]) == ("2026-01-03", "ticket")
    found = account_found("unknown", "x").model_copy(update={"account_id": ACCOUNT})
    await others.say(found)
    ten = await once(HEALTH, lambda health: support(health) == "10 tickets", "the tenth ticket in the score")
    assert (ten["score"], ten["caused_by"]) == (80, f"ticket-{found.ticket_id}@2")
    await others.say(merged("unknown", 1))
    again = await once(HEALTH, lambda health: support(health) == "9 tickets", "the score without the merged ticket")
    assert again["caused_by"] == f"ticket-{found.ticket_id}@3"


def support(health: dict[str, Any]) -> str | None:
    return next((each["value"] for each in health["factors"] if each["factor"] == "support"), None)


async def test_accounts_are_listed_by_risk_the_lowest_first_page_by_page(scoring_service: Running) -> None:
    usages = {uuid5(MISSING, str(usage)): usage for usage in range(0, 81, 10)}
    await scoring_service.others.say(
        *(report(2, account_id=account, usage=usage) for account, usage in usages.items()),
        *(won(1, account_id=account) for account in usages),
    )
    path = "/accounts/health?limit=200"
    page = await scoring_service.once(path, lambda page: len(page["items"]) == len(usages), "every account")
    scores = [each["score"] for each in page["items"]]
    assert scores == [38, 45, 53, 61, 69, 77, 84, 92, 100]
    assert (await scoring_service.ask("/accounts/health", risk="critical", limit=1))["items"][0]["score"] == 38
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = await scoring_service.ask("/accounts/health", limit=4, **cursor)
        seen += [each["score"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == scores


async def test_a_rebuild_gives_the_same_scores_and_the_same_list(scoring_service: Running) -> None:
    gone = uuid5(MISSING, "gone")
    await scoring_service.others.say(
        *(won(1), report(2, **GOLDEN), report(9, usage=0), report(5, nps=1)),
        *(won(1, account_id=gone), report(2, account_id=gone, usage=3), churned(4, account_id=gone)),
    )
    await scoring_service.once(
        f"{HEALTH}/history", lambda page: "2026-01-05" in [each["on"] for each in page["items"]], "the late score"
    )
    path = f"/accounts/{gone}/health"
    await scoring_service.once(path, lambda health: health["label"] == "stopped", "the end of the other account")
    before = await everything(scoring_service)
    await rebuild(scoring_service.service.runtime, how_accounts_do.model)
    assert await everything(scoring_service) == before


async def everything(running: Running) -> list[object]:
    async with running.service.runtime.engine.connect() as connection:
        tables = how_accounts_do.model.tables
        return [row for table in tables for row in await connection.execute(select(table).order_by(*table.primary_key))]


async def test_the_health_rules_are_shown_changed_and_followed(scoring_service: Running) -> None:
    manager, others = scoring_service.manager, scoring_service.others
    assert (await scoring_service.ask("/health-rules"))["weights"]["usage"] == 25
    assert (await put(scoring_service.csm, {"usage_full": 70})).status_code == 403
    wrong = await put(manager, {"weights": {"usage": 99}})
    assert (wrong.status_code, wrong.json()["rule"]) == (422, "health_rules.sum")
    changed = await put(manager, {"weights": {"usage": 30, "nps": 5}})
    assert (changed.status_code, changed.json()["version"], changed.headers["etag"]) == (200, 2, '"1"')
    stale = await put(manager, {"usage_full": 70}, **{"If-Match": '"0"'})
    assert stale.status_code == 412
    await others.say(won(1), report(2, **GOLDEN))

    async def scored() -> bool:
        answer = await scoring_service.csm.get(HEALTH)
        return answer.status_code == 200 and answer.json()["rules_version"] == 2 and answer.json()["score"] == 95

    assert await eventually(scored, what="a score by the new rules")


async def put(client: httpx.AsyncClient, body: object, **headers: str) -> httpx.Response:
    return await client.put("/health-rules", json=body, headers=headers)
