"""Made-up tickets with what a person would say of each: type, priority, sentiment, feature.

`SEEN` were before the author of the default rules' last changes, `UNSEEN` were not: the rules were never changed because of
them. Where a person could not tell either, the answer is None and only an abstaining analysis is right.
"""

from typing import NamedTuple

from nexa_scoring.ticket_analysis.questions import TicketText


class Labelled(NamedTuple):
    text: TicketText
    type: str | None
    priority: str | None
    sentiment: str | None
    feature: str | None


def _ticket(
    subject: str, description: str, *labels: str | None, language: str = "en", impact: str | None = None
) -> Labelled:
    return Labelled(TicketText(subject=subject, description=description, language=language, impact=impact), *labels)


SEEN = (
    _ticket(
        "Export function not working",
        "When I try to export contacts to CSV, I get an error message",
        "bug", "high", "frustrated", "data_export", impact="blocking work",
    ),
    _ticket(
        "How do I invite a colleague?", "Where can I add a user with read only permissions?",
        "question", "normal", "neutral", "permissions",
    ),
    _ticket(
        "Whole system down", "Nobody can log in since 8:00, we get a 503. This is an emergency.",
        "incident", "critical", "neutral", "login",
    ),
    _ticket(
        "Excel export", "It would be great if we could export deals to Excel as well. No rush.",
        "feature", "low", "neutral", "data_export",
    ),
    _ticket(
        "Typo on the invoice page", "There is a small typo in the heading of the invoice list, cosmetic only.",
        None, "low", "neutral", "billing",
    ),
    _ticket(
        "Charged twice", "Our credit card was charged twice this month. Third time we report this, unacceptable!",
        None, "high", "frustrated", "billing",
    ),
    _ticket(
        "Outlook emails stopped syncing", "Since yesterday my mailbox does not sync any more, messages are missing.",
        "bug", "normal", "neutral", "email_sync",
    ),
    _ticket(
        "Dashboard loads slowly", "The dashboard takes 40 seconds and sometimes times out.",
        "bug", "normal", "neutral", "dashboard_load",
    ),
    _ticket(
        "Question about the Salesforce integration", "Which fields does the connector map? Can you explain the owners?",
        "question", "normal", "neutral", "integrations",
    ),
    _ticket(
        "SSO", "What does the SAML setting 'force' do? We could not find documentation.",
        "question", "normal", "neutral", "login",
    ),
    _ticket(
        "Thank you!", "Just wanted to say that we love the new pipeline view, great work.",
        None, None, "content", "pipeline",
    ),
    _ticket(
        "Import fails at row 200", "The CSV upload of our contact list fails with 'unknown error', we cannot work without it.",
        "bug", "high", None, "data_import",
    ),
    _ticket(
        "Report shows wrong totals", "The forecast report adds up incorrectly when a deal is in euros.",
        "bug", "normal", "neutral", "reports",
    ),
    _ticket(
        "Feature request: dark mode for the mobile app", "Any plans for a dark mode on iPhone?",
        "feature", None, "neutral", "mobile_app",
    ),
    _ticket(
        "Exportieren funktioniert nicht", "Beim Exportieren der Kontakte kommt eine Fehlermeldung. Bitte dringend helfen.",
        "bug", "high", None, "data_export", language="de",
    ),
    _ticket(
        "Wie kann ich eine Rechnung herunterladen?", "Wo finde ich die Rechnungen des letzten Jahres?",
        "question", "normal", "neutral", "billing", language="de",
    ),
    _ticket(
        "Search returns nothing", "The filter for city gives no results although contacts exist. It worked last week.",
        None, None, None, "search",
    ),
    _ticket(
        "API rate limit", "What is the rate limit of the REST API per minute?",
        "question", "normal", "neutral", "public_api",
    ),
    _ticket(
        "App crashes", "The Android app crashes every time I open a contact. Really annoying.",
        "bug", "high", "frustrated", "mobile_app",
    ),
    _ticket(
        "Possible data breach", "I can see another customer's invoices in my account! Please react immediately.",
        "incident", "critical", None, "billing",
    ),
    _ticket("asdf", "qwertz 123 xyzzy", None, None, None, None),
    _ticket("Hello", "Hi there, best regards", None, None, None, None),
)  # fmt: skip

UNSEEN = (
    _ticket(
        "CSV file is empty", "I exported 300 contacts and the file I downloaded has only the header line. Seems broken.",
        "bug", "normal", "neutral", "data_export",
    ),
    _ticket(
        "Cannot download contacts", "Clicking export does nothing, the button just greys out. We need it for a mailing today.",
        "bug", "high", None, "data_export",
    ),
    _ticket(
        "Locked out of my account", "My password reset mail never arrives and I cannot sign in. Please help asap.",
        "bug", "high", None, "login",
    ),
    _ticket(
        "Two factor authentication", "How can we enforce two factor for everybody in our company?",
        "question", "normal", "neutral", "login",
    ),
    _ticket(
        "Gmail connection lost", "The Gmail sync shows 'connection failed' for three of our users.",
        "bug", "normal", "neutral", "email_sync",
    ),
    _ticket(
        "Please add a Zapier trigger for lost deals", "We would like to start a follow-up when a deal is lost.",
        "feature", "low", "neutral", "integrations",
    ),
    _ticket(
        "Webhook delivers twice", "Each webhook call arrives twice since the update on Monday, our ERP creates double orders.",
        "bug", "normal", "neutral", "integrations",
    ),
    _ticket(
        "Complete outage?", "None of us can reach the application, the page says service unavailable. We are losing deals.",
        "incident", "critical", None, None,
    ),
    _ticket(
        "Change billing address", "Where do I change the address on our invoices?",
        "question", "normal", "neutral", "billing",
    ),
    _ticket(
        "Refund", "You charged us for 20 seats although we cancelled in May. I am very disappointed that nobody answers.",
        None, None, "frustrated", "billing",
    ),
    _ticket(
        "Widgets gone", "Two widgets disappeared from my dashboard after the release.",
        "bug", "normal", "neutral", "dashboard_load",
    ),
    _ticket(
        "Dashboard blank", "Dashboard stays blank for the entire team, we can't work. This is ridiculous.",
        "bug", "high", "frustrated", "dashboard_load",
    ),
    _ticket(
        "Quarterly report by region", "Is there a way to group a report by sales region?",
        "question", "normal", "neutral", "reports",
    ),
    _ticket(
        "Chart colours", "Just an idea: let us choose the colours of the charts. Nice to have.",
        "feature", "low", "neutral", "reports",
    ),
    _ticket(
        "Import stuck at 80 %", "My import of 5,000 leads is stuck since this morning.",
        "bug", "normal", "neutral", "data_import",
    ),
    _ticket(
        "Import template", "Could you tell me which columns the import needs?",
        "question", "normal", "neutral", "data_import",
    ),
    _ticket(
        "Duplicate contacts", "How do I merge contacts that exist twice?",
        "question", "normal", "neutral", "contacts",
    ),
    _ticket(
        "Reminders come too late", "Notifications for tasks arrive an hour late, I missed a customer call because of that.",
        "bug", "normal", None, "notifications",
    ),
    _ticket(
        "Calendar view", "Meetings created on my phone do not show up in the calendar.",
        "bug", "normal", "neutral", "calendar",
    ),
    _ticket(
        "Role without delete rights", "Is it possible to have a role that cannot delete deals?",
        "question", "normal", "neutral", "permissions",
    ),
    _ticket(
        "Newsletter unsubscribe link broken", "The unsubscribe link in our campaign leads to an error page. Urgent!",
        "bug", "high", None, "email_campaigns",
    ),
    _ticket(
        "API returns 500", "The endpoint for contacts answers with an exception for about one call in ten.",
        "bug", "normal", "neutral", "public_api",
    ),
    _ticket(
        "Deal stages", "We wish we could have different deal stages per pipeline.",
        "feature", None, "neutral", "pipeline",
    ),
    _ticket(
        "Great product", "We are very happy with the support, keep up the good work. One question: can I pay by invoice?",
        "question", "normal", "content", "billing",
    ),
    _ticket(
        "Kalender synchronisiert nicht", "Termine aus dem Handy fehlen im Kalender, es ist nicht dringend.",
        "bug", "low", "neutral", "calendar", language="de",
    ),
    _ticket(
        "Anmeldung nicht möglich", "Niemand kann sich anmelden, die Seite ist nicht erreichbar!",
        "incident", "critical", None, "login", language="de",
    ),
    _ticket(
        "Vorschlag", "Es wäre schön, wenn Berichte als PDF verschickt werden könnten.",
        "feature", "low", "neutral", "reports", language="de",
    ),
    _ticket(
        "Import bricht ab", "Der Import hängt seit heute früh, schon wieder. So kann ich nicht arbeiten.",
        "bug", "high", "frustrated", "data_import", language="de",
    ),
    _ticket("Re: Re: Fwd:", "see below", None, None, None, None),
    _ticket("...", "???", None, None, None, None),
)  # fmt: skip
