"""A day passes on the simulated clock: what nobody did becomes overdue, once, with the manager named."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from aiokafka import AIOKafkaProducer

from nexa_chassis.clock import write_clock
from nexa_chassis.running import running
from nexa_local.infra import Infra
from nexa_local.postgres import Database
from nexa_sales.app import sales

from .conftest import Others, Sales
from .stories import MONDAY, id_of, lead_created, lead_scored


async def test_a_hot_lead_that_nobody_called_in_24_hours_is_told_with_the_manager(
    infra: Infra, database: Callable[[str], Database], tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    write_clock(clock, MONDAY)
    producer = AIOKafkaProducer(bootstrap_servers=infra.kafka_bootstrap)
    async with running(sales, database("sales"), infra, settings={"clock_file": clock}) as service:
        await producer.start()
        try:
            client = service.client("sales_manager")
            story = Sales(service, Others(producer), client, client)
            victor = await story.hire("victor", "manager", capacity=0)
            await story.hire("maria", manager_id=str(victor))
            for lead in ("called", "forgotten"):
                await story.others.say(lead_created(lead), lead_scored(lead, 90))
            await story.count("select count(*) from deadlines", 2)
            (called,) = await story.every("/tasks", lead_id=str(id_of("called")))
            await story.ask("POST", f"/tasks/{called['task_id']}/complete", json={"outcome": "Reached"})
            assert await story.every("/tasks", overdue=True) == []
            write_clock(clock, MONDAY + timedelta(hours=24))
            await story.count("select count(*) from deadlines", 0)
            (late,) = await story.every("/tasks", overdue=True)
            assert (late["lead_id"], late["overdue"]) == (str(id_of("forgotten")), True)
            told = await story.rows(
                "select data->>'lead_id', data->>'manager_id' from events where type = 'nexa.sales.TaskOverdue.v1'"
            )
            assert told == [(str(id_of("forgotten")), str(victor))]
        finally:
            await producer.stop()
