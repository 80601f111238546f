"""Who hears that a ticket is escalated: one person, once an escalation, whatever came first."""

from itertools import permutations
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest

from nexa_chassis.elsewhere import other_services
from nexa_chassis.handlers import decode_state, encode_state
from nexa_chassis.running import RunningService, eventually
from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.support import AgentUpdated, SupportRole, TicketEscalated
from nexa_local.infra import Infra
from nexa_local.mailsink import kept
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.reactions.tell_of_escalations import Roster, react, tell_of_escalations

from .test_answers import clock, mails, service

__all__ = ["clock", "mails", "service"]

ESCALATED = cast(TicketEscalated, EXAMPLES[TicketEscalated])
LEA = cast(AgentUpdated, EXAMPLES[AgentUpdated])
MIA, MAX, PRIA, PAUL = (UUID(int=number) for number in range(61, 65))


def person(agent_id: UUID, role: SupportRole, *skills: str, available: bool = True) -> AgentUpdated:
    email = f"p{agent_id.int}@nexa.example"
    return AgentUpdated(agent_id=agent_id, name="Somebody", email=email, role=role, skills=skills, available=available)


def told(*history: Event) -> list[Notify]:
    """All notices of this history, fact by fact; what a process keeps between batches is stored and read again."""
    notices: list[Notify] = []
    state = Roster()
    for version, event in enumerate(history, start=1):
        fact = recorded(event, version=version)
        state = tell_of_escalations.evolve(state, fact)
        notices += react(state, fact, fact.time)
        stored = decode_state(tell_of_escalations, encode_state(state))
        assert isinstance(stored, Roster)
        state = stored
    return notices


def test_the_product_manager_who_looks_after_the_feature_is_told_in_words() -> None:
    others = person(PAUL, SupportRole.PRODUCT_MANAGER, "email_sync"), person(MIA, SupportRole.MANAGER)
    (notice,) = told(LEA, *others, person(PRIA, SupportRole.PRODUCT_MANAGER, "data_export"), ESCALATED)
    assert (notice.person_id, notice.about, notice.kind) == (PRIA, ESCALATED.ticket_id, "ticket_escalated")
    assert notice.variables == {
        "headline": "T-7K3QX2M9AB escalated to engineering team",
        "text": "Export function not working (Acme Corp). Why: Critical - blocks core functionality."
        " Lea Brandt is responsible.",
    }


def test_one_who_is_there_goes_before_one_who_is_away() -> None:
    away = person(PRIA, SupportRole.PRODUCT_MANAGER, available=False)
    assert told(away, person(PAUL, SupportRole.PRODUCT_MANAGER), ESCALATED)[0].person_id == PAUL
    assert told(away, ESCALATED)[0].person_id == PRIA


def test_without_product_managers_the_agents_manager_is_told_or_the_first_there_is() -> None:
    managers = person(MIA, SupportRole.MANAGER), person(MAX, SupportRole.MANAGER)
    agent = LEA.model_copy(update={"manager_id": MAX})
    assert told(agent, *managers, ESCALATED)[0].person_id == MAX
    assert told(LEA, *managers, ESCALATED)[0].person_id == MIA
    nobodys = ESCALATED.model_copy(update={"agent": None, "account_name": None})
    (notice,) = told(agent, *managers, nobodys)
    assert (notice.person_id, notice.variables["text"]) == (
        MIA,
        "Export function not working (unknown account). Why: Critical - blocks core functionality.",
    )


@pytest.mark.parametrize("order", list(permutations((LEA, person(PRIA, SupportRole.PRODUCT_MANAGER), ESCALATED))))
def test_an_escalation_is_told_once_whatever_came_first(order: tuple[Event, ...]) -> None:
    notices = told(*order, person(PRIA, SupportRole.PRODUCT_MANAGER, "data_export"), LEA)
    assert [each.person_id for each in notices] == [PRIA]


def test_each_escalation_of_a_ticket_is_one_notice_and_the_same_event_again_is_none() -> None:
    manager = person(PRIA, SupportRole.PRODUCT_MANAGER)
    first, again, second = (recorded(ESCALATED, version=version) for version in (5, 5, 9))
    ids = [
        each.notification_id
        for fact in (first, again, second)
        for each in given(tell_of_escalations, manager).when(fact).produced
        if isinstance(each, Notify)
    ]
    assert (ids[0] == ids[1], len(set(ids))) == (True, 2)


async def test_one_mail_an_escalation_reaches_one_person_over_topics_and_smtp(
    service: RunningService, infra: Infra, mails: Path
) -> None:
    """The second is delivered twice; the third comes behind it, so that the duplicate has been seen by then."""
    manager = person(PRIA, SupportRole.PRODUCT_MANAGER, "data_export")
    async with other_services(infra) as others:
        await others.say(ESCALATED)
        await others.say(manager)
        topic, value, key = others.record(ESCALATED)
        for _ in range(2):
            await others.producer.send_and_wait(topic, value, key)
        await others.say(ESCALATED)

        async def arrived() -> bool:
            return len(kept(mails)) >= 3

        await eventually(arrived, what="all three are told")
    async with service.runtime.engine.connect() as connection:
        rows = await connection.exec_driver_sql("select kind, person_id from mail_queue")
        assert [tuple(row) for row in rows] == [("ticket_escalated", PRIA)] * 3
    assert [mail["to"] for mail in kept(mails)] == [["p63@nexa.example"]] * 3
