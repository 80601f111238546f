"""How much tickets resemble each other, and what a crowd of them makes of a priority."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from nexa_contracts.scoring import Finding
from nexa_scoring.ticket_analysis.preparing import BatchIndex
from nexa_scoring.ticket_analysis.similarity import Known, Likeness, likeness, recommended
from nexa_scoring.ticket_rules.state import DEFAULT_RULES

from .tickets import MONDAY, account_id, known, ticket_id

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def score(one: Known, other: Known) -> Decimal | None:
    found = likeness(one, [other], DEFAULT_RULES)
    return found.before[0].score if found.before else None


def test_the_score_is_the_cosine_of_the_words_and_little_words_weigh_less() -> None:
    ticket = known("a", "export csv contact list")
    assert score(ticket, known("b", "export csv sheet row", MONDAY - DAY)) == Decimal("0.50")
    assert score(known("a", "export csv error"), known("b", "error import", MONDAY - DAY)) is None


def test_the_same_feature_and_version_weigh_more_another_feature_or_kind_less() -> None:
    ticket = known("a", "export csv contact list", feature="data_export", product_version="2.1.5", type="bug")
    words = "export csv sheet row"

    def like(**rest: str) -> Decimal | None:
        return score(ticket, known("b", words, MONDAY - DAY, **rest))

    assert like() == Decimal("0.50")
    assert like(feature="data_export") == Decimal("0.75")
    assert like(feature="data_export", product_version="2.1.5") == Decimal("0.90")
    assert like(product_version="2.1.4") == Decimal("0.50")
    assert like(feature="reports") is None
    assert like(type="incident") == Decimal("0.50")
    assert like(type="question", feature="data_export") == Decimal("0.45")


def test_each_similar_ticket_says_why() -> None:
    ticket = known("a", "error export csv", feature="data_export", product_version="2.1.5")
    other = known("b", "csv error export", MONDAY - DAY, feature="data_export", product_version="2.1.5")
    (similar,) = likeness(ticket, [other], DEFAULT_RULES).before
    assert similar.reason == "same feature data_export, same version 2.1.5, words: export, csv, error"
    assert similar.score == 1


def test_only_tickets_before_it_within_the_window_count_and_the_ticket_itself_never() -> None:
    ticket = known("a", "export csv")
    others = [
        known("week", "export csv", MONDAY - 7 * DAY),
        known("older", "export csv", MONDAY - 7 * DAY - HOUR),
        known("oldest", "export csv", MONDAY - 90 * DAY),
        known("too old", "export csv", MONDAY - 90 * DAY - HOUR),
        known("later", "export csv", MONDAY + HOUR),
        known("much later", "export csv", MONDAY + 91 * DAY),
        ticket,
    ]
    found = likeness(ticket, others, DEFAULT_RULES)
    assert [each.ticket_id for each in found.before] == [ticket_id(name) for name in ("week", "older", "oldest")]
    assert (found.in_week, found.later) == (1, (ticket_id("later"),))


def test_a_high_priority_that_five_others_have_too_is_p1() -> None:
    high = Finding(value="high", confidence=Decimal("0.65"), because="says: blocking")
    ticket = known("a", "export csv", account_id=account_id("a"))
    others = [known(n, "export csv", MONDAY - (n + 1) * DAY, account_id=account_id(n)) for n in range(5)]
    four, five = (recommended(high, likeness(ticket, others[:n], DEFAULT_RULES), DEFAULT_RULES) for n in (4, 5))
    assert (four.value, four.because) == ("p2", "priority high, 4 similar tickets in seven days")
    assert five.value == "p1"
    assert five.because == "Multiple customers affected: 5 similar tickets in seven days, priority high"


@pytest.mark.parametrize(
    ("priority", "expected"), [("critical", "p1"), ("high", "p2"), ("normal", "p3"), ("low", "p4"), (None, None)]
)
def test_alone_the_priority_says_it(priority: str | None, expected: str | None) -> None:
    finding = Finding(value=priority, confidence=Decimal("0.6"), because="")
    assert recommended(finding, Likeness(), DEFAULT_RULES).value == expected


def test_a_normal_priority_stays_however_many_there_are() -> None:
    normal = Finding(value="normal", confidence=Decimal("0.6"), because="")
    assert recommended(normal, Likeness(in_week=30, accounts_in_week=20), DEFAULT_RULES).value == "p3"


words = st.lists(st.sampled_from(["export", "csv", "contact", "error", "list", "sync"]), max_size=5, unique=True)
tickets = st.lists(st.tuples(words, st.integers(0, 200)), min_size=1, max_size=12).map(
    lambda rows: [known(n, " ".join(terms), MONDAY + hours * HOUR) for n, (terms, hours) in enumerate(rows)]
)


@over(tickets)
def test_likeness_is_the_same_both_ways_and_in_a_batch_everyone_finds_those_before(batch: list[Known]) -> None:
    index = BatchIndex(batch, DEFAULT_RULES)
    for ticket in batch:
        all_before = likeness(ticket, batch, DEFAULT_RULES)
        assert likeness(ticket, index.nearest_before(ticket), DEFAULT_RULES).before == all_before.before
        for other in all_before.before:
            back = next(each for each in batch if each.ticket_id == other.ticket_id)
            assert ticket.ticket_id in likeness(back, batch, DEFAULT_RULES).later
