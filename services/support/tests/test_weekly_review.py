"""What a week's tickets say about the product, and when it is said."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from nexa_chassis.domain import Deadline, Recorded
from nexa_chassis.testing import given, recorded
from nexa_contracts.support import Channel, Requester, Severity, TicketSubmitted, WeeklyReviewPublished
from nexa_contracts.values import Money
from nexa_support.reactions.review_weeks import review_weeks
from nexa_support.weekly_review.decisions import NotReviewed, Reviewed, ReviewWeek, Weeks, decide
from nexa_support.weekly_review.reviewing import BugTicket, KnownBug, WeekFacts, Wish, recommendations, rising, top_bugs
from nexa_support.weekly_review.week import begins, ends, first_day_of, review_of, week_of

ACCOUNTS = [UUID(int=100 + number) for number in range(20)]
BUG = KnownBug(UUID(int=1), "data_export", Severity.P1, "CSV export failing - missing dependency", True, False)


def tickets(feature: str, count: int, severity: Severity, *, quotes_error: bool = False) -> list[BugTicket]:
    return [BugTicket(feature, severity, ACCOUNTS[number], quotes_error) for number in range(count)]


GOLDEN = WeekFacts(
    tickets=[
        *tickets("dashboard_load", 8, Severity.P3),
        *tickets("email_sync", 3, Severity.P2),
        *tickets("data_export", 5, Severity.P1, quotes_error=True),
    ],
    before={"data_export": 1, "dashboard_load": 9},
    bugs=[BUG],
    arr={account: Money(amount=Decimal(50_000)) for account in ACCOUNTS},
    names={"data_export": "Export function"},
    wishes={"data_export": Wish("Enhanced export options (Excel, bulk, scheduled)", 15, "Q1 2026")},
)
WEEK = "2025-W48"
REVIEW = ReviewWeek(review_id=review_of(WEEK), week=WEEK)
AFTER = ends(WEEK) + timedelta(hours=6)


def test_the_seeds_week_is_ordered_by_impact_then_count() -> None:
    found = [(each.feature, each.tickets, each.impact) for each in top_bugs(GOLDEN)]
    assert found == [("data_export", 5, "high"), ("email_sync", 3, "medium"), ("dashboard_load", 8, "low")]
    assert top_bugs(GOLDEN)[0].arr == Money(amount=Decimal(250_000))
    assert [each.feature for each in rising(top_bugs(GOLDEN))] == ["data_export", "email_sync"]


def test_the_seeds_recommendations_rest_on_what_was_counted() -> None:
    said = {each.text: each.evidence for each in recommendations(top_bugs(GOLDEN), GOLDEN)}
    assert said == {
        "Invest in export feature testing": "5 bug tickets, 1 p1 bug, 0 recurrences",
        "Add integration tests for dependencies": "1 bug of a dependency: CSV export failing - missing dependency",
        "Improve error messaging": "5 of 16 bug tickets quote an error message",
    }


def test_a_week_is_published_once_and_revised_where_other_facts_became_known() -> None:
    (first,) = decide(REVIEW, NotReviewed(), AFTER, Weeks({WEEK: GOLDEN}))
    assert (first.revision, first.roadmap_effect) == (1, "Prioritize data export improvements in Q1")
    assert decide(REVIEW, Reviewed(first), AFTER, Weeks({WEEK: GOLDEN})) == []
    late = WeekFacts(tickets=[*GOLDEN.tickets, *tickets("email_sync", 1, Severity.P3)], bugs=[BUG])
    (second,) = decide(REVIEW, Reviewed(first), AFTER, Weeks({WEEK: late}))
    assert (second.revision, second.top_bugs[1].tickets) == (2, 4)


def test_a_quiet_week_has_a_review_that_recommends_nothing() -> None:
    (review,) = decide(REVIEW, NotReviewed(), AFTER, Weeks({WEEK: WeekFacts()}))
    assert (review.top_bugs, review.recommendations, review.roadmap_effect) == ((), (), "")


def test_a_week_that_is_not_over_is_not_reviewed() -> None:
    with pytest.raises(Exception, match="2025-W48 ends at 2025-12-01 00:00 UTC"):
        decide(REVIEW, NotReviewed(), ends(WEEK) - timedelta(seconds=1), Weeks({WEEK: GOLDEN}))


@pytest.mark.parametrize(
    ("moment", "week"), [("2025-12-29T00:00:00+00:00", "2026-W01"), ("2025-12-28T23:59:59+00:00", "2025-W52")]
)
def test_weeks_are_those_of_iso_8601(moment: str, week: str) -> None:
    at = datetime.fromisoformat(moment)
    assert week_of(at) == week
    assert begins(week) <= at < ends(week)
    assert first_day_of(week).weekday() == 0


def submitted(number: int, at: datetime) -> TicketSubmitted:
    return TicketSubmitted(
        ticket_id=UUID(int=number),
        reference=f"T-{number:010}",
        subject="Export",
        description="It fails",
        channel=Channel.API,
        requester=Requester(name="Sarah"),
        submitted_at=at,
    )


MINUTE = timedelta(minutes=1)


def recorded_at(number: int, at: datetime, recorded_at: datetime) -> Recorded:
    return replace(recorded(submitted(number, at), version=1), recorded_at=recorded_at)


def test_the_first_ticket_of_a_week_sets_its_deadline_and_the_others_none() -> None:
    monday = datetime(2025, 11, 24, 9, tzinfo=UTC)
    first, second = (recorded_at(number, monday, monday) for number in (1, 2))
    given(review_weeks).when(first).then(Deadline(at=AFTER, command=REVIEW))
    given(review_weeks, first).when(second).then()


def test_tickets_that_come_after_their_week_have_it_reviewed_once_they_are_analysed() -> None:
    monday, late = datetime(2025, 11, 24, 9, tzinfo=UTC), AFTER + timedelta(days=30)
    first = recorded_at(1, monday, monday)
    second, third, fourth = (
        recorded_at(number, monday, late + wait * MINUTE) for number, wait in ((2, 0), (3, 10), (4, 11))
    )
    given(review_weeks).when(second).then(Deadline(at=late + 20 * MINUTE, command=REVIEW))
    given(review_weeks, first).when(second).then(Deadline(at=late + 20 * MINUTE, command=REVIEW))
    given(review_weeks, first, second).when(third).then()
    given(review_weeks, first, second, third).when(fourth).then(Deadline(at=late + 31 * MINUTE, command=REVIEW))


def published(week: str, revision: int = 1) -> WeeklyReviewPublished:
    first_day = first_day_of(week)
    return WeeklyReviewPublished(
        review_id=review_of(week), week=week, first_day=first_day, revision=revision, top_bugs=()
    )


@pytest.mark.parametrize(
    ("week", "at", "following"),
    [
        ("2025-W48", AFTER, "2025-W49"),
        ("2025-W52", ends("2025-W52"), "2026-W01"),
        ("2026-W53", ends("2026-W53"), "2027-W01"),
        ("2024-W10", AFTER, "2025-W49"),
        ("2025-W48", ends("2025-W49") - timedelta(seconds=1), "2025-W49"),
        ("2025-W48", ends("2025-W49"), "2025-W50"),
    ],
)
def test_a_review_has_the_next_week_that_is_not_over_reviewed_too(week: str, at: datetime, following: str) -> None:
    expected = ReviewWeek(review_id=review_of(following), week=following)
    deadline = Deadline(at=ends(following) + timedelta(hours=6), command=expected)
    given(review_weeks).when(published(week), now=at).then(deadline)
    given(review_weeks).when(published(week, revision=2), now=at).then()
