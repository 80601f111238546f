"""The catalogue of features that version 1 begins with, and words that tell tickets apart least; German ones among them."""

from nexa_contracts.scoring import CataloguedFeature


def _feature(key: str, name: str, *aliases: str) -> CataloguedFeature:
    return CataloguedFeature(key=key, name=name, aliases=aliases)


FEATURES = (
    _feature("data_export", "Export function", "export*", "csv download", "csv", "download contacts", "exportieren"),
    _feature(
        "data_import", "Import", "import*", "csv upload", "upload contacts", "upload a file", "column mapping", "importieren"
    ),
    _feature(
        "email_sync", "Email sync", "e mail sync*", "mail sync*", "mailbox*", "outlook", "gmail", "imap", "inbox",
        "emails are not syncing", "synchronis* e mail*", "postfach",
    ),
    _feature("email_campaigns", "Email campaigns", "campaign*", "newsletter*", "mailing*", "unsubscribe*", "kampagne*"),
    _feature("dashboard_load", "Dashboard", "dashboard*", "home screen", "widget*", "start page", "startseite"),
    _feature(
        "integrations", "Integrations", "integration*", "salesforce", "zapier", "slack", "hubspot", "webhook*", "connector*",
        "schnittstelle*",
    ),
    _feature("public_api", "API", "api key*", "api token*", "rest api", "rate limit*", "endpoint*", "api call*"),
    _feature(
        "login", "Login and single sign-on", "login*", "log in*", "logging in", "sign in", "signing in", "single sign on",
        "sso", "saml", "password*", "passwort*", "two factor", "2fa", "mfa", "locked out", "anmelden", "anmeldung*",
        "einloggen",
    ),
    _feature(
        "billing", "Billing", "invoice*", "invoicing", "payment*", "credit card", "charged", "subscription*", "vat", "refund*",
        "rechnung*", "zahlung*", "abbuchung*",
    ),
    _feature("reports", "Reports", "report", "reports", "reporting", "forecast*", "chart*", "bericht*", "auswertung*"),
    _feature("search", "Search", "search*", "filter*", "find contacts", "suche*"),
    _feature("permissions", "Users and permissions", "permission*", "role", "roles", "access rights", "user rights",
             "invite*", "add a user", "berechtigung*", "benutzer*"),
    _feature("notifications", "Notifications", "notification*", "alerts", "reminder*", "push message*", "benachrichtigung*"),
    _feature("mobile_app", "Mobile app", "mobile", "iphone", "android", "ios", "app store", "handy"),
    _feature("calendar", "Calendar", "calendar*", "meeting*", "appointment*", "kalender*", "termin*"),
    _feature("contacts", "Contacts", "duplicate contact*", "duplicate*", "merge contacts", "contact record*", "dubletten"),
    _feature("pipeline", "Deals and pipeline", "pipeline*", "deal*", "opportunit*"),
)  # fmt: skip

LITTLE_WORDS = (
    "get*", "got", "use", "user*", "see", "show*", "try", "tri", "work*", "error*", "messag*", "problem*", "issu*", "help*",
    "pleas*", "thank*", "hello", "hi", "dear", "team", "regard*", "best", "kind", "know", "need", "want", "like", "make*",
    "click*", "page*", "since", "today", "yesterday", "tell*", "ask*", "custom*", "compani*", "ticket*", "support*", "also",
    "anyon*", "everi*", "still", "happen*", "open*", "button*", "screen*", "time*", "day*", "week*", "new", "look*", "could",
    "would", "can't", "cannot", "stop*", "fail*", "broken", "go*", "come*", "said", "say", "one", "way", "possibl*", "seem*",
    "sinc", "fehler*", "problem*", "bitt*", "hallo", "dank*", "gruss*", "grüss*", "seit", "funktioniert", "geht", "mehr",
)  # fmt: skip
