"""Whatever is to be done of a lead goes to whoever has it, and ends with it, in whichever order the facts are heard."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.testing import given, recorded
from nexa_contracts.envelope import Event
from nexa_contracts.sales import (
    LeadAssigned,
    LeadQueued,
    TaskCompleted,
    TaskCreated,
    TaskKind,
    TaskPriority,
    TaskReassigned,
)
from nexa_contracts.values import Band
from nexa_sales.aggregates import task
from nexa_sales.assignment.commands import (
    ConvertLead,
    DisqualifyLead,
    HandOverLead,
    LetLeadGo,
    OfferWaitingLead,
    ReassignLead,
    RecycleLead,
)
from nexa_sales.reactions.open_follow_up import follow_up_of, open_follow_up
from nexa_sales.read_models import around_tasks
from nexa_sales.task.commands import CompleteTask, GiveTask, SettleTask, TakeOver
from nexa_sales.task.decisions import Surroundings

from .stories import CAMPAIGN, FIFTY_THOUSAND, IMPORT, MONDAY, Routing, id_of, orders_of, roster, route, senior

LEAD, NEXT_STEP, FOLLOW_UP = id_of("lead"), id_of("next step"), follow_up_of(id_of("lead"), Band.HIGH)
HOUR = timedelta(hours=1)


class Desk:
    """The lead's assignment and tasks as they are written, and what the process makes of hearing of them.

    `tick` is what lies between the times of two that are written one after the other: nothing where the clock stands, less
    than nothing where each transaction waited for the one before it, which began later.
    """

    def __init__(self, tick: timedelta = HOUR) -> None:
        self.tick = tick
        self.routing = Routing(roster(senior("maria"), senior("jonas", last_turn=5), senior("priya", last_turn=6)))
        self.tasks: dict[UUID, Any] = {}
        self.streams: dict[str, list[Recorded]] = {}
        self.now = MONDAY
        self.open: dict[UUID, frozenset[UUID]] = {}

    def lead(self, command: object) -> Sequence[Event]:
        return self._write(f"assignment-{LEAD}", self.routing.execute(command, self.now))

    def task(self, command: Any) -> Sequence[Event]:
        state = self.tasks.get(command.task_id, task.initial)
        around = Surroundings({}, open_tasks={LEAD: self._open()})
        events = task.decide(command, state, self.now, around)
        for event in events:
            state = task.evolve(state, event)
        self.tasks[command.task_id] = state
        return self._write(f"task-{command.task_id}", events)

    def _open(self) -> frozenset[UUID]:
        return frozenset(task_id for task_id, state in self.tasks.items() if type(state).__name__ == "OpenTask")

    def _write(self, stream: str, events: Sequence[Event]) -> Sequence[Event]:
        facts = self.streams.setdefault(stream, [])
        for event in events:
            facts.append(recorded(event, stream=stream, version=len(facts) + 1, time=self.now))
        self.now += self.tick
        return events

    def hear(self, facts: Sequence[Recorded]) -> None:
        """What the process asks for is done, and heard, at once."""
        state, heard = open_follow_up.initial, list(facts)
        while heard:
            fact = heard.pop(0)
            if type(fact.event) not in open_follow_up.on:
                continue
            state = open_follow_up.evolve(state, fact)
            for command in open_follow_up.react(state, fact, self.now):
                if not isinstance(command, Deadline):
                    stream = f"task-{command.task_id}"
                    known = len(self.streams.get(stream, ()))
                    self.task(command)
                    heard += self.streams[stream][known:]

    @property
    def to_do(self) -> dict[str, str]:
        """Of each open task whose it is."""
        names = {id_of(name): name for name in ("maria", "jonas", "priya")}
        titles = {
            fact.event.task_id: fact.event.title
            for facts in self.streams.values()
            for fact in facts
            if isinstance(fact.event, TaskCreated)
        }
        return {titles[task_id]: names[self.tasks[task_id].rep_id] for task_id in self._open()}


def given_by_hand(rep: str = "maria") -> GiveTask:
    return GiveTask(
        task_id=NEXT_STEP,
        kind=TaskKind.OTHER,
        title="Call again",
        rep_id=id_of(rep),
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        import_id=IMPORT,
        priority=TaskPriority.URGENT,
        due_at=MONDAY + 4 * HOUR,
    )


DONE = CompleteTask(task_id=FOLLOW_UP, outcome="call: no answer", completed_by="maria")
TO_JONAS = ReassignLead(lead_id=LEAD, rep_id=id_of("jonas"), reason="Knows them")
TO_PRIYA = ReassignLead(lead_id=LEAD, rep_id=id_of("priya"), reason="Jonas is away")
running_or_standing = pytest.mark.parametrize("tick", [HOUR, 0 * HOUR])
whatever_the_times = pytest.mark.parametrize("tick", [HOUR, 0 * HOUR, -HOUR])
ENDS = {
    "disqualified": DisqualifyLead(lead_id=LEAD, reason="No budget"),
    "withdrawn": LetLeadGo(lead_id=LEAD, campaign_id=CAMPAIGN, import_id=IMPORT),
    "converted": ConvertLead(
        lead_id=LEAD,
        company="Acme Corp",
        contact_id=id_of("c"),
        account_id=id_of("a"),
        account_matched=False,
        deal_id=id_of("d"),
        amount=FIFTY_THOUSAND,
    ),
}


def worked(tick: timedelta = HOUR) -> Desk:
    """Maria has called the lead: its follow-up is done."""
    desk = Desk(tick)
    (assigned,) = desk.lead(route("lead", 90))
    (follow_up,) = given(open_follow_up).when(recorded(assigned, time=MONDAY)).produced
    desk.task(follow_up)
    desk.task(DONE)
    return desk


def outcomes(story: Any) -> list[dict[str, str]]:
    """What is to be done in the end, for every order of hearing what was written."""
    ends = []
    for number in range(len(orders_of(*story().streams.values()))):
        desk = story()
        desk.hear(orders_of(*desk.streams.values())[number])
        ends.append(desk.to_do)
    assert len(ends) > 1
    return ends


@running_or_standing
@pytest.mark.parametrize("end", ENDS)
def test_a_next_step_ends_with_its_lead_in_every_order(end: str, tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.task(given_by_hand())
        desk.lead(ENDS[end])
        return desk

    assert all(to_do == {} for to_do in outcomes(story))


def test_what_ends_a_next_step_is_named() -> None:
    desk = worked()
    (created,) = desk.task(given_by_hand())
    (released,) = desk.lead(ENDS["withdrawn"])
    fact = recorded(released, time=MONDAY)
    commands = given(open_follow_up, recorded(created)).when(fact).produced
    settle = SettleTask(task_id=NEXT_STEP, outcome="the lead was withdrawn", event_id=fact.id)
    assert settle in commands
    (done,) = given(task, created, context=Surroundings({})).when(settle).produced
    assert isinstance(done, TaskCompleted)
    assert done.completed_by == fact.id


@whatever_the_times
def test_a_next_step_goes_to_whoever_is_given_the_lead_in_every_order(tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.task(given_by_hand())
        desk.lead(TO_JONAS)
        return desk

    assert all(to_do == {"Call again": "jonas"} for to_do in outcomes(story))


@whatever_the_times
def test_a_next_step_goes_along_with_every_change_of_hands_in_every_order(tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.task(given_by_hand())
        desk.lead(TO_JONAS)
        desk.lead(TO_PRIYA)
        return desk

    assert all(to_do == {"Call again": "priya"} for to_do in outcomes(story))


@whatever_the_times
def test_a_lead_that_changes_hands_twice_is_taken_over_by_the_last_in_every_order(tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.lead(TO_JONAS)
        desk.lead(TO_PRIYA)
        return desk

    assert all(to_do == {"Take over webinar lead": "priya"} for to_do in outcomes(story))


@running_or_standing
def test_a_task_of_somebody_else_goes_along_as_well_in_every_order(tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.task(given_by_hand("priya"))
        desk.lead(TO_JONAS)
        return desk

    assert all(to_do == {"Call again": "jonas"} for to_do in outcomes(story))


@whatever_the_times
def test_a_next_step_of_whoever_left_goes_to_whoever_takes_the_waiting_lead_in_every_order(tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.task(given_by_hand())
        desk.routing.desk = roster(senior("jonas", available=False))
        desk.lead(HandOverLead(lead_id=LEAD, rep_id=id_of("maria"), rep_name="Maria Lind"))
        desk.routing.desk = roster(senior("jonas"))
        desk.lead(OfferWaitingLead(lead_id=LEAD))
        return desk

    assert all(to_do == {"Call again": "jonas"} for to_do in outcomes(story))


@whatever_the_times
def test_whoever_is_given_a_lead_whose_tasks_are_done_has_one_to_take_it_over_in_every_order(tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.lead(TO_JONAS)
        return desk

    assert all(to_do == {"Take over webinar lead": "jonas"} for to_do in outcomes(story))


def test_a_task_to_take_over_is_one_for_each_change_of_hands_and_due_as_a_follow_up_is() -> None:
    desk = worked()
    (moved,) = desk.lead(TO_JONAS)
    assert isinstance(moved, LeadAssigned)
    commands = given(open_follow_up).when(recorded(moved, time=MONDAY)).produced
    (take_over,) = (each for each in commands if isinstance(each, TakeOver))
    assert (take_over.due_at, take_over.priority) == (MONDAY + 24 * HOUR, TaskPriority.URGENT)
    (created,) = desk.task(take_over)
    assert isinstance(created, TaskCreated)
    given(task, created, context=Surroundings({})).when(take_over).then()
    (back,) = desk.lead(ReassignLead(lead_id=LEAD, rep_id=id_of("maria"), reason="Jonas is away"))
    again = given(open_follow_up, recorded(moved), recorded(created)).when(recorded(back, time=MONDAY)).produced
    (second,) = (each for each in again if isinstance(each, TakeOver))
    assert second.task_id != take_over.task_id
    assert any(getattr(each, "task_id", None) == take_over.task_id for each in again)


def test_a_lead_that_waited_after_its_rep_had_left_is_taken_over_as_well() -> None:
    def story() -> Desk:
        desk = worked()
        desk.routing.desk = roster(senior("jonas", available=False))
        (queued,) = desk.lead(HandOverLead(lead_id=LEAD, rep_id=id_of("maria"), rep_name="Maria Lind"))
        assert isinstance(queued, LeadQueued)
        desk.routing.desk = roster(senior("jonas"))
        desk.lead(OfferWaitingLead(lead_id=LEAD))
        return desk

    assert all(to_do == {"Take over webinar lead": "jonas"} for to_do in outcomes(story))


@running_or_standing
def test_a_lead_that_comes_back_has_the_follow_up_of_its_new_round_alone_in_every_order(tick: timedelta) -> None:
    def story() -> Desk:
        desk = worked(tick)
        desk.task(given_by_hand())
        desk.lead(ENDS["disqualified"])
        desk.routing.desk = roster(senior("jonas"))
        desk.lead(RecycleLead(lead_id=LEAD))
        return desk

    assert all(to_do == {"Call hot webinar lead": "jonas"} for to_do in outcomes(story))


def test_a_task_of_a_closed_lead_that_a_person_writes_down_later_stays() -> None:
    desk = worked()
    desk.lead(ENDS["disqualified"])
    desk.task(given_by_hand())
    desk.hear([fact for facts in desk.streams.values() for fact in facts])
    assert desk.to_do == {"Call again": "maria"}


def test_a_lead_with_nothing_but_its_follow_up_keeps_no_state() -> None:
    desk = worked()
    state = open_follow_up.initial
    for fact in (fact for facts in desk.streams.values() for fact in facts):
        state = open_follow_up.evolve(state, fact)
    assert state == open_follow_up.initial


def test_what_is_open_of_a_lead_is_followed_where_it_changes_hands() -> None:
    desk = worked()
    (created,) = desk.task(given_by_hand())
    (moved,) = desk.task(GiveTask(**(vars(given_by_hand()) | {"rep_id": id_of("jonas")})))
    (done,) = desk.task(CompleteTask(task_id=NEXT_STEP, outcome="Reached", completed_by="jonas"))
    assert isinstance(moved, TaskReassigned)
    around = Surroundings({}, open_tasks={LEAD: frozenset()})
    seen = []
    for event in (created, moved, done):
        around = around_tasks.evolve(around, event)
        seen.append(around.open_tasks[LEAD])
    assert seen == [{NEXT_STEP}, {NEXT_STEP}, frozenset()]
    assert around_tasks.evolve(Surroundings({}), created) == Surroundings({})
