"""What a running service holds: handed to routes (`call.runtime`), jobs and workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine
    from structlog.typing import FilteringBoundLogger

    from nexa_chassis.clock import Clock
    from nexa_chassis.service import Service
    from nexa_chassis.settings import Settings
    from nexa_chassis.store import Store


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """One process of a service. `engine` connects as the application role; `clock.now()` is the time of the domain."""

    service: Service
    settings: Settings
    engine: AsyncEngine
    store: Store
    clock: Clock
    log: FilteringBoundLogger
