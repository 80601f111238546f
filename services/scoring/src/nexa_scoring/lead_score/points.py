"""Points per factor, their sum, the band and the advice. The table of factors is product.md's, as data in the rules."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nexa_contracts.marketing import CompanySize, LeadSourceKind
from nexa_contracts.scoring import FactorPoints
from nexa_contracts.values import Band
from nexa_scoring.lead_score.features import Features
from nexa_scoring.rules.state import Rules

EXECUTIVE = re.compile(r"\b(chief|c[a-z]{1,2}o|vp|svp|evp|vice[ -]president|president|director|head)\b", re.IGNORECASE)
MANAGER = re.compile(r"\b(manager|mgr)\b", re.IGNORECASE)

HIGHEST = 100


@dataclass(frozen=True)
class Score:
    """0 to 100; `raw` is the sum before the cap."""

    value: int
    raw: int
    band: Band
    factors: tuple[FactorPoints, ...]
    recommendation: str


def score(features: Features, rules: Rules) -> Score:
    factors = tuple(factor for factor in _factors(features, rules) if factor.points > 0)
    raw = sum(factor.points for factor in factors)
    value = min(raw, HIGHEST)
    band = band_of(value, rules)
    return Score(value, raw, band, factors, recommendation(band))


def points_of(features: Features, rules: Rules) -> int:
    """The score alone."""
    return min(sum(factor.points for factor in _factors(features, rules)), HIGHEST)


def band_of(value: int, rules: Rules) -> Band:
    if value >= rules.high_from:
        return Band.HIGH
    return Band.MEDIUM if value >= rules.medium_from else Band.LOW


def least_of(band: Band, rules: Rules) -> int:
    """The fewest points of a band."""
    match band:
        case Band.HIGH:
            return rules.high_from
        case Band.MEDIUM:
            return rules.medium_from
        case Band.LOW:
            return 0


def recommendation(band: Band) -> str:
    match band:
        case Band.HIGH:
            return "High buying intent, call within 24h"
        case Band.MEDIUM:
            return "Some buying intent, follow up within 48h"
        case Band.LOW:
            return "Early interest, keep in nurture"


def _factors(features: Features, rules: Rules) -> Iterator[FactorPoints]:
    def factor(name: str, because: str, times: int = 1) -> FactorPoints:
        return FactorPoints(factor=name, points=rules.points[name] * times, because=because)

    match features.company_size:
        case CompanySize.ENTERPRISE:
            yield factor("company_size.enterprise", "enterprise company")
        case CompanySize.MID_MARKET:
            yield factor("company_size.mid_market", "mid-market company")
        case _:
            pass
    if EXECUTIVE.search(features.title):
        yield factor("title.executive", f"title {features.title!r}")
    elif MANAGER.search(features.title):
        yield factor("title.manager", f"title {features.title!r}")
    match features.source_kind:
        case LeadSourceKind.REFERRAL:
            yield factor("source.referral", "came by referral")
        case LeadSourceKind.WEBINAR:
            yield factor("source.webinar", "came by webinar")
        case LeadSourceKind.CONTENT:
            yield factor("source.content", "came by content")
        case _:
            pass
    if features.registered_early:
        yield factor("registered_early", "registered 14 days or more before the start")
    if features.attended:
        yield factor("attended", "attended")
    if features.questions:
        each = rules.points["question_asked"]
        points = min(each * features.questions, rules.question_limit)
        noun = "question" if features.questions == 1 else "questions"
        yield FactorPoints(factor="question_asked", points=points, because=f"asked {features.questions} {noun}")
    if features.downloads:
        yield factor("content_downloaded", f"downloaded {features.downloads}")
    if features.emails_opened:
        yield factor("email_opened", f"opened {features.emails_opened}")
    if features.emails_clicked:
        yield factor("email_clicked", f"clicked {features.emails_clicked}")
    if features.pricing_visits:
        yield factor("pricing_page_visited", f"visited the pricing page {features.pricing_visits} times")
    if features.in_target_audience:
        yield factor("target_audience", "in the campaign's target audience")
