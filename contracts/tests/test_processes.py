"""Each process as written down is what the events and the services' code can do; what differs is found."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from nexa_contracts.publishing.processes import ProcessDescription, faults, map_of, page_of
from nexa_contracts.topics import ALL_TOPICS

PROCESSES = sorted((Path(__file__).resolve().parent.parent / "processes").glob("*.yaml"))

TOLD: dict[str, Any] = {
    "id": "quote_to_cash",
    "title": "Quote to cash",
    "purpose": "A small process to try the checks on.",
    "trigger": "nexa.sales.DealCreated.v1",
    "steps": [
        {
            "name": "open the deal",
            "owner": "sales",
            "by": "sales rep",
            "after": [],
            "publishes": ["nexa.sales.DealCreated.v1"],
            "deadline": "1m",
            "compensation": "None is needed.",
        },
        {
            "name": "count the deal",
            "owner": "marketing",
            "after": ["nexa.sales.DealCreated.v1"],
            "publishes": ["nexa.marketing.CampaignMetricsChanged.v1"],
            "deadline": "1m",
            "compensation": "Counted again with the next one.",
        },
    ],
    "ends": [{"name": "counted", "after": ["nexa.marketing.CampaignMetricsChanged.v1"]}],
}
REACTIONS = {"sales": set[str](), "marketing": {"nexa.sales.DealCreated.v1"}}


def told(**changes: Any) -> ProcessDescription:
    """The process above, its second step changed."""
    opened, counted = TOLD["steps"]
    return ProcessDescription.model_validate({**TOLD, "steps": [opened, {**counted, **changes}]})


def test_a_process_that_the_code_carries_out_has_no_fault() -> None:
    assert faults(told(), ALL_TOPICS, REACTIONS) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"after": ["nexa.sales.DealForgotten.v1"]},
            "count the deal: nexa.sales.DealForgotten.v1 is no published event",
        ),
        (
            {"after": ["nexa.sales.DealClosedWon.v1"]},
            "count the deal: waits for nexa.sales.DealClosedWon.v1, which no step publishes",
        ),
        (
            {"publishes": ["nexa.marketing.CampaignMetricsChanged.v1", "nexa.sales.DealReopened.v1"]},
            "count the deal: nexa.sales.DealReopened.v1 is sales's to publish, not marketing's",
        ),
        (
            {"publishes": ["nexa.marketing.LeadCreated.v1"]},
            "counted: waits for nexa.marketing.CampaignMetricsChanged.v1, which no step publishes",
        ),
        ({"owner": "finance"}, "count the deal: there is no service finance"),
        (
            {"owner": "sales"},
            "count the deal: sales has no reaction and no read model on nexa.sales.DealCreated.v1",
        ),
        ({"name": "open the deal"}, "open the deal: 2 steps have this name"),
        ({"after": []}, "count the deal: nothing begins it; name its trigger, or the person who does it"),
    ],
)
def test_what_the_description_and_the_code_say_differently_is_named(changes: dict[str, Any], fault: str) -> None:
    assert fault in faults(told(**changes), ALL_TOPICS, REACTIONS)


@pytest.mark.parametrize("changes", [{"deadline": "soon"}, {"after": ["LeadCreated"]}, {"until": "never"}])
def test_a_step_that_is_not_written_as_agreed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        told(**changes)


def test_the_map_has_a_box_per_service_and_an_arrow_per_event() -> None:
    assert map_of(told()).splitlines() == [
        "flowchart LR",
        '  subgraph sales["sales"]',
        '    s1[/"open the deal<br/><i>sales rep</i>"/]',
        "  end",
        '  subgraph marketing["marketing"]',
        '    s2["count the deal"]',
        "  end",
        '  e1(["counted"])',
        '  s1 -- "DealCreated" --> s2',
        '  s2 -- "CampaignMetricsChanged" --> e1',
    ]


def test_the_page_shows_the_deadline_and_the_compensation_of_each_step() -> None:
    page = page_of(told(), "contracts/processes/quote_to_cash.yaml")
    row = (
        "| count the deal | marketing | DealCreated | CampaignMetricsChanged | 1m | Counted again with the next one. |"
    )
    assert row in page.splitlines()


@pytest.mark.parametrize("file", PROCESSES, ids=lambda file: file.stem)
def test_the_trigger_of_each_step_is_published_by_a_step_before_it(file: Path) -> None:
    process = ProcessDescription.model_validate(yaml.safe_load(file.read_text()))
    everyone = {topic.type_of(model) for topic in ALL_TOPICS for model in topic.events}
    assert faults(process, ALL_TOPICS, {step.owner: everyone for step in process.steps}) == []


def test_the_main_line_of_the_seed_is_written_down() -> None:
    (file,) = (file for file in PROCESSES if file.stem == "marketing_to_sales")
    process = ProcessDescription.model_validate(yaml.safe_load(file.read_text()))
    steps = {step.name: step for step in process.steps}
    assert process.trigger == "nexa.marketing.LeadCreated.v1"
    assert steps["score the lead"].owner == "scoring"
    assert steps["tell the manager"].after == ("nexa.sales.TaskOverdue.v1",)
    assert "nexa.sales.LeadConverted.v1" in steps["bring the campaign's figures up to date"].after


def test_other_scoring_rules_are_followed_to_the_rep_that_a_lead_moves_up_to() -> None:
    (file,) = (file for file in PROCESSES if file.stem == "marketing_to_sales")
    process = ProcessDescription.model_validate(yaml.safe_load(file.read_text()))
    publishing = {step.name: step for step in process.steps if "nexa.scoring.ScoringRulesChanged.v1" in step.publishes}
    (in_force,) = publishing.values()
    assert in_force.after == ("nexa.scoring.ScoringRulesApproved.v1",)
    assert "nexa.scoring.LeadScored.v1" in in_force.publishes
    moving = next(step for step in process.steps if step.name.startswith("move the lead up"))
    assert (moving.owner, moving.after) == ("sales", ("nexa.scoring.LeadScored.v1",))
    edges = map_of(process)
    for step, event in ((in_force, "LeadScored"), (moving, "LeadAssigned")):
        number = process.steps.index(step) + 1
        assert f'  s{number} -- "{event}" --> ' in edges
