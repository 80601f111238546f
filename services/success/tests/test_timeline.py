"""The timeline: a sentence for each event, the same rows in any order, and nothing internal for the customer."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from nexa_chassis.domain import Recorded
from nexa_chassis.rows_in_memory import rows_after
from nexa_chassis.testing import project, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.examples import EXAMPLES
from nexa_contracts.notifier import EmailSent
from nexa_contracts.sales import AccountContractChanged
from nexa_contracts.success import HandoffDeclined, KickoffScheduled
from nexa_contracts.topics import topic_of
from nexa_success.read_models.timeline import KIND_OF, entries, subjects, timeline
from nexa_success.timeline.sentences import in_plain_words, sentence
from nexa_success.timeline.visibility import Visibility, visibility_of

from .stories import MONDAY, account_created, contact_created, deal_created, deal_won


def fact(event: Event, version: int = 1, **changes: Any) -> Recorded:
    topic = topic_of(type(event))
    given: dict[str, Any] = {
        "stream": f"{topic.aggregate}-{getattr(event, topic.key)}",
        "source": f"/nexa/{topic.service}",
        "version": version,
        "time": MONDAY,
    }
    return recorded(event, **(given | changes))


@pytest.mark.parametrize("kind", list(KIND_OF), ids=lambda kind: kind.__name__)
def test_each_event_has_a_sentence_without_an_address(kind: type[Event]) -> None:
    said = sentence(EXAMPLES[kind])
    assert said
    assert "@" not in said
    assert "UUID" not in said


@pytest.mark.parametrize("kind", list(KIND_OF), ids=lambda kind: kind.__name__)
def test_each_event_is_about_somebody(kind: type[Event]) -> None:
    (row, *_) = project(timeline, fact(EXAMPLES[kind]))
    assert isinstance(row["subject_id"], UUID)
    assert row["place"] is not None


def test_an_event_that_is_too_new_to_have_a_sentence_is_named() -> None:
    assert in_plain_words(HandoffDeclined) == "Handoff declined"


def everything() -> list[Recorded]:
    events = [account_created(), contact_created(), deal_created(), deal_won(), *(EXAMPLES[kind] for kind in KIND_OF)]
    return [fact(event, version) for version, event in enumerate(events, 1)]


def rows_of(facts: Sequence[Recorded]) -> tuple[Any, Any]:
    rows = rows_after(timeline, facts)
    return (
        sorted(rows.of(entries), key=lambda row: str(row["entry_id"])),
        sorted(rows.of(subjects), key=lambda row: str(row["subject_id"])),
    )


@pytest.mark.parametrize("seed", range(5))
def test_every_order_and_every_repetition_gives_the_same_rows(seed: int) -> None:
    facts = everything()
    mixed = [*facts, *facts[::2]]
    random.Random(seed).shuffle(mixed)
    assert rows_of(mixed) == rows_of(facts)


def test_what_was_recorded_long_after_it_happened_is_marked_late() -> None:
    (late,) = project(timeline, fact(account_created(), recorded_at=MONDAY + timedelta(hours=2)))
    (soon,) = project(timeline, fact(account_created(), recorded_at=MONDAY + timedelta(minutes=2)))
    assert (late["late"], soon["late"]) == (True, False)


def test_notes_scores_tasks_and_alerts_never_reach_the_customer() -> None:
    seen = {kind.__name__ for kind in KIND_OF if visibility_of(EXAMPLES[kind]) is Visibility.CUSTOMER}
    assert "KickoffScheduled" in seen
    assert not {name for name in seen if name.startswith(("Handoff", "Task", "Churn", "Health", "Lead", "Deal"))}
    assert visibility_of(EXAMPLES[HandoffDeclined]) is Visibility.INTERNAL


def test_of_the_mails_those_to_the_customer_are_seen_and_those_to_colleagues_are_not() -> None:
    def mail(kind: str) -> EmailSent:
        return EmailSent(notification_id=UUID(int=1), kind=kind, about=UUID(int=2), attempts=1)

    assert visibility_of(mail("welcome")) is Visibility.CUSTOMER
    assert visibility_of(mail("new_customer")) is Visibility.INTERNAL


def test_why_a_contract_changed_stays_inside() -> None:
    changed = AccountContractChanged(
        account_id=deal_won().account_id,
        arr=deal_won().amount,
        previous_arr=deal_won().amount,
        contract_end=MONDAY.date(),
        previous_contract_end=MONDAY.date(),
        reason="deal reopened: they doubt our price",
        caused_by="deal-x@3",
    )
    assert visibility_of(changed) is Visibility.CUSTOMER
    assert "doubt" not in str(sentence(changed))


def test_an_entry_keeps_the_names_of_then() -> None:
    renamed = account_created().model_copy(update={"name": "Acme Holding"})
    (first, second) = project(timeline, fact(account_created()), fact(renamed, 2))
    assert (first["summary"], second["summary"]) == ("Acme Corp became an account", "Acme Holding became an account")


def test_a_kickoff_is_told_with_its_time() -> None:
    kickoff = EXAMPLES[KickoffScheduled]
    assert isinstance(kickoff, KickoffScheduled)
    moved = kickoff.model_copy(update={"starts_at": datetime(2025, 12, 1, 9, tzinfo=UTC)})
    assert sentence(moved) == "Kickoff planned for 2025-12-01 09:00 UTC"
