from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from nexa_chassis.domain import derive
from nexa_chassis.testing import given, recorded
from nexa_contracts.marketing import NURTURE_LETTER, NURTURE_TEMPLATES, Engagement, LeadCreated, NurtureStepDue
from nexa_contracts.sales import ImportRouted, LeadWaitedTooLong, RepCount, TaskOverdue
from nexa_contracts.values import Band
from nexa_notifier.mail.rendering import environment
from nexa_notifier.notification.decisions import Notify
from nexa_notifier.reactions.mail_nurture_step import mail_nurture_step
from nexa_notifier.reactions.tell_manager_of_overdue_task import tell_manager_of_overdue_task
from nexa_notifier.reactions.tell_rep_of_new_leads import headline, tell_rep_of_new_leads
from nexa_notifier.reactions.thank_new_lead import thank_new_lead

LEAD, CAMPAIGN, IMPORT, REP, MANAGER, TASK = (UUID(int=number) for number in range(1, 7))


def lead(email: str | None, import_id: UUID | None) -> LeadCreated:
    return LeadCreated(
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        campaign_name="Q4 Product Webinar",
        import_id=import_id,
        email=email,
        first_name="Dana",
        engagement=Engagement(attended=True),
    )


def test_an_imported_lead_is_thanked_once() -> None:
    given(thank_new_lead).when(lead("dana@acme.example", IMPORT)).then(
        Notify(
            notification_id=derive(LEAD, "thank_you"),
            kind="thank_you",
            about=LEAD,
            address="dana@acme.example",
            template="thank_you.v1",
            variables={"first_name": "Dana", "campaign_name": "Q4 Product Webinar", "attended": "yes"},
        )
    )


def test_a_lead_without_an_address_or_without_an_import_is_not_mailed() -> None:
    given(thank_new_lead).when(lead(None, IMPORT)).then()
    given(thank_new_lead).when(lead("dana@acme.example", None)).then()


def test_each_rep_gets_one_notice_an_import() -> None:
    routed = ImportRouted(
        import_id=IMPORT,
        campaign_id=CAMPAIGN,
        campaign_name="Q4 Product Webinar",
        reps=(RepCount(rep_id=REP, high=5), RepCount(rep_id=MANAGER, medium=10)),
        waiting=0,
        nurture=0,
        total=15,
    )

    def notice(rep: UUID, said: str) -> Notify:
        return Notify(
            notification_id=derive(IMPORT, rep, "rep_notice"),
            kind="rep_notice",
            about=IMPORT,
            person_id=rep,
            template="rep_notice.v1",
            variables={"headline": said, "campaign_name": "Q4 Product Webinar"},
        )

    given(tell_rep_of_new_leads).when(routed).then(
        notice(REP, "5 new high-priority leads assigned"), notice(MANAGER, "10 new leads assigned")
    )


@pytest.mark.parametrize(
    ("high", "medium", "said"),
    [
        (5, 0, "5 new high-priority leads assigned"),
        (1, 0, "1 new high-priority lead assigned"),
        (0, 1, "1 new lead assigned"),
        (2, 1, "2 new high-priority leads and 1 other assigned"),
        (1, 3, "1 new high-priority lead and 3 others assigned"),
    ],
)
def test_the_headline_counts_as_people_do(high: int, medium: int, said: str) -> None:
    assert headline(RepCount(rep_id=REP, high=high, medium=medium)) == said


def test_managers_are_told_once_a_day_that_leads_wait_too_long() -> None:
    def told(lead_id: UUID, on: datetime) -> list[object]:
        waiting = LeadWaitedTooLong(
            lead_id=lead_id,
            campaign_id=CAMPAIGN,
            band=Band.HIGH,
            since=datetime(2025, 11, 17, 5, 0, tzinfo=UTC),
            reason="Of 2 senior reps 2 at capacity",
            manager_ids=(MANAGER, REP),
        )
        return list(given(tell_rep_of_new_leads).when(recorded(waiting, time=on)).produced)

    monday = datetime(2025, 11, 17, 9, 0, tzinfo=UTC)
    first, second, tuesday = told(LEAD, monday), told(TASK, monday), told(LEAD, monday + timedelta(days=1))
    ids = [
        [notify.notification_id for notify in notices if isinstance(notify, Notify)]
        for notices in (first, second, tuesday)
    ]
    assert ids[0] == ids[1] == [derive(person, "2025-11-17", "leads_waiting") for person in (MANAGER, REP)]
    assert set(ids[0]).isdisjoint(ids[2])
    (notify, _) = first
    assert isinstance(notify, Notify)
    assert (notify.person_id, notify.variables["headline"]) == (MANAGER, "A high lead waits too long for a rep")


@pytest.mark.parametrize(("manager", "told"), [(MANAGER, MANAGER), (None, REP)])
def test_an_overdue_task_is_told_to_the_manager_or_to_the_rep_where_there_is_none(
    manager: UUID | None, told: UUID
) -> None:
    overdue = TaskOverdue(
        task_id=TASK,
        lead_id=LEAD,
        rep_id=REP,
        manager_id=manager,
        title="Call hot webinar lead",
        due_at=datetime(2025, 11, 18, 9, 0, tzinfo=UTC),
    )
    given(tell_manager_of_overdue_task).when(recorded(overdue, version=2)).then(
        Notify(
            notification_id=derive(TASK, 2, "task_overdue"),
            kind="task_overdue",
            about=TASK,
            person_id=told,
            template="task_overdue.v1",
            variables={"title": "Call hot webinar lead", "due_at": "2025-11-18 09:00 UTC"},
        )
    )


def test_a_nurture_step_becomes_one_mail() -> None:
    due = NurtureStepDue(
        enrolment_id=IMPORT,
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        campaign_name="Q4 Product Webinar",
        series="Webinar_Followup_Series",
        step=2,
        template="webinar_followup_2.v1",
        email="dana@acme.example",
        company="Acme Corp",
    )
    given(mail_nurture_step).when(due).then(
        Notify(
            notification_id=derive(IMPORT, 2, "nurture_step"),
            kind="nurture_step",
            about=LEAD,
            address="dana@acme.example",
            template="webinar_followup_2.v1",
            variables={"first_name": "", "campaign_name": "Q4 Product Webinar", "company": "Acme Corp"},
            enrolment_id=IMPORT,
            step="2",
        )
    )


def test_a_step_with_words_of_its_own_becomes_a_letter_known_by_its_key_in_all_versions() -> None:
    due = NurtureStepDue(
        enrolment_id=IMPORT,
        lead_id=LEAD,
        campaign_id=CAMPAIGN,
        campaign_name="Q4 Product Webinar",
        series="Webinar_Followup_Series",
        series_version=2,
        step=2,
        step_key="answers",
        template=NURTURE_LETTER,
        email="dana@acme.example",
        first_name="Dana",
        subject="Dana, three answers",
        text="Here they are.",
        link="https://nexa.example/answers",
    )
    (notify,) = given(mail_nurture_step).when(due).produced
    assert isinstance(notify, Notify)
    assert notify.notification_id == derive(IMPORT, "answers", "nurture_step")
    assert notify.step == "answers"
    assert notify.variables["subject"] == "Dana, three answers"
    assert notify.variables["link_label"] == "https://nexa.example/answers"


@pytest.mark.parametrize("template", NURTURE_TEMPLATES)
def test_every_template_that_a_series_may_use_is_there(template: str) -> None:
    assert {f"{template}.txt", f"{template}.html"} <= set(environment.list_templates())
