"""Other scoring rules come into force: leads are rescored, and those that rise are routed anew. On the real stack."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from nexa_local.demo.telling import Checks, Story, get, send
from nexa_local.home import Stack
from nexa_local.importing import run_import


def hire(story: Story, level: str) -> None:
    name = f"{level}-{uuid4().hex[:8]}"
    body = {"name": name, "email": f"{name}@nexa.example", "level": level, "capacity": 100}
    send(story.manager, "PUT", f"/reps/{uuid4()}", body)


def referred(story: Story, *company_sizes: str) -> list[str]:
    """Directors who were referred to us and have looked at the prices: 55 points from an enterprise, 50 from a smaller one."""
    body = {"name": f"Referrals {uuid4()}", "type": "referral", "start_date": "2025-12-01", "budget": 100}
    campaign = send(story.marketing, "POST", "/campaigns", body)["campaign_id"]
    addresses = [f"{uuid4().hex[:12]}@referred.example" for _ in company_sizes]
    rows = [f"{address},Director of IT,{size},1" for address, size in zip(addresses, company_sizes, strict=True)]
    file = Path(story.stack.mail_directory).parent / "referrals.csv"
    file.write_text("\n".join(["Email,Title,Company Size,Pricing Visits", *rows]))
    run_import(story.marketing, file, {"campaign_id": campaign, "filename": file.name}, quiet=True)
    return [get(story.marketing, "/leads", email=address)["items"][0]["lead_id"] for address in addresses]


def level_of(story: Story, lead: dict[str, Any]) -> str:
    level: str = get(story.manager, f"/reps/{lead['rep_id']}")["level"]
    return level


def test_rules_that_come_into_force_rescore_leads_and_move_those_up_that_rise_far_enough_and_nobody_worked(
    told: Checks, stack: Stack
) -> None:
    story = Story(stack, Checks())
    for level in ("standard", "senior"):
        hire(story, level)
    rising, worked, barely = referred(story, "enterprise", "enterprise", "mid-market")
    story.settle()
    send(story.manager, "POST", f"/leads/{worked}/follow-ups", {"channel": "call", "outcome": "reached"})
    before = {lead_id: get(story.manager, f"/leads/{lead_id}") for lead_id in (rising, worked, barely)}
    assert [lead["score"] for lead in before.values()] == [55, 55, 50]
    assert {level_of(story, lead) for lead in before.values()} == {"standard"}

    mona, marc = (story.client("scoring", "marketing_manager", person) for person in ("mona.marketing", "marc.weber"))
    version = send(mona, "PUT", "/scoring-rules/draft", {"points": {"source.referral": 45}})["version"]
    story.settle()
    assert get(story.manager, f"/leads/{rising}")["score"] == 55, "a draft scores nobody"
    send(marc, "POST", f"/scoring-rules/{version}/approve")
    send(mona, "POST", f"/scoring-rules/{version}/publish")
    story.settle()

    rescoring = get(mona, f"/scoring-rules/{version}/rescoring")
    assert (rescoring["status"], rescoring["done"]) == ("finished", rescoring["total"])
    after = {lead_id: get(story.manager, f"/leads/{lead_id}") for lead_id in before}
    assert [(lead["score"], lead["band"]) for lead in after.values()] == [(80, "high"), (80, "high"), (75, "high")]
    assert {lead["rules_version"] for lead in after.values()} == {version}
    assert (level_of(story, after[rising]), after[rising]["assigned_because"]) == ("senior", "rerouted")
    stays = {lead_id: (lead["rep_id"], lead["routed_band"]) for lead_id, lead in before.items() if lead_id != rising}
    assert {lead_id: (after[lead_id]["rep_id"], after[lead_id]["routed_band"]) for lead_id in stays} == stays
    todo = [(task["rep_id"], task["title"]) for task in after[rising]["tasks"] if task["completed_at"] is None]
    assert todo == [(after[rising]["rep_id"], "Call hot referral lead")]
    newest, first = (get(mona, f"/leads/{rising}/scores")["items"][place] for place in (0, -1))
    assert (newest["score"], newest["rules_version"], first["rules_version"] < version) == (80, version, True)
