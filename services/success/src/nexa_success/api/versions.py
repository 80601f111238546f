"""Product versions over HTTP: which one an account runs, and who runs which."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, Field

from nexa_chassis.domain import NotFound, Refused
from nexa_chassis.http.call import Call
from nexa_chassis.http.paging import Page
from nexa_success.account_version.decisions import ReportVersion, number_of
from nexa_success.api.access import Reader, VersionReporter
from nexa_success.api.bodies import Body, Cursor, Limit
from nexa_success.read_models.account_directory import account_row
from nexa_success.read_models.versions_in_use import count_versions, list_history, list_running, version_row

routes = APIRouter(tags=["product versions"])


class VersionBody(Body):
    version: str = Field(
        max_length=200, description="As the product numbers itself; v2.1.5 is 2.1.5.", examples=["2.1.5"]
    )
    since: AwareDatetime | None = Field(default=None, description="Since when it runs; now unless given.")


class AccountVersionView(BaseModel):
    """What an account runs; null where nobody has said."""

    account_id: UUID
    version: str | None
    since: datetime | None
    reported_at: datetime | None
    reported_by: str | None


class RunView(BaseModel):
    """The account ran this version since then."""

    version: str
    since: datetime
    reported_at: datetime
    reported_by: str


class InUse(BaseModel):
    """A version and how many accounts run it; accounts that churned do not count."""

    version: str
    accounts: int
    first_since: datetime = Field(description="Since when the first of them has run it.")
    last_since: datetime


class Running(BaseModel):
    """An account that runs a version."""

    account_id: UUID
    account_name: str | None
    csm_id: UUID | None
    version: str
    since: datetime


@routes.put("/accounts/{account_id}/version")
async def report_version(
    account_id: UUID, body: VersionBody, call: VersionReporter, response: Response
) -> AccountVersionView:
    """The account runs this version. An older report is kept as history and changes nothing now."""
    await _check_account(call, account_id)
    since = body.since or call.now
    done = await call.execute(ReportVersion(account_id=account_id, version=body.version, since=since), time=since)
    call.etag(response, done.version_of(f"account_version-{account_id}"))
    return await _view(call, account_id)


@routes.get("/accounts/{account_id}/version")
async def read_version(account_id: UUID, call: Reader) -> AccountVersionView:
    """The version that the account runs now."""
    await _check_account(call, account_id)
    return await _view(call, account_id)


@routes.get("/accounts/{account_id}/version/history")
async def read_history(account_id: UUID, call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[RunView]:
    """The versions that the account ran, the latest first."""
    await _check_account(call, account_id)
    async with call.query() as connection:
        page = await list_history(connection, account_id, limit=limit, cursor=cursor)
    return Page(items=[RunView.model_validate(row) for row in page.items], next=page.next)


@routes.get("/versions")
async def versions(call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[InUse]:
    """The versions in use with the number of accounts that run each, the commonest first."""
    async with call.query() as connection:
        page = await count_versions(connection, limit=limit, cursor=cursor)
    return Page(items=[InUse.model_validate(row) for row in page.items], next=page.next)


@routes.get("/versions/{version}/accounts")
async def running(version: str, call: Reader, limit: Limit = None, cursor: Cursor = None) -> Page[Running]:
    """The accounts that run this version, who has run it the longest first."""
    try:
        number = number_of(version)
    except ValueError as error:
        raise Refused(f"{error}.", rule="version.number", field="version") from None
    async with call.query() as connection:
        page = await list_running(connection, number, limit=limit, cursor=cursor)
    return Page(items=[Running.model_validate(row) for row in page.items], next=page.next)


async def _view(call: Call, account_id: UUID) -> AccountVersionView:
    async with call.query() as connection:
        row = await version_row(connection, account_id)
    nothing = dict.fromkeys(("version", "since", "reported_at", "reported_by"))
    return AccountVersionView.model_validate({**nothing, **(row or {}), "account_id": account_id})


async def _check_account(call: Call, account_id: UUID) -> None:
    async with call.query() as connection:
        if await account_row(connection, account_id) is None:
            raise NotFound(f"Success does not know an account {account_id}.", rule="account.unknown")
