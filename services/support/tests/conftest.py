"""A running support service for the tests that need one, and what the others say."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from nexa_chassis.clock import write_clock
from nexa_chassis.elsewhere import OtherServices, other_services
from nexa_chassis.running import RunningService, eventually, running
from nexa_contracts.support import AgentLevel, SupportRole
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_support.app import support

from .stories import MONDAY, id_of


@dataclass
class Support:
    """The service, clients of it, and the others."""

    service: RunningService
    others: OtherServices
    agent: httpx.AsyncClient
    manager: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, status: int = 200, *, by: httpx.AsyncClient | None = None, **given: Any
    ) -> Any:
        """The JSON that a request is answered with; fails unless the status is the expected one."""
        answer = await (by or self.agent).request(method, path, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def hire(
        self, name: str, role: SupportRole = SupportRole.AGENT, *, senior: bool = False, **changes: Any
    ) -> str:
        level = AgentLevel.SENIOR if senior else AgentLevel.STANDARD
        email = f"{name.lower().replace(' ', '.')}@nexa.example"
        body = {"name": name, "email": email, "role": role.value, "level": level.value}
        await self.ask("PUT", f"/agents/{id_of(name)}", by=self.manager, json=body | changes)
        return str(id_of(name))

    async def submit(self, **changes: Any) -> Any:
        """A ticket of Acme's, by the API."""
        body: dict[str, Any] = {
            "subject": "Export function not working",
            "description": "When I try to export contacts to CSV, I get an error message",
            "requester": {"name": "Sarah Miller", "email": "sarah.miller@acme.example"},
            "account_id": str(id_of("Acme Corp")),
            "account_name": "Acme Corp",
            "impact": "blocking work",
            "product_version": "2.1.5",
        }
        return await self.ask("POST", "/tickets", 201, json=body | changes)

    async def until(self, path: str, ready: Callable[[Any], bool], what: str, **given: Any) -> Any:
        """The answer once it is as it is waited for."""

        async def asked() -> Any:
            answer = await self.agent.get(path, **given)
            return answer.json() if answer.status_code == 200 and ready(answer.json()) else None

        return await eventually(asked, what=f"{path}: {what}")

    async def rows(self, sql: str) -> list[Any]:
        async with self.service.runtime.engine.connect() as connection:
            return list((await connection.exec_driver_sql(sql)).all())


@pytest.fixture
async def support_service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Support]:
    async with running(support, database("support"), infra) as service, other_services(infra) as others:
        agent = service.client("support_agent", subject="lea.brandt")
        yield Support(service, others, agent, service.client("support_manager", subject="mia.manager"))


@pytest.fixture
def clock(tmp_path: Path) -> Path:
    write_clock(tmp_path / "clock", MONDAY)
    return tmp_path / "clock"


@pytest.fixture
async def simulated(infra: Infra, database: Callable[[str], Database], clock: Path) -> AsyncIterator[Support]:
    """The service on a clock that is set."""
    async with (
        running(support, database("support"), infra, settings={"clock_file": clock}) as service,
        other_services(infra) as others,
    ):
        agent = service.client("support_agent", subject="lea.brandt")
        yield Support(service, others, agent, service.client("support_manager", subject="mia.manager"))
