"""A running success service for the tests that need one, and what the others say."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from nexa_chassis.elsewhere import OtherServices, other_services
from nexa_chassis.running import RunningService, eventually, running
from nexa_contracts.success import Role
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_success.app import success

from .stories import id_of


@dataclass
class Success:
    """The service, clients of it, and the others."""

    service: RunningService
    others: OtherServices
    manager: httpx.AsyncClient

    async def ask(
        self, method: str, path: str, status: int = 200, *, by: httpx.AsyncClient | None = None, **given: Any
    ) -> Any:
        """The JSON that a request is answered with; fails unless the status is the expected one."""
        answer = await (by or self.manager).request(method, path, **given)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def hire(self, name: str, role: Role = Role.CSM, **changes: Any) -> str:
        body = {"name": name, "email": f"{name.lower().replace(' ', '.')}@nexa.example", "role": role.value}
        await self.ask("PUT", f"/csms/{id_of(name)}", json=body | changes)
        return str(id_of(name))

    async def until(self, path: str, ready: Callable[[Any], bool], what: str, **given: Any) -> Any:
        """The answer once it is as it is waited for."""

        async def asked() -> Any:
            answer = await self.manager.get(path, **given)
            return answer.json() if answer.status_code == 200 and ready(answer.json()) else None

        return await eventually(asked, what=f"{path}: {what}")

    async def rows(self, sql: str) -> list[Any]:
        async with self.service.runtime.engine.connect() as connection:
            return list((await connection.exec_driver_sql(sql)).all())


@pytest.fixture
async def success_service(infra: Infra, database: Callable[[str], Database]) -> AsyncIterator[Success]:
    async with running(success, database("success"), infra) as service, other_services(infra) as others:
        yield Success(service, others, service.client("success_manager", subject="victor"))
