"""A running marketing service for the tests that need one, and what they do with it again and again."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from nexa_chassis.running import RunningService, eventually, running
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_marketing.app import marketing

CAMPAIGN = {
    "name": "Q4 Product Webinar",
    "type": "webinar",
    "start_date": "2025-11-15",
    "goal": "Generate 100 qualified leads",
    "budget": 5000,
    "target_audience": "Enterprise IT Managers",
    "source_label": "Webinar Q4",
}


@dataclass
class Marketing:
    """The service and a client of it."""

    service: RunningService
    client: httpx.AsyncClient

    async def ask(self, method: str, path: str, status: int = 200, **given: Any) -> Any:
        """The JSON that a request is answered with; fails unless the status is the expected one."""
        answer = await self.client.request(method, path, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def campaign(self, **changes: object) -> UUID:
        made = await self.ask("POST", "/campaigns", 201, json=CAMPAIGN | changes)
        return UUID(made["campaign_id"])

    async def upload(self, campaign_id: UUID, data: bytes, **opening: object) -> UUID:
        body = {"campaign_id": str(campaign_id), "filename": "leads.csv", **opening}
        opened = await self.ask("POST", "/imports", 201, json=body)
        await self.ask("PUT", opened["upload"], content=data)
        return UUID(opened["import_id"])

    async def start(self, import_id: UUID, **choices: object) -> None:
        await self.ask("POST", f"/imports/{import_id}/start", 202, json=choices)

    async def ended(self, import_id: UUID, *, seconds: float = 30) -> Any:
        """The import once no job of it is running."""

        async def finished() -> Any:
            stand = await self.ask("GET", f"/imports/{import_id}")
            return None if stand["status"] == "running" else stand

        return await eventually(finished, what=f"import {import_id} comes to its end", seconds=seconds, every=0.1)

    async def imported(self, campaign_id: UUID, data: bytes, *, dry_run: bool = False, **opening: object) -> Any:
        """The counts of an import of these bytes, from the upload to its end."""
        import_id = await self.upload(campaign_id, data, **opening)
        await self.start(import_id, dry_run=dry_run)
        return await self.ended(import_id)


@pytest.fixture
def marketing_of() -> Callable[[RunningService], Marketing]:
    """What tests do with a service that they started themselves."""
    return lambda service: Marketing(service, service.client("marketing_user"))


@pytest.fixture
async def marketing_service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Marketing]:
    async with running(marketing, database("marketing"), infra, roles=("serve", "relay", "tick")) as service:
        yield Marketing(service, service.client("marketing_user"))
