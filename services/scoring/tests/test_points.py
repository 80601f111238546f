from dataclasses import replace

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.scoring import Band
from nexa_scoring.lead_score.features import Features
from nexa_scoring.lead_score.points import score
from nexa_scoring.rules.state import DEFAULT_RULES

STRANGER = Features(
    company_size=CompanySize.UNKNOWN,
    title="",
    source_kind=LeadSourceKind.OTHER,
    in_target_audience=False,
    registered_early=False,
    attended=False,
    questions=0,
    downloads=0,
    emails_opened=0,
    emails_clicked=0,
    pricing_visits=0,
)
IT_DIRECTOR = replace(
    STRANGER,
    company_size=CompanySize.ENTERPRISE,
    title="IT Director",
    source_kind=LeadSourceKind.WEBINAR,
    registered_early=True,
)


def test_the_seeds_it_director_who_opened_a_mail_scores_55_and_is_medium() -> None:
    result = score(replace(IT_DIRECTOR, emails_opened=1), DEFAULT_RULES)
    assert (result.value, result.band) == (55, Band.MEDIUM)
    assert {factor.factor: factor.points for factor in result.factors} == {
        "company_size.enterprise": 10,
        "title.executive": 15,
        "source.webinar": 15,
        "registered_early": 10,
        "email_opened": 5,
    }


def test_the_seeds_hot_lead_scores_85_with_the_advice_to_call() -> None:
    result = score(replace(IT_DIRECTOR, attended=True, questions=2, downloads=1), DEFAULT_RULES)
    assert (result.value, result.band) == (85, Band.HIGH)
    assert result.recommendation == "High buying intent, call within 24h"


def test_nothing_known_scores_nothing() -> None:
    assert score(STRANGER, DEFAULT_RULES).value == 0


@pytest.mark.parametrize(("questions", "points"), [(1, 5), (2, 10), (3, 10), (40, 10)])
def test_questions_bring_five_points_each_and_ten_at_most(questions: int, points: int) -> None:
    assert score(replace(STRANGER, questions=questions), DEFAULT_RULES).value == points


@pytest.mark.parametrize(
    ("title", "points"),
    [
        ("CTO", 15),
        ("Chief Data Officer", 15),
        ("VP Engineering", 15),
        ("Vice President, Sales", 15),
        ("Head of IT", 15),
        ("Managing Director", 15),
        ("IT Manager", 10),
        ("Account Mgr", 10),
        ("Directory Services Engineer", 0),
        ("Coordinator", 0),
        ("Headhunter", 0),
        ("", 0),
    ],
)
def test_titles_count_by_their_words(title: str, points: int) -> None:
    assert score(replace(STRANGER, title=title), DEFAULT_RULES).value == points


@pytest.mark.parametrize(("downloads", "opened", "value"), [(1, 0, 10), (9, 0, 10), (0, 1, 5), (0, 12, 5), (2, 2, 15)])
def test_downloads_and_opens_count_once(downloads: int, opened: int, value: int) -> None:
    assert score(replace(STRANGER, downloads=downloads, emails_opened=opened), DEFAULT_RULES).value == value


features = st.builds(
    Features,
    company_size=st.sampled_from(CompanySize),
    title=st.sampled_from(["", "CIO", "Manager", "Analyst"]),
    source_kind=st.sampled_from(LeadSourceKind),
    in_target_audience=st.booleans(),
    registered_early=st.booleans(),
    attended=st.booleans(),
    questions=st.integers(0, 9),
    downloads=st.integers(0, 9),
    emails_opened=st.integers(0, 9),
    emails_clicked=st.integers(0, 9),
    pricing_visits=st.integers(0, 9),
)


@over(features)
def test_the_score_is_the_capped_sum_of_its_factors_and_the_band_follows_it(lead: Features) -> None:
    result = score(lead, DEFAULT_RULES)
    assert result.raw == sum(factor.points for factor in result.factors)
    assert result.value == min(100, result.raw)
    expected = Band.HIGH if result.value >= 75 else Band.MEDIUM if result.value >= 50 else Band.LOW
    assert result.band is expected


@over(features, st.sampled_from(["attended", "registered_early", "in_target_audience"]))
def test_engaging_more_never_lowers_a_score(lead: Features, what: str) -> None:
    more = replace(lead, **{what: True})  # type: ignore[arg-type]
    assert score(more, DEFAULT_RULES).value >= score(lead, DEFAULT_RULES).value
