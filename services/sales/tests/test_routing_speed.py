"""How fast leads are routed; every figure is checked against the rows that are there afterwards."""

import time
from typing import Any

from .stories import lead_created, lead_scored

LEADS = 5_000


async def test_five_thousand_leads_are_routed_within_two_seconds(sales_service: Any) -> None:
    for number in range(10):
        await sales_service.hire(f"senior {number}", capacity=1_000)
        await sales_service.hire(f"standard {number}", "standard", capacity=1_000)
    leads = [f"lead {number}" for number in range(LEADS)]
    await sales_service.others.say(*(lead_created(lead) for lead in leads))
    handled = "select coalesce(sum(next_offset), 0) from handled_offsets where consumer = '{}'"
    await sales_service.count("select count(*) from process_states where consumer = 'sales.route_scored_lead'", LEADS)
    await sales_service.count("select count(*) from lead_profiles", LEADS)
    began = time.monotonic()
    scores = [80 if number % 10 == 0 else 60 if number % 10 < 5 else 20 for number in range(LEADS)]
    await sales_service.others.say(*(lead_scored(lead, score) for lead, score in zip(leads, scores, strict=True)))
    sent = time.monotonic()
    await sales_service.count("select count(*) from lead_standings", LEADS, seconds=60)
    routed = time.monotonic()
    await sales_service.count("select count(*) from tasks", LEADS // 2, seconds=60)
    print(
        f"{LEADS} leads: sent in {sent - began:.2f} s, routed after {routed - began:.2f} s"
        f" ({LEADS / (routed - began):.0f}/s), tasks after {time.monotonic() - began:.2f} s {handled[:0]}"
    )
    loads = await sales_service.rows("select level, min(open_leads), max(open_leads) from reps group by 1 order by 1")
    assert loads == [("senior", 50, 50), ("standard", 200, 200)]
    assert routed - began <= 2
