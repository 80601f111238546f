"""The kickoff of Acme Corp, which the tests of invitations and notices tell of."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from nexa_contracts.success import Attendee, KickoffCancelled, KickoffMoved, KickoffScheduled, Person
from nexa_contracts.values import Money

PROJECT, ACCOUNT, MEETING = (UUID(int=number) for number in (11, 12, 13))
SARAH = Person(person_id=UUID(int=21), name="Sarah Miller", email="sarah.miller@acme.example")
NORA = Person(person_id=UUID(int=22), name="Nora Vance", email="nora.vance@nexa.example")
IVAN = Person(person_id=UUID(int=23), name="Ivan Petrov", email="ivan.petrov@nexa.example")
ROLES = ((SARAH, "primary contact"), (NORA, "csm"), (IVAN, "implementation specialist"))


def meeting(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "project_id": PROJECT,
        "account_id": ACCOUNT,
        "meeting_id": MEETING,
        "sequence": 0,
        "title": "Acme Corp - Implementation Kickoff",
        "starts_at": datetime(2025, 11, 27, 9, tzinfo=UTC),
        "ends_at": datetime(2025, 11, 27, 10, tzinfo=UTC),
        "time_zone": "Europe/Berlin",
        "attendees": tuple(Attendee(**person.model_dump(), role=role) for person, role in ROLES),
        "join_url": f"https://meet.nexa.example/{MEETING}",
        "agenda": "Review timeline, roles, deliverables",
    }
    return given | changes


def scheduled(**changes: Any) -> KickoffScheduled:
    given: dict[str, Any] = {
        "account_name": "Acme Corp",
        "arr": Money(amount=Decimal("50000.00")),
        "won_at": datetime(2025, 11, 24, 9, tzinfo=UTC),
        "csm": NORA,
        "contact": SARAH,
        "days": 3,
        "training_documents": ("Getting started guide", "Administrator handbook"),
    }
    return KickoffScheduled(**(meeting() | given | changes))


def moved(**changes: Any) -> KickoffMoved:
    return KickoffMoved(**(meeting(sequence=1, reason="Tom is travelling") | changes))


def cancelled(**changes: Any) -> KickoffCancelled:
    return KickoffCancelled(**(meeting(sequence=2, reason="The deal was reopened") | changes))
