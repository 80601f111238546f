"""A rep's day on the real database and broker, with a simulated clock: calls, next steps, clocks, a lead that comes back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from nexa_chassis.clock import write_clock

from .conftest import Sales
from .stories import MONDAY, id_of, lead_created, lead_scored


async def test_a_reps_day_from_new_lead_to_call_next_step_and_recycling(simulated: tuple[Sales, Path]) -> None:
    story, clock = simulated
    maria = await story.hire("maria")
    for lead in ("dana", "omar"):
        await story.others.say(lead_created(lead), lead_scored(lead, 90))
    await story.count("select count(*) from tasks", 2)

    async def day(**params: Any) -> Any:
        return await story.ask("GET", "/day", params={"rep_id": str(maria), **params})

    today = await day()
    assert (today["overdue"], today["due"], today["new"]) == (0, 0, 2)
    write_clock(clock, MONDAY + timedelta(hours=16))
    today = await day()
    assert (today["due"], [item["section"] for item in today["items"]]) == (2, ["due", "due"])
    item = next(item for item in today["items"] if item["lead_id"] == str(id_of("dana")))
    assert item["first_contact"]["used_seconds"] == 16 * 3600
    assert (item["new_lead"], item["first_contact"]["target_seconds"]) == (True, 24 * 3600)

    lead = f"/leads/{id_of('dana')}"
    body = {"channel": "call", "outcome": "no_answer", "task_id": item["task_id"], "take_next_step": True}
    told = await story.ask("POST", f"{lead}/follow-ups", 201, json=body)
    assert (told["attempt"], told["first_contact"], told["next_step"]["title"]) == (1, True, "Call again")
    next_task = await story.ask("GET", f"/tasks/{told['next_task_id']}")
    assert {name: next_task[name] for name in ("title", "due_at", "priority")} == {
        name: told["next_step"][name] for name in ("title", "due_at", "priority")
    }
    assert (next_task["rep_id"], next_task["lead_id"]) == (str(maria), str(id_of("dana")))
    foreign = await story.ask("POST", f"/leads/{id_of('omar')}/follow-ups", 422, json=body)
    assert (foreign["rule"], foreign["errors"][0]["field"]) == ("follow_up.task", "task_id")

    write_clock(clock, MONDAY + timedelta(hours=25))
    await story.count("select count(*) from tasks where overdue", 2)
    late = (await day())["items"]
    assert [(item["section"], item["new_lead"]) for item in late] == [("overdue", False), ("overdue", True)]
    assert [item["title"] for item in late] == ["Call again", "Call hot webinar lead"]
    (missed,) = await story.every("/first-contacts", breached=True)
    assert (missed["lead_id"], missed["stopped_at"]) == (str(id_of("omar")), None)
    assert missed["breached_at"] == (MONDAY + timedelta(hours=24)).isoformat().replace("+00:00", "Z")
    (bands,) = await story.ask("GET", "/first-contacts/bands")
    assert (bands["band"], bands["met"], bands["missed"], bands["running_late"]) == ("high", 1, 0, 1)
    assert bands["median_seconds"] == 16 * 3600

    spring = MONDAY + timedelta(days=90)
    end = {"reason": "No budget before spring", "recycle_at": spring.isoformat()}
    await story.ask("POST", f"{lead}/disqualify", json=end)
    await story.count("select count(*) from deadlines where command_type = 'RecycleLead'", 1)
    write_clock(clock, spring)
    page = await story.lead("dana", until=lambda page: page["status"] == "assigned", what="recycled and assigned")
    assert (page["round"], page["worked"], page["first_contact"]["used_seconds"]) == (2, False, 0)
    await story.count(f"select count(*) from tasks where completed_at is null and lead_id = '{id_of('dana')}'", 1)
