"""The demo's registrants: good and dirty rows as promised, and the bands they fall into by the default rules."""

import random
from collections import Counter
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from nexa_contracts.marketing import LeadCreated, LeadEngaged, LeadSourceKind
from nexa_contracts.values import Band
from nexa_local.demo_data import generate_registrants
from nexa_marketing.lead_import.csv_format import Intake
from nexa_marketing.lead_import.csv_rows import Cursor, read_window
from nexa_marketing.lead_import.interpret import Candidate, Interpreter, Rejected, Setting
from nexa_marketing.lead_import.mapping import Choices, plan_columns
from nexa_scoring.lead_score.features import engaged, features_of
from nexa_scoring.lead_score.points import score
from nexa_scoring.rules.state import DEFAULT_RULES

FILE = Path(generate_registrants.__file__).with_name("registrants.csv")
NOBODY = UUID(int=1)


def interpreted() -> list[Candidate | Rejected]:
    """The rows as marketing reads them, with nothing said about the columns."""
    data = FILE.read_bytes()
    intake = Intake()
    intake.feed(data)
    form = intake.finish()[1].format
    rows = read_window(data[form.first_row :], Cursor(0, form.first_line), form, last=True, limit=10_000).rows
    plan = plan_columns(form.columns, [row.cells for row in rows[:5]], Choices())
    setting = Setting(date(2025, 11, 15), None, "Webinar Q4", LeadSourceKind.WEBINAR)
    interpreter = Interpreter(plan, setting)
    return [interpreter.read(row) for row in rows]


def leads() -> dict[str, LeadCreated]:
    """The leads that the good rows make, by address; the first row of an address counts."""
    found: dict[str, LeadCreated] = {}
    for row in interpreted():
        if isinstance(row, Candidate):
            made = LeadCreated(lead_id=NOBODY, campaign_id=NOBODY, campaign_name="Q4", **vars(row.profile))
            found.setdefault(row.match[0].value, made)
    return found


def test_the_file_is_what_the_generator_writes() -> None:
    people = list(generate_registrants.registrants(random.Random(20251115)))
    header = generate_registrants.line_of(list(generate_registrants.COLUMNS))
    assert header + "".join(generate_registrants.rows(people)) == FILE.read_text(encoding="utf-8")


def test_of_507_rows_500_are_leads_two_are_duplicates_and_five_are_rejected() -> None:
    rows = interpreted()
    assert len(rows) == 507
    assert [row.line for row in rows if isinstance(row, Rejected)] == [152, 214, 335, 406, 473]
    assert len(leads()) == 500


def test_the_default_rules_find_50_high_200_medium_and_250_low() -> None:
    bands = Counter(score(features_of(lead), DEFAULT_RULES).band for lead in leads().values())
    assert bands == {Band.HIGH: 50, Band.MEDIUM: 200, Band.LOW: 250}


def test_every_lead_came_by_the_webinar_and_has_an_invented_address() -> None:
    for lead in leads().values():
        assert lead.source_kind is LeadSourceKind.WEBINAR
        assert lead.email is not None
        assert lead.email.endswith(".example")


def test_the_golden_lead_has_85_points() -> None:
    sarah = score(features_of(leads()["sarah.okafor@acme-corp.example"]), DEFAULT_RULES)
    assert (sarah.value, sarah.band, sarah.recommendation) == (85, Band.HIGH, "High buying intent, call within 24h")


def test_the_it_director_has_50_points_and_55_with_the_first_opened_mail() -> None:
    features = features_of(leads()["daniel.brandt@hanse-maschinenbau.example"])
    assert score(features, DEFAULT_RULES).value == 50
    opened = LeadEngaged.model_validate(
        {"lead_id": NOBODY, "campaign_id": NOBODY, "kind": "email_opened", "occurred_at": "2025-11-16T10:00:00Z"}
    )
    assert score(engaged(features, opened), DEFAULT_RULES).value == 55


@pytest.mark.parametrize("needle", ["@gmail", "@outlook", "http"])
def test_nothing_in_the_file_belongs_to_anybody(needle: str) -> None:
    assert needle not in FILE.read_text(encoding="utf-8").lower()
