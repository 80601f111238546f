"""Attribution among real topics and over HTTP: touches of marketing, deals of sales, switched and asked as of a past time."""

import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from nexa_chassis.running import eventually, running
from nexa_contracts.sales import DealClosedLost, DealClosedWon, DealCreated, DealReopened, LeadConverted
from nexa_contracts.values import Band, Money
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_marketing.app import marketing

from .conftest import Marketing, Others

LEADS, DEALS = 50_000, 7_000
MOST_SECONDS = 5.0
"""Of this process, so that the verdict does not hang on what else the machine does; the time that passed is printed."""

MANY = """
    insert into leads (lead_id, campaign_id, created_at)
    select md5('lead' || n)::uuid, (array[%(a)s, %(b)s]::uuid[])[1 + mod(n, 2)],
           '2025-11-01Z'::timestamptz + n * interval '1 second'
      from generate_series(1, %(leads)s) n;
    insert into lead_touches (lead_id, version, campaign_id, kind, occurred_at, recorded_at)
    select md5('lead' || n)::uuid, v, (array[%(a)s, %(b)s]::uuid[])[1 + mod(n + v, 2)], 'email_opened', at, at
      from generate_series(1, %(leads)s) n, generate_series(2, 6) v,
           lateral (select '2025-11-02Z'::timestamptz + v * interval '1 day' + n * interval '1 second' as at) t;
    insert into deal_openings (deal_id, lead_id, contact_id, account_id, opened_at, recorded_at)
    select md5('deal' || n)::uuid, md5('lead' || n)::uuid, md5('contact' || n)::uuid, md5('account' || n)::uuid, at, at
      from generate_series(1, %(deals)s) n, lateral (select '2025-11-20Z'::timestamptz as at) t;
    insert into deal_history (deal_id, version, status, amount, currency, occurred_at, recorded_at)
    select md5('deal' || n)::uuid, v, (array['open', 'won'])[v], 50000, 'USD', at, at
      from generate_series(1, %(deals)s) n, generate_series(1, 2) v,
           lateral (select '2025-11-20Z'::timestamptz + v * interval '1 day' as at) t"""


async def lead_of(service: Marketing, campaign_id: UUID, name: str) -> UUID:
    body = {"campaign_id": str(campaign_id), "first_name": name, "email": f"{name}@acme.example"}
    return UUID((await service.ask("POST", "/leads", 201, json=body))["lead_id"])


async def opened(
    others: Others,
    lead_id: UUID | None,
    campaign_id: UUID | None,
    amount: int = 50_000,
    currency: str = "USD",
    **ids: UUID,
) -> Any:
    """The deal that sales opened, from a lead if there is one."""
    told = {"deal_id": uuid4(), "account_id": uuid4(), "contact_id": uuid4()} | ids
    shared: dict[str, Any] = {"lead_id": lead_id, "campaign_id": campaign_id, "rep_id": None}
    money = Money(amount=Decimal(amount), currency=currency)
    shared |= {"deal_id": told["deal_id"], "account_id": told["account_id"], "amount": money}
    if lead_id is not None:
        converted = {**shared, "contact_id": told["contact_id"], "account_matched": False, "band": Band.HIGH}
        await others.say(LeadConverted.model_validate(converted))
    await others.say(DealCreated.model_validate({**shared, "primary_contact_id": told["contact_id"], "name": "Acme"}))
    return told


async def touches_of(service: Marketing, deal_id: UUID, **asked: Any) -> Any:
    async def known() -> Any:
        got = await service.client.get(f"/deals/{deal_id}/touches", params=asked)
        return got.json() if got.status_code == 200 else None

    return await eventually(known, what=f"the touches of deal {deal_id}")


async def won_by_campaign(service: Marketing, expected: Decimal, **asked: Any) -> dict[str, str]:
    """What each campaign is credited with, once the won deals make so much together."""

    async def all_won() -> Any:
        view = await service.ask("GET", "/attribution", params=asked)
        total = sum((Decimal(row["won_revenue"]["amount"]) for row in view["total"]), Decimal(0))
        return view if total == expected else None

    view = await eventually(all_won, what=f"won revenue of {expected}")
    return {row["name"]: row["won_revenue"]["amount"] for row in view["campaigns"]}


async def test_revenue_goes_to_campaigns_by_the_model_one_asks_for_and_as_known_at_the_time(
    whole_service: Marketing, others: Others
) -> None:
    webinar, event = await whole_service.campaign(), await whole_service.campaign(name="Trade fair", budget=10_000)
    dana = await lead_of(whole_service, webinar, "dana")
    data = b"Email\ndana@acme.example\n"
    await whole_service.imported(event, data)
    for kind, campaign_id in (("email_opened", webinar), ("question_asked", event)):
        body = {"kind": kind, "campaign_id": str(campaign_id)}
        await whole_service.ask("POST", f"/leads/{dana}/engagements", 201, json=body)
    deal = await opened(others, dana, webinar)
    whole = await touches_of(whole_service, deal["deal_id"], model="u_shaped")
    assert [(touch["kind"], touch["campaign_name"], touch["weight"]) for touch in whole["touches"]] == [
        ("created", "Q4 Product Webinar", "0.400000000"),
        ("joined", "Trade fair", "0.100000000"),
        ("email_opened", "Q4 Product Webinar", "0.100000000"),
        ("question_asked", "Trade fair", "0.400000000"),
    ]
    assert (whole["status"], {touch["via"] for touch in whole["touches"]}) == ("open", {"lead"})

    await whole_service.ask("POST", f"/leads/{dana}/engagements", 201, json={"kind": "attended"})  # after the deal
    amount, ids = Money(amount=Decimal(60_000)), {"deal_id": deal["deal_id"], "account_id": deal["account_id"]}
    before_won = datetime.now(UTC)
    await others.say(DealClosedWon(**ids, amount=amount, closed_at=before_won))
    assert await won_by_campaign(whole_service, Decimal(60_000), model="first") == {"Q4 Product Webinar": "60000.00"}
    assert await won_by_campaign(whole_service, Decimal(60_000), model="last") == {"Trade fair": "60000.00"}
    linear = {"Q4 Product Webinar": "30000.00", "Trade fair": "30000.00"}
    assert await won_by_campaign(whole_service, Decimal(60_000), model="linear") == linear
    of_event = await whole_service.ask("GET", f"/campaigns/{event}/attribution", params={"model": "last"})
    (credit,) = of_event["credits"]
    assert (credit["weight"], credit["roi_on_won_revenue"]["value"]) == ("1.000000000", "5")

    then = {"as_of": before_won.isoformat()}
    assert await won_by_campaign(whole_service, Decimal(0), **then) == {
        "Q4 Product Webinar": "0.00",
        "Trade fair": "0.00",
    }
    (as_open,) = (await whole_service.ask("GET", f"/campaigns/{event}/attribution", params=then))["credits"]
    assert as_open["pipeline"]["amount"] == "25000.00"

    await others.say(DealReopened(**ids, amount=amount, reason="Signature was withdrawn", was="won"))
    await others.say(DealClosedLost(**ids, amount=amount, reason="Chose another vendor", closed_at=datetime.now(UTC)))
    await won_by_campaign(whole_service, Decimal(0))
    now = await touches_of(whole_service, deal["deal_id"])
    assert (now["status"], len(now["touches"])) == ("lost", 4)


async def test_an_import_is_one_touch_of_its_campaign_whatever_its_columns_tell_of_engagement(
    whole_service: Marketing, others: Others
) -> None:
    webinar, event = await whole_service.campaign(), await whole_service.campaign(name="Trade fair")
    registered = b"Email,Registered Early,Email Opened\ndana@acme.example,yes,2\n"
    attended = b"Email,Attended,Questions Asked,Content Downloaded\ndana@acme.example,yes,2,Brochure\n"
    for campaign_id, data in ((webinar, registered), (webinar, attended), (event, attended), (event, registered)):
        counts = await whole_service.imported(campaign_id, data)
        assert counts["rejected"] == 0, counts
    (dana,) = (await whole_service.ask("GET", "/leads", params={"email": "dana@acme.example"}))["items"]
    lead = await whole_service.ask("GET", f"/leads/{dana['lead_id']}")
    assert (lead["engagement"]["attended"], lead["engagement"]["questions_asked"]) == (True, 2)
    deal = await opened(others, UUID(dana["lead_id"]), webinar)
    touches = (await touches_of(whole_service, deal["deal_id"]))["touches"]
    assert [(touch["kind"], touch["campaign_name"], touch["weight"]) for touch in touches] == [
        ("imported", "Q4 Product Webinar", "0.500000000"),
        ("joined", "Trade fair", "0.500000000"),
    ]


async def test_a_campaign_that_reached_a_lead_by_an_import_taken_back_is_credited_with_nothing(
    whole_service: Marketing, others: Others
) -> None:
    webinar, event = await whole_service.campaign(), await whole_service.campaign(name="Trade fair")
    dana = await lead_of(whole_service, webinar, "dana")
    import_id = (await whole_service.imported(event, b"Email\ndana@acme.example\n"))["import_id"]
    await whole_service.ask("POST", f"/imports/{import_id}/revert", 202)

    async def left() -> bool:
        return (await whole_service.ask("GET", f"/leads/{dana}"))["campaigns"] == [str(webinar)]

    await eventually(left, what="the lead leaves the campaign again")
    deal = await opened(others, dana, webinar)
    touches = (await touches_of(whole_service, deal["deal_id"]))["touches"]
    assert [(touch["kind"], touch["weight"], touch["amount"]) for touch in touches] == [
        ("created", "1.000000000", "50000.00")
    ]


async def test_a_deal_without_a_lead_is_led_to_by_its_contact_or_its_account_and_else_by_nothing(
    whole_service: Marketing, others: Others
) -> None:
    campaign_id = await whole_service.campaign()
    dana, lena = await lead_of(whole_service, campaign_id, "dana"), await lead_of(whole_service, campaign_id, "lena")
    first = await opened(others, dana, campaign_id)
    await opened(others, lena, campaign_id, account_id=first["account_id"])
    by_contact = await opened(others, None, None, account_id=first["account_id"], contact_id=first["contact_id"])
    by_account = await opened(others, None, None, account_id=first["account_id"])
    by_nothing = await opened(others, None, None, amount=700)

    async def all_there() -> Any:
        view = await whole_service.ask("GET", "/attribution")
        return view if [row["deals"] for row in view["total"]] == [5] else None

    view = await eventually(all_there, what="five deals")
    assert [(row["deals"], row["pipeline"]["amount"]) for row in view["untouched"]] == [(1, "700.00")]
    assert [(row["deals"], row["pipeline"]["amount"]) for row in view["campaigns"]] == [(4, "200000.00")]
    for deal, leads, via in (
        (by_contact, {dana}, "contact"),
        (by_account, {dana, lena}, "account"),
        (by_nothing, set(), ""),
    ):
        touches = (await touches_of(whole_service, deal["deal_id"]))["touches"]
        assert {UUID(touch["lead_id"]) for touch in touches} == leads
        assert all(touch["via"] == via for touch in touches)
    metrics = await whole_service.ask("GET", f"/campaigns/{campaign_id}/metrics")
    assert metrics["cost_per_lead"] == {"value": "2500", "formula": "cost / leads = 5000 / 2 = 2500"}
    high = metrics["bands"]["high"]
    assert (high["won"], high["days_to_won"], high["days_to_conversion"]["median"]) == (
        0,
        {"average": None, "median": None},
        0,
    )


async def test_the_figures_of_a_campaign_add_up_no_currencies(whole_service: Marketing, others: Others) -> None:
    campaign_id = await whole_service.campaign()
    dana, lena = await lead_of(whole_service, campaign_id, "dana"), await lead_of(whole_service, campaign_id, "lena")
    await opened(others, dana, campaign_id, amount=10_000)
    await opened(others, lena, campaign_id, amount=7_000, currency="EUR")

    async def both_deals() -> Any:
        metrics = await whole_service.ask("GET", f"/campaigns/{campaign_id}/metrics")
        return metrics if metrics["deals"]["open"] == 2 else None

    metrics = await eventually(both_deals, what="two deals of the campaign")
    assert metrics["pipeline"] == {"amount": "10000.00", "currency": "USD"}
    assert metrics["pipeline_multiple"]["value"] == "2"
    euros = {"pipeline": {"amount": "7000.00", "currency": "EUR"}, "won_revenue": {"amount": "0.00", "currency": "EUR"}}
    assert metrics["in_other_currencies"] == [euros]


async def test_what_is_asked_wrongly_is_answered_with_what_to_do(marketing_service: Marketing) -> None:
    campaign_id = await marketing_service.campaign()
    (credit,) = (await marketing_service.ask("GET", f"/campaigns/{campaign_id}/attribution"))["credits"]
    assert (credit["deals"], credit["won_revenue"]) == (0, {"amount": "0.00", "currency": "USD"})
    await marketing_service.ask("GET", "/attribution", 422, params={"model": "guess"})
    period = {"from": "2025-12-01", "to": "2025-11-01"}
    assert (await marketing_service.ask("GET", "/attribution", 422, params=period))["rule"] == "attribution.period"
    assert (await marketing_service.ask("GET", f"/deals/{uuid4()}/touches", 404))["rule"] == "deal.unknown"
    past = {"as_of": "2020-01-01T00:00:00Z"}
    await marketing_service.ask("GET", f"/campaigns/{campaign_id}/attribution", 404, params=past)


@pytest.fixture
async def patient_service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Marketing]:
    """One that waits for a database on a busy machine, so that what is measured is its own work."""
    patience = {"request_timeout": 60.0, "statement_timeout": 60.0}
    async with running(marketing, database("marketing"), infra, roles=("serve",), settings=patience) as service:
        yield Marketing(service, service.client("marketing_user"))


@pytest.mark.parametrize("model", ["linear", "time_decay"])
async def test_seven_thousand_deals_of_fifty_thousand_leads_are_attributed_fast(
    patient_service: Marketing, model: str
) -> None:
    a, b = await patient_service.campaign(), await patient_service.campaign(name="Trade fair")
    values = {"a": f"'{a}'", "b": f"'{b}'", "leads": LEADS, "deals": DEALS}
    async with patient_service.service.runtime.engine.begin() as connection:
        for statement in (MANY % values).split(";\n"):
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql("analyze")
    began, worked = time.perf_counter(), time.process_time()
    view = await patient_service.ask(
        "GET", "/attribution", params={"model": model, "from": "2025-11-20", "to": "2025-11-20"}
    )
    passed, work = time.perf_counter() - began, time.process_time() - worked
    print(f"\n{model}: {DEALS:,} deals of {LEADS:,} leads in {passed:.2f} s, {work:.2f} s of them this process")
    (total,) = view["total"]
    assert (total["deals"], total["won_revenue"]["amount"]) == (DEALS, "350000000.00")
    assert sum(Decimal(row["won_revenue"]["amount"]) for row in view["campaigns"]) == Decimal(350_000_000)
    assert work < MOST_SECONDS
