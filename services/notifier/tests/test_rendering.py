from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest

from nexa_notifier.mail.rendering import environment, render

VARIABLES = {
    "first_name": "Dana",
    "campaign_name": "Q4 Product Webinar",
    "attended": "yes",
    "company": "Acme Corp",
    "headline": "5 new high-priority leads assigned",
    "title": "Call hot webinar lead",
    "due_at": "2025-11-18 09:00 UTC",
    "account_name": "Acme Corp",
    "csm_name": "Nora Vance",
    "csm_email": "nora.vance@nexa.example",
    "kickoff_at": "Thursday, 27 November 2025, 10:00 (Europe/Berlin)",
    "kickoff_link": "https://meet.nexa.example/7",
    "documents": "- Getting started guide",
    "when": "Thursday, 27 November 2025, 10:00 (Europe/Berlin)",
    "agenda": "Review timeline, roles, deliverables",
    "join_url": "https://meet.nexa.example/7",
    "reason": "",
    "text": "The handoff note and the tasks are on the onboarding's board.",
}
VARIABLES |= {
    "name": "Sarah",
    "reference": "T-7K3QX2M9AB",
    "author": "Lea Brandt",
    "status": "In Progress",
    "priority": "Critical (P1)",
    "eta": "Fix deployed within 24 hours",
    "workaround": "You can use JSON export in the meantime.",
    "feature": "CSV export",
    "version": "2.1.6",
    "resolution": "Fix deployed in v2.1.6",
    "title": "Enhanced export options",
}
VARIABLES |= {"subject": "Three answers", "link": "https://nexa.example/answers?a=1&b=2", "link_label": "Read them"}
TEMPLATES = sorted(name.removesuffix(".txt") for name in environment.list_templates(["txt"]))


def mail(template: str, **changes: str) -> EmailMessage:
    return render(
        notification_id=UUID(int=7),
        template=template,
        variables={**VARIABLES, **changes},
        sender="Nexa CRM <crm@nexa.example>",
        recipient="dana@acme.example",
        queued_at=datetime(2025, 11, 17, 9, 0, tzinfo=UTC),
    )


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("first_name", ["Dana", ""])
def test_every_template_gives_a_subject_a_text_and_html(template: str, first_name: str) -> None:
    message = mail(template, first_name=first_name)
    text, html = parts(message)
    assert message["Subject"]
    assert len(text) > 40
    assert "</html>" in html
    assert "{{" not in text + html


def test_the_message_id_is_the_same_however_often_it_is_rendered() -> None:
    assert mail("thank_you.v1")["Message-ID"] == mail("thank_you.v1")["Message-ID"]
    assert mail("thank_you.v1")["Message-ID"] == f"<{UUID(int=7)}@nexa.example>"


def test_markup_in_a_name_stays_text() -> None:
    _, html = parts(mail("thank_you.v1", first_name="<script>alert(1)</script>"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_line_break_in_a_name_makes_no_header() -> None:
    message = mail("thank_you.v1", campaign_name="Webinar\r\nBcc: all@acme.example")
    assert message["Bcc"] is None
    assert b"\nBcc:" not in message.as_bytes().partition(b"\r\n\r\n")[0]
