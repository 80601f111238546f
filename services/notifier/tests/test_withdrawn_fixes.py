"""Who was told that something is fixed hears, once, that it is not; nobody else does."""

from pathlib import Path
from typing import cast
from uuid import UUID

from nexa_chassis.domain import Recorded
from nexa_chassis.elsewhere import other_services
from nexa_chassis.handlers import decode_state, encode_state
from nexa_chassis.running import RunningService, eventually
from nexa_chassis.testing import recorded
from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.support import Requester, TicketReopened, TicketResolved
from nexa_local.infra import Infra
from nexa_local.mailsink import kept
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.reactions.write_to_customer import Heard, evolve, react, write_to_customer

from .test_answers import clock, mails, service
from .test_support_mails import text_of

__all__ = ["clock", "mails", "service"]

FIXED = cast(TicketResolved, EXAMPLES[TicketResolved]).model_copy(update={"notice_id": UUID(int=7)})
WITHDRAWN = cast(TicketReopened, EXAMPLES[TicketReopened])
WROTE_AGAIN = WITHDRAWN.model_copy(update={"bug_id": None, "reason": "The customer wrote again"})
BY_HAND = FIXED.model_copy(update={"bug_id": None, "deployment_id": None, "notice_id": None})
NEXT_FIX = FIXED.model_copy(
    update={"deployment_id": UUID(int=9), "version": "2.1.7", "notice_id": UUID(int=8), "resolution": "v2.1.7"}
)
QUIETLY = NEXT_FIX.model_copy(update={"tell_customer": False})


def mailed(*history: Event) -> list[Notify]:
    """All mails of a ticket with this history; what is kept between batches is stored and read again."""
    return mailed_by(*(recorded(event, version=version) for version, event in enumerate(history, start=1)))


def mailed_by(*facts: Recorded) -> list[Notify]:
    mails, heard = list[Notify](), Heard()
    for fact in facts:
        heard = evolve(heard, fact)
        mails += react(heard, fact, fact.time)
        stored = decode_state(write_to_customer, encode_state(heard))
        assert isinstance(stored, Heard)
        heard = stored
    return mails


def kinds(*history: Event) -> list[str]:
    return [each.kind for each in mailed(*history)]


def test_who_was_told_of_a_fix_hears_in_plain_words_that_it_does_not_hold() -> None:
    fixed, withdrawn = mailed(FIXED, WITHDRAWN)
    assert (fixed.address, withdrawn.address) == ("sarah.miller@acme.example",) * 2
    text = text_of(withdrawn)
    for words in (
        "[T-7K3QX2M9AB] Open again: Export function not working",
        "support+T-7K3QX2M9AB@nexa.example",
        "Hi Sarah,",
        "We told you that the Export function issue has been fixed with version 2.1.6.",
        "Unfortunately that fix does not hold",
        "Your request is open again",
    ):
        assert words in text, words
    assert "withdrawn" not in text  # an engineer's reason is not for customers


def test_nobody_hears_of_a_fix_undone_that_they_were_not_told_of() -> None:
    assert kinds(WITHDRAWN) == []
    assert kinds(FIXED.model_copy(update={"tell_customer": False}), WITHDRAWN) == []
    assert kinds(BY_HAND, WITHDRAWN) == ["ticket_resolved"]
    assert kinds(FIXED, WROTE_AGAIN) == ["bug_resolved"]
    assert kinds(FIXED, WROTE_AGAIN, BY_HAND, WITHDRAWN) == ["bug_resolved", "ticket_resolved"]
    assert kinds(FIXED.model_copy(update={"requester": Requester(name="Sarah")}), WITHDRAWN) == []


def test_each_withdrawal_is_told_once() -> None:
    told = ["bug_resolved", "fix_withdrawn"]
    assert kinds(FIXED, WITHDRAWN, WITHDRAWN) == told
    found = mailed(FIXED, WITHDRAWN, NEXT_FIX, WITHDRAWN)
    assert [each.kind for each in found] == told * 2
    assert len({each.notification_id for each in found}) == 4


def test_a_fix_that_another_one_replaced_unseen_is_told_once_that_one_is_gone() -> None:
    assert kinds(FIXED, WROTE_AGAIN, QUIETLY) == ["bug_resolved"]
    assert kinds(FIXED, WROTE_AGAIN, QUIETLY, WITHDRAWN) == ["bug_resolved", "fix_withdrawn"]


def test_tickets_of_one_customer_that_shared_the_good_news_share_the_bad() -> None:
    ids = set()
    for number in (1, 2):
        other = {"ticket_id": UUID(int=number)}
        facts = [recorded(each.model_copy(update=other), version=number) for each in (FIXED, WITHDRAWN)]
        ids |= {each.notification_id for each in mailed_by(*facts)}
    assert len(ids) == 2


async def test_the_mail_arrives_once_though_the_withdrawal_is_delivered_twice(
    service: RunningService, infra: Infra, mails: Path
) -> None:
    async with other_services(infra) as others:
        await others.say(FIXED)
        topic, value, key = others.record(WITHDRAWN)
        for _ in range(2):
            await others.producer.send_and_wait(topic, value, key)
        await others.say(NEXT_FIX)  # behind the duplicate

        async def arrived() -> bool:
            return len(kept(mails)) >= 3

        await eventually(arrived, what="fixed, not fixed after all, and fixed again are told")
    async with service.runtime.engine.connect() as connection:
        rows = await connection.exec_driver_sql("select kind from mail_queue order by queued_at")
        assert sorted(row.kind for row in rows) == ["bug_resolved", "bug_resolved", "fix_withdrawn"]
    assert sorted(str(mail["subject"]).partition(" ")[2] for mail in kept(mails)) == [
        "Fixed: Export function not working",
        "Fixed: Export function not working",
        "Open again: Export function not working",
    ]
