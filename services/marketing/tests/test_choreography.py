"""Marketing among the others: what scoring and sales say on their topics, and what comes of it here."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from nexa_chassis.running import eventually
from nexa_contracts.sales import AssignmentReason, DealClosedWon, DealCreated, LeadAssigned, LeadConverted
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band, Because, Money

from .conftest import Others


def scored(lead_id: UUID, campaign_id: UUID, score: int, band: Band, previous: Band | None = None) -> LeadScored:
    return LeadScored(
        lead_id=lead_id,
        campaign_id=campaign_id,
        score=score,
        band=band,
        previous_band=previous,
        raw_points=score,
        factors=(),
        recommendation="",
        rules_version=1,
        caused_by="lead@1",
    )


async def lead_of(service: Any, campaign_id: UUID, **fields: object) -> UUID:
    body = {"campaign_id": str(campaign_id), "first_name": "Dana", **fields}
    return UUID((await service.ask("POST", "/leads", 201, json=body))["lead_id"])


async def enrolment_of(service: Any, lead_id: UUID, **expected: object) -> Any:
    """The lead's enrolment once it is as expected."""

    async def asked() -> Any:
        items = (await service.ask("GET", "/nurture", params={"lead_id": str(lead_id)}))["items"]
        return next((item for item in items if all(item[name] == value for name, value in expected.items())), None)

    return await eventually(asked, what=f"an enrolment of {lead_id} with {expected}")


async def test_a_low_lead_is_nurtured_until_a_rep_takes_it_over(whole_service: Any, others: Others) -> None:
    campaign_id = await whole_service.campaign()
    lead_id = await lead_of(whole_service, campaign_id, email="dana@acme.example")
    await others.say(scored(lead_id, campaign_id, 30, Band.LOW))
    await enrolment_of(whole_service, lead_id, status="active", step=1)
    because = Because(rule="medium band to standard reps")
    await others.say(
        LeadAssigned(
            lead_id=lead_id,
            rep_id=uuid4(),
            campaign_id=campaign_id,
            band=Band.MEDIUM,
            score=55,
            reason=AssignmentReason.REROUTED,
            because=because,
        )
    )
    await enrolment_of(whole_service, lead_id, status="stopped", reason="promoted", step=1)


async def test_a_low_lead_without_an_address_waits_visibly_and_starts_when_it_has_one(
    whole_service: Any, others: Others
) -> None:
    campaign_id = await whole_service.campaign()
    lead_id = await lead_of(whole_service, campaign_id)
    await others.say(scored(lead_id, campaign_id, 15, Band.LOW))
    await enrolment_of(whole_service, lead_id, status="active", step=0, has_address=False)
    waiting = await whole_service.ask("GET", "/nurture", params={"waiting_for": "address"})
    assert [item["lead_id"] for item in waiting["items"]] == [str(lead_id)]
    await whole_service.ask("PATCH", f"/leads/{lead_id}", json={"email": "dana@acme.example"})
    await enrolment_of(whole_service, lead_id, status="active", step=1, has_address=True)


async def test_unsubscribing_stops_the_series(whole_service: Any, others: Others) -> None:
    campaign_id = await whole_service.campaign()
    lead_id = await lead_of(whole_service, campaign_id, email="dana@acme.example")
    await others.say(scored(lead_id, campaign_id, 30, Band.LOW))
    await enrolment_of(whole_service, lead_id, status="active", step=1)
    await whole_service.ask("POST", f"/leads/{lead_id}/unsubscribe")
    await enrolment_of(whole_service, lead_id, status="stopped", reason="unsubscribed")


async def test_a_reverted_import_ends_the_enrolments_of_its_leads_and_keeps_those_that_were_converted(
    whole_service: Any, others: Others
) -> None:
    campaign_id = await whole_service.campaign()
    data = b"Email\ndana@acme.example\nlena@harbor.example\n"
    import_id = (await whole_service.imported(campaign_id, data))["import_id"]
    items = (await whole_service.ask("GET", "/leads", params={"import_id": import_id}))["items"]
    dana, lena = (UUID(row["lead_id"]) for row in sorted(items, key=lambda row: str(row["email"])))
    await others.say(scored(lena, campaign_id, 30, Band.LOW))
    await enrolment_of(whole_service, lena, status="active", step=1)
    await _converted(others, campaign_id, dana, Band.HIGH)

    async def noticed() -> bool:
        return bool((await whole_service.ask("GET", f"/campaigns/{campaign_id}/metrics"))["converted"])

    await eventually(noticed, what="the conversion is known")
    await whole_service.ask("POST", f"/imports/{import_id}/revert", 202)
    await enrolment_of(whole_service, lena, status="stopped", reason="withdrawn")
    report = await whole_service.ask("GET", f"/imports/{import_id}/revert")
    assert (report["withdrawn"], report["converted"]) == (1, 1)
    kept = await whole_service.ask("GET", f"/imports/{import_id}/revert/leads", params={"outcome": "converted"})
    assert [row["lead_id"] for row in kept["items"]] == [str(dana)]
    assert (await whole_service.ask("GET", f"/leads/{dana}"))["status"] == "active"


async def test_a_campaigns_figures_follow_scores_conversions_and_deals_and_are_published_coalesced(
    whole_service: Any, others: Others
) -> None:
    campaign_id = await whole_service.campaign()
    leads = [await lead_of(whole_service, campaign_id, email=f"p{number}@acme.example") for number in range(6)]
    for lead_id in leads[:2]:
        await others.say(scored(lead_id, campaign_id, 80, Band.HIGH))
    for lead_id in leads[2:]:
        await others.say(scored(lead_id, campaign_id, 55, Band.MEDIUM))
    deals = [await _converted(others, campaign_id, lead_id, Band.HIGH) for lead_id in leads[:1]]
    deals += [await _converted(others, campaign_id, lead_id, Band.MEDIUM) for lead_id in leads[2:4]]
    amount = Money(amount=Decimal(50_000))
    await others.say(
        DealClosedWon(
            deal_id=deals[0], account_id=uuid4(), campaign_id=campaign_id, amount=amount, closed_at=datetime.now(UTC)
        )
    )

    async def complete() -> Any:
        metrics = await whole_service.ask("GET", f"/campaigns/{campaign_id}/metrics")
        return metrics if metrics["deals"] == {"open": 2, "won": 1, "lost": 0} and metrics["converted"] == 3 else None

    metrics = await eventually(complete, what="the campaign's figures know three deals and three conversions")
    assert metrics["leads"] == 6
    assert {name: (band["leads"], band["converted"]) for name, band in metrics["bands"].items()} == {
        "high": (2, 1),
        "medium": (4, 2),
        "low": (0, 0),
    }
    assert metrics["bands"]["high"]["conversion"] == {"value": "0.5", "formula": "converted / leads = 1 / 2 = 0.5"}
    assert metrics["pipeline"]["amount"] == "150000.00"
    assert metrics["pipeline_multiple"] == {"value": "30", "formula": "pipeline / cost = 150000 / 5000 = 30"}
    assert metrics["roi_on_won_revenue"]["value"] == "9"
    published = await eventually(
        lambda: _published(whole_service, campaign_id, converted=3, pipeline="150000.00"), what="the last figures"
    )
    assert published < 12, "the figures are published by the interval, not by the fact"
    budget = {"amount": "10000.00", "currency": "USD"}
    await whole_service.ask("PATCH", f"/campaigns/{campaign_id}", json={"budget": budget})
    await eventually(
        lambda: _published(whole_service, campaign_id, converted=3, pipeline="150000.00", cost="10000.00"),
        what="the figures with the cost of the other budget",
    )


async def _converted(others: Others, campaign_id: UUID, lead_id: UUID, band: Band) -> UUID:
    deal_id, account_id, contact_id, amount = uuid4(), uuid4(), uuid4(), Money(amount=Decimal(50_000))
    ids = {"deal_id": deal_id, "account_id": account_id, "lead_id": lead_id, "campaign_id": campaign_id, "rep_id": None}
    shared = {**ids, "amount": amount}
    await others.say(
        LeadConverted.model_validate({**shared, "contact_id": contact_id, "account_matched": False, "band": band})
    )
    await others.say(DealCreated.model_validate({**shared, "primary_contact_id": contact_id, "name": "Acme"}))
    return deal_id


async def _published(
    service: Any, campaign_id: UUID, *, converted: int, pipeline: str, cost: str = "5000.00"
) -> int | None:
    """How many times figures were published, once the last ones are these."""
    async with service.service.runtime.engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "select data from events where type ~ 'CampaignMetricsChanged' and stream = %s order by position",
            (f"campaign-{campaign_id}",),
        )
        figures = [row.data for row in rows]
    if not figures or figures[-1]["converted"] != converted:
        return None
    money = figures[-1]["pipeline"]["amount"], figures[-1]["cost"]["amount"]
    return len(figures) if money == (pipeline, cost) else None
