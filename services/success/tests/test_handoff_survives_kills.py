"""A handoff whose process is killed, wherever that happens, ends as if it had never been: everything, and once."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from nexa_chassis.clock import write_clock
from nexa_chassis.consumer import consumers_of
from nexa_chassis.elsewhere import OtherServices, other_services
from nexa_chassis.engines import create_engine
from nexa_chassis.fresh_start import pass_over_history
from nexa_chassis.migrate import migrate
from nexa_chassis.origin import Origin
from nexa_chassis.process import Process
from nexa_chassis.provisioning import ensure_topics
from nexa_chassis.running import Signer, eventually
from nexa_chassis.settings import Settings
from nexa_chassis.store import Store
from nexa_contracts.envelope import Event
from nexa_contracts.success import CsmUpdated, Role
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_success.app import success
from nexa_success.csm.decisions import PutCsm

from .stories import MONDAY, id_of
from .test_handoff_integration import Customer, customer

HANDED_OVER = {
    "OnboardingStarted": 1,
    "TaskCreated": 20,
    "KickoffScheduled": 1,
    "HandoffNoteFiled": 1,
    "HandoffNoteWritten": 1,
    "TaskCompleted": 2,
}
A_DAY_LATER = {"HandoffReminded": 1, "HandoffEscalated": 1}


@dataclass
class Mortal:
    """The service as a process of its own, started again after each death."""

    environment: dict[str, str]
    settings: Settings
    others: OtherServices
    clock: Path
    process: asyncio.subprocess.Process | None = None

    async def start(self, failpoint: str = "") -> None:
        environment = {**os.environ, **self.environment, **({"NEXA_FAILPOINT": failpoint} if failpoint else {})}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "nexa_success", env=environment, stdout=asyncio.subprocess.DEVNULL
        )

    async def death(self) -> int:
        """The signal that ended the process."""
        assert self.process is not None
        return -await asyncio.wait_for(self.process.wait(), 40)

    async def end(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def facts(self) -> Counter[str]:
        """How many events of each type the store holds, the roster's apart."""
        engine = create_engine(self.settings)
        async with engine.connect() as connection:
            rows = await connection.exec_driver_sql(
                "select split_part(type, '.', 3), count(*) from events where stream like 'onboarding-%%' group by 1"
            )
            counted = Counter({row[0]: int(row[1]) for row in rows})
        await engine.dispose()
        return counted

    async def until(self, expected: dict[str, int]) -> None:
        async def there() -> bool:
            facts = await self.facts()
            missing = {name: facts[name] for name, count in expected.items() if facts[name] != count}
            assert not missing, f"{missing} instead of {expected}"
            return True

        await eventually(there, what="the handoff is whole", seconds=40, every=0.2)


@pytest.fixture
async def mortal(infra: Infra, database: Callable[[str], Database], tmp_path: Path) -> AsyncIterator[Mortal]:
    addresses = database("success")
    clock = tmp_path / "clock"
    write_clock(clock, MONDAY)
    environment = {
        "NEXA_DATABASE_URL": addresses.app_url,
        "NEXA_DATABASE_OWNER_URL": addresses.owner_url,
        "NEXA_KAFKA_BOOTSTRAP": infra.kafka_bootstrap,
        "NEXA_HTTP_PORT": "0",
        "NEXA_JWKS_FILE": str(Signer().publish(tmp_path / "jwks.json")),
        "NEXA_CLOCK_FILE": str(clock),
    }
    settings = Settings.from_environment(environment)
    await migrate(settings, success)
    runtime = Process(success, settings, ()).runtime
    consumers = consumers_of(runtime)
    await ensure_topics(settings, sorted({topic for each in consumers for topic in each.topics}))
    await pass_over_history(runtime, consumers)
    await hire(runtime.store)
    async with other_services(infra) as others:
        service = Mortal(environment, settings, others, clock)
        yield service
        await service.end()


async def hire(store: Store) -> None:
    nora = PutCsm(
        csm_id=id_of("Nora Vance"),
        name="Nora Vance",
        email="nora.vance@nexa.example",
        role=Role.CSM,
        capacity=15,
        available=True,
        manager_id=id_of("Victor"),
        time_zone="Europe/Berlin",
        country="DE",
        working_days=(0, 1, 2, 3, 4),
        absences=(),
    )
    done = await store.execute([nora], Origin("test", "test"))
    assert isinstance(done.facts[0].event, CsmUpdated)


async def won(service: Mortal) -> Customer:
    acme = customer()
    facts: list[Event] = [acme.contact, acme.won, acme.account]
    await service.others.say(*facts)
    return acme


PLACES = (
    "consumer.after_effect_before_offset:1",
    "consumer.after_effect_before_offset:3",
    "consumer.after_offset:2",
    "relay.mid_batch:1",
    "relay.after_send_before_delete:2",
)


async def test_handoffs_are_whole_and_once_wherever_their_process_was_killed(mortal: Mortal) -> None:
    """A dead member's partitions are free after its session of ten seconds, hence one story of several deaths."""
    for place in PLACES:
        await mortal.start(place)
        await won(mortal)
        assert await mortal.death() == signal.SIGKILL, place
    await mortal.start("deadlines.after_fire:1")
    await won(mortal)
    handoffs = len(PLACES) + 1
    await mortal.until({name: handoffs * count for name, count in HANDED_OVER.items()})
    write_clock(mortal.clock, MONDAY + timedelta(hours=24))
    assert await mortal.death() == signal.SIGKILL
    await mortal.start()
    await mortal.until({name: handoffs * count for name, count in (HANDED_OVER | A_DAY_LATER).items()})
