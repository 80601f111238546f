"""Which version of the product an account runs: the latest report counts, an older one is history."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.testing import given
from nexa_contracts.sales import AccountChurned, AccountCreated
from nexa_contracts.success import AccountVersionReported
from nexa_success.account_version.decisions import ReportVersion, number_of
from nexa_success.account_version.events import VersionNoted
from nexa_success.aggregates import account_version

from .conftest import Success
from .stories import ACCOUNT, FIFTY_THOUSAND, MONDAY, account_created, id_of

DAY = timedelta(days=1)


def report(version: str, since: datetime = MONDAY) -> ReportVersion:
    return ReportVersion(account_id=ACCOUNT, version=version, since=since)


def runs(version: str, since: datetime = MONDAY, previous: str | None = None) -> AccountVersionReported:
    return AccountVersionReported(account_id=ACCOUNT, version=version, previous=previous, since=since)


def noted(version: str, since: datetime) -> VersionNoted:
    return VersionNoted(account_id=ACCOUNT, version=version, since=since)


def test_a_new_version_tells_what_ran_before() -> None:
    given(account_version).when(report("2.1.5"), now=MONDAY).then(runs("2.1.5"))
    later = MONDAY + DAY
    given(account_version, runs("2.1.5")).when(report("v2.1.6", later), now=later).then(
        runs("2.1.6", later, previous="2.1.5")
    )


def test_the_same_report_again_is_no_news_and_a_confirmation_is_noted() -> None:
    given(account_version, runs("2.1.5")).when(report("v2.1.5"), now=MONDAY + DAY).then()
    given(account_version, runs("2.1.5")).when(report("2.1.5", MONDAY + DAY), now=MONDAY + DAY).then(
        noted("2.1.5", MONDAY + DAY)
    )


def test_a_correction_of_what_was_confirmed_since_is_history() -> None:
    history = (runs("2.1.5"), noted("2.1.5", MONDAY + DAY))
    given(account_version, *history).when(report("2.1.4"), now=MONDAY + DAY).then(noted("2.1.4", MONDAY))


def test_going_back_to_an_older_version_is_a_new_report() -> None:
    given(account_version, runs("2.1.6")).when(report("2.1.5", MONDAY + DAY), now=MONDAY + DAY).then(
        runs("2.1.5", MONDAY + DAY, previous="2.1.6")
    )


def test_another_version_since_the_same_moment_corrects_it() -> None:
    history = (runs("2.1.4", MONDAY - DAY), runs("2.1.5", previous="2.1.4"))
    given(account_version, *history).when(report("2.1.6"), now=MONDAY).then(runs("2.1.6", previous="2.1.4"))


def test_what_is_heard_of_late_is_history_and_does_not_touch_the_present() -> None:
    given(account_version, runs("2.1.6")).when(report("2.1.5", MONDAY - DAY), now=MONDAY).then(
        noted("2.1.5", MONDAY - DAY)
    )


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (report("latest"), "version.number"),
        (report(""), "version.number"),
        (report("2.1.5; drop table"), "version.number"),
        (report("2.1.5\x00"), "version.number"),
        (report("2.1.5", MONDAY + timedelta(seconds=1)), "version.future"),
        (report("2.1.5", MONDAY - timedelta(days=802)), "version.too_old"),
    ],
)
def test_what_is_no_version_is_refused(command: ReportVersion, rule: str) -> None:
    given(account_version).when(command, now=MONDAY).then_refused(rule=rule)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.1.5", "2.1.5"), (" v2.1.5 ", "2.1.5"), ("V7", "7"), ("2024.11-rc.1", "2024.11-rc.1"), ("1.0+b5", "1.0+b5")],
)
def test_a_version_is_known_by_its_number(text: str, number: str) -> None:
    assert number_of(text) == number


@for_all(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(("2.1.4", "2.1.5", "2.1.6"))), max_size=12))
def test_in_any_order_the_last_that_was_published_is_the_latest_that_happened(reports: list[tuple[int, str]]) -> None:
    state: Any = account_version.initial
    published: AccountVersionReported | None = None
    for day, version in reports:
        for event in account_version.decide(report(version, MONDAY + day * DAY), state, MONDAY + 6 * DAY):
            state = account_version.evolve(state, event)
            published = event if isinstance(event, AccountVersionReported) else published
    if not reports:
        assert published is None
        return
    assert published is not None
    latest = max(day for day, _ in reports)
    assert state.present.version == [version for day, version in reports if day == latest][-1]
    assert published.version == state.present.version


async def test_who_runs_which_version_is_reported_counted_and_listed(success_service: Success) -> None:
    success = success_service
    lost = AccountCreated(account_id=id_of("Gone Ltd"), name="Gone Ltd")
    other = AccountCreated(account_id=id_of("Beta Ltd"), name="Beta Ltd")
    churned = AccountChurned(
        account_id=lost.account_id,
        account_name="Gone Ltd",
        churned_on=MONDAY.date(),
        arr=FIFTY_THOUSAND,
        reason="closed",
    )
    await success.others.say(account_created(), other, lost, churned)
    path = f"/accounts/{ACCOUNT}/version"
    await success.until(f"/accounts/{lost.account_id}/version", lambda view: view["version"] is None, "is known")
    nobody = await success.until(path, lambda view: True, "is known")
    assert (nobody["version"], nobody["since"]) == (None, None)

    agent = success.service.client("support_agent", subject="sam")
    await success.ask("PUT", path, by=agent, json={"version": "v2.1.5", "since": "2026-01-05T09:00:00Z"})
    now = await success.ask("PUT", path, by=agent, json={"version": "2.1.6"})
    assert (now["version"], now["reported_by"]) == ("2.1.6", "sam")
    late = await success.ask("PUT", path, json={"version": "2.1.4", "since": "2026-01-02T09:00:00Z"})
    assert late["version"] == "2.1.6"
    await success.ask("PUT", path, json={"version": "2.1.5", "since": "2026-02-02T09:00:00Z"})
    ran_before = await success.ask("GET", f"{path}/history")
    assert [each["version"] for each in ran_before["items"]] == ["2.1.6", "2.1.5", "2.1.4"]
    for account in (other, lost):
        await success.ask("PUT", f"/accounts/{account.account_id}/version", json={"version": "2.1.6"})
    in_use = await success.ask("GET", "/versions")
    assert [(each["version"], each["accounts"]) for each in in_use["items"]] == [("2.1.6", 2)]
    running = await success.ask("GET", "/versions/v2.1.6/accounts")
    assert [each["account_name"] for each in running["items"]] == ["Acme Corp", "Beta Ltd"]

    problem = await success.ask("PUT", path, 422, json={"version": "newest"})
    assert "2.1.5" in problem["detail"]
    rep = success.service.client("sales_rep")
    await success.ask("PUT", path, 403, by=rep, json={"version": "2.1.6"})
    assert (await success.ask("GET", path, by=rep))["version"] == "2.1.6"
    await success.ask("PUT", f"/accounts/{id_of('nobody')}/version", 404, json={"version": "2.1.6"})
    heard = await success.rows("select data->>'version' from events where type like '%%AccountVersionReported%%'")
    assert [row[0] for row in heard] == ["2.1.5", "2.1.6", "2.1.6", "2.1.6"]


async def test_a_file_of_signals_can_say_the_version(success_service: Success) -> None:
    success = success_service
    await success.others.say(account_created())
    path = f"/accounts/{ACCOUNT}/version"
    await success.until(path, lambda view: True, "is known")
    today = success.service.runtime.clock.now().date()
    days = [today - timedelta(days=number) for number in (1, 3, 2)]
    body = (
        "account,on,usage,product version\n"
        f"Acme Corp,{days[0]},85,2.1.6\n"
        f"Acme Corp,{days[1]},,v2.1.5\n"
        f"Acme Corp,{days[2]},84,latest\n"
        f"Acme Corp,{days[0]},85,2.1.7\n"
    )
    headers = {"content-type": "text/csv"}
    begun = await success.ask("POST", "/signals/import", 202, content=body.encode(), headers=headers)
    done = await success.until(
        f"/signals/imports/{begun['import_id']}", lambda view: view["status"] == "finished", "finished"
    )
    assert [(each["line"], each["column"]) for each in done["rejects"]] == [(4, "product version"), (5, "on")]
    assert "'latest' is no version" in done["rejects"][0]["reason"]
    assert (done["created"], done["unchanged"]) == (2, 0)
    assert (await success.ask("GET", path))["version"] == "2.1.6"
    history = await success.ask("GET", f"{path}/history")
    assert [(each["version"], each["since"][:10]) for each in history["items"]] == [
        ("2.1.6", str(days[0])),
        ("2.1.5", str(days[1])),
    ]
    signals = await success.ask("GET", f"/accounts/{ACCOUNT}/signals")
    assert [each["on"] for each in signals["items"]] == [str(days[0])]
