"""What the questions of sales are answered with, given these events."""

from datetime import timedelta
from typing import Any

import pytest

from nexa_chassis.testing import project, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.marketing import EngagementKind, LeadEngaged
from nexa_contracts.sales import (
    LeadAssigned,
    LeadDisqualified,
    LeadQueued,
    RepLevel,
    RepUpdated,
    TaskCompleted,
    TaskOverdue,
    TaskReassigned,
)
from nexa_sales.app import sales
from nexa_sales.assignment import desk as desks
from nexa_sales.assignment.commands import DisqualifyLead, NoteContact, OfferWaitingLead, ReassignLead
from nexa_sales.read_models.follow_ups_due import follow_ups_due
from nexa_sales.read_models.lead_history import lead_history, lead_history_elsewhere
from nexa_sales.read_models.lead_profile import lead_downloads, lead_profile
from nexa_sales.read_models.rep_desk import rep_desk
from nexa_sales.read_models.where_leads_stand import where_leads_stand
from nexa_sales.read_models.who_is_waiting_for_a_rep import who_is_waiting_for_a_rep

from .stories import CAMPAIGN, MONDAY, Routing, id_of, lead_created, lead_scored, roster, route, senior
from .test_follow_ups import TASK, created


def listed(name: str, **changes: Any) -> RepUpdated:
    given: dict[str, Any] = {"rep_id": id_of(name), "name": name, "email": f"{name}@nexa.example", "capacity": 20}
    return RepUpdated(**(given | {"level": RepLevel.SENIOR} | changes))


def test_the_desk_in_the_table_is_the_desk_that_decisions_saw() -> None:
    """The table is what the next transaction decides over, so the two must never drift apart."""
    history: list[Event] = [listed("maria"), listed("jonas", capacity=1)]
    routing = Routing(desks.Desk({}))
    for event in history:
        routing.desk = desks.evolve(routing.desk, event)
    for number in range(5):
        routing.execute(route(f"lead {number}", 80))
    routing.execute(DisqualifyLead(lead_id=id_of("lead 1"), reason="Student"))
    (other,) = {id_of("maria"), id_of("jonas")} - {routing.assignments[id_of("lead 0")]}
    assert routing.execute(ReassignLead(lead_id=id_of("lead 0"), rep_id=other, reason="x"))
    fed = [event for event in [*history, *routing.events] if type(event) in rep_desk.on]
    rows = {row["rep_id"]: row for row in project(rep_desk, *fed)}
    for rep_id, seat in routing.desk.seats.items():
        assert (rows[rep_id]["open_leads"] or 0, rows[rep_id]["last_turn"]) == (seat.open_leads, seat.last_turn)


def test_who_waits_is_listed_until_somebody_takes_the_lead() -> None:
    routing = Routing(roster())
    (queued,) = routing.execute(route("lead", 80, territory="emea"))
    (row,) = project(who_is_waiting_for_a_rep, queued)
    assert (row["band"], row["territory"], row["since"]) == ("high", "emea", MONDAY)
    assert row["reason"] == "There is no senior rep on the roster"
    routing.desk = roster(senior("maria"))
    (taken,) = routing.execute(OfferWaitingLead(lead_id=id_of("lead")))
    assert project(who_is_waiting_for_a_rep, queued, taken) == []


def test_a_lead_stands_where_its_latest_event_put_it_and_names_that_event() -> None:
    routing = Routing(roster(senior("maria")))
    routing.execute(route("lead", 80))
    routing.execute(NoteContact(lead_id=id_of("lead")))
    (row,) = project(where_leads_stand, *routing.events)
    assert (row["status"], row["rep_id"], row["worked"]) == ("assigned", id_of("maria"), True)
    assert (row["version"], row["decided_at_version"]) == (2, 1)
    routing.execute(DisqualifyLead(lead_id=id_of("lead"), reason="Student"))
    (row,) = project(where_leads_stand, *routing.events)
    assert (row["status"], row["reason"]) == ("disqualified", "Student")


def test_a_task_shows_who_has_it_now_that_it_is_late_and_what_came_of_it() -> None:
    facts = [
        created(),
        TaskReassigned(task_id=TASK, lead_id=id_of("lead"), rep_id=id_of("jonas"), previous_rep_id=id_of("maria")),
        TaskOverdue(
            task_id=TASK,
            lead_id=id_of("lead"),
            rep_id=id_of("jonas"),
            title="Call hot webinar lead",
            due_at=MONDAY + timedelta(hours=24),
        ),
        TaskCompleted(
            task_id=TASK, lead_id=id_of("lead"), rep_id=id_of("jonas"), outcome="Reached", completed_by="jonas"
        ),
    ]
    (row,) = project(follow_ups_due, *facts)
    assert (row["rep_id"], row["overdue"], row["outcome"]) == (id_of("jonas"), True, "Reached")
    assert row["due_at"] == MONDAY + timedelta(hours=24)


def engaged(kind: EngagementKind, detail: str = "") -> LeadEngaged:
    return LeadEngaged(lead_id=id_of("lead"), campaign_id=CAMPAIGN, kind=kind, occurred_at=MONDAY, detail=detail)


def test_what_a_lead_did_adds_up_and_each_download_is_named_once() -> None:
    rows = project(
        lead_profile,
        lead_created("lead", first_name="Dana"),
        engaged(EngagementKind.ATTENDED),
        engaged(EngagementKind.QUESTION_ASKED, "CSV?"),
        engaged(EngagementKind.QUESTION_ASKED, "Excel?"),
        engaged(EngagementKind.CONTENT_DOWNLOADED, "Product brochure"),
        engaged(EngagementKind.CONTENT_DOWNLOADED, "Product brochure"),
        recorded(lead_scored("lead", 85), stream="lead_score-1"),
    )
    (row,) = rows
    assert (row["first_name"], row["attended"], row["questions_asked"], row["score"]) == ("Dana", True, 2, 85)
    assert rows.of(lead_downloads) == [{"lead_id": id_of("lead"), "name": "Product brochure"}]


@pytest.mark.parametrize("model", [*lead_history.on, *lead_history_elsewhere.on], ids=lambda model: str(model.__name__))
def test_every_event_of_a_leads_history_has_a_summary_in_words(model: type[Event]) -> None:
    if model not in EXAMPLES:
        return  # a private event: its summary is shown on the lead page of the integration tests
    read_model = lead_history if model in lead_history.on else lead_history_elsewhere
    (row,) = project(read_model, EXAMPLES[model])
    assert row["summary"] != row["event"]
    assert row["event"] == model.__name__
    assert row["lead_id"] or row["deal_id"]


def test_each_event_of_sales_and_its_neighbours_is_projected_without_a_fault() -> None:
    for model in sales.read_models:
        for event in model.on:
            if event in EXAMPLES:
                assert project(model, EXAMPLES[event]) is not None


def test_a_history_entry_keeps_both_times_and_the_actor() -> None:
    (assigned,) = Routing(roster(senior("maria"))).execute(route("lead", 80))
    assert isinstance(assigned, LeadAssigned)
    late = recorded(assigned, time=MONDAY, recorded_at=MONDAY + timedelta(days=1), actor="system:sales.x")
    (row,) = project(lead_history, late)
    assert (row["occurred_at"], row["recorded_at"]) == (MONDAY, MONDAY + timedelta(days=1))
    assert (row["actor"], row["summary"]) == ("system:sales.x", "Assigned to maria as high lead (first)")


def test_queued_and_disqualified_say_why_in_the_history() -> None:
    routing = Routing(roster())
    events = [
        *routing.execute(route("lead", 80)),
        *routing.execute(DisqualifyLead(lead_id=id_of("lead"), reason="Student")),
    ]
    assert [type(event) for event in events] == [LeadQueued, LeadDisqualified]
    assert [row["summary"] for row in project(lead_history, *events)] == [
        "Waits for a rep: There is no senior rep on the roster",
        "Disqualified: Student",
    ]
