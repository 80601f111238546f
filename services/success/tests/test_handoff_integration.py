"""From the won deal on its topic to board, kickoff and note over HTTP, on a real broker and database."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import uuid4

from nexa_contracts.notifier import EmailSent
from nexa_contracts.sales import AccountCreated, ContactCreated, DealClosedLost, DealClosedWon, DealCreated
from nexa_contracts.success import Role
from nexa_success.reactions.onboard_won_customer import onboarding_of

from .conftest import Success
from .stories import MONDAY, account_created, contact_created, deal_created, deal_reopened, deal_won, id_of


class Customer(NamedTuple):
    """The facts of one customer."""

    account: AccountCreated
    contact: ContactCreated
    deal: DealCreated
    won: DealClosedWon

    @property
    def path(self) -> str:
        return f"/onboardings/{onboarding_of(self.won.deal_id)}"


def customer(name: str = "Acme Corp") -> Customer:
    """A customer with ids of its own."""
    ids = {"account_id": uuid4(), "deal_id": uuid4(), "contact_id": uuid4()}
    account = account_created().model_copy(update={"account_id": ids["account_id"], "name": name})
    contact = contact_created().model_copy(update={"account_id": ids["account_id"], "contact_id": ids["contact_id"]})
    deal = {"account_id": ids["account_id"], "deal_id": ids["deal_id"], "primary_contact_id": ids["contact_id"]}
    return Customer(account, contact, deal_created(**deal), deal_won(**deal))


async def test_a_won_deal_is_handed_over_and_worked_on(success_service: Success) -> None:
    success = success_service
    nora = await success.hire("Nora Vance", manager_id=str(id_of("Victor")))
    await success.hire("Ivan Petrov", Role.SPECIALIST)
    acme = customer()
    await success.others.say(acme.won)
    await success.others.say(acme.contact, acme.account)
    path, project = acme.path, onboarding_of(acme.won.deal_id)
    view = await success.until(
        path, lambda view: view["done"] == 2, "CSM assigned and kickoff scheduled are proved done"
    )
    assert (view["csm_id"], view["tasks"], view["handoff_status"]) == (nora, 20, "offered")
    assert view["because"]["candidates"][0]["name"] == "Nora Vance"

    csm = success.service.client("csm", subject="nora.vance")
    other = success.service.client("csm", "success_manager", subject="victor")
    await success.ask("GET", f"{path}/handoff-note", 403, by=other)
    note = await success.ask("GET", f"{path}/handoff-note", by=csm)
    assert note["details"]["special_requirements"] == ["Salesforce integration", "SSO"]
    assert note["readers"] == ["nora.vance"]
    ivan = success.service.client("implementation_specialist", subject="ivan.petrov")
    again = [await success.ask("GET", f"{path}/handoff-note", by=reader) for reader in (ivan, csm, ivan)]
    assert [each["readers"] for each in again] == [["ivan.petrov", "nora.vance"]] * 3
    read = "select data->>'reader' from events where type = 'nexa.success.HandoffNoteRead.v1' order by position"
    assert [row[0] for row in await success.rows(read)] == ["nora.vance", "ivan.petrov"]
    await success.ask("POST", f"{path}/handoff/accept", by=csm)
    await success.others.say(EmailSent(notification_id=uuid4(), kind="welcome", about=project, attempts=1))
    board = await success.until(
        f"{path}/board", lambda board: board["onboarding"]["done"] == 4, "note read and welcome sent are proved done"
    )
    done = {task["key"]: task["completed_by"] for task in board["columns"][-1]["tasks"]}
    assert set(done) == {"assign_csm", "schedule_kickoff", "review_handoff_note", "send_welcome_email"}
    assert done["send_welcome_email"].startswith("notification-")
    assert done["assign_csm"] == f"onboarding-{project}@1"

    moved = await success.ask("POST", f"{path}/tasks/set_up_data_import/status", by=csm, json={"status": "blocked"})
    assert moved["status"] == "blocked"
    await success.ask(
        "POST", f"{path}/tasks/set_up_data_import/comments", 201, by=csm, json={"text": "Waiting for Tom"}
    )
    said = await success.ask("GET", f"{path}/tasks/set_up_data_import/comments")
    assert [(each["text"], each["actor"]) for each in said["items"]] == [("Waiting for Tom", "nora.vance")]
    mine = await success.ask("GET", "/tasks", by=csm, params={"mine": True, "status": "to_do"})
    assert "set_up_data_import" not in {task["key"] for task in mine["items"]}
    changed = await success.ask("GET", f"{path}/changes", params={"since": view["started_at"]})
    assert [each["type"].split(".")[2] for each in changed["items"]][-2:] == ["TaskMoved", "TaskCommented"]
    assert not any("HandoffNoteFiled" in each["type"] for each in changed["items"])
    before = next(each for each in changed["items"] if each["type"].endswith("HandoffAccepted.v1"))["recorded_at"]
    then = datetime.fromisoformat(before) - timedelta(microseconds=1)
    seen = await success.ask("GET", path, params={"as_of": then.isoformat()})
    assert (seen["handoff_status"], seen["note_read"], seen["tasks"]) == ("offered", True, 20)
    happened = await success.ask("GET", path, params={"as_happened": then.isoformat()})
    assert (happened["handoff_status"], happened["note_read"]) == ("offered", True)
    now = await success.ask("GET", path)
    same = await success.ask("GET", path, params={"as_of": datetime.now(UTC).isoformat()})
    assert {**same, "at_risk_because": None} == {**now, "at_risk_because": None}
    await success.ask("GET", path, 404, params={"as_of": "2020-01-01T00:00:00Z"})
    best = await success.ask("GET", f"/customers/{acme.account.account_id}/next-best-action")
    assert best["best"]["about"] == "task"
    await success.ask("GET", f"/customers/{uuid4()}/next-best-action", 404)


async def test_who_is_live_counts_towards_the_time_to_live_of_their_csm(success_service: Success) -> None:
    success = success_service
    nora = await success.hire("Nora Vance")
    quick, slow = customer("Quick Ltd"), customer("Slow Ltd")
    today = success.service.runtime.clock.now()
    lasted = {quick: 10, slow: 40}
    for each, days in lasted.items():
        won = each.won.model_copy(update={"closed_at": today - timedelta(days=days)})
        await success.others.say(each.account, each.contact, each.deal, won)
        board = await success.until(f"{each.path}/board", lambda board: board["onboarding"]["done"] == 2, "started")
        for task in [task for column in board["columns"][:-1] for task in column["tasks"]]:
            await success.ask("POST", f"{each.path}/tasks/{task['key']}/status", json={"status": "done"})
    views = [await success.ask("GET", each.path) for each in lasted]
    assert [(view["status"], view["days"], view["on_time"]) for view in views] == [
        ("live", 10, True),
        ("live", 40, False),
    ]
    (told,) = await success.ask("GET", "/onboardings/time-to-live")
    assert (told["csm_id"], told["completed"], told["on_time"]) == (nora, 2, 1)
    assert (told["median_days"], float(told["mean_days"])) == (25, 25)
    late = await success.ask(
        "GET", "/onboardings/time-to-live", params={"since": (today + timedelta(days=1)).isoformat()}
    )
    assert late == []
    assert (await success.ask("GET", f"/csms/{nora}"))["open_onboardings"] == 0


async def test_won_twice_reopened_and_won_again_is_one_onboarding(success_service: Success) -> None:
    success = success_service
    await success.hire("Nora Vance")
    acme = customer()
    path, won = acme.path, acme.won
    await success.others.say(*acme, won)
    await success.until(path, lambda view: view["kickoff_status"] == "planned", "kickoff planned")
    reopened = deal_reopened(deal_id=won.deal_id, account_id=won.account_id)
    await success.others.say(reopened)
    await success.until(path, lambda view: view["status"] == "paused", "paused")
    await success.others.say(won)
    view = await success.until(path, lambda view: view["status"] == "running", "running again")
    assert (view["tasks"], view["kickoff_status"]) == (20, "planned")
    started = await success.rows("select count(*) from events where type = 'nexa.success.OnboardingStarted.v1'")
    assert started[0][0] == 1
    meeting = await success.ask("GET", f"{path}/kickoff")
    assert meeting["sequence"] == 2


async def test_a_reopened_deal_that_is_lost_frees_its_people_and_won_after_all_it_goes_on(
    success_service: Success,
) -> None:
    success = success_service
    nora = await success.hire("Nora Vance", capacity=1)
    acme, beta = customer(), customer("Beta Ltd")
    won = acme.won
    await success.others.say(*acme)
    await success.until(acme.path, lambda view: view["kickoff_status"] == "planned", "kickoff planned")
    await success.others.say(*beta)
    await success.until(beta.path, lambda view: view["tasks"] == 20, "begun, with nobody responsible")
    of_deal = {"deal_id": won.deal_id, "account_id": won.account_id, "amount": won.amount}
    lost = DealClosedLost(**of_deal, reason="Chose another vendor", closed_at=won.closed_at)
    await success.others.say(deal_reopened(**of_deal), lost)
    view = await success.until(acme.path, lambda view: view["status"] == "cancelled", "cancelled")
    assert (view["cancelled_because"], view["kickoff_status"]) == ("Chose another vendor", "cancelled")
    given = await success.until(beta.path, lambda view: view["csm_id"] is not None, "given to whom the other freed")
    assert given["csm_id"] == nora
    mine = await success.ask("GET", "/tasks", params={"owner_id": nora, "limit": 200})
    assert {task["project_id"] for task in mine["items"]} == {given["project_id"]}
    refused = await success.ask("POST", f"{acme.path}/kickoff/held", 409)
    assert "its deal was lost" in refused["detail"]

    await success.others.say(deal_reopened(**of_deal, was="lost"), won)
    view = await success.until(acme.path, lambda view: view["status"] == "running", "running again")
    assert (view["csm_id"], view["cancelled_because"], view["kickoff_status"]) == (nora, None, "planned")
    assert (await success.ask("GET", f"/csms/{nora}"))["open_onboardings"] == 2


async def test_an_onboarding_without_a_specialist_gets_the_first_and_they_are_invited(success_service: Success) -> None:
    success = success_service
    await success.hire("Nora Vance")
    acme = customer()
    await success.others.say(*acme)
    view = await success.until(acme.path, lambda view: view["kickoff_status"] == "planned", "kickoff planned")
    assert (view["specialist_id"], view["specialist_because"]["candidates"]) == (None, [])
    ivan = await success.hire("Ivan Petrov", Role.SPECIALIST)
    view = await success.until(acme.path, lambda view: view["specialist_id"] == ivan, "given to Ivan")
    assert view["specialist_because"]["candidates"][0]["name"] == "Ivan Petrov"
    meeting = await success.ask("GET", f"{acme.path}/kickoff")
    assert [each["name"] for each in meeting["attendees"]] == ["Sarah Miller", "Nora Vance", "Ivan Petrov"]
    assert meeting["sequence"] == 1
    assert (await success.ask("GET", f"/csms/{ivan}"))["open_onboardings"] == 1


async def test_an_onboarding_waits_for_somebody_with_room_and_is_given_to_them(success_service: Success) -> None:
    success = success_service
    acme = customer()
    await success.others.say(*acme, time=MONDAY)
    path = acme.path
    view = await success.until(path, lambda view: view["tasks"] == 20, "started")
    assert (view["csm_id"], view["at_risk_because"] is not None) == (None, True)
    best = await success.until(
        f"/customers/{acme.account.account_id}/next-best-action", lambda view: view["stage"], "its stage is known"
    )
    assert (best["best"]["action"], best["best"]["subject_id"]) == (
        "Assign a customer success manager",
        view["project_id"],
    )
    assert best["best"]["because"].startswith("nobody is responsible for the onboarding")
    assert best["others"][0]["about"] == "task"
    waiting = await success.ask("GET", "/onboardings", params={"unassigned": True})
    assert [each["project_id"] for each in waiting["items"]] == [view["project_id"]]
    nora = await success.hire("Nora Vance")
    view = await success.until(path, lambda view: view["csm_id"] is not None, "assigned")
    assert view["csm_id"] == nora


async def test_the_roster_and_the_template_are_checked(success_service: Success) -> None:
    success = success_service
    body = {"name": "Nora", "email": "nora@nexa.example", "time_zone": "Berlin"}
    problem = await success.ask("PUT", f"/csms/{uuid4()}", 422, json=body)
    assert "Europe/Berlin" in problem["detail"]
    template = await success.ask("GET", "/onboarding-template")
    changed = {**template, "due_in_days": 20}
    del changed["version"]
    problem = await success.ask("PUT", "/onboarding-template", 422, json=changed)
    assert "after the onboarding itself" in problem["detail"]
    changed["tasks"] = [task for task in template["tasks"] if task["day"] <= 20]
    after = await success.ask("PUT", "/onboarding-template", json=changed)
    assert after["version"] == 2
    assert await success.ask("GET", "/onboarding-template/versions/1") == template
    await success.ask("GET", "/onboarding-template/versions/3", 404)
    stale = {**changed, "agenda": "Another one"}
    await success.ask("PUT", "/onboarding-template", 412, json=stale, headers={"if-match": '"0"'})
    await success.hire("Nora Vance")
    acme = customer()
    await success.others.say(*acme, time=MONDAY)
    view = await success.until(acme.path, lambda view: view["kickoff_status"] == "planned", "kickoff planned")
    assert (view["template_version"], view["tasks"]) == (2, len(changed["tasks"]))
