"""Tickets analysed with the real broker and database: the seed's story, corrections, merges, any order, a rebuild."""

import time
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Table, select

from nexa_chassis.rebuild import rebuild
from nexa_chassis.running import RunningService, eventually
from nexa_contracts.envelope import Event
from nexa_contracts.support import TicketSubmitted
from nexa_scoring.read_models import how_right_analysis_is, ticket_analyses, which_tickets_resemble

from .conftest import Running
from .tickets import (
    GOLDEN,
    MONDAY,
    account_found,
    account_id,
    corrected,
    golden_story,
    merged,
    submitted,
    ticket_id,
    unmerged,
)

DAY = timedelta(days=1)


def path(name: str | int) -> str:
    return f"/tickets/{ticket_id(name)}/analysis"


async def analysed(running: Running, name: str | int, similar: int = 0) -> Any:
    return await running.once(
        path(name), lambda told: len(told["similar"]) == similar, f"analysis of {name} with {similar} similar"
    )


async def rows_of(running: Running, table: Table) -> Sequence[Any]:
    async with running.service.runtime.engine.connect() as connection:
        return (await connection.execute(select(table).order_by(*table.primary_key))).all()


async def test_the_ticket_of_the_seed_is_recommended_as_p1_because_five_others_report_the_same(
    scoring_service: Running,
) -> None:
    await scoring_service.ask(path("acme"), 404)
    await scoring_service.others.say(*golden_story())
    told = await analysed(scoring_service, "acme", similar=5)
    findings = ("type", "priority", "sentiment", "urgency", "feature", "recommended_priority")
    assert {name: told[name]["value"] for name in findings} == {
        "type": "bug",
        "priority": "high",
        "sentiment": "frustrated",
        "urgency": "high",
        "feature": "data_export",
        "recommended_priority": "p1",
    }
    assert (told["category"], told["feature_name"], told["similar_in_week"]) == ("product_bug", "Export function", 5)
    assert told["recommended_priority"]["because"].startswith("Multiple customers affected: 5 similar tickets")
    assert told["needs_person"] == []
    assert told["caused_by"] == f"ticket-{ticket_id('acme')}@1"
    assert {each["account_id"] for each in told["similar"]} == {str(account_id(n)) for n in range(5)}
    assert all(each["reason"].startswith("same feature data_export, same version 2.1.5") for each in told["similar"])


async def test_every_order_and_a_second_delivery_give_the_same_analyses_and_the_same_index(
    scoring_service: Running,
) -> None:
    """Each order as a story of its own, some of them ticket by ticket, so that older tickets come after newer ones."""
    seen = []
    for story in range(4):
        facts = [
            each.model_copy(
                update={
                    "ticket_id": ticket_id(f"{story} {number}"),
                    "submitted_at": each.submitted_at + story * 200 * DAY,
                }
            )
            for number, each in enumerate(
                [*golden_story(), submitted("how", "How do I export?", "Which button is it?", at=MONDAY - DAY)]
            )
        ]
        shuffled = [*facts]
        Random(story).shuffle(shuffled)
        for batch in [shuffled] if story % 2 else [[fact] for fact in shuffled]:
            await scoring_service.others.say(*batch)
            for fact in batch:
                await said(scoring_service, fact)
        await analysed(scoring_service, f"{story} 5", similar=5)
        await quiet(scoring_service.service)
        seen.append([await plain(scoring_service, f"{story} {number}", story) for number in range(len(facts))])
    assert seen[0] == seen[1] == seen[2] == seen[3]
    index = await rows_of(scoring_service, which_tickets_resemble.ticket_terms)
    await scoring_service.others.say_again()
    await scoring_service.others.say(submitted("last", "Invoice", "Where is it?", at=MONDAY + 1_000 * DAY))
    await analysed(scoring_service, "last")
    now = await rows_of(scoring_service, which_tickets_resemble.ticket_terms)
    assert [row for row in now if row.ticket_id != ticket_id("last")] == list(index)


async def said(running: Running, fact: Event) -> None:
    assert isinstance(fact, TicketSubmitted)
    await running.once(f"/tickets/{fact.ticket_id}/analysis", lambda _: True, "an analysis")


async def plain(running: Running, name: str, story: int) -> dict[str, Any]:
    """The analysis without what tells the stories apart."""
    told = await running.ask(path(name))
    ids = {str(ticket_id(f"{story} {number}")): number for number in range(7)}
    similar = sorted((ids[each["ticket_id"]], each["score"], each["reason"]) for each in told["similar"])
    passing = ("ticket_id", "caused_by", "analysed_at", "similar")
    return {**{key: value for key, value in told.items() if key not in passing}, "similar": similar}


async def quiet(service: RunningService) -> None:
    """Until everything that was published has been handled, and two looks see the same."""
    admin = service.client("admin")
    counted: list[object] = []

    async def idle() -> bool:
        status = (await admin.get("/status")).json()
        counted.append(status["counters"])
        at_rest = status["outbox"]["rows"] == 0 and not any(each["lag"] for each in status["consumers"])
        return at_rest and len(counted) > 1 and counted[-1] == counted[-2]

    await eventually(idle, what="a service at rest")


async def test_an_older_ticket_that_is_heard_of_late_lets_the_later_ones_be_analysed_again(
    scoring_service: Running,
) -> None:
    *others, acme = golden_story()
    await scoring_service.others.say(acme)
    alone = await analysed(scoring_service, "acme")
    assert alone["recommended_priority"]["value"] == "p2"
    await scoring_service.others.say(*others)
    told = await analysed(scoring_service, "acme", similar=5)
    assert told["recommended_priority"]["value"] == "p1"
    assert told["caused_by"].startswith("ticket_analysis-")
    before = await scoring_service.ask(path("acme"), as_of=alone["analysed_at"])
    assert (before["similar"], before["recommended_priority"]["value"]) == ([], "p2")
    await scoring_service.ask(path("acme"), 404, as_of="2025-01-01T00:00:00Z")


async def test_a_merged_ticket_resembles_nobody_until_it_goes_on_by_itself(scoring_service: Running) -> None:
    say = scoring_service.others.say
    await say(submitted("one", account="a"), merged("one", "two"))
    await quiet(scoring_service.service)
    await say(submitted("two", at=MONDAY + DAY, account="a"))
    await analysed(scoring_service, "two", similar=0)
    await say(submitted("three", at=MONDAY + 2 * DAY))
    (similar,) = (await analysed(scoring_service, "three", similar=1))["similar"]
    assert similar["ticket_id"] == str(ticket_id("two"))
    await say(unmerged("one", "two"))
    await quiet(scoring_service.service)
    await say(submitted("four", at=MONDAY + 3 * DAY))
    await analysed(scoring_service, "four", similar=3)


async def test_corrections_are_kept_as_labels_and_counted_and_later_tickets_follow_them(
    scoring_service: Running,
) -> None:
    say, analyst = scoring_service.others.say, scoring_service.service.client("analyst")
    await say(
        submitted("one", **GOLDEN),
        submitted("none", "asdf", "qwertz"),
        account_found("one", "acme"),
        corrected("one", "feature", "data_export", "reports"),
        corrected("one", "severity", "p2", "p1"),
        corrected("none", "type", None, "question"),
        corrected("one", "feature", "reports", "data_import"),
    )

    async def everything() -> Any:
        page = (await analyst.get("/ticket-labels")).json()
        return page["items"] if len(page["items"]) == 4 else None

    labels = await eventually(everything, what="four labels")
    first = next(each for each in labels if each["after"] == "reports")
    assert (first["field"], first["said"], first["before"]) == ("feature", "data_export", "data_export")
    assert (first["terms"][:3], first["product_version"]) == (["export", "function", "work"], "2.1.5")
    assert first["label_id"] == f"ticket-{ticket_id('one')}@3"
    page = (await analyst.get("/ticket-labels", params={"field": "feature", "limit": 1})).json()
    rest = (await analyst.get("/ticket-labels", params={"field": "feature", "cursor": page["next"]})).json()
    assert [each["after"] for each in (*page["items"], *rest["items"])] == ["reports", "data_import"]

    fields = {each["field"]: each for each in (await analyst.get("/ticket-analysis/accuracy")).json()}
    assert fields["feature"] == {
        "field": "feature", "analysed": 2, "said": 1, "abstained": 1, "judged": 1, "corrected": 1, "agreement_rate": 0.0,
    }  # fmt: skip
    assert (fields["type"]["judged"], fields["type"]["corrected"], fields["type"]["agreement_rate"]) == (1, 0, 1.0)
    assert fields["severity"]["corrected"] == 1
    assert (await scoring_service.csm.get("/ticket-labels")).status_code == 403

    await say(submitted("two", at=MONDAY + DAY, **GOLDEN))
    (similar,) = (await analysed(scoring_service, "two", similar=1))["similar"]
    assert (similar["account_id"], "same feature" in similar["reason"]) == (str(account_id("acme")), False)


@pytest.mark.parametrize("model", [which_tickets_resemble.model, ticket_analyses.model, how_right_analysis_is.model])
async def test_a_rebuild_gives_the_same_rows(scoring_service: Running, model: Any) -> None:
    await scoring_service.others.say(*golden_story())
    await analysed(scoring_service, "acme", similar=5)
    await scoring_service.others.say(
        corrected("acme", "type", "bug", "incident"), account_found("acme", "other"), merged(0, 1)
    )
    await quiet(scoring_service.service)
    before = [await rows_of(scoring_service, table) for table in model.tables]
    assert all(before)
    await rebuild(scoring_service.service.runtime, model)
    assert [await rows_of(scoring_service, table) for table in model.tables] == before


async def test_a_text_is_tried_and_nothing_is_written(scoring_service: Running) -> None:
    agent = scoring_service.service.client("support_agent")
    await scoring_service.others.say(*golden_story())
    await analysed(scoring_service, "acme", similar=5)
    before = await rows_of(scoring_service, which_tickets_resemble.ticket_index)
    tried = await agent.post("/tickets/analyse", json={**GOLDEN, "submitted_at": MONDAY.isoformat()})
    assert tried.status_code == 200, tried.text
    told = tried.json()
    assert (told["ticket_id"], told["similar_in_week"], told["recommended_priority"]["value"]) == (None, 6, "p1")
    nothing = (await agent.post("/tickets/analyse", json={"subject": "asdf\x00", "language": "xx"})).json()
    assert nothing["needs_person"] == ["type", "priority", "sentiment", "urgency", "feature", "recommended_priority"]
    for wrong in ({}, {"subject": "x", "language": "English"}, {"subject": "x", "submitted_at": "2026-01-01T00:00:00"}):
        assert (await agent.post("/tickets/analyse", json=wrong)).status_code == 422
    assert await rows_of(scoring_service, which_tickets_resemble.ticket_index) == before


async def test_the_rules_are_shown_changed_and_followed(scoring_service: Running) -> None:
    manager = scoring_service.service.client("product_manager")
    assert (await scoring_service.ask("/ticket-rules"))["version"] == 1
    body = {"name": "Quotes", "aliases": ["offer*"]}
    assert (await scoring_service.csm.put("/ticket-rules/features/quotes", json=body)).status_code == 403
    changed = await manager.put("/ticket-rules/features/quotes", json=body)
    assert (changed.status_code, changed.json()["version"], changed.headers["etag"]) == (200, 2, '"1"')
    assert changed.json()["features"][-1]["key"] == "quotes"
    wrong = await manager.put("/ticket-rules", json={"abstain_below": 7})
    assert (wrong.status_code, wrong.json()["rule"]) == (422, "ticket_rules.number")
    assert (await manager.put("/ticket-rules", json={"p1_from": 1}, headers={"If-Match": '"0"'})).status_code == 412
    assert (await manager.put("/ticket-rules", json={"p1_from": 1})).json()["version"] == 3
    assert (await manager.delete("/ticket-rules/features/nothing")).status_code == 404
    await scoring_service.others.say(submitted("one", "Our offers have no logo", "They should."))
    told = await analysed(scoring_service, "one")
    assert (told["feature"]["value"], told["feature_name"], told["rules_version"]) == ("quotes", "Quotes", 3)
    gone = await manager.delete("/ticket-rules/features/quotes")
    assert (gone.json()["version"], "quotes" in [each["key"] for each in gone.json()["features"]]) == (4, False)


async def test_hostile_texts_are_analysed_like_others(scoring_service: Running) -> None:
    texts = [
        "\u202e\u0000 \U0001f600",
        "x" * 60_000,
        "word " * 20_000,
        "'; drop table ticket_terms; --",
        "a@b.c http://x/y?z",
        *["<!--" * 5_000, "a_" * 10_000] * 5,
    ]
    facts = [submitted(f"hostile {n}", each[:200] or "-", each) for n, each in enumerate(texts)]
    languages = ["en", "de", "ja", "zz", "en", *["en"] * 10]
    began = time.monotonic()
    await scoring_service.others.say(
        *(fact.model_copy(update={"language": language}) for fact, language in zip(facts, languages, strict=True))
    )
    for fact in facts:
        await said(scoring_service, fact)
    assert time.monotonic() - began < 8, "texts of 20,000 characters cost the square of their length"
    terms = {row.term for row in await rows_of(scoring_service, which_tickets_resemble.ticket_terms)}
    assert "drop" in terms
    assert not [term for term in terms if "@" in term or "/" in term], "addresses are no terms"
