"""The headers that webinar, event and CRM tools write for each field, in their several spellings and languages."""

import re
import unicodedata
from collections.abc import Mapping

HEADERS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email", "e mail", "email address", "e mail address", "mail", "work email", "business email", "user email",
        "registrant email", "attendee email", "email 1", "correo electronico", "correo", "adresse e mail",
        "adresse email", "courriel", "e mail adresse", "mailadresse", "indirizzo email",
    ),
    "first_name": (
        "first name", "firstname", "given name", "forename", "fname", "first", "vorname", "prenom", "nombre", "nome",
    ),
    "last_name": (
        "last name", "lastname", "surname", "family name", "lname", "last", "nachname", "familienname",
        "nom de famille", "apellido", "apellidos", "cognome",
    ),
    "full_name": (
        "name", "full name", "fullname", "contact name", "attendee name", "registrant name", "user name original name",
        "lead name", "contact", "nom", "nom complet", "nombre completo", "vollstandiger name", "nome completo",
    ),
    "company": (
        "company", "company name", "organization", "organisation", "organization name", "organisation name",
        "account name", "account", "employer", "firma", "unternehmen", "entreprise", "societe", "empresa", "azienda",
    ),
    "title": (
        "title", "job title", "jobtitle", "position", "role", "job role", "job position", "designation", "function",
        "berufsbezeichnung", "titel", "poste", "fonction", "cargo", "puesto", "qualifica",
    ),
    "company_size": (
        "company size", "companysize", "employees", "number of employees", "no of employees", "employee count",
        "headcount", "size", "organization size", "organisation size", "unternehmensgrosse", "mitarbeiter",
        "mitarbeiterzahl", "taille de l entreprise", "effectif", "tamano de la empresa", "empleados",
    ),
    "country": (
        "country", "country region", "country region name", "country name", "country code", "land", "pays", "pais",
        "paese", "location country",
    ),
    "phone": (
        "phone", "phone number", "telephone", "mobile", "mobile phone", "work phone", "business phone", "telefon",
        "telefonnummer", "tel", "telephone number", "telefono", "numero de telephone",
    ),
    "registered_at": (
        "registration time", "registered at", "registration date", "registered on", "registration date time",
        "registration timestamp", "sign up date", "signup date", "signed up at", "registered", "date registered",
        "anmeldedatum", "registrierungsdatum", "registriert am", "date d inscription", "fecha de registro",
    ),
    "registered_early": ("registered early", "early registration", "early bird", "early registrant"),
    "attended": (
        "attended", "attendance", "attended live", "attended webinar", "attended event", "did attend", "present",
        "joined", "teilgenommen", "participated", "a participe", "asistio", "attended yes no",
    ),
    "questions_asked": (
        "questions asked", "questions", "question count", "number of questions", "asked questions",
        "no of questions asked", "fragen", "gestellte fragen", "questions posees", "preguntas",
    ),
    "content_downloaded": (
        "downloads", "content downloaded", "downloaded", "resources downloaded", "handouts downloaded",
        "content downloads", "downloaded resources", "downloaded content", "number of downloads", "handouts",
        "heruntergeladen", "telechargements", "descargas",
    ),
    "emails_opened": ("emails opened", "email opens", "opens", "opened", "email opened", "e mails opened"),
    "emails_clicked": (
        "emails clicked", "email clicks", "clicks", "clicked", "email clicked", "links clicked", "e mails clicked",
    ),
    "territory": ("territory", "sales territory", "region", "sales region", "vertriebsgebiet"),
    "product_interest": ("product interest", "product of interest", "interested in", "product"),
    "pricing_visits": ("pricing page visits", "pricing visits", "pricing page visited", "visited pricing page"),
}  # fmt: skip

FIELDS = tuple(HEADERS)
FIELD_OF_HEADER = {header: field for field, headers in HEADERS.items() for header in headers}


def plain(header: str) -> str:
    """A header without case, accents, punctuation or doubled spaces: "E-Mail_Adresse*" is "e mail adresse"."""
    decomposed = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).replace("ß", "ss"))
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", letters.casefold()))
