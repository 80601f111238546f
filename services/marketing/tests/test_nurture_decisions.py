"""One mail per enrolment and step, whatever happens: steps, delays, conditions, entry, re-entry, and moves between versions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_chassis.testing import NOW, given
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import (
    NURTURE_LETTER,
    CompanySize,
    LeadEnrolledInNurture,
    LeadSourceKind,
    NurtureMoved,
    NurtureSeriesPublished,
    NurtureStep,
    NurtureStepDue,
    NurtureStepScheduled,
    NurtureStepSkipped,
    NurtureStopped,
    SeriesEntry,
    StepCondition,
)
from nexa_marketing.nurture.decisions import (
    EnrolLead,
    MoveToVersion,
    NoteAnswer,
    NurtureCommand,
    SendStep,
    StopNurture,
    UpdateRecipient,
    decide,
    enrolment,
)
from nexa_marketing.nurture.events import RecipientKnown, StepAnswered
from nexa_marketing.nurture.publishing import PublishSeries, series_publication
from nexa_marketing.nurture.series import (
    BUILT_IN,
    BUILT_IN_CATALOGUE,
    Catalogue,
    Ending,
    Entrant,
    Series,
    choose,
    series_id_of,
)
from nexa_marketing.nurture.state import Ended, Enrolled, Enrolment, NotEnrolled, Recipient, evolve

CAMPAIGN, LEAD, ENROLMENT = (UUID(int=number) for number in (1, 2, 4))
SERIES = BUILT_IN.name
DAY = timedelta(days=1)
DANA = Recipient("Q4 Product Webinar", "dana@acme.example", "Dana", "Acme")
NOBODY = Recipient("Q4 Product Webinar")
ENROL = EnrolLead(ENROLMENT, Entrant(LEAD, CAMPAIGN), DANA)
IDS: dict[str, Any] = {"enrolment_id": ENROLMENT, "lead_id": LEAD, "campaign_id": CAMPAIGN}


def known(recipient: Recipient) -> RecipientKnown:
    return RecipientKnown(enrolment_id=ENROLMENT, **vars(recipient))


def due(step: int, key: str | None = None, version: int = 1) -> NurtureStepDue:
    return NurtureStepDue(
        **IDS,
        series=SERIES,
        series_version=version,
        step=step,
        step_key=key or str(step),
        template=f"webinar_followup_{step}.v1",
        **vars(DANA),
    )


def scheduled(
    step: int,
    at: datetime,
    *,
    since: datetime = NOW,
    passed: Sequence[str] = (),
    key: str | None = None,
    version: int = 1,
) -> NurtureStepScheduled:
    place = {"step": step, "step_key": key or str(step), "since": since, "at": at, "passed": tuple(passed)}
    return NurtureStepScheduled.model_validate({**IDS, "series": SERIES, "series_version": version, **place})


def stopped(reason: str, detail: str | None = None) -> NurtureStopped:
    return NurtureStopped(**IDS, reason=reason, series=SERIES, detail=detail)


ENROLLED = LeadEnrolledInNurture(**IDS, series=SERIES, series_version=1)
SECOND = scheduled(2, NOW + 3 * DAY, passed=["1"])
BEGUN: tuple[Event, ...] = (ENROLLED, known(DANA), due(1), SECOND)


def step(key: str, hours: int = 24, condition: StepCondition = StepCondition.ALWAYS) -> NurtureStep:
    return NurtureStep(key=key, delay_hours=hours, template="webinar_followup_1.v1", condition=condition)


def version(number: int, *steps: NurtureStep) -> Catalogue:
    return BUILT_IN_CATALOGUE.with_version(Series(SERIES, number, steps))


def send(history: Sequence[Event], number: int, at: datetime, catalogue: Catalogue = BUILT_IN_CATALOGUE) -> Any:
    return given(enrolment, *history, context=catalogue).when(SendStep(ENROLMENT, number), now=at)


# Steps and delays


def test_a_lead_is_enrolled_once_and_its_first_mail_is_due_at_once_and_the_next_has_its_time() -> None:
    first, *others = given(enrolment, context=BUILT_IN_CATALOGUE).when(ENROL).produced
    assert isinstance(first, LeadEnrolledInNurture)
    assert first.because is not None
    assert [(each.name, each.taken) for each in first.because.candidates] == [(SERIES, True)]
    assert others == [known(DANA), due(1), SECOND]
    given(enrolment, *BEGUN, context=BUILT_IN_CATALOGUE).when(ENROL).then()


def test_each_step_falls_due_once_in_order_and_not_before_its_time_and_the_last_one_ends_the_series() -> None:
    later = NOW + 3 * DAY
    third = scheduled(3, later + 7 * DAY, since=later, passed=["1", "2"])
    send(BEGUN, 1, later).then()
    send(BEGUN, 3, later).then()
    send(BEGUN, 2, later - timedelta(seconds=1)).then()
    send(BEGUN, 2, later).then(due(2), third)
    send((*BEGUN, due(2), third), 2, later).then()
    send((*BEGUN, due(2), third), 3, later + 7 * DAY).then(due(3), stopped("finished"))


@pytest.mark.parametrize("reason", ["unsubscribed", "converted", "withdrawn", "promoted"])
def test_a_stopped_series_sends_nothing_more(reason: str) -> None:
    given(enrolment, *BEGUN, context=BUILT_IN_CATALOGUE).when(StopNurture(ENROLMENT, reason)).then(stopped(reason))
    over_and_out = (*BEGUN, stopped(reason))
    for command in (SendStep(ENROLMENT, 2), StopNurture(ENROLMENT, "converted"), ENROL, MoveToVersion(ENROLMENT, 2)):
        given(enrolment, *over_and_out, context=version(2, step("1"))).when(command, now=NOW + 9 * DAY).then()


def test_a_lead_without_an_address_waits_for_one_and_a_step_that_waited_is_sent_then() -> None:
    history = (ENROLLED, known(NOBODY), scheduled(1, NOW))
    enrol = EnrolLead(ENROLMENT, ENROL.entrant, NOBODY)
    produced = given(enrolment, context=BUILT_IN_CATALOGUE).when(enrol).produced
    assert produced[1:] == history[1:]
    send(history, 1, NOW).then()
    later = NOW + DAY
    arrived = given(enrolment, *history, context=BUILT_IN_CATALOGUE).when(UpdateRecipient(ENROLMENT, DANA), now=later)
    arrived.then(known(DANA), due(1), scheduled(2, later + 3 * DAY, since=later, passed=["1"]))


def test_an_address_that_went_missing_holds_a_step_back_until_there_is_one_again() -> None:
    gone = (*BEGUN, known(NOBODY))
    send(gone, 2, NOW + 3 * DAY).then()
    back = given(enrolment, *gone, context=BUILT_IN_CATALOGUE)
    back.when(UpdateRecipient(ENROLMENT, DANA), now=NOW + DAY).then(known(DANA))
    later = NOW + 5 * DAY
    third = scheduled(3, later + 7 * DAY, since=later, passed=["1", "2"])
    back.when(UpdateRecipient(ENROLMENT, DANA), now=later).then(known(DANA), due(2), third)


def test_a_changed_address_is_noted_without_another_mail() -> None:
    moved = Recipient(DANA.campaign_name, "dana@birch.example", "Dana", "Birch")
    asked = given(enrolment, *BEGUN, context=BUILT_IN_CATALOGUE).when(UpdateRecipient(ENROLMENT, moved), now=NOW + DAY)
    asked.then(known(moved))


# Conditions


@pytest.mark.parametrize(
    ("condition", "answers", "sent"),
    [
        (StepCondition.PREVIOUS_OPENED, [], False),
        (StepCondition.PREVIOUS_OPENED, [("1", False)], True),
        (StepCondition.PREVIOUS_OPENED, [("1", True)], True),
        (StepCondition.PREVIOUS_NOT_OPENED, [], True),
        (StepCondition.PREVIOUS_NOT_OPENED, [("1", True)], False),
        (StepCondition.PREVIOUS_CLICKED, [("1", False)], False),
        (StepCondition.PREVIOUS_CLICKED, [("1", True)], True),
        (StepCondition.PREVIOUS_NOT_CLICKED, [("1", False)], True),
    ],
)
def test_a_step_whose_condition_is_not_met_is_passed_over_and_the_next_one_has_its_time(
    condition: StepCondition, answers: list[tuple[str, bool]], sent: bool
) -> None:
    catalogue = Catalogue().with_version(Series(SERIES, 1, (step("1", 0), step("2", 72, condition), step("3", 24))))
    said = [StepAnswered(enrolment_id=ENROLMENT, step=key, clicked=clicked) for key, clicked in answers]
    later = NOW + 3 * DAY
    outcome, following = send((*BEGUN, *said), 2, later, catalogue).produced
    assert type(outcome) is (NurtureStepDue if sent else NurtureStepSkipped)
    assert following == scheduled(3, later + DAY, since=later, passed=["1", "2"])


def test_an_answer_is_noted_once_and_only_about_a_mail_that_was_sent() -> None:
    opened = StepAnswered(enrolment_id=ENROLMENT, step="1", clicked=False)
    asked = given(enrolment, *BEGUN, context=BUILT_IN_CATALOGUE)
    asked.when(NoteAnswer(ENROLMENT, "1", clicked=False)).then(opened)
    asked.when(NoteAnswer(ENROLMENT, "2", clicked=False)).then()
    given(enrolment, *BEGUN, opened, context=BUILT_IN_CATALOGUE).when(NoteAnswer(ENROLMENT, "1", clicked=False)).then()


def test_a_letter_names_its_reader_and_stands_without_what_is_not_known() -> None:
    letter = NurtureStep(
        key="1",
        delay_hours=0,
        template=NURTURE_LETTER,
        subject="{first_name}, more from {campaign_name}",
        text="For {company}.",
        link="https://nexa.example",
    )
    catalogue = Catalogue().with_version(Series(SERIES, 1, (letter,)))
    for reader, subject, text in (
        (DANA, "Dana, more from Q4 Product Webinar", "For Acme."),
        (Recipient("Q4", "x@y.example"), "there, more from Q4", "For your company."),
    ):
        mail = given(enrolment, context=catalogue).when(EnrolLead(ENROLMENT, ENROL.entrant, reader)).produced[2]
        assert isinstance(mail, NurtureStepDue)
        assert (mail.subject, mail.text, mail.link) == (subject, text, "https://nexa.example")


# Entry and re-entry


def series(name: str, **fields: Any) -> Series:
    return Series(name, 1, (step("1", 0),), **fields)


WEBINARS = series("webinars", rank=1, entry=SeriesEntry(source_kinds=(LeadSourceKind.WEBINAR,)))
LARGE = series("large", rank=2, entry=SeriesEntry(company_sizes=(CompanySize.ENTERPRISE,)))
ONE_CAMPAIGN = series("one-campaign", rank=3, entry=SeriesEntry(campaigns=(CAMPAIGN,)))
CLOSED = series("closed", rank=0, accepts=False)
ANYONE = series("anyone", rank=9, reentry_days=30)


@pytest.mark.parametrize(
    ("entrant", "taken"),
    [
        (Entrant(LEAD, CAMPAIGN, LeadSourceKind.WEBINAR, CompanySize.ENTERPRISE), "webinars"),
        (Entrant(LEAD, CAMPAIGN, LeadSourceKind.REFERRAL, CompanySize.ENTERPRISE), "large"),
        (Entrant(LEAD, CAMPAIGN), "one-campaign"),
        (Entrant(LEAD, LEAD), "anyone"),
        (Entrant(LEAD, CAMPAIGN, before=(Ending("one-campaign", NOW - 900 * DAY),)), "anyone"),
        (Entrant(LEAD, LEAD, before=(Ending("anyone", NOW - 29 * DAY),)), None),
        (Entrant(LEAD, LEAD, before=(Ending("anyone", NOW - 30 * DAY),)), "anyone"),
        (Entrant(LEAD, LEAD, before=(Ending("anyone", NOW - 99 * DAY), Ending("anyone", NOW - DAY))), None),
    ],
)
def test_a_lead_enters_the_first_series_that_takes_it_and_one_it_has_had_only_as_its_rule_says(
    entrant: Entrant, taken: str | None
) -> None:
    catalogue = Catalogue()
    for each in (ANYONE, LARGE, CLOSED, WEBINARS, ONE_CAMPAIGN):
        catalogue = catalogue.with_version(each)
    chosen = choose(catalogue, entrant, NOW)
    assert (chosen[0].name if chosen else None) == taken
    if chosen:
        assert [each.name for each in chosen[1].candidates if each.taken] == [taken]
        assert len(chosen[1].candidates) == 5
    enrol = EnrolLead(ENROLMENT, entrant, DANA)
    produced = given(enrolment, context=catalogue).when(enrol).produced
    assert bool(produced) is bool(taken)


# Moving to a new version


@pytest.mark.parametrize(
    ("steps", "passed", "number"),
    [
        (["1", "2", "3"], [], 1),
        (["1", "2", "3"], ["1"], 2),
        (["1", "new", "2"], ["1"], 2),
        (["1", "new", "2"], ["1", "2"], None),
        (["0", "1", "2"], ["1"], 3),
        (["2", "3"], ["1"], 1),
        (["2", "1", "3"], ["1", "2"], 3),
        (["2", "1"], ["1", "2"], None),
        (["a", "b"], ["1", "2"], 1),
        (["1", "2", "3"], ["1", "gone"], 2),
    ],
)
def test_who_moves_goes_on_behind_the_last_step_that_is_still_there(
    steps: list[str], passed: list[str], number: int | None
) -> None:
    assert Series(SERIES, 2, tuple(map(step, steps))).next_after(passed) == number


def test_a_move_counts_the_new_delay_from_the_last_step_and_what_is_overdue_is_due_now() -> None:
    moved = NurtureMoved(**IDS, series=SERIES, from_version=1, series_version=2)
    later = NOW + 2 * DAY
    soon = version(2, step("1", 0), step("new", 96))
    asked = given(enrolment, *BEGUN, context=soon).when(MoveToVersion(ENROLMENT, 2), now=later)
    asked.then(moved, scheduled(2, NOW + 4 * DAY, passed=["1"], key="new", version=2))
    overdue = version(2, step("1", 0), step("new", 24))
    asked = given(enrolment, *BEGUN, context=overdue).when(MoveToVersion(ENROLMENT, 2), now=later)
    asked.then(moved, scheduled(2, later, passed=["1"], key="new", version=2))
    through = version(2, step("1", 0))
    asked = given(enrolment, *BEGUN, context=through).when(MoveToVersion(ENROLMENT, 2), now=later)
    asked.then(moved, stopped("finished", "version 2 has no further step"))


def test_the_deadline_of_the_old_version_does_not_bring_the_new_step_forward() -> None:
    moved = NurtureMoved(**IDS, series=SERIES, from_version=1, series_version=2)
    history = (*BEGUN, moved, scheduled(2, NOW + 4 * DAY, passed=["1"], key="new", version=2))
    catalogue = version(2, step("1", 0), step("new", 96))
    send(history, 2, NOW + 3 * DAY, catalogue).then()
    outcome, _ = send(history, 2, NOW + 4 * DAY, catalogue).produced
    assert isinstance(outcome, NurtureStepDue)
    assert (outcome.step_key, outcome.series_version) == ("new", 2)


KEYS = st.lists(st.sampled_from("abcde"), min_size=1, max_size=5, unique=True)
ACTS = st.one_of(
    st.tuples(st.just("wait"), st.integers(min_value=0, max_value=100)),
    st.tuples(st.just("send"), st.integers(min_value=1, max_value=5)),
    st.tuples(st.just("move"), st.integers(min_value=2, max_value=4)),
    st.tuples(st.just("address"), st.integers(min_value=0, max_value=1)),
)


@over(st.lists(KEYS, min_size=4, max_size=4), st.lists(ACTS, max_size=60))
def test_whatever_versions_come_and_however_often_deadlines_fire_no_step_is_mailed_twice(
    versions: list[list[str]], acts: list[tuple[str, int]]
) -> None:
    catalogue = Catalogue()
    for number, keys in enumerate(versions, 1):
        catalogue = catalogue.with_version(Series(SERIES, number, tuple(map(step, keys))))
    first = Catalogue({SERIES: {1: catalogue.version(SERIES, 1)}})
    state: Enrolment = NotEnrolled()
    said: list[Event] = []
    now = NOW
    commands: list[tuple[NurtureCommand, datetime]] = [(ENROL, now)]
    for act, amount in acts:
        now += timedelta(hours=amount if act == "wait" else 0)
        commands += {
            "wait": [],
            "send": [(SendStep(ENROLMENT, amount), now)] * 2,
            "move": [(MoveToVersion(ENROLMENT, amount), now)],
            "address": [(UpdateRecipient(ENROLMENT, (DANA, NOBODY)[amount % 2]), now)],
        }[act]
    for place, (command, at) in enumerate(commands):
        for event in decide(command, state, at, catalogue if place else first):
            state = evolve(state, event)
            said.append(event)
    mailed = [event.step_key for event in said if isinstance(event, NurtureStepDue)]
    assert len(mailed) == len(set(mailed))
    assert isinstance(state, Enrolled | Ended)


# Publishing


def publish(number: int, *steps: NurtureStep, **fields: Any) -> PublishSeries:
    return PublishSeries(series_id_of(SERIES), Series(SERIES, number, steps, **fields))


def test_a_version_is_published_once_and_builds_on_the_one_that_came_with_the_product() -> None:
    command = publish(2, step("1", 0), step("new"))
    (published,) = given(series_publication).when(command).produced
    assert isinstance(published, NurtureSeriesPublished)
    assert published.version == 2
    given(series_publication, published).when(command).then()
    given(series_publication).when(publish(2, *BUILT_IN.steps, rank=BUILT_IN.rank)).then()
    given(series_publication, published).when(publish(2, step("1", 0))).then_refused(rule="series.version")


@pytest.mark.parametrize(
    ("steps", "rule"),
    [
        ([], "series.steps"),
        ([step("a", 0), step("a")], "series.key"),
        ([step("a", 0, StepCondition.PREVIOUS_OPENED)], "series.condition"),
        ([step("a", 0), step("b", 0)], "series.delay_hours"),
        ([NurtureStep(key="a", delay_hours=0, template="none.v1")], "series.template"),
        ([NurtureStep(key="a", delay_hours=0, template=NURTURE_LETTER, text="x")], "series.subject"),
        ([NurtureStep(key="a", delay_hours=0, template=NURTURE_LETTER, subject="x", text=" ")], "series.text"),
        (
            [NurtureStep(key="a", delay_hours=0, template=NURTURE_LETTER, subject="{secret}", text="x")],
            "series.subject",
        ),
        (
            [
                NurtureStep(
                    key="a", delay_hours=0, template=NURTURE_LETTER, subject="x", text="x", link="javascript:alert(1)"
                )
            ],
            "series.link",
        ),
        ([NurtureStep(key="a", delay_hours=0, template="webinar_followup_1.v1", subject="x")], "series.subject"),
    ],
)
def test_a_series_that_cannot_be_sent_is_refused_naming_step_and_field(steps: list[NurtureStep], rule: str) -> None:
    given(series_publication).when(publish(2, *steps)).then_refused(rule=rule)
