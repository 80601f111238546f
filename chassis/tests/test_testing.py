"""The words tests of a service are written in: they pass when the code does what they say, and else show the difference."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from counting.app import counting
from counting.bell import Mute, Ring, RingAgain, bell
from counting.bells_heard import bells, bells_heard
from counting.counter import Count, Counter, counter
from counting.facts import BellMuted, BellRung, Counted
from counting.greatest_counters import counters, greatest_counters
from counting.ring_bell import ring_bell

from nexa_chassis.domain import AggregateInContext, Alone, Context, Deadline, Recorded, Refused, derive
from nexa_chassis.reactions import Process
from nexa_chassis.read_models import Add, Change, Put, ReadModel, Remove
from nexa_chassis.testing import NOW, given, project, recorded

ID = UUID(int=7)
BELL = derive(ID, "bell")


def counted(amount: int, total: int) -> Counted:
    return Counted(counter_id=ID, amount=amount, total=total)


def test_a_decision_on_a_history_gives_its_events() -> None:
    given(counter, counted(3, 3)).when(Count(ID, 4)).then(counted(4, 7))


def test_a_decision_that_changes_nothing_gives_none() -> None:
    given(counter).when(Count(ID, 0)).then()
    given(bell, BellRung(bell_id=BELL, counter_id=ID, times=1), BellMuted(bell_id=BELL)).when(RingAgain(BELL)).then()


def test_a_refusal_is_known_by_its_rule() -> None:
    given(counter, counted(1000, 1000)).when(Count(ID, 1)).then_refused(rule="counter.full")


def test_a_wrong_event_is_shown_field_by_field() -> None:
    with pytest.raises(AssertionError) as failed:
        given(counter).when(Count(ID, 4)).then(counted(4, 5))
    lines = str(failed.value).splitlines()
    assert "-     total=5" in lines
    assert "+     total=4" in lines
    assert "      amount=4" in lines


def test_a_missing_event_a_missing_refusal_and_a_wrong_refusal_are_told_apart() -> None:
    with pytest.raises(AssertionError, match=r"\+ nothing"):
        given(counter).when(Count(ID, 0)).then(counted(0, 0))
    with pytest.raises(AssertionError, match=r"not refused by 'counter.full'"):
        given(counter).when(Count(ID, 4)).then_refused(rule="counter.full")
    with pytest.raises(AssertionError, match=r"by rule 'counter.grows' instead of 'counter.full'"):
        given(counter).when(Count(ID, -4)).then_refused(rule="counter.full")
    with pytest.raises(AssertionError, match=r"refused by rule 'counter.grows': A counter only grows"):
        given(counter).when(Count(ID, -4)).then(counted(-4, -4))


def test_a_decision_in_a_context_is_given_the_context() -> None:
    def decide(command: Count, state: Counter, now: datetime, most: int) -> list[Counted]:
        if command.amount > most:
            raise Refused("Too many.", rule="too_many")
        return [counted(command.amount, command.amount)]

    async def load(_: object) -> int:
        return 5

    limited = AggregateInContext(
        name="counter",
        key="counter_id",
        commands=(Count,),
        initial=Counter(),
        evolve=counter.evolve,
        topic=counter.topic,
        decide=decide,
        context=Context(load=load, evolve=lambda most, _: most),
    )
    given(limited, context=5).when(Count(ID, 5)).then(counted(5, 5))
    given(limited, context=4).when(Count(ID, 5)).then_refused(rule="too_many")
    free = replace(limited, alone=Alone(commands=(Count,), decide=lambda command, _, now: [counted(9, 9)]))
    given(free).when(Count(ID, 9)).then(counted(9, 9))


def test_a_reaction_gives_its_commands_and_deadlines() -> None:
    day = timedelta(days=1)
    given(ring_bell).when(counted(4, 12)).then(Ring(BELL, ID), Deadline(at=NOW + day, command=RingAgain(BELL)))
    given(ring_bell).when(recorded(counted(4, 16), version=2)).then()
    with pytest.raises(AssertionError, match="ring_bell does not subscribe to BellMuted"):
        given(ring_bell).when(BellMuted(bell_id=BELL))


def test_a_process_remembers_the_facts_it_was_given() -> None:
    @dataclass(frozen=True)
    class Seen:
        total: int = 0
        rung: bool = False

    def evolve(seen: Seen, fact: Recorded) -> Seen:
        match fact.event:
            case Counted(total=total):
                return replace(seen, total=total)
            case BellRung():
                return replace(seen, rung=True)
        return seen

    process = Process(
        name="mute_when_both",
        on=(Counted, BellRung),
        key=lambda event: event.counter_id,
        initial=Seen(),
        states=(Seen,),
        evolve=evolve,
        react=lambda seen, fact, now: [Mute(BELL)] if seen.rung and seen.total else [],
    )
    rung = BellRung(bell_id=BELL, counter_id=ID, times=1)
    given(process).when(rung).then()
    given(process, rung).when(counted(1, 1)).then(Mute(BELL))
    given(process, counted(1, 1)).when(rung).then(Mute(BELL))


def test_a_read_model_shows_rows() -> None:
    rows = project(greatest_counters, counted(3, 3), counted(4, 7))
    assert rows == [{"counter_id": ID, "total": 7, "version": 2, "times": 2}]
    assert rows.of(counters) == rows


def test_changes_of_rows_mean_in_memory_what_they_mean_in_the_database() -> None:
    key = {"bell_id": BELL}
    changes: list[Change] = [
        Add(bells, key, {"times": 2}),
        Put(bells, key, {"counter_id": ID}),
        Add(bells, key, {"times": 3}),
    ]
    model = replace(bells_heard, project=lambda fact: changes)
    rung = BellRung(bell_id=BELL, counter_id=ID, times=1)
    assert project(model, rung) == [{"bell_id": BELL, "counter_id": ID, "times": 5}]
    assert project(replace(model, project=lambda fact: [*changes, Remove(bells, key)]), rung) == []


def test_a_read_model_that_writes_what_is_not_its_own_is_told() -> None:
    rung = BellRung(bell_id=BELL, counter_id=ID, times=1)
    elsewhere = ReadModel(
        name="x", tables=(bells,), on=(BellRung,), project=lambda _: [Put(counters, {"counter_id": ID})]
    )
    with pytest.raises(AssertionError, match="writes to counters, which is not among its tables"):
        project(elsewhere, rung)
    with pytest.raises(AssertionError, match="bells has no column loudness"):
        project(replace(elsewhere, project=lambda _: [Put(bells, {"bell_id": BELL}, {"loudness": 11})]), rung)
    with pytest.raises(AssertionError, match="not fed by Counted"):
        project(bells_heard, counted(1, 1))


def test_a_recorded_fact_has_a_plausible_place_unless_told() -> None:
    fact = recorded(counted(1, 1), version=3, source="/nexa/counting")
    assert (fact.id, fact.previous, fact.type) == (f"counter-{ID}@3", 2, "nexa.counting.Counted.v1")
    assert recorded(counted(1, 1)).previous is None
    assert recorded(counted(1, 1), stream="counter-x", time=datetime(2026, 1, 1, tzinfo=UTC)).id == "counter-x@1"


def test_the_example_is_a_service() -> None:
    assert [aggregate.name for aggregate in counting.aggregates] == ["counter", "bell"]
