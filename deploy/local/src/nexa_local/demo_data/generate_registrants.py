"""Writes registrants.csv beside this file: 500 invented webinar registrants and a few dirty rows, the same on every run.

By the default scoring rules, before any mail is opened, 50 of them are High, 200 Medium and 250 Low. Two are the examples
of the product: Sarah Okafor reaches 85; Daniel Brandt, IT Director, has 50 and reaches 55 with his first opened mail.

    python -m nexa_local.demo_data.generate_registrants
"""

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

TARGET = Path(__file__).with_name("registrants.csv")
START = datetime(2025, 11, 15, 15, 0)
HIGH, MEDIUM, LOW = 50, 200, 250

COLUMNS = (
    "First Name", "Last Name", "Email", "Company", "Job Title", "Company Size", "Country", "Registration Time",
    "Attended", "Time in Session (minutes)", "Questions Asked", "Downloads", "Registration Source",
)  # fmt: skip

FIRST_NAMES = [
    "Ada", "Adil", "Aiko", "Alba", "Alina", "Amara", "Amir", "Anders", "Anika", "Anton", "Aria", "Arjun", "Astrid",
    "Aurel", "Bea", "Bennett", "Bianca", "Bruno", "Camille", "Carlos", "Carmen", "Cedric", "Chidi", "Clara", "Colin",
    "Dalia", "Damian", "Daria", "Deniz", "Diego", "Dora", "Edgar", "Elif", "Elin", "Emil", "Enzo", "Esra", "Esther",
    "Fabian", "Farah", "Felix", "Fiona", "Freya", "Gabriel", "Gemma", "Giulia", "Goran", "Greta", "Hana", "Hassan",
    "Heidi", "Hugo", "Ilona", "Imran", "Ines", "Iris", "Ivan", "Jana", "Jasper", "Joana", "Jonas", "Juno", "Kaito",
    "Karim", "Katja", "Kemal", "Kofi", "Lara", "Leif", "Leila", "Linus", "Livia", "Luca", "Magnus", "Malik", "Mara",
    "Marek", "Mei", "Mina", "Nadia", "Nico", "Nora", "Olga", "Omar", "Oskar", "Paula", "Pavel", "Priya", "Quentin",
    "Rafael", "Rania", "Rosa", "Samir", "Sanna", "Selma", "Sven", "Tara", "Tomas", "Uma", "Viktor", "Wanda", "Yara",
    "Yusuf", "Zeno", "Zoe",
]  # fmt: skip
LAST_NAMES = [
    "Abara", "Alder", "Almgren", "Amsel", "Arendt", "Aslan", "Bachmann", "Barros", "Bellini", "Bergqvist", "Bianchi",
    "Bosch", "Calder", "Castell", "Cervantes", "Cheng", "Dahl", "Dembele", "Demir", "Dietz", "Dufour", "Eklund",
    "Endo", "Eriksen", "Esposito", "Faber", "Ferrara", "Finch", "Fontaine", "Forsell", "Gallo", "Garnier", "Gebauer",
    "Haddad", "Halvorsen", "Harlow", "Hartwig", "Hashimoto", "Holm", "Ibarra", "Ishikawa", "Jansen", "Jokinen",
    "Kamara", "Kaplan", "Keller", "Kimura", "Kovac", "Kurz", "Laine", "Lambert", "Larkin", "Lindqvist", "Lorenz",
    "Maddox", "Marchetti", "Mendel", "Mensah", "Moreau", "Nakano", "Navarro", "Nilsen", "Novak", "Obi", "Oduya",
    "Olsen", "Ortega", "Pereira", "Petrov", "Quist", "Rahman", "Ramos", "Reuter", "Rhodes", "Rossi", "Sadik",
    "Salgado", "Sato", "Schild", "Serrano", "Silva", "Sorensen", "Stark", "Sundin", "Tanaka", "Thorne", "Tran",
    "Ueda", "Vance", "Varga", "Verne", "Vogel", "Wagner", "Weiss", "Winther", "Yamada", "Yilmaz", "Zapata", "Zeller",
]  # fmt: skip
FIRST_WORDS = [
    "Amber", "Arctic", "Aster", "Atlas", "Beacon", "Birch", "Blue", "Boreal", "Bright", "Cedar", "Cobalt", "Copper",
    "Coral", "Crest", "Delta", "Drift", "Ember", "Fjord", "Flint", "Granite", "Harbor", "Hazel", "Helix", "Indigo",
    "Ivory", "Juniper", "Kestrel", "Lark", "Linden", "Lumen", "Maple", "Marble", "Meridian", "Mistral", "Nimbus",
    "North", "Oak", "Onyx", "Orchard", "Pebble", "Pine", "Quartz", "Quill", "Raven", "Ridge", "Saffron", "Sierra",
    "Silver", "Slate", "Solstice", "Summit", "Tidal", "Timber", "Umber", "Vale", "Willow", "Zephyr",
]  # fmt: skip
SECOND_WORDS = [
    "Analytics", "Biotech", "Capital", "Components", "Devices", "Dynamics", "Energy", "Foods", "Freight", "Health",
    "Instruments", "Insurance", "Labs", "Logistics", "Materials", "Media", "Mobility", "Networks", "Optics",
    "Robotics", "Software", "Steel", "Systems", "Textiles", "Works",
]  # fmt: skip
COUNTRIES = {
    "United States": 30, "Germany": 18, "United Kingdom": 14, "France": 9, "Netherlands": 7, "Sweden": 6, "Spain": 5,
    "Canada": 5, "Italy": 4, "Japan": 2,
}  # fmt: skip
SIZES = {
    "enterprise": ("1,000-4,999", "5,000-9,999", "10,000+"),
    "mid": ("100-249", "250-999"),
    "small": ("1-49", "50-99"),
}
EXECUTIVES = (
    "IT Director",
    "VP Engineering",
    "Director of Operations",
    "Head of IT",
    "CTO",
    "CIO",
    "Head of Data",
    "VP Product",
)
MANAGERS = ("IT Manager", "Product Manager", "Operations Manager", "Project Manager", "Engineering Manager")
OTHERS = (
    "Systems Administrator",
    "Software Engineer",
    "Data Analyst",
    "Consultant",
    "Support Specialist",
    "Student",
    "Architect",
)
BROCHURES = ("Product brochure", "Pricing guide", "Security whitepaper", "Customer stories")
TITLES = {"executive": EXECUTIVES, "manager": MANAGERS, "other": OTHERS}


@dataclass(frozen=True)
class Profile:
    """What points are given for: webinar 15 for everyone, the rest by the default rules."""

    size: str
    title: str
    early: bool
    attended: bool
    questions: int
    downloads: int

    @property
    def points(self) -> int:
        return (
            15
            + {"enterprise": 10, "mid": 5, "small": 0}[self.size]
            + {"executive": 15, "manager": 10, "other": 0}[self.title]
            + 10 * self.early
            + 15 * self.attended
            + min(5 * self.questions, 10)
            + 10 * (self.downloads > 0)
        )


@dataclass(frozen=True)
class Registrant:
    first_name: str
    last_name: str
    company: str
    title: str
    company_size: str
    country: str
    registered_at: datetime
    attended: bool
    minutes: int
    questions: int
    downloads: str
    source: str

    @property
    def email(self) -> str:
        domain = self.company.lower().replace(" ", "-")
        return f"{self.first_name}.{self.last_name}@{domain}.example".lower()

    def cells(self) -> list[str]:
        return [
            self.first_name, self.last_name, self.email, self.company, self.title, self.company_size, self.country,
            self.registered_at.strftime("%Y-%m-%d %H:%M:%S"), "Yes" if self.attended else "No", str(self.minutes),
            str(self.questions), self.downloads, self.source,
        ]  # fmt: skip


def profiles(chance: random.Random) -> list[Profile]:
    """As many profiles of each band as the story has, in random order."""
    possible = [
        Profile(size, title, early, attended, questions, downloads)
        for size, title, early, attended, questions, downloads in product(
            SIZES, TITLES, (True, False), (True, False), range(4), range(3)
        )
        if attended or questions == 0
    ]
    high = [profile for profile in possible if profile.points >= 75]
    medium = [profile for profile in possible if 50 <= profile.points < 75]
    low = [profile for profile in possible if profile.points < 50]
    chosen = chance.choices(high, k=HIGH - 1) + chance.choices(medium, k=MEDIUM - 1) + chance.choices(low, k=LOW)
    chance.shuffle(chosen)
    return chosen


def registrants(chance: random.Random) -> Iterator[Registrant]:
    names = chance.sample([(first, last) for first in FIRST_NAMES for last in LAST_NAMES], 498)
    companies = [f"{first} {second}" for first in FIRST_WORDS for second in SECOND_WORDS]
    chance.shuffle(companies)
    staff = {size: [(companies.pop(), chance.choice(SIZES[size])) for _ in range(70)] for size in SIZES}
    people = [registrant(chance, profile, name, staff) for profile, name in zip(profiles(chance), names, strict=True)]
    sarah = Registrant(
        "Sarah", "Okafor", "Acme Corp", "Director of IT", "5,000-9,999", "United States",
        datetime(2025, 10, 20, 9, 12, 44), True, 58, 2, "Product brochure", "Partner newsletter",
    )  # fmt: skip
    daniel = Registrant(
        "Daniel", "Brandt", "Hanse Maschinenbau", "IT Director", "1,000-4,999", "Germany",
        datetime(2025, 10, 27, 16, 40, 3), False, 0, 0, "", "Website",
    )  # fmt: skip
    people.insert(11, sarah)
    people.insert(73, daniel)
    yield from people


def registrant(
    chance: random.Random, profile: Profile, name: tuple[str, str], staff: dict[str, list[tuple[str, str]]]
) -> Registrant:
    company, employees = chance.choice(staff[profile.size])
    days_before = chance.uniform(14.7, 32) if profile.early else chance.uniform(0.1, 12.9)
    return Registrant(
        first_name=name[0],
        last_name=name[1],
        company=company,
        title=chance.choice(TITLES[profile.title]),
        company_size=employees,
        country=chance.choices(list(COUNTRIES), list(COUNTRIES.values()))[0],
        registered_at=(START - timedelta(days=days_before)).replace(microsecond=0),
        attended=profile.attended,
        minutes=chance.randint(12, 61) if profile.attended else 0,
        questions=profile.questions,
        downloads="; ".join(chance.sample(BROCHURES, profile.downloads)),
        source=chance.choice(("Website", "Partner newsletter", "Social media", "Colleague")),
    )


def rows(people: list[Registrant]) -> list[str]:
    """The good rows, with the dirty ones among them: 2 duplicates and 5 that cannot be read."""
    lines = [line_of(person.cells()) for person in people]
    again = replace(people[30], minutes=0)
    shouted = people[120].cells()
    shouted[2] = shouted[2].upper()
    bad_address, no_address, no_number, short, torn = (
        Registrant(
            "Milo", last, "Pebble Freight", "Analyst", "50-99", "Spain", START, True, 20, 1, "", "Website"
        ).cells()
        for last in ("Quist", "Renner", "Sabo", "Tiller", "Unger")
    )
    bad_address[2] = "milo.quist(at)pebble-freight.example"
    no_address[2] = ""
    no_number[10] = "two or three"
    dirty = {
        64: line_of(again.cells()),
        150: line_of(bad_address),
        212: line_of(no_address),
        255: line_of(shouted),
        333: line_of(no_number),
        404: line_of(short[:9]),
        471: line_of(torn).replace("Pebble Freight", '"Pebble Freight', 1),
    }
    for at, line in dirty.items():
        lines.insert(at, line)
    return lines


def line_of(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def main() -> None:
    people = list(registrants(random.Random(20251115)))
    TARGET.write_text(line_of(list(COLUMNS)) + "".join(rows(people)), encoding="utf-8")


if __name__ == "__main__":
    main()
