"""Signals, an alert and a renewal over HTTP and topics, on a simulated clock."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nexa_chassis.clock import write_clock
from nexa_chassis.elsewhere import other_services
from nexa_chassis.running import eventually, running
from nexa_contracts.sales import AccountCreated
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_success.app import success
from nexa_success.reactions.open_renewal import renewal_of
from nexa_success.reactions.raise_churn_alert import alert_of

from .account_stories import END, became_customer, contract_changed, risk_cleared, risk_detected
from .conftest import Success
from .stories import ACCOUNT, MONDAY, account_created, contact_created, deal_created, deal_won, id_of

OPENS = datetime(2026, 8, 26, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    write_clock(tmp_path / "clock", MONDAY)
    return tmp_path / "clock"


@pytest.fixture
async def simulated(infra: Infra, database: Callable[[str], Database], clock: Path) -> AsyncIterator[Success]:
    settings = {"clock_file": clock}
    async with (
        running(success, database("success"), infra, settings=settings) as service,
        other_services(infra) as others,
    ):
        yield Success(service, others, service.client("success_manager", subject="victor"))


async def known(success: Success, *names: str) -> None:
    """Wait until the directory has these accounts."""

    async def listed() -> bool:
        rows = await success.rows("select name from accounts")
        return {row[0] for row in rows} >= set(names)

    await eventually(listed, what=f"the directory knows {', '.join(names)}")


async def imported(success: Success, body: bytes) -> Any:
    """The import of this file once it is finished."""
    headers = {"content-type": "text/csv"}
    begun = await success.ask("POST", "/signals/import", 202, content=body, headers=headers)
    path = f"/signals/imports/{begun['import_id']}"
    return await success.until(path, lambda view: view["status"] == "finished", "finished")


async def test_a_year_of_a_customer_with_an_alert_and_a_renewal(simulated: Success, clock: Path) -> None:
    success = simulated
    nora = await success.hire("Nora Vance")
    csm = success.service.client("csm", subject="nora.vance@nexa.example")
    await success.others.say(account_created(), became_customer(), contact_created(), deal_created(), deal_won())
    await success.until(
        "/renewals", lambda page: [each["csm_id"] for each in page["items"]] == [nora], "planned with its CSM"
    )
    await known(success, "Acme Corp")

    body = {"on": "2025-11-21", "usage": 85, "support_tickets": 2, "nps": 9}
    day = await success.ask("POST", f"/accounts/{ACCOUNT}/signals", by=csm, json=body)
    assert (day["usage"], day["payment"], day["reported_by"]) == (85, None, "nora.vance@nexa.example")
    reported = "select meta->>'time' from events where type = 'nexa.success.AccountSignalReported.v1'"
    assert [datetime.fromisoformat(row[0]) for row in await success.rows(reported)] == [
        datetime(2025, 11, 21, 12, tzinfo=UTC)
    ]

    await success.others.say(risk_detected())
    alerts = await success.until("/alerts", lambda page: page["items"], "raised", params={"status": "open"})
    assert [(each["score"], each["message"], each["csm_id"]) for each in alerts["items"]] == [
        (65, "Health score dropped to 65, immediate action needed", nora)
    ]
    alert = f"/alerts/{alert_of(ACCOUNT, 1)}"
    assert (await success.ask("GET", "/alerts", by=csm, params={"mine": True}))["items"] == alerts["items"]
    best = await success.ask("GET", f"/customers/{ACCOUNT}/next-best-action", by=csm)
    assert (best["best"]["action"], best["best"]["about"]) == ("Schedule executive business review", "alert")
    assert best["best"]["because"].startswith("Usage declining, support tickets increasing; health dropped to 65")
    thursday = MONDAY + timedelta(days=3)
    snooze = {"until": thursday.isoformat(), "reason": "Review meeting is on Thursday"}
    assert (await success.ask("POST", f"{alert}/snooze", by=csm, json=snooze))["status"] == "snoozed"
    write_clock(clock, thursday)
    await success.until(alert, lambda view: view["status"] == "open", "it comes back")
    await success.others.say(risk_cleared())
    view = await success.until(alert, lambda view: view["status"] == "closed", "recovered")
    assert view["outcome"] == "recovered"
    assert view["closed_by"].startswith("account_health-")
    resumed = await success.rows("select count(*) from events where type = 'nexa.success.ChurnAlertResumed.v1'")
    assert resumed[0][0] == 1

    renewal = f"/renewals/{renewal_of(ACCOUNT, END)}"
    await success.ask("POST", f"{renewal}/win", 409, by=csm, json={})
    write_clock(clock, OPENS)
    await success.until(renewal, lambda view: view["status"] == "open", "90 days before the end it opens")
    best = await success.ask("GET", f"/customers/{ACCOUNT}/next-best-action", by=csm)
    known_actions = {each["action"]: each["because"] for each in (best["best"], *best["others"])}
    assert known_actions["Agree on the renewal"] == "the contract ends in 90 days, on 2026-11-24"
    due = await success.ask("GET", "/renewals", by=csm, params={"mine": True, "due_before": "2026-11-25"})
    assert [each["arr"]["amount"] for each in due["items"]] == ["50000.00"]
    await success.ask("POST", f"{renewal}/lose", 422, by=csm, json={})
    money = {"amount": "60000.00", "currency": "USD"}
    won = await success.ask("POST", f"{renewal}/expand", by=csm, json={"arr": money})
    assert (won["status"], won["new_arr"]["amount"], won["new_contract_end"]) == ("expanded", "60000.00", "2027-11-24")
    problem = await success.ask("POST", f"{renewal}/lose", 409, by=csm, json={"reason": "Project was stopped"})
    assert "expanded" in problem["detail"]
    await success.others.say(contract_changed(END.replace(year=2027)))
    after = f"/renewals/{renewal_of(ACCOUNT, END.replace(year=2027))}"
    await success.until(after, lambda view: view["status"] == "planned", "the new end plans the next renewal")


async def test_a_file_of_signals_is_taken_row_by_row_and_again_adds_nothing(simulated: Success) -> None:
    success = simulated
    twins = [AccountCreated(account_id=id_of(name), name="Twin") for name in ("first twin", "second twin")]
    await success.others.say(account_created(), *twins)
    await known(success, "Acme Corp", "Twin")
    days = [f"acme corp;2025-{month:02}-{day:02};8{day % 10},5;2" for month in range(1, 11) for day in range(1, 27)]
    bad = ["Nobody;2025-11-20;85;2", "Twin;2025-11-20;85;2", "Acme Corp;2025-11-31;85;2", "Acme Corp;2025-11-20;85"]
    body = ("\ufeffAccount;Date;Usage;Tickets\r\n" + "\r\n".join([*days, *bad, days[0]])).encode()
    first = await imported(success, body)
    assert (first["rows"], first["created"], first["unchanged"], first["rejected"]) == (265, 260, 1, 4)
    assert first["progress"] == 1
    reasons = [(each["line"], each["column"], each["reason"]) for each in first["rejects"]]
    assert reasons == [
        (262, "account", "there is no account called 'nobody'"),
        (263, "account", "2 accounts are called 'twin'; name it by account_id"),
        (264, "Date", "there is no day '2025-11-31'"),
        (265, None, "the row has 3 cells, the header names 4 columns"),
    ]
    page = await success.ask("GET", f"/signals/imports/{first['import_id']}/rejects", params={"limit": 2})
    assert [each["line"] for each in page["items"]] == [262, 263]

    again = await imported(success, body)
    assert (again["import_id"] != first["import_id"], again["created"], again["unchanged"]) == (True, 0, 261)
    latest = await success.ask("GET", f"/accounts/{ACCOUNT}/signals", params={"limit": 1})
    assert [(each["on"], each["usage"], each["support_tickets"]) for each in latest["items"]] == [
        ("2025-10-26", 86.5, 2)
    ]
    assert latest["next"] is not None
    waiting = await success.rows("select count(*) from signal_import_batches")
    assert waiting[0][0] == 0


async def test_an_import_sent_again_under_its_key_is_the_same_import(simulated: Success) -> None:
    success = simulated
    await success.others.say(account_created())
    await known(success, "Acme Corp")
    headers = {"content-type": "text/csv", "idempotency-key": "november"}
    body = b"account,on,usage\nAcme Corp,2025-11-20,85\n"
    first = await success.ask("POST", "/signals/import", 202, content=body, headers=headers)
    again = await success.ask("POST", "/signals/import", 202, content=body, headers=headers)
    assert again["import_id"] == first["import_id"]
    await success.ask("POST", "/signals/import", 422, content=body + b"\n", headers=headers)
    await success.ask("POST", "/signals/import", 422, content=b"account,on\n", headers={"content-type": "text/csv"})
    analyst = success.service.client("analyst")
    await success.ask("POST", "/signals/import", 403, by=analyst, content=body, headers={"content-type": "text/csv"})
    await success.ask("GET", f"/signals/imports/{id_of('nothing')}", 404)
    await success.ask("POST", f"/accounts/{id_of('nobody')}/signals", 404, json={"on": "2025-11-20", "usage": 1})
