"""The headers that webinar, event and CRM tools write for each field, in their several spellings and languages."""

import re
import unicodedata
from collections.abc import Mapping

HEADERS: Mapping[str, tuple[str, ...]] = {
    "email": (
        "email", "e mail", "email address", "e mail address", "mail", "work email", "business email", "user email",
        "registrant email", "attendee email", "email 1", "correo electronico", "correo", "adresse e mail", "adresse email",
        "courriel", "e mail adresse", "mailadresse", "indirizzo email", "email adresse", "e mail address work", "work e mail",
        "email work", "primary email", "email address work", "contact email", "e mail adresse geschaftlich",
        "geschaftliche e mail", "e mail geschaftlich", "courrier electronique", "e mail professionnel", "email professionnel",
        "adresse electronique", "correo electronico del trabajo", "direccion de correo electronico", "direccion de correo",
        "email corporativo", "endereco de e mail", "e mail corporativo", "posta elettronica", "e mailadres",
    ),
    "first_name": (
        "first name", "firstname", "given name", "forename", "fname", "first", "vorname", "prenom", "nombre", "nome",
        "first name s", "givenname", "firstname attendee", "rufname", "primeiro nome", "nombre de pila", "voornaam", "imie",
        "nombre s",
    ),
    "last_name": (
        "last name", "lastname", "surname", "family name", "lname", "last", "nachname", "familienname", "nom de famille",
        "apellido", "apellidos", "cognome", "last name s", "sn", "name nachname", "zuname", "nom famille", "sobrenome",
        "apellido s", "primer apellido", "achternaam", "nazwisko",
    ),
    "full_name": (
        "name", "full name", "fullname", "contact name", "attendee name", "registrant name", "user name original name",
        "lead name", "contact", "nom", "nom complet", "nombre completo", "vollstandiger name", "nome completo",
        "display name", "first and last name", "name and surname", "vor und nachname", "vorname nachname",
        "benutzername originalname", "benutzername ursprunglicher name", "anzeigename", "nom et prenom", "prenom et nom",
        "prenom nom", "nom d utilisateur nom original", "nombre y apellidos", "nombre y apellido",
        "nombre de usuario nombre original", "teilnehmername", "name des teilnehmers", "nom du participant",
        "nombre del asistente", "user name",
    ),
    "company": (
        "company", "company name", "organization", "organisation", "organization name", "organisation name", "account name",
        "account", "employer", "firma", "unternehmen", "entreprise", "societe", "empresa", "azienda", "company account",
        "associated company", "primary company", "organization name company", "org", "org name", "firmenname",
        "firma account", "unternehmensname", "name des unternehmens", "name der firma", "organisation unternehmen",
        "arbeitgeber", "zugeordnetes unternehmen", "nom de l entreprise", "societe compte", "nom de la societe", "employeur",
        "raison sociale", "nombre de la empresa", "compania", "compania cuenta", "organizacion", "nombre de la organizacion",
        "organizacao", "nome da empresa", "companhia", "bedrijf", "bedrijfsnaam", "business name", "company organization",
        "organization company", "institution",
    ),
    "title": (
        "title", "job title", "jobtitle", "position", "role", "job role", "job position", "designation", "function",
        "berufsbezeichnung", "titel", "poste", "fonction", "cargo", "puesto", "qualifica", "job", "occupation",
        "job function title", "profession", "professional title", "business title", "jobtitel", "jobbezeichnung",
        "stellenbezeichnung", "berufsbezeichnung position", "funktion", "rolle", "beruf", "intitule du poste",
        "intitule de poste", "titre", "titre du poste", "poste occupe", "profession fonction", "titulo", "titulo del puesto",
        "puesto de trabajo", "cargo puesto", "denominacion del puesto", "titulo do cargo", "funcao", "ruolo", "functie",
        "functietitel",
    ),
    "company_size": (
        "company size", "companysize", "employees", "number of employees", "no of employees", "employee count", "headcount",
        "size", "organization size", "organisation size", "unternehmensgrosse", "mitarbeiter", "mitarbeiterzahl",
        "taille de l entreprise", "effectif", "tamano de la empresa", "empleados", "company size employees",
        "company employees", "employee range", "employees range", "no employees", "num employees", "number employees",
        "employee size", "employee count range", "company employee count", "organization number of employees",
        "company headcount", "business size", "anzahl mitarbeiter", "anzahl der mitarbeiter", "mitarbeiteranzahl",
        "firmengrosse", "grosse des unternehmens", "beschaftigte", "nombre d employes", "nb d employes", "nombre de salaries",
        "effectifs", "taille entreprise", "taille de la societe", "tranche d effectif", "numero de empleados",
        "no de empleados", "n de empleados", "cantidad de empleados", "tamano de empresa", "tamano empresa",
        "numero de funcionarios", "tamanho da empresa", "numero di dipendenti",
    ),
    "country": (
        "country", "country region", "country region name", "country name", "country code", "land", "pays", "pais", "paese",
        "location country", "work country", "home country", "mailing country", "billing country", "business country",
        "country or region", "country territory", "country region territory", "nation", "ip country", "land region",
        "land gebiet", "staat", "herkunftsland", "pays region", "pays ou region", "pais region", "pais o region", "nazione",
    ),
    "phone": (
        "phone", "phone number", "telephone", "mobile", "mobile phone", "work phone", "business phone", "telefon",
        "telefonnummer", "tel", "telephone number", "telefono", "numero de telephone", "mobile number", "mobile phone number",
        "cell", "cell phone", "cell number", "phone work", "work phone number", "direct phone", "office phone",
        "business phone number", "contact number", "telephone work", "phone no", "tel no", "mobil", "mobiltelefon",
        "mobilnummer", "handy", "handynummer", "rufnummer", "telefon geschaftlich", "telefon geschaftl", "geschaftstelefon",
        "festnetz", "portable", "telephone portable", "telephone professionnel", "numero de mobile", "movil",
        "telefono movil", "telefono del trabajo", "numero de telefono", "telefone", "celular", "telefonnr",
    ),
    "registered_at": (
        "registration time", "registered at", "registration date", "registered on", "registration date time",
        "registration timestamp", "sign up date", "signup date", "signed up at", "registered", "date registered",
        "anmeldedatum", "registrierungsdatum", "registriert am", "date d inscription", "fecha de registro",
        "registration date and time", "registered date", "date of registration", "reg date", "registration", "order date",
        "order date time", "order time", "date ordered", "purchase date", "anmeldezeit", "anmeldezeitpunkt",
        "registrierungszeit", "registrierungszeitpunkt", "datum der anmeldung", "datum der registrierung", "angemeldet am",
        "bestelldatum", "heure d inscription", "date et heure d inscription", "date de commande", "inscrit le",
        "hora de registro", "hora de inscripcion", "fecha de inscripcion", "fecha y hora de registro", "fecha del pedido",
        "data de inscricao", "data de registro",
    ),
    "registered_early": (
        "registered early", "early registration", "early bird", "early registrant", "early bird registration", "fruhbucher",
        "inscription anticipee", "inscripcion anticipada",
    ),
    "attended": (
        "attended", "attendance", "attended live", "attended webinar", "attended event", "did attend", "present", "joined",
        "teilgenommen", "participated", "a participe", "asistio", "attended yes no", "attendee status", "attendance status",
        "attended live event", "live attendance", "participation", "participation status", "has attended", "checked in",
        "check in status", "showed up", "teilnahme", "teilnahmestatus", "anwesend", "anwesenheit", "hat teilgenommen",
        "eingecheckt", "participe", "presence", "present e", "statut de participation", "statut du participant", "asistencia",
        "asistio al evento", "estado de asistencia", "estado del asistente", "participo", "participou", "compareceu",
        "presente",
    ),
    "questions_asked": (
        "questions asked", "questions", "question count", "number of questions", "asked questions", "no of questions asked",
        "fragen", "gestellte fragen", "questions posees", "preguntas", "number of questions asked", "no of questions",
        "total questions", "questions submitted", "questions answered count", "num questions", "anzahl fragen",
        "anzahl der fragen", "anzahl gestellter fragen", "nombre de questions", "nombre de questions posees",
        "numero de preguntas", "preguntas realizadas", "preguntas hechas", "perguntas",
    ),
    "content_downloaded": (
        "downloads", "content downloaded", "downloaded", "resources downloaded", "handouts downloaded", "content downloads",
        "downloaded resources", "downloaded content", "number of downloads", "handouts", "heruntergeladen", "telechargements",
        "descargas", "resources viewed", "number of resources viewed", "resources downloaded count", "resource downloads",
        "documents downloaded", "files downloaded", "assets downloaded", "content viewed", "anzahl downloads",
        "downloads anzahl", "heruntergeladene inhalte", "heruntergeladene dateien", "heruntergeladene dokumente",
        "contenus telecharges", "documents telecharges", "ressources telechargees", "nombre de telechargements",
        "contenido descargado", "recursos descargados", "documentos descargados", "numero de descargas",
    ),
    "emails_opened": (
        "emails opened", "email opens", "opens", "opened", "email opened", "e mails opened", "marketing emails opened",
        "number of emails opened", "total opens", "open count", "unique opens", "geoffnete e mails",
        "geoffnete marketing e mails", "e mails geoffnet", "e mails ouverts", "emails ouverts", "e mails marketing ouverts",
        "correos abiertos", "correos electronicos abiertos", "correos de marketing abiertos",
    ),
    "emails_clicked": (
        "emails clicked", "email clicks", "clicks", "clicked", "email clicked", "links clicked", "e mails clicked",
        "marketing emails clicked", "number of emails clicked", "total clicks", "click count", "unique clicks",
        "angeklickte e mails", "angeklickte marketing e mails", "e mails geklickt", "e mails cliques", "emails cliques",
        "e mails marketing cliques", "correos con clic", "clics en correos", "correos de marketing con clics",
    ),
    "territory": (
        "territory", "sales territory", "region", "sales region", "vertriebsgebiet", "sales area", "sales territory name",
        "territory name", "gebiet", "verkaufsgebiet", "vertriebsregion", "territoire", "secteur commercial", "territorio",
        "territorio de ventas",
    ),
    "product_interest": (
        "product interest", "product of interest", "interested in", "product", "products of interest", "product interests",
        "interest", "produktinteresse", "interesse an", "interessiert an", "produkt", "produit", "produit d interet",
        "interesse par", "producto", "producto de interes", "interesado en",
    ),
    "pricing_visits": (
        "pricing page visits", "pricing visits", "pricing page visited", "visited pricing page", "pricing page views",
        "pricing page view count", "preisseite besucht", "besuche der preisseite", "visites de la page tarifs",
        "visitas a la pagina de precios",
    ),
}  # fmt: skip

FIELDS = tuple(HEADERS)
FIELD_OF_HEADER = {header: field for field, headers in HEADERS.items() for header in headers}

LOOKS_LIKE_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
OF_WHOM = re.compile(
    "^(?:person|personne|persona|pessoa|contact|kontakt|contacto|contato|attendee|registrant|participant|teilnehmer|asistente) "
)
WHICH = re.compile(
    " (?:work|home|other|primary|1|main|buro|arbeit|geschaftlich|travail|professionnel|trabajo|trabalho)$"
)


def field_of_header(header: str) -> str | None:
    """The field that a header names in one of its known spellings."""
    return FIELD_OF_HEADER.get(plain(header))


def field_in_header(header: str) -> str | None:
    """The field that a header names beside whose or which it is, as in "Person - Email - Work"."""
    return FIELD_OF_HEADER.get(bare(header))


def bare(header: str) -> str:
    """A header without whose or which it is."""
    return WHICH.sub("", OF_WHOM.sub("", plain(header)))


def plain(header: str) -> str:
    """A header without case, accents, punctuation or doubled spaces: "E-Mail_Adresse*" is "e mail adresse"."""
    decomposed = unicodedata.normalize("NFKD", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).replace("ß", "ss"))
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[^\W_]+", letters.casefold()))
