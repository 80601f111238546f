"""A customer's life and identity on the real database and broker: facts on the topics, questions and edits over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.sales import AccountCreated
from nexa_contracts.success import RenewalOutcome
from nexa_success.read_models.who_is_whom import members_of

from .facts_of_a_life import (
    CAMPAIGN,
    CONTACT,
    LEAD,
    account_created,
    contact_created,
    interest_found,
    lead_converted,
    lead_created,
    lead_scored,
    onboarding_completed,
    onboarding_started,
    renewal_closed,
    risk_cleared,
    risk_detected,
)
from .stories import ACCOUNT, id_of

START = datetime.now(UTC) - timedelta(days=400)
SECOND_LEAD = id_of("Tom the lead")
ACME_INC = id_of("Acme Inc")


def day(number: float) -> datetime:
    return START + timedelta(days=number)


async def stage_of(service: Any, any_id: UUID, stage: str, entries: int) -> Any:
    return await service.until(
        f"/customers/{any_id}/lifecycle",
        lambda page: page["stage"] == stage and len(page["history"]) == entries,
        f"stage {stage} after {entries} entries",
    )


def at(moment: datetime) -> str:
    return moment.isoformat()


async def test_a_life_is_followed_from_webinar_row_to_renewal_and_asked_about(success_service: Any) -> None:
    others = success_service.others
    story: list[tuple[int, UUID, str, list[Event]]] = [
        (0, LEAD, "lead", [lead_created(), lead_created("Tom the lead")]),
        (1, LEAD, "mql", [lead_scored(85)]),
        (3, LEAD, "sql", [interest_found()]),
        (5, ACCOUNT, "opportunity", [lead_converted(), account_created(), contact_created()]),
        (10, ACCOUNT, "onboarding", [onboarding_started()]),
        (40, ACCOUNT, "live", [onboarding_completed()]),
        (60, ACCOUNT, "at_risk", [risk_detected()]),
        (70, ACCOUNT, "live", [risk_cleared()]),
    ]
    for entries, (number, party_id, stage, events) in enumerate(story, start=1):
        await others.say(*events, time=day(number))
        await stage_of(success_service, party_id, stage, entries)
    await stage_of(success_service, SECOND_LEAD, "lead", 1)

    page = await stage_of(success_service, LEAD, "live", 8)
    assert page["party_id"] == str(ACCOUNT)
    before_renewal = datetime.now(UTC)
    await others.say(renewal_closed(RenewalOutcome.WON), time=day(350))
    page = await stage_of(success_service, CONTACT, "renewed", 9)
    stays = [(entry["stage"], entry["days"]) for entry in page["history"]]
    assert stays[:8] == [
        ("lead", 1),
        ("mql", 2),
        ("sql", 2),
        ("opportunity", 5),
        ("onboarding", 30),
        ("live", 20),
        ("at_risk", 10),
        ("live", 280),
    ]
    assert (page["campaign_id"], page["continues"]) == (str(CAMPAIGN), str(LEAD))
    assert page["history"][1]["cause"] == f"lead_score-{LEAD}@1"
    assert page["history"][1]["reason"] == "scored 85, band High"
    assert page["history"][-1]["left_at"] is None

    path = f"/customers/{ACCOUNT}/lifecycle"
    happened = await success_service.ask("GET", path, params={"as_happened": at(day(65))})
    assert (happened["stage"], happened["days_in_stage"]) == ("at_risk", 5)
    assert (await success_service.ask("GET", path, params={"as_happened": at(day(2))}))["stage"] == "mql"
    known = await success_service.ask("GET", path, params={"as_of": at(before_renewal)})
    both = {"as_of": at(before_renewal), "as_happened": at(day(360))}
    assert (await success_service.ask("GET", path, params=both))["stage"] == "live"
    assert (await success_service.ask("GET", path, params={"as_happened": at(day(360))}))["stage"] == "renewed"
    assert known["stage"] == "live"
    never = await success_service.ask("GET", path, params={"as_of": at(day(1))})
    assert (never["stage"], never["history"]) == (None, [])
    news = await success_service.ask("GET", f"{path}/changes", params={"since": at(before_renewal)})
    assert [entry["stage"] for entry in news] == ["renewed"]

    answer = await success_service.manager.post(f"/customers/{LEAD}/stage", json={"stage": "live", "reason": " "})
    assert answer.status_code == 422
    body = {"stage": "onboarding", "reason": "Starts over with another product"}
    moved = await success_service.ask("POST", f"/customers/{LEAD}/stage", json=body)
    assert (moved["stage"], moved["history"][-1]["backwards"], moved["history"][-1]["cause"]) == (
        "onboarding",
        True,
        "victor",
    )

    funnel = {row["stage"]: row for row in (await success_service.ask("GET", "/lifecycle/funnel"))["stages"]}
    assert (funnel["lead"]["now"], funnel["lead"]["entered"], funnel["lead"]["went_on"]) == (1, 2, 1)
    assert (funnel["lead"]["conversion"], funnel["lead"]["median_days"]) == (0.5, 1)
    assert (funnel["sql"]["now"], funnel["sql"]["conversion"], funnel["sql"]["mean_days"]) == (0, 1, 2)
    assert (funnel["live"]["mean_days"], funnel["live"]["median_days"]) == (150, 150)
    assert (funnel["onboarding"]["now"], funnel["onboarding"]["entered"]) == (1, 1)
    assert (funnel["churned"]["entered"], funnel["churned"]["conversion"]) == (0, None)
    other = await success_service.ask("GET", "/lifecycle/funnel", params={"campaign_id": str(id_of("another"))})
    assert sum(row["entered"] for row in other["stages"]) == 0

    stuck = await success_service.ask("GET", "/lifecycle/stuck")
    assert [(row["party_id"], row["stage"], row["limit_days"]) for row in stuck["items"]] == [
        (str(SECOND_LEAD), "lead", 30)
    ]
    assert stuck["items"][0]["next_best_action"] == "Offer content that fits its interest"
    assert stuck["items"][0]["because"].startswith("did not reach band Medium in ")
    params: dict[str, Any] = {"longer_than": ["lead:36500", "onboarding:0"]}
    shifted = await success_service.ask("GET", "/lifecycle/stuck", params=params)
    assert [(row["account_name"], row["stage"]) for row in shifted["items"]] == [("Acme Corp", "onboarding")]
    assert (await success_service.manager.get("/lifecycle/stuck", params={"longer_than": "lead"})).status_code == 422

    (cohort,) = (await success_service.ask("GET", "/lifecycle/cohorts"))["items"]
    assert (cohort["campaign_id"], cohort["customers"]) == (str(CAMPAIGN), 2)
    reached = {row["stage"]: (row["customers"], row["conversion"]) for row in cohort["reached"]}
    assert (reached["lead"], reached["sql"], reached["live"]) == ((2, 1), (1, 0.5), (1, 0.5))
    assert (reached["renewed"], reached["churned"]) == ((1, 0.5), (0, 0))


async def test_customers_are_noted_merged_and_taken_apart_again(success_service: Any) -> None:
    await success_service.others.say(
        lead_created(),
        lead_converted(),
        account_created(),
        contact_created(),
        AccountCreated(account_id=ACME_INC, name="Acme Inc"),
    )
    await success_service.until(f"/customers/{ACME_INC}", lambda page: page["name"] == "Acme Inc", "is known")
    customer = await success_service.until(
        f"/customers/{CONTACT}",
        lambda page: len(page["members"]) == 3 and page["name"] == "Acme Corp" and page["stage"],
        "is known by lead, contact and account",
    )
    assert customer["party_id"] == str(ACCOUNT)
    assert {(row["kind"], row["member_id"]) for row in customer["members"]} == {
        ("lead", str(LEAD)),
        ("contact", str(CONTACT)),
        ("account", str(ACCOUNT)),
    }
    assert (await success_service.manager.get(f"/customers/{id_of('nobody')}")).status_code == 404

    profile = {"segment": "enterprise", "website": "file:///etc/passwd"}
    noted = await success_service.manager.put(f"/customers/{LEAD}/profile", json=profile)
    assert noted.json()["profile"] == {**profile, "display_name": None, "notes": None}
    put = f"/customers/{ACCOUNT}/profile"
    stale = await success_service.manager.put(put, json={"notes": "x"}, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    fresh = await success_service.manager.put(put, json={"notes": "x"}, headers={"if-match": noted.headers["etag"]})
    assert (fresh.status_code, fresh.json()["profile"]["notes"]) == (200, "x")
    assert (await success_service.manager.put(put, json={"owner": "nora"})).status_code == 422
    await success_service.ask("PUT", f"/customers/{ACME_INC}/profile", json={"segment": "smb", "display_name": "Acme"})

    before = [await success_service.ask("GET", f"/customers/{party}") for party in (ACCOUNT, ACME_INC)]
    body = {"merged_id": str(ACME_INC), "reason": "Same company under two names"}
    csm = success_service.service.client("csm", subject="nora")
    assert (await csm.post(f"/customers/{ACCOUNT}/merge", json=body)).status_code == 403
    refused = await success_service.manager.post(f"/customers/{ACME_INC}/merge", json={**body, "merged_id": str(LEAD)})
    assert (refused.json()["rule"], str(ACCOUNT) in refused.json()["detail"]) == ("party.belongs", True)
    key = {"idempotency-key": "merge Acme"}
    merged = await success_service.ask("POST", f"/customers/{ACCOUNT}/merge", json=body, headers=key)
    assert merged == await success_service.ask("POST", f"/customers/{ACCOUNT}/merge", json=body, headers=key)
    assert (merged["parts"], merged["name"], len(merged["members"])) == ([str(ACME_INC)], "Acme", 4)
    assert merged["profile"] == {**profile, "notes": "x", "display_name": "Acme"}
    assert (await success_service.ask("GET", f"/customers/{ACME_INC}"))["party_id"] == str(ACCOUNT)
    again = await success_service.manager.post(f"/customers/{ACCOUNT}/merge", json=body)
    assert (again.status_code, again.json()["rule"]) == (409, "party.merged_away")

    await success_service.ask("PUT", f"/customers/{ACME_INC}/profile", json={"segment": "public", "notes": ""})
    apart = await success_service.ask("POST", f"/customers/{ACCOUNT}/unmerge", json={**body, "reason": "Two after all"})
    told = [(row["field"], row["restored"], row["edited"]) for row in apart["conflicts"]]
    assert told == [("notes", "x", None), ("segment", "enterprise", "public")]
    assert apart["conflicts"] == await success_service.ask("GET", f"/customers/{LEAD}/conflicts")
    await success_service.ask("PUT", put, json={"segment": "enterprise"})
    await success_service.ask("POST", f"/customers/{ACCOUNT}/conflicts/notes/dismiss")
    gone = await success_service.manager.post(f"/customers/{ACCOUNT}/conflicts/notes/dismiss")
    assert gone.status_code == 404
    after = [await success_service.ask("GET", f"/customers/{party}") for party in (ACCOUNT, ACME_INC)]
    assert [{**page, "version": 0} for page in after] == [{**page, "version": 0} for page in before]


async def test_of_two_merges_that_contradict_each_other_one_holds_and_nests_are_undone_in_any_order(
    success_service: Any,
) -> None:
    parties = [id_of(name) for name in ("Acme", "Acme Ltd", "Acme Holding")]
    a, b, c = parties
    await success_service.others.say(*(AccountCreated(account_id=party, name="Acme") for party in parties))
    for party in parties:
        await success_service.until(f"/customers/{party}", bool, "is known")
    await success_service.ask("PUT", f"/customers/{b}/profile", json={"segment": "smb"})

    def merged(into: UUID, merged_id: UUID) -> Any:
        body = {"merged_id": str(merged_id), "reason": "One company"}
        return success_service.manager.post(f"/customers/{into}/merge", json=body)

    answers = await asyncio.gather(merged(a, b), merged(b, a))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    if answers[0].status_code == 409:
        a, b = b, a
    assert (await merged(c, a)).status_code == 200
    assert (await success_service.ask("GET", f"/customers/{c}"))["profile"]["segment"] == "smb"
    async with success_service.service.runtime.engine.connect() as connection:
        assert [await members_of(connection, party) for party in parties] == [(c, sorted(parties))] * 3
        assert await members_of(connection, LEAD) == (LEAD, [LEAD])

    for into, merged_id in ((a, b), (c, a)):
        body = {"merged_id": str(merged_id), "reason": "Two companies"}
        await success_service.ask("POST", f"/customers/{into}/unmerge", json=body)
    segments = {party: (await success_service.ask("GET", f"/customers/{party}"))["profile"] for party in parties}
    assert [segments[party]["segment"] for party in parties] == [None, "smb", None]
    async with success_service.service.runtime.engine.connect() as connection:
        assert [await members_of(connection, party) for party in parties] == [(party, [party]) for party in parties]
