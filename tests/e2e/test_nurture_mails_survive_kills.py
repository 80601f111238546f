"""One mail per enrolment and step, ever: marketing and notifier are killed wherever that could lose one or send one twice."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy.ext.asyncio import AsyncEngine

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
from nexa_chassis.service import Service
from nexa_chassis.settings import Settings
from nexa_contracts.scoring import LeadScored
from nexa_contracts.values import Band
from nexa_local.infra import Infra
from nexa_local.mailsink import Keep, kept
from nexa_local.postgres import Database
from nexa_local.processes import free_port
from nexa_marketing.app import marketing
from nexa_marketing.lead.decisions import RegisterLead
from nexa_marketing.lead.state import LeadOrigin, Profile
from nexa_notifier.app import notifier

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CAMPAIGN = uuid4()
STEPS = 3
DEATHS = (
    ("marketing", "consumer.after_effect_before_offset:1"),
    ("marketing", "relay.after_send_before_delete:1"),
    ("notifier", "consumer.after_effect_before_offset:1"),
    ("notifier", "mail.after_claim:1"),
    ("notifier", "mail.after_delivery:1"),
)
LEADS_A_DEATH = 4


@dataclass
class Mortal:
    """A service as a process of its own, started again after each death."""

    service: Service
    environment: dict[str, str]
    engine: AsyncEngine
    process: asyncio.subprocess.Process | None = None

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def start(self, failpoint: str = "") -> None:
        environment = {**os.environ, **self.environment, **({"NEXA_FAILPOINT": failpoint} if failpoint else {})}
        command = (sys.executable, "-m", f"nexa_{self.service.name}")
        self.process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.DEVNULL
        )

    async def death(self) -> int:
        """The signal that ended the process."""
        assert self.process is not None
        return -await asyncio.wait_for(self.process.wait(), 60)

    async def kill(self) -> None:
        if self.process is not None and self.is_alive:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    async def rows(self, query: str) -> list[Any]:
        async with self.engine.connect() as connection:
            return list(await connection.exec_driver_sql(query))


@dataclass
class Stage:
    services: dict[str, Mortal]
    others: OtherServices
    clock: Path
    mails: Path
    leads: list[UUID] = field(default_factory=list)

    async def enrol(self) -> None:
        """Some leads whose first score is Low."""
        for lead_id in self.leads[:LEADS_A_DEATH]:
            await self.others.say(low(lead_id))
        del self.leads[:LEADS_A_DEATH]

    async def steps_due(self) -> Counter[tuple[str, str]]:
        found = await self.services["marketing"].rows(
            "select stream, data ->> 'step_key' as step from events where type ~ 'NurtureStepDue'"
        )
        return Counter((row.stream, row.step) for row in found)

    async def mails_by_status(self) -> Counter[str]:
        found = await self.services["notifier"].rows("select status, count(*) as count from mail_queue group by 1")
        return Counter({row.status: row.count for row in found})

    async def settled(self, count: int) -> None:
        """That many mails are due and settled. Leases of a process that died are let run out."""

        async def there() -> bool:
            due, mails = await self.steps_due(), await self.mails_by_status()
            assert sum(due.values()) == count, f"{sum(due.values())} steps due"
            if mails["sending"]:
                async with self.services["notifier"].engine.begin() as connection:
                    await connection.exec_driver_sql("update mail_leases set until = now() - interval '1 second'")
            assert mails["sent"] + mails["unknown"] == count, dict(mails)
            return True

        await eventually(there, what=f"{count} mails are settled", seconds=90, every=0.3)


def low(lead_id: UUID) -> LeadScored:
    return LeadScored(
        lead_id=lead_id,
        campaign_id=CAMPAIGN,
        score=30,
        band=Band.LOW,
        raw_points=30,
        factors=(),
        recommendation="",
        rules_version=1,
        caused_by="lead@1",
    )


@asynccontextmanager
async def prepared(service: Service, environment: dict[str, str]) -> AsyncIterator[tuple[Mortal, Process]]:
    settings = Settings.from_environment(environment)
    await migrate(settings, service)
    process = Process(service, settings, ())
    consumers = consumers_of(process.runtime)
    await ensure_topics(settings, sorted({topic for each in consumers for topic in each.topics}))
    await pass_over_history(process.runtime, consumers)
    engine = create_engine(settings)
    mortal = Mortal(service, environment, engine)
    try:
        yield mortal, process
    finally:
        await mortal.kill()
        await engine.dispose()


@pytest.fixture
async def stage(infra: Infra, database: Callable[[str], Database], tmp_path: Path) -> AsyncIterator[Stage]:
    clock, mails, port = tmp_path / "clock", tmp_path / "mails", free_port()
    write_clock(clock, MONDAY)
    shared = {
        "NEXA_KAFKA_BOOTSTRAP": infra.kafka_bootstrap,
        "NEXA_HTTP_PORT": "0",
        "NEXA_JWKS_FILE": str(Signer().publish(tmp_path / "jwks.json")),
        "NEXA_CLOCK_FILE": str(clock),
        "NEXA_LOG_LEVEL": "WARNING",
        "NEXA_SMTP_HOST": "127.0.0.1",
        "NEXA_SMTP_PORT": str(port),
        "NEXA_SMTP_CONNECTIONS": "1",
        "NEXA_LINKS_URL": "https://mail.nexa.example",
        "NEXA_LINKS_SECRET": "a-secret-of-the-tests-with-over-thirty-two-bytes",
    }

    def environment(name: str) -> dict[str, str]:
        found = database(name)
        return {**shared, "NEXA_DATABASE_URL": found.app_url, "NEXA_DATABASE_OWNER_URL": found.owner_url}

    loop, keep = asyncio.get_running_loop(), Keep(mails)
    async with (
        await loop.create_server(lambda: SMTP(keep, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port),
        prepared(marketing, environment("marketing")) as (marketer, process),
        prepared(notifier, environment("notifier")) as (mailer, _),
        other_services(infra) as others,
    ):
        leads = [uuid4() for _ in range(LEADS_A_DEATH * (len(DEATHS) + 1))]
        origin = LeadOrigin(CAMPAIGN, "Q4 Product Webinar")
        known = [
            RegisterLead(each, origin, Profile(email=f"p{place}@acme.example")) for place, each in enumerate(leads)
        ]
        await process.runtime.store.execute(known, Origin("test", "test"))
        yield Stage({"marketing": marketer, "notifier": mailer}, others, clock, mails, leads)


async def test_whoever_dies_and_wherever_each_step_of_each_enrolment_is_mailed_at_most_once_and_none_is_forgotten(
    stage: Stage,
) -> None:
    everyone = len(stage.leads)
    for name, place in DEATHS:
        await stage.services[name].kill()
        await stage.services[name].start(place)
        for service in stage.services.values():
            if not service.is_alive:
                await service.start()
        await stage.enrol()
        assert await stage.services[name].death() == signal.SIGKILL, place
    await stage.services["notifier"].start()
    await stage.enrol()
    await stage.settled(everyone)

    await stage.services["marketing"].kill()
    await stage.services["marketing"].start("deadlines.after_fire:1")
    write_clock(stage.clock, MONDAY + timedelta(days=3))
    assert await stage.services["marketing"].death() == signal.SIGKILL
    await stage.services["notifier"].kill()
    await stage.services["notifier"].start("mail.after_delivery:2")
    await stage.services["marketing"].start()
    assert await stage.services["notifier"].death() == signal.SIGKILL
    await stage.services["notifier"].start()
    await stage.settled(2 * everyone)
    write_clock(stage.clock, MONDAY + timedelta(days=30))
    await stage.settled(STEPS * everyone)

    due = await stage.steps_due()
    assert set(due.values()) == {1}
    assert len({stream for stream, _ in due}) == everyone
    arrived = Counter(str(mail["message_id"]) for mail in kept(stage.mails))
    assert set(arrived.values()) == {1}
    states = await stage.mails_by_status()
    assert states["unknown"] > 0
    assert states["sent"] <= len(arrived) <= states["sent"] + states["unknown"]
