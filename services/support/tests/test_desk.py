"""Who takes a ticket, and when somebody may who cannot now."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from nexa_chassis.domain import Refused
from nexa_chassis.testing import given
from nexa_contracts.success import Absence
from nexa_contracts.support import AgentLevel, AgentUpdated, Shift, SupportRole
from nexa_support.agent.decisions import PutAgent, SetAvailability, put
from nexa_support.agent.shifts import Hours
from nexa_support.agent.state import Unlisted
from nexa_support.aggregates import agent
from nexa_support.ticket.desk import Needs, choose

from .stories import HOUR, MONDAY, Story, desk, id_of, seat, submit, take

NINE_TO_TWELVE_AND_ONE_TO_FIVE = tuple(
    Shift(weekday=day, begins=time(begins), ends=time(ends)) for day in range(5) for begins, ends in ((9, 12), (13, 17))
)
BERLIN = Hours("Europe/Berlin", NINE_TO_TWELVE_AND_ONE_TO_FIVE)


def reasons(at: Any, needs: Needs, now: datetime = MONDAY) -> dict[str, str]:
    return {each.name: each.reason for each in choose(at, needs, now).because.candidates}


def test_each_candidate_who_cannot_take_it_is_named_with_what_is_in_the_way() -> None:
    away = Hours("UTC", (), (Absence(first=MONDAY.date(), last=MONDAY.date()),))
    night = Hours("UTC", (Shift(weekday=0, begins=time(22), ends=time(0)),))
    at = desk(
        seat("Full", capacity=3, open_tickets=3, languages=frozenset({"de"})),
        seat("Away", hours=away, languages=frozenset({"de"})),
        seat("Night", hours=night, languages=frozenset({"de"})),
        seat("Off", available=False, languages=frozenset({"de"})),
        seat("English"),
        seat("Manager", role=SupportRole.MANAGER),
    )
    assert reasons(at, Needs(language="de")) == {
        "Full": "at capacity (3 of 3 open tickets)",
        "Away": "away today",
        "Night": "not in shift",
        "Off": "not available",
        "English": "does not speak de",
    }


def test_who_knows_the_feature_comes_first_then_whose_turn_it_is_then_who_has_less_to_do() -> None:
    knows = seat("Knows", skills=frozenset({"data_export"}), last_turn=9)
    first, busy, free = seat("First", last_turn=1), seat("Busy", last_turn=2, open_tickets=5), seat("Free", last_turn=2)
    assert choose(desk(knows, first, busy, free), Needs(feature="data_export"), MONDAY).seat == knows
    assert choose(desk(knows, first, busy, free), Needs(feature="email_sync"), MONDAY).seat == first
    assert choose(desk(busy, free), Needs(), MONDAY).seat == free


def test_tickets_of_one_batch_are_shared_out_in_turn_and_the_rest_waits() -> None:
    story = Story(desk(seat("A", capacity=2), seat("B", capacity=2)))
    takers = []
    for number in range(5):
        ticket_id = id_of(f"ticket {number}")
        story.tell(submit(ticket_id))
        story.tell(take(ticket_id=ticket_id, type="question"))
        holder = story.states[ticket_id].ticket.agent
        takers.append(holder and holder.name)
    assert (sorted(takers[:2]), sorted(takers[2:4]), takers[4]) == (["A", "B"], ["A", "B"], None)


@pytest.mark.parametrize(
    ("at", "works", "begins"),
    [
        (datetime(2025, 11, 17, 8, 0, tzinfo=UTC), True, datetime(2025, 11, 17, 12, 0, tzinfo=UTC)),
        (datetime(2025, 11, 17, 11, 30, tzinfo=UTC), False, datetime(2025, 11, 17, 12, 0, tzinfo=UTC)),
        (datetime(2025, 11, 17, 16, 0, tzinfo=UTC), False, datetime(2025, 11, 18, 8, 0, tzinfo=UTC)),
        (datetime(2025, 11, 21, 20, 0, tzinfo=UTC), False, datetime(2025, 11, 24, 8, 0, tzinfo=UTC)),
        (datetime(2026, 3, 27, 20, 0, tzinfo=UTC), False, datetime(2026, 3, 30, 7, 0, tzinfo=UTC)),  # summer time
    ],
)
def test_shifts_are_on_the_persons_own_clock(at: datetime, works: bool, begins: datetime) -> None:
    assert (BERLIN.is_in_shift(at), BERLIN.next_begin(at)) == (works, begins)


def test_somebody_who_is_away_begins_again_the_day_after() -> None:
    away = Hours("Europe/Berlin", (), (Absence(first=date(2025, 11, 17), last=date(2025, 11, 20)),))
    assert away.next_begin(MONDAY) == datetime(2025, 11, 20, 23, 0, tzinfo=UTC)


def test_nobody_there_says_when_the_first_who_could_take_it_begins() -> None:
    later = Hours("UTC", (Shift(weekday=0, begins=time(14), ends=time(18)),))
    at = desk(seat("Later", hours=later), seat("Sooner but not senior", hours=BERLIN), seat("Full", capacity=0))
    assert choose(at, Needs(), MONDAY - HOUR / 2).seat is not None
    at = desk(seat("Later", hours=later), seat("Full", capacity=0))
    assert choose(at, Needs(), MONDAY).next_begin == datetime(2025, 11, 17, 14, 0, tzinfo=UTC)
    assert choose(at, Needs(senior=True), MONDAY).next_begin is None


def put_agent(**changes: Any) -> PutAgent:
    given: dict[str, Any] = {
        "agent_id": id_of("Lea Brandt"),
        "name": "Lea Brandt",
        "email": "lea.brandt@nexa.example",
        "role": SupportRole.AGENT,
        "level": AgentLevel.SENIOR,
        "skills": ("data_export",),
        "languages": ("en",),
        "capacity": 20,
        "available": True,
        "manager_id": None,
        "time_zone": "Europe/Berlin",
        "shifts": NINE_TO_TWELVE_AND_ONE_TO_FIVE,
        "absences": (),
    }
    return PutAgent(**(given | changes))


def listed(**changes: Any) -> AgentUpdated:
    (updated,) = put(put_agent(**changes), Unlisted())
    return updated


def test_the_roster_says_what_changed_and_nothing_twice() -> None:
    given(agent).when(put_agent()).then(listed())
    given(agent, listed()).when(put_agent()).then()
    off = SetAvailability(agent_id=id_of("Lea Brandt"), available=False)
    given(agent, listed()).when(off).then(listed(available=False))
    given(agent).when(off).then_refused(rule="agent.unknown")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"time_zone": "Mars"}, "agent.time_zone"),
        ({"manager_id": id_of("Lea Brandt")}, "agent.manager"),
        ({"shifts": (Shift(weekday=0, begins=time(22), ends=time(6)),)}, "agent.shift"),
        (
            {
                "shifts": (
                    Shift(weekday=0, begins=time(9), ends=time(13)),
                    Shift(weekday=0, begins=time(12), ends=time(17)),
                )
            },
            "agent.shift",
        ),
        ({"absences": (Absence(first=date(2026, 1, 2), last=date(2026, 1, 1)),)}, "agent.absence"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        listed(**changes)
    assert refused.value.rule == rule
