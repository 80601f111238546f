"""From a deal entered by hand to a customer, a returned handoff and a renewal: over HTTP and the topics."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta

from nexa_chassis.rebuild import rebuild
from nexa_chassis.running import eventually
from nexa_contracts.success import HandoffDeclined, RenewalClosed, RenewalOutcome
from nexa_sales.read_models.account_book import account_book
from nexa_sales.read_models.account_history import account_history
from nexa_sales.read_models.deal_stages import deal_stages
from nexa_sales.read_models.pipeline_board import pipeline_board

from .stories import FIFTY_THOUSAND, id_of

DETAILS = {
    "products": [{"product": "Enterprise Plan", "seats": 50}],
    "special_requirements": ["Salesforce integration", "SSO"],
    "key_contacts": [{"name": "Sarah", "role": "primary"}],
    "sales_notes": "Very engaged, high adoption likely",
    "timeline": "Go-live by end of month",
    "expected_close": "2026-02-01",
}
SIGNED = {"contract_signed": True, "contract_url": "s3://contracts/acme_2025.pdf"}


async def open_deal(sales: Any, company: str = "Acme Corp", amount: Any = 50_000, **changes: Any) -> Any:
    """A deal of a company that is entered by hand with its account and contact, if it is not there."""
    answer = await sales.manager.post("/accounts", json={"name": company, "country": "US"})
    if answer.status_code == 201:
        account_id = answer.json()["account_id"]
    else:
        (account,) = await sales.every("/accounts", name=company)
        account_id = account["account_id"]
    person = {"account_id": account_id, "first_name": "Sarah", "email": "sarah@acme.example"}
    contact = await sales.ask("POST", "/contacts", 201, json=person)
    body = {"account_id": account_id, "primary_contact_id": contact["contact_id"], "amount": amount, **changes}
    return await sales.ask("POST", "/deals", 201, json=body)


async def account_as(sales: Any, account_id: str, what: str, **expected: Any) -> Any:
    async def there() -> Any:
        account = await sales.ask("GET", f"/accounts/{account_id}")
        return account if all(account[name] == value for name, value in expected.items()) else None

    return await eventually(there, what=f"the account is {what}")


async def deal_as(sales: Any, deal_id: str, handoff: str) -> Any:
    async def there() -> Any:
        deal = await sales.ask("GET", f"/deals/{deal_id}")
        return deal if deal["handoff"] == handoff else None

    return await eventually(there, what=f"the deal's handoff is {handoff}")


async def test_a_deal_by_hand_becomes_a_customer_whose_handoff_returns_and_whose_contract_is_renewed(
    sales_service: Any,
) -> None:
    maria = await sales_service.hire("maria")
    deal = await open_deal(sales_service, rep_id=str(maria))
    deal_id, account_id = deal["deal_id"], deal["account_id"]
    assert (deal["stage"], deal["lead_id"], deal["handoff"], deal["rep_name"]) == (
        "qualification",
        None,
        "none",
        "maria",
    )
    described = await sales_service.ask("PUT", f"/deals/{deal_id}/details", json=DETAILS)
    assert described["details"]["products"] == [{"product": "Enterprise Plan", "seats": 50, "amount": None}]
    account = await sales_service.ask("GET", f"/accounts/{account_id}")
    assert (account["type"], account["arr"]) == ("prospect", None)

    won = await sales_service.ask("POST", f"/deals/{deal_id}/win", json=SIGNED)
    assert won["handoff"] == "handed_over"
    customer = await account_as(sales_service, account_id, "a customer", type="customer")
    since = datetime.fromisoformat(won["closed_at"]).astimezone(UTC).date()
    assert customer["customer_since"] == since.isoformat()
    assert customer["contract_end"] == (since + relativedelta(months=12)).isoformat()
    assert customer["arr"] == {"amount": "50000.00", "currency": "USD"}
    assert [each["account_id"] for each in await sales_service.every("/accounts", type="customer")] == [account_id]
    ((told,),) = await sales_service.rows("select data from events where type = 'nexa.sales.DealClosedWon.v1'")
    assert told["details"]["special_requirements"] == ["Salesforce integration", "SSO"]
    assert (told["name"], told["rep_id"], told["primary_contact_id"]) == (
        "Acme Corp",
        str(maria),
        deal["primary_contact_id"],
    )

    before = (datetime.fromisoformat(won["closed_at"]) - timedelta(microseconds=1)).isoformat()
    for time in ("as_of", "as_happened"):
        then = await sales_service.ask("GET", f"/accounts/{account_id}", params={time: before})
        assert (then["type"], then["arr"], then["name"]) == ("prospect", None, "Acme Corp"), time
    await sales_service.ask("GET", f"/accounts/{account_id}", 404, params={"as_of": "2020-01-01T00:00:00Z"})
    news = await sales_service.ask("GET", f"/accounts/{account_id}/changes", params={"since": before})
    assert [each["type"] for each in news["items"]] == ["nexa.sales.AccountBecameCustomer.v1"]

    early = await sales_service.ask("POST", f"/deals/{deal_id}/handoff/resubmit", 409, json={"note": "x"})
    assert early["rule"] == "deal.handoff_not_returned"
    declined = HandoffDeclined(
        project_id=id_of("project"),
        account_id=UUID(account_id),
        account_name="Acme Corp",
        deal_id=UUID(deal_id),
        csm_id=id_of("nora"),
        rep_id=maria,
        declined_by="nora",
        reason="No technical contact is named",
    )
    await sales_service.others.say(declined, declined)
    back = await deal_as(sales_service, deal_id, "returned")
    assert back["handoff_reason"] == "No technical contact is named"
    assert await sales_service.every("/deals", handoff="handed_over") == []
    assert [each["deal_id"] for each in await sales_service.every("/deals", handoff="returned")] == [deal_id]
    contacts = [*DETAILS["key_contacts"], {"name": "Tom", "role": "IT"}]
    await sales_service.ask("PUT", f"/deals/{deal_id}/details", json={**DETAILS, "key_contacts": contacts})
    again = await sales_service.ask(
        "POST", f"/deals/{deal_id}/handoff/resubmit", json={"note": "Tom (IT) is the technical contact"}
    )
    assert (again["handoff"], again["handoff_reason"]) == ("handed_over", None)
    assert await sales_service.every("/deals", handoff="returned") == []
    counted = await sales_service.rows("select count(*) from events where type = 'nexa.sales.DealHandoffReturned.v1'")
    assert counted == [(1,)]

    end = date.fromisoformat(customer["contract_end"]) + relativedelta(months=12)
    renewed = RenewalClosed(
        renewal_id=id_of("renewal"),
        account_id=UUID(account_id),
        account_name="Acme Corp",
        outcome=RenewalOutcome.EXPANDED,
        previous_arr=FIFTY_THOUSAND,
        arr=FIFTY_THOUSAND.model_copy(update={"amount": 60_000}),
        contract_end=end,
    )
    await sales_service.others.say(renewed)
    expanded = {"amount": "60000.00", "currency": "USD"}
    await account_as(sales_service, account_id, "renewed", arr=expanded, contract_end=end.isoformat())
    history = [entry["summary"] for entry in await sales_service.every(f"/accounts/{account_id}/history")]
    assert history[0] == (
        f"Contract changed (renewal expanded): 60000.00 USD a year instead of 50000.00 USD, until {end}"
    )
    assert history[-1] == "Acme Corp became an account"
    assert "Handoff returned by customer success: No technical contact is named" in history

    lost = renewed.model_copy(
        update={
            "renewal_id": id_of("next renewal"),
            "outcome": RenewalOutcome.LOST,
            "arr": None,
            "reason": "Project was stopped",
        }
    )
    await sales_service.others.say(lost)
    gone = await account_as(sales_service, account_id, "churned", type="churned")
    assert (gone["arr"], gone["churned_because"]) == (expanded, "Project was stopped")
    second = await open_deal(sales_service, amount="12000.00")
    await sales_service.ask("POST", f"/deals/{second['deal_id']}/win", json=SIGNED)
    home = await account_as(sales_service, account_id, "a customer again", type="customer")
    assert (home["arr"]["amount"], home["churned_on"]) == ("12000.00", None)
    answer = await sales_service.manager.get(f"/accounts/{account_id}")
    stored = await sales_service.rows(f"select max(version) from events where stream = 'account-{account_id}'")
    assert answer.headers["etag"] == f'"{stored[0][0]}"'


async def test_the_stages_of_a_deal_and_the_forecast_over_reps_stages_and_currencies(sales_service: Any) -> None:
    maria, jonas = await sales_service.hire("maria"), await sales_service.hire("jonas")
    first = await open_deal(sales_service, amount=50_000, rep_id=str(maria), details=DETAILS)
    second = await open_deal(sales_service, amount={"amount": "80000.00", "currency": "EUR"}, rep_id=str(maria))
    third = await open_deal(sales_service, amount=10_001, rep_id=str(jonas))
    closed = await open_deal(sales_service, amount=99_000, rep_id=str(jonas))
    await sales_service.ask("POST", f"/deals/{second['deal_id']}/stage", json={"stage": "negotiation"})
    await sales_service.ask("POST", f"/deals/{third['deal_id']}/stage", json={"stage": "proposal"})
    await sales_service.ask("POST", f"/deals/{closed['deal_id']}/lose", json={"reason": "Chose another vendor"})
    forecast = await sales_service.ask("GET", "/deals/forecast")
    assert forecast["weights"] == {"qualification": "0.20", "proposal": "0.50", "negotiation": "0.75"}
    by_rep = {rep["rep_name"]: rep for rep in forecast["reps"]}
    assert [(each["stage"], each["deals"], each["amount"], each["weighted"]) for each in by_rep["maria"]["stages"]] == [
        ("qualification", 1, "50000.00", "10000.00"),
        ("negotiation", 1, "80000.00", "60000.00"),
    ]
    assert by_rep["jonas"]["totals"] == [{"currency": "USD", "deals": 1, "amount": "10001.00", "weighted": "5000.50"}]
    assert forecast["totals"] == [
        {"currency": "EUR", "deals": 1, "amount": "80000.00", "weighted": "60000.00"},
        {"currency": "USD", "deals": 2, "amount": "60001.00", "weighted": "15000.50"},
    ]
    soon = await sales_service.ask("GET", "/deals/forecast", params={"expected_before": "2026-02-02"})
    assert [each["amount"] for each in soon["totals"]] == ["50000.00"]
    none = await sales_service.ask("GET", "/deals/forecast", params={"expected_before": "2026-02-01"})
    assert none["totals"] == []
    own = (await sales_service.rep.get("/deals/forecast", params={"mine": True})).json()
    assert [rep["rep_id"] for rep in own["reps"]] == [str(maria)]
    board = await sales_service.ask("GET", "/deals/board", params={"deals_per_stage": 0})
    weighted = {column["stage"]: [each["weighted"] for each in column["totals"]] for column in board["columns"]}
    assert weighted == {
        "qualification": ["10000.00"],
        "proposal": ["5000.50"],
        "negotiation": ["60000.00"],
        "closed_won": [],
        "closed_lost": ["0.00"],
    }

    await sales_service.ask("POST", f"/deals/{closed['deal_id']}/reopen", json={"reason": "They came back"})
    stages = await sales_service.ask("GET", f"/deals/{closed['deal_id']}/stages")
    stays = stages["stays"]
    assert [stay["stage"] for stay in stays] == ["qualification", "closed_lost", "qualification"]
    assert [stay["left_at"] for stay in stays] == [stays[1]["entered_at"], stays[2]["entered_at"], None]
    assert stays[1]["cause"] == f"deal-{closed['deal_id']}@2"
    assert {each["stage"]: each["times_entered"] for each in stages["time_per_stage"]} == {
        "qualification": 2,
        "closed_lost": 1,
    }
    assert first["details"]["expected_close"] == "2026-02-01"


async def test_what_was_recorded_before_comes_into_the_new_tables_by_a_rebuild(sales_service: Any) -> None:
    maria = await sales_service.hire("maria")
    deal = await open_deal(sales_service, rep_id=str(maria), details=DETAILS)
    await sales_service.ask("POST", f"/deals/{deal['deal_id']}/win", json=SIGNED)
    await account_as(sales_service, deal["account_id"], "a customer", type="customer")
    tables = ("accounts", "deals", "deal_stages", "account_history")

    async def shown() -> list[Any]:
        return [await sales_service.rows(f"select row_to_json(t)::text from {table} t order by 1") for table in tables]

    live = await shown()
    assert all(live)
    for model in (account_book, pipeline_board, deal_stages, account_history):
        await rebuild(sales_service.service.runtime, model)
    assert await shown() == live


async def test_what_is_entered_by_hand_is_checked(sales_service: Any) -> None:
    await sales_service.hire("maria")
    account = await sales_service.ask("POST", "/accounts", 201, json={"name": "Acme Corp"})
    again = await sales_service.ask("POST", "/accounts", 409, json={"name": "ACME corp."})
    assert again["rule"] == "account.there"
    other = await sales_service.ask("POST", "/accounts", 201, json={"name": "Globex"})
    wrong = {"account_id": account["account_id"], "email": "sarah at acme"}
    assert (await sales_service.ask("POST", "/contacts", 422, json=wrong))["rule"] == "contact.email"
    nobody = {"account_id": account["account_id"], "phone": "1"}
    assert (await sales_service.ask("POST", "/contacts", 422, json=nobody))["rule"] == "contact.nobody"
    homeless = {"account_id": str(id_of("nowhere")), "email": "sarah@acme.example"}
    assert (await sales_service.ask("POST", "/contacts", 422, json=homeless))["rule"] == "account.unknown"
    person = {"account_id": other["account_id"], "email": "hank@GLOBEX.example"}
    contact = await sales_service.ask("POST", "/contacts", 201, json=person)
    assert contact["email"] == "hank@globex.example"
    body = {"account_id": account["account_id"], "primary_contact_id": contact["contact_id"], "amount": 1}
    assert (await sales_service.ask("POST", "/deals", 422, json=body))["rule"] == "deal.contact"
    unknown = {**body, "account_id": str(id_of("nowhere"))}
    assert (await sales_service.ask("POST", "/deals", 422, json=unknown))["rule"] == "account.unknown"
    ours = {**body, "account_id": other["account_id"]}
    assert (await sales_service.ask("POST", "/deals", 422, json={**ours, "rep_id": str(id_of("x"))}))["rule"] == (
        "rep.unknown"
    )
    assert (await sales_service.ask("POST", "/deals", 422, json={**ours, "amount": -1}))["rule"] == "amount.negative"
    once = {"idempotency-key": "once"}
    first = await sales_service.rep.post("/deals", json=ours, headers=once)
    second = await sales_service.rep.post("/deals", json=ours, headers=once)
    assert (first.status_code, second.status_code) == (201, 201), first.text
    assert first.json()["deal_id"] == second.json()["deal_id"]
    assert (first.json()["name"], first.json()["rep_name"]) == ("Globex", "maria")
    assert len(await sales_service.every("/deals")) == 1
