"""Bugs, deployments and their tickets over HTTP and topics, on a real broker and database."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook

from nexa_chassis.running import eventually
from nexa_contracts.sales import AccountBecameCustomer, AccountCreated
from nexa_contracts.scoring import SimilarTicket
from nexa_contracts.success import AccountVersionReported
from nexa_contracts.support import SupportRole
from nexa_contracts.values import Money
from nexa_support.settings import support_settings

from .conftest import Support
from .stories import analyzed, id_of

SECRET = f"whsec_{base64.b64encode(b'a secret of enough bytes').decode()}"
BUG = {
    "title": "CSV export failing - missing dependency",
    "description": "Export feature broken for all users on v2.1.5",
    "severity": "p1",
    "feature": "data_export",
    "feature_name": "CSV export",
    "affected_version": "2.1.5",
    "workaround": "Use JSON export temporarily",
}


class Product:
    """Who works on the product, in their roles."""

    def __init__(self, support: Support) -> None:
        self.support = support
        self.pria = support.service.client("product_manager", subject="pria.nair")
        self.ci = support.service.client("integration", subject="ci")

    async def open_bug(self, *tickets: str, **changes: Any) -> str:
        body = BUG | {"ticket_ids": list(tickets)} | changes
        bug = await self.support.ask("POST", "/bugs", 201, by=self.pria, json=body)
        bug_id: str = bug["bug_id"]
        for ticket_id in tickets:
            await self.until_linked(ticket_id, bug_id)
        return bug_id

    async def deploy(self, *bugs: str, version: str = "2.1.6", percent: int = 100, status: int = 201) -> Any:
        body = {
            "version": version,
            "deployment_type": "hotfix",
            "changes": ["Fixed CSV export dependency issue"],
            "affected_features": ["data_export"],
            "fixed_bugs": list(bugs),
            "rollout_percent": percent,
        }
        return await self.support.ask("POST", "/deployments", status, by=self.ci, json=body)

    async def link(self, ticket_id: str, bug_id: str) -> None:
        await self.support.ask("POST", f"/tickets/{ticket_id}/link", json={"bug_id": bug_id})

    async def until_linked(self, ticket_id: str, bug_id: str) -> None:
        await self.support.until(f"/tickets/{ticket_id}", lambda view: view["bug_id"] == bug_id, "linked to the bug")

    async def until_status(self, ticket_id: str, status: str) -> Any:
        return await self.support.until(f"/tickets/{ticket_id}", lambda view: view["status"] == status, status)

    async def until_bug(self, bug_id: str, status: str) -> Any:
        return await self.support.until(f"/bugs/{bug_id}", lambda view: view["status"] == status, status)

    async def report(self, account: str, version: str) -> None:
        event = AccountVersionReported(account_id=id_of(account), version=version, since=datetime.now(UTC))
        await self.support.others.say(event)

    async def ticket_of(self, account: str, **changes: Any) -> str:
        requester = {"name": f"{account}'s", "email": f"somebody@{account.lower()}.example"}
        given = {"account_id": str(id_of(account)), "account_name": account, "requester": requester}
        ticket = await self.support.submit(**(given | changes))
        ticket_id: str = ticket["ticket_id"]
        return ticket_id

    async def told(self, kind: str) -> list[dict[str, Any]]:
        rows = await self.support.rows(
            f"select data from events where type = 'nexa.support.{kind}.v1' order by position"
        )
        return [row[0] for row in rows]


@pytest.fixture
def product(support_service: Support) -> Product:
    return Product(support_service)


async def test_a_bug_from_its_ticket_to_its_fix(product: Product) -> None:
    support = product.support
    omar = await support.hire("Omar Haddad", SupportRole.ENGINEER)
    lea = await support.hire("Lea Brandt")
    for name, arr in (("Acme", 50_000), ("Globex", 30_000), ("Initech", 20_000)):
        currency = "EUR" if name == "Initech" else "USD"
        await support.others.say(
            AccountCreated(account_id=id_of(name), name=name),
            AccountBecameCustomer(
                account_id=id_of(name),
                account_name=name,
                deal_id=id_of(f"{name}'s deal"),
                arr=Money(amount=arr, currency=currency),
                customer_since=datetime.now(UTC).date(),
                contract_end=datetime.now(UTC).date() + timedelta(days=365),
            ),
        )
    await product.report("Initech", "2.1.5")
    acme = await product.ticket_of("Acme")
    await support.ask("POST", "/bugs", 422, json=BUG | {"ticket_ids": [str(uuid4())]})
    bug_id = await product.open_bug(acme)
    path = f"/bugs/{bug_id}"

    globex = await product.ticket_of("Globex")
    alike = SimilarTicket(
        ticket_id=UUID(acme), score="0.7", reason="words: csv, export", submitted_at=datetime.now(UTC)
    )
    await support.others.say(analyzed(UUID(globex), similar=(alike,)))

    def all_three(found: Any) -> bool:
        return [each["ticket_id"] for each in found] == [globex] and len(found[0]["reasons"]) == 3

    (suggested,) = await support.until(f"{path}/suggestions", all_three, "suggested with three reasons")
    assert suggested["reasons"][:2] == ["same feature data_export", "same version 2.1.5"]
    linked = await support.ask("POST", f"{path}/tickets", json={"ticket_ids": [globex, acme]})
    assert linked == {"linked": 1}
    before = datetime.now(UTC)
    impact = await support.until(f"{path}/impact", lambda view: len(view["arr"]) == 2, "what the accounts pay")
    assert (impact["tickets"], impact["accounts"]) == (2, 3)
    assert (impact["reporting_accounts"], impact["running_accounts"]) == (2, 1)
    assert impact["arr"] == [
        {"amount": "80000.00", "currency": "USD"},
        {"amount": "20000.00", "currency": "EUR"},
    ]
    await support.ask("POST", f"/tickets/{globex}/unlink", json={"bug_id": bug_id, "reason": "Another matter"})
    assert (await support.ask("GET", f"{path}/impact"))["tickets"] == 1
    then = await support.ask("GET", path, params={"as_of": before.isoformat()})
    assert (then["impact"]["tickets"], len(then["tickets"])) == (2, 2)
    await product.report("Initech", "2.1.6")
    now = await support.until(f"{path}/impact", lambda view: view["running_accounts"] == 0, "Initech went on")
    assert [each["currency"] for each in now["arr"]] == ["USD"]
    for time in ("as_of", "as_happened"):
        was = await support.ask("GET", f"{path}/impact", params={time: before.isoformat()})
        assert (was["running_accounts"], was["arr"]) == (1, impact["arr"]), time
    await support.ask("POST", f"{path}/tickets", json={"ticket_ids": [globex]})

    triage = {"sprint": "2025-W47", "story_points": 2, "status": "in_progress"}
    triage["eta_at"] = (datetime.now(UTC) + timedelta(hours=23, minutes=50)).isoformat()
    await support.ask("POST", f"{path}/triage", 403, json=triage)
    await support.ask("POST", f"{path}/triage", 422, by=product.pria, json=triage | {"engineer_id": lea})
    view = await support.ask("POST", f"{path}/triage", by=product.pria, json=triage | {"engineer_id": omar})
    assert (view["engineer_name"], view["status"], view["story_points"]) == ("Omar Haddad", "in_progress", 2)
    await support.ask("POST", f"{path}/acknowledge", json={})
    for ticket_id in (acme, globex):
        told = await support.until(f"/tickets/{ticket_id}", lambda view: bool(view["eta"]), "told of the bug")
        assert (told["bug_status"], told["eta"]) == ("In Progress", "Fix deployed within 24 hours")

    await product.deploy(bug_id)
    for ticket_id in (acme, globex):
        ticket = await product.until_status(ticket_id, "resolved")
        assert (ticket["resolution"], ticket["fixed_version"]) == ("Fix deployed in v2.1.6", "2.1.6")
    view = await support.ask("GET", path)
    assert (view["status"], view["fixed_version"], view["rollout_percent"]) == ("fixed", "2.1.6", 100)
    assert {each["status"] for each in view["tickets"]} == {"resolved"}
    page = await support.ask("GET", f"{path}/tickets", params={"limit": 1})
    assert len(page["items"]) == 1
    assert page["next"]
    counted = await support.ask("GET", "/bugs/recurrence")
    assert (counted["fixes"], counted["recurred"], counted["rate"], counted["still_watched"]) == (1, 0, 0.0, 1)
    assert [each["bug_id"] for each in (await support.ask("GET", "/bugs", params={"status": "fixed"}))["items"]] == [
        bug_id
    ]


async def test_a_ticket_linked_at_any_point_of_a_deployment_s_course_ends_the_same(product: Product) -> None:
    support = product.support
    before = await product.ticket_of("Acme")
    bug_id = await product.open_bug(before)
    at_once = [await product.ticket_of(f"Account{number}") for number in range(6)]
    last = await product.ticket_of("Globex")
    deployed, *_ = await asyncio.gather(
        product.deploy(bug_id, percent=30), *(product.link(ticket_id, bug_id) for ticket_id in at_once)
    )
    path = f"/deployments/{deployed['deployment_id']}"
    await product.until_bug(bug_id, "fixed")
    during = await product.ticket_of("Initech")
    await product.link(during, bug_id)
    await product.report("Acme", "v2.1.6")
    await product.report("Initech", "2.1.5")
    await product.until_status(before, "resolved")
    assert (await support.ask("GET", f"/tickets/{during}"))["status"] == "open"

    rolled = {"rollout_percent": 100}
    await asyncio.gather(
        support.ask("POST", f"{path}/roll-out", by=product.ci, json=rolled), product.link(last, bug_id)
    )
    for ticket_id in (*at_once, during, last):
        await product.until_status(ticket_id, "resolved")
    after = await product.ticket_of("Hooli")
    await product.link(after, bug_id)
    await product.until_status(after, "resolved")
    everybody = {before, *at_once, during, last, after}
    settled = await product.told("TicketResolved")
    assert {each["ticket_id"] for each in settled} == everybody
    assert len(settled) == len(everybody)

    by_hand = await product.ticket_of("Umbrella")
    await support.ask("POST", f"/tickets/{by_hand}/resolve", json={"resolution": "Used JSON"})
    await product.link(by_hand, bug_id)
    await support.ask("POST", f"{path}/roll-out", 422, by=product.ci, json={"rollout_percent": 50})
    late = await product.ticket_of("Stark")
    await asyncio.gather(
        support.ask("POST", f"{path}/withdraw", by=product.ci, json={"reason": "Log in fails"}),
        product.link(late, bug_id),
    )
    for ticket_id in (*everybody, late):
        await product.until_status(ticket_id, "open")
    assert (await support.ask("GET", f"/tickets/{by_hand}"))["status"] == "resolved"
    gone = await product.ticket_of("Wayne")
    await product.link(gone, bug_id)
    await product.deploy(bug_id, status=409)
    await product.deploy(bug_id, version="2.1.7")
    for ticket_id in (*everybody, late, gone):
        view = await product.until_status(ticket_id, "resolved")
        assert view["fixed_version"] == "2.1.7"


async def test_two_deployments_at_once_are_one_where_the_version_is_and_settle_each_ticket_once(
    product: Product,
) -> None:
    ticket_id = await product.ticket_of("Acme")
    bug_id = await product.open_bug(ticket_id)
    same = await asyncio.gather(*(product.deploy(bug_id) for _ in range(4)), product.deploy(bug_id, version="v2.2.0"))
    assert len({each["deployment_id"] for each in same}) == 2
    await product.until_status(ticket_id, "resolved")
    await product.support.until(
        f"/bugs/{bug_id}/changes",
        lambda page: [each["type"] for each in page["items"]].count("nexa.support.BugFixed.v1") == 2,
        "both fixes",
        params={"since": "2020-01-01T00:00:00Z"},
    )
    assert len(await product.told("TicketResolved")) == 1
    assert len(await product.told("DeploymentCompleted")) == 2
    assert len((await product.support.ask("GET", "/deployments"))["items"]) == 2


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("NEXA_WEBHOOK_SECRETS", SECRET)
    support_settings.cache_clear()
    yield
    support_settings.cache_clear()


async def test_a_webhook_is_taken_once_by_its_signature(product: Product, secret: None) -> None:
    support = product.support
    ticket_id = await product.ticket_of("Acme")
    bug_id = await product.open_bug(ticket_id)
    data = {"version": "2.1.6", "deployment_type": "hotfix", "fixed_bugs": [bug_id]}
    body = json.dumps({"type": "deployment.completed", "data": data})

    async def post(text: str, status: int, webhook_id: str = "msg_1", **headers: str) -> Any:
        at = datetime.now(UTC)
        signature = Webhook(SECRET).sign(webhook_id, at, text)
        signed = {"webhook-id": webhook_id, "webhook-timestamp": str(int(at.timestamp()))}
        given = signed | {"webhook-signature": signature, "content-type": "application/json"} | headers
        given["authorization"] = ""
        return await support.ask("POST", "/webhooks/deployments", status, content=text, headers=given)

    await post(body, 401, **{"webhook-signature": "v1,bm90IGl0"})
    await post(body, 401, **{"webhook-id": "msg_2"})
    assert await product.told("DeploymentCompleted") == []
    first = await post(body, 200)
    assert await post(body, 200) == first
    await product.until_status(ticket_id, "resolved")
    withdrawn = json.dumps({"type": "deployment.withdrawn", "data": {"version": "v2.1.6", "reason": "Log in fails"}})
    await post(withdrawn, 200, "msg_3")
    await product.until_status(ticket_id, "open")
    assert await post(body, 200) == first
    await post(withdrawn, 422, "msg_1")
    await post(json.dumps({"type": "deployment.painted", "data": {}}), 422, "msg_4")
    await post(body.replace(bug_id, str(uuid4())), 422, "msg_5")
    await post(body.replace("2.1.6", "2.1.6"), 409, "msg_6")
    assert len(await product.told("DeploymentCompleted")) == 1
    actors = await support.rows("select meta->>'actor' from events where type like '%%Deployment%%'")
    assert {row[0] for row in actors} == {"webhook.deployments"}


async def test_five_similar_tickets_of_a_week_make_one_suspicion_for_who_looks_after_the_feature(
    product: Product,
) -> None:
    support = product.support
    await support.hire("Ana Product", SupportRole.PRODUCT_MANAGER)
    pria = await support.hire("Pria Nair", SupportRole.PRODUCT_MANAGER, skills=["data_export"])
    tickets = [await product.ticket_of("Acme") for _ in range(3)]
    await support.others.say(analyzed(UUID(tickets[0]), similar_in_week=4))
    for ticket_id in tickets[1:]:
        await support.others.say(analyzed(UUID(ticket_id), feature_name="Export function"))
    await support.others.say(analyzed(uuid4(), feature="email_sync", type="question"))
    for ticket_id in tickets:
        await support.until(f"/tickets/{ticket_id}", lambda view: view["feature"] == "data_export", "analysed")

    async def suspicions() -> list[dict[str, Any]]:
        return await product.told("BugSuspected")

    async def once() -> Any:
        handled = await support.rows("select count(*) from watermarks where consumer = 'support.suspect_bugs'")
        return handled[0][0] == 4 and await suspicions()

    (suspicion,) = await eventually(once, what="a suspicion")
    assert suspicion["product_manager_id"] == pria
    assert (suspicion["feature_name"], suspicion["severity"], suspicion["similar"]) == ("Export function", "p1", 5)


async def test_a_ticket_like_those_of_a_fixed_bug_reopens_it_only_from_who_has_the_fix(product: Product) -> None:
    support = product.support
    await support.hire("Omar Haddad", SupportRole.ENGINEER)
    first = await product.ticket_of("Acme")
    bug_id = await product.open_bug(first)
    await support.ask(
        "POST",
        f"/bugs/{bug_id}/triage",
        by=product.pria,
        json={"engineer_id": str(id_of("Omar Haddad")), "status": "in_progress"},
    )
    await product.deploy(bug_id)
    await product.until_status(first, "resolved")
    alike = SimilarTicket(ticket_id=UUID(first), score="0.7", reason="words: csv", submitted_at=datetime.now(UTC))
    old = await product.ticket_of("Globex")
    new = await product.ticket_of("Initech", product_version=None)
    await support.others.say(analyzed(UUID(old), similar=(alike,)))
    await support.until(f"/tickets/{old}", lambda view: view["feature"] == "data_export", "analysed")
    assert (await support.ask("GET", f"/bugs/{bug_id}"))["status"] == "fixed"
    found = await support.ask("GET", f"/bugs/{bug_id}/suggestions")
    assert old in [each["ticket_id"] for each in found]

    await support.others.say(analyzed(UUID(new), similar=(alike,)))
    view = await product.until_bug(bug_id, "open")
    assert view["recurred"] == 1
    assert "reported again by an account on v2.1.6" in view["reason"]
    await product.until_linked(new, bug_id)
    (reopened,) = await product.told("BugReopened")
    assert (reopened["recurred"], reopened["ticket_id"], reopened["engineer"]["name"]) == (True, new, "Omar Haddad")
    assert (await support.ask("GET", f"/tickets/{new}"))["status"] == "open"
    assert (await support.ask("GET", f"/tickets/{first}"))["status"] == "resolved"
    counted = await support.ask("GET", "/bugs/recurrence", params={"feature": "data_export"})
    assert (counted["fixes"], counted["recurred"], counted["rate"]) == (1, 1, 1.0)
    today = f"{datetime.now(UTC).date()}"
    counted = await support.ask("GET", "/bugs/recurrence", params={"from": today, "to": today})
    assert (counted["from"], counted["to"], counted["fixes"]) == (today, today, 1)
    await support.ask("GET", "/bugs/recurrence", 422, params={"from": "2025-01-02", "to": "2025-01-01"})
