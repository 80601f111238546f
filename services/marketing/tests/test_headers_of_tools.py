"""The headers that webinar, event and CRM tools export are known, in English, German, French and Spanish."""

import pytest

from nexa_marketing.lead_import.csv_format import read_header
from nexa_marketing.lead_import.headers import FIELDS, HEADERS, plain
from nexa_marketing.lead_import.mapping import Choices, plan_columns

EXPORTS = {
    "Zoom attendees": (
        "Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,"
        "Leave Time,Time in Session (minutes),Organization,Job Title,Country/Region Name",
        "attended,full_name,first_name,last_name,email,registered_at,,,,,company,title,country",
    ),
    "Zoom registrants, German": (
        "Vorname;Nachname;E-Mail-Adresse;Anmeldezeitpunkt;Genehmigungsstatus;Firma;Berufsbezeichnung;Land/Region",
        "first_name;last_name;email;registered_at;;company;title;country",
    ),
    "Zoom registrants, French": (
        "Prénom;Nom de famille;E-mail;Heure d’inscription;Statut;Entreprise;Intitulé du poste;Pays/Région",
        "first_name;last_name;email;registered_at;;company;title;country",
    ),
    "Zoom registrants, Spanish": (
        "Nombre;Apellidos;Correo electrónico;Hora de inscripción;Organización;Cargo;País/Región;Asistió",
        "first_name;last_name;email;registered_at;company;title;country;attended",
    ),
    "GoToWebinar attendees": (
        "Attended,Interest Rating,Last Name,First Name,Email Address,Registration Date/Time,Join Time,Leave Time,"
        "Time in Session,City,State/Province,Country,Phone,Organization,Job Title,Number of Employees,Questions & Comments",
        "attended,,last_name,first_name,email,registered_at,,,,,,country,phone,company,title,company_size,",
    ),
    "ON24 registrants": (
        "First Name,Last Name,Email,Company,Job Title,Work Phone,Country,Registration Date,Attended Live,Live Minutes,"
        "Engagement Score,Number of Questions Asked,Resources Viewed,Company Size",
        "first_name,last_name,email,company,title,phone,country,registered_at,attended,,,questions_asked,"
        "content_downloaded,company_size",
    ),
    "Eventbrite attendees": (
        "Order #,Order Date,First Name,Last Name,Email,Quantity,Ticket Type,Attendee #,Attendee Status,Work Phone,"
        "Job Title,Company,Work Country",
        ",registered_at,first_name,last_name,email,,,,attended,phone,title,company,country",
    ),
    "Eventbrite orders": (
        "Order ID,Order Date,Attendee Status,Name,Email,Event Name,Ticket Quantity,Buyer Name,Buyer Email",
        ",registered_at,attended,full_name,email,,,,",
    ),
    "HubSpot contacts": (
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Associated Company,Job Title,Country/Region,"
        "Number of Employees,Marketing emails opened,Marketing emails clicked,Lifecycle Stage",
        ",first_name,last_name,email,phone,,company,title,country,company_size,emails_opened,emails_clicked,",
    ),
    "HubSpot contacts, German": (
        "Datensatz-ID,Vorname,Nachname,E-Mail,Telefonnummer,Name des Unternehmens,Jobbezeichnung,Land/Region,"
        "Anzahl der Mitarbeiter",
        ",first_name,last_name,email,phone,company,title,country,company_size",
    ),
    "HubSpot contacts, French": (
        "ID de la fiche,Prénom,Nom,E-mail,Numéro de téléphone,Nom de l'entreprise,Intitulé du poste,Pays/Région,"
        "Nombre d'employés",
        ",first_name,last_name,email,phone,company,title,country,company_size",
    ),
    "HubSpot contacts, Spanish": (
        "ID de registro,Nombre,Apellidos,Correo,Número de teléfono,Nombre de la empresa,Puesto de trabajo,País/región,"
        "Número de empleados",
        ",first_name,last_name,email,phone,company,title,country,company_size",
    ),
    "Salesforce leads": (
        "First Name,Last Name,Title,Company / Account,Lead Source,Email,Mobile,Country,No. of Employees",
        "first_name,last_name,title,company,,email,phone,country,company_size",
    ),
    "Salesforce leads by API names": (
        "Id,FirstName,LastName,Title,Company,Email,Phone,CountryCode,NumberOfEmployees,LeadSource",
        ",first_name,last_name,title,company,email,phone,country,company_size,",
    ),
    "Salesforce leads, German": (
        "Vorname;Nachname;Titel;Firma / Account;Lead-Quelle;E-Mail;Mobil;Land;Anzahl Mitarbeiter",
        "first_name;last_name;title;company;;email;phone;country;company_size",
    ),
    "Salesforce leads, French": (
        "Prénom;Nom;Fonction;Société / Compte;Origine;Adresse e-mail;Téléphone portable;Pays;Nb d'employés",
        "first_name;last_name;title;company;;email;phone;country;company_size",
    ),
    "Salesforce leads, Spanish": (
        "Nombre;Apellidos;Título;Compañía / Cuenta;Origen;Correo electrónico;Teléfono móvil;País;Nº de empleados",
        "first_name;last_name;title;company;;email;phone;country;company_size",
    ),
    "Pipedrive people": (
        "Person - Name,Person - Organization,Person - Email - Work,Person - Email - Home,Person - Phone - Work,"
        "Person - Job title,Person - Owner,Organization - Number of employees,Lead - Title",
        "full_name,company,email,,phone,title,,company_size,",
    ),
    "Pipedrive people, German": (
        "Person - Vorname,Person - Nachname,Person - Organisation,Person - E-Mail - Büro,Person - Telefon - Arbeit",
        "first_name,last_name,company,email,phone",
    ),
    "Pipedrive people, French": (
        "Personne - Nom,Personne - Organisation,Personne - E-mail - Travail,Personne - Téléphone - Travail",
        "full_name,company,email,phone",
    ),
    "Pipedrive people, Spanish": (
        "Persona - Nombre,Persona - Organización,Persona - Correo electrónico - Trabajo,Persona - Teléfono - Trabajo",
        "full_name,company,email,phone",
    ),
    "a German list": ("Name;Vorname;Firma;E-Mail;Mitarbeiterzahl", "last_name;first_name;company;email;company_size"),
    "a French list": ("Nom;Prénom;Société;Courriel;Effectif", "last_name;first_name;company;email;company_size"),
    "a Spanish list": ("Nombre;Empresa;Correo electrónico;Teléfono", "full_name;company;email;phone"),
    "snake case": ("first_name,lastName,EMAIL_ADDRESS,job_title", "first_name,last_name,email,title"),
}


@pytest.mark.parametrize("tool", EXPORTS)
def test_the_columns_of_an_export_are_known(tool: str) -> None:
    header, fields = EXPORTS[tool]
    form = read_header(f"{header}\n".encode(), "utf-8")
    guessed = [meaning.field or "" for meaning in plan_columns(form.columns, [], Choices()).columns]
    assert guessed == fields.split(form.separator)


def test_a_report_with_figures_above_its_table_is_read_from_the_table_on() -> None:
    report = (
        b'Attendee Report\nReport Generated:,"Nov 16, 2025 09:12 AM"\nTopic,Webinar ID,Actual Start Time\n'
        b'"Q4 Product Webinar",812 3456 7890,"Nov 15, 2025 10:00 AM"\n\nAttendee Details,\n'
        b"Attended,User Name (Original Name),First Name,Last Name,Email\nYes,Ada,Ada,Alder,ada@alder.example\n"
    )
    form = read_header(report, "utf-8")
    assert form.columns == ("Attended", "User Name (Original Name)", "First Name", "Last Name", "Email")
    assert form.first_line == 8
    assert report[form.first_row :].startswith(b"Yes,Ada")


def test_a_first_line_that_names_a_known_column_is_the_header_whatever_follows() -> None:
    form = read_header(b"Company,Hat\nEmail,Name\n", "utf-8")
    assert form.columns == ("Company", "Hat")


def test_a_file_without_any_known_column_has_its_first_line_as_header() -> None:
    assert read_header(b"Prospect ID,Hat\nA-1,red\n", "utf-8").columns == ("Prospect ID", "Hat")


def test_each_spelling_stands_for_one_field_and_is_written_plainly() -> None:
    spellings = [spelling for spellings in HEADERS.values() for spelling in spellings]
    assert len(spellings) == len(set(spellings))
    assert [spelling for spelling in spellings if plain(spelling) != spelling] == []
    assert len(FIELDS) == len(set(FIELDS))
