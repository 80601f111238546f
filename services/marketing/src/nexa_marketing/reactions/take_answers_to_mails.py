"""What a lead does with a mail counts: opening it and following a link as engagement, unsubscribing as a wish.

What a program did that looks into mails tells of no interest.
"""

from collections.abc import Iterator
from datetime import datetime

from nexa_chassis.domain import Recorded
from nexa_chassis.reactions import Reaction
from nexa_contracts.marketing import EngagementKind
from nexa_contracts.notifier import EmailClicked, EmailOpened, EmailResponse, UnsubscribeRequested
from nexa_marketing.lead.decisions import NoteMailAnswer, UnsubscribeLead
from nexa_marketing.nurture.decisions import NoteAnswer

MAILS_TO_LEADS = ("thank_you", "nurture_step")


def react(fact: Recorded, now: datetime) -> Iterator[object]:
    match fact.event:
        case UnsubscribeRequested(kind=kind, about=lead_id) if kind in MAILS_TO_LEADS:
            yield UnsubscribeLead(lead_id)
        case EmailOpened(kind=kind, machine=None) as opened if kind in MAILS_TO_LEADS:
            yield NoteMailAnswer(opened.about, EngagementKind.EMAIL_OPENED, opened.occurred_at)
            yield from _in_series(opened, clicked=False)
        case EmailClicked(kind=kind, machine=None, first=True) as clicked if kind in MAILS_TO_LEADS:
            yield NoteMailAnswer(clicked.about, EngagementKind.EMAIL_CLICKED, clicked.occurred_at, clicked.url)
            yield from _in_series(clicked, clicked=True)
        case _:
            return


def _in_series(answer: EmailResponse, *, clicked: bool) -> Iterator[NoteAnswer]:
    if answer.enrolment_id is not None and answer.step is not None:
        yield NoteAnswer(answer.enrolment_id, answer.step, clicked)


take_answers_to_mails = Reaction(
    name="take_answers_to_mails", on=(EmailOpened, EmailClicked, UnsubscribeRequested), react=react
)
