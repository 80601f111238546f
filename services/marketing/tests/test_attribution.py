"""Attribution, worked out by hand and as properties: weights add up to 1, amounts to what they are parts of."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from nexa_chassis.testing import NOW, given, project, recorded
from nexa_contracts.marketing import EngagementKind, LeadCreated, LeadEngaged
from nexa_marketing.attribution.crediting import Attribution, amounts_of, weights_of
from nexa_marketing.attribution.models import HALF_LIFE, Model, shares, weights
from nexa_marketing.attribution.touches import Touch, TouchedDeal
from nexa_marketing.lead.decisions import EngageLead, lead
from nexa_marketing.lead.events import LeadImportUndone, LeadJoinedCampaign
from nexa_marketing.read_models.lead_touches import touches_of_leads

WEBINAR, EVENT, ADVERT, LEAD, DEAL, ACCOUNT, IMPORT = (UUID(int=number) for number in range(1, 8))
DAY = timedelta(days=1)
START = datetime(2025, 11, 1, tzinfo=UTC)


def on_days(*days: float) -> list[datetime]:
    return [START + day * DAY for day in days]


def decimals(*numbers: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(number) for number in numbers)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Model.FIRST, decimals("1", "0", "0", "0")),
        (Model.LAST, decimals("0", "0", "0", "1")),
        (Model.LINEAR, decimals("0.25", "0.25", "0.25", "0.25")),
        (Model.U_SHAPED, decimals("0.4", "0.1", "0.1", "0.4")),
        # ages 21, 14, 7 and 0 days: 1/8, 1/4, 1/2 and 1 of 15/8
        (Model.TIME_DECAY, decimals("0.066666667", "0.133333333", "0.266666667", "0.533333333")),
    ],
)
def test_four_touches_a_week_apart(model: Model, expected: tuple[Decimal, ...]) -> None:
    assert weights(on_days(0, 7, 14, 21), model) == expected


def test_what_rounding_leaves_goes_to_the_earliest_of_equal_shares() -> None:
    assert weights(on_days(0, 1, 2), Model.LINEAR) == decimals("0.333333334", "0.333333333", "0.333333333")
    assert shares(Decimal("100.00"), [Decimal(1)] * 3) == decimals("33.34", "33.33", "33.33")


def test_two_touches_share_a_u_and_five_have_three_between() -> None:
    assert weights(on_days(0, 1), Model.U_SHAPED) == decimals("0.5", "0.5")
    expected = decimals("0.4", "0.066666667", "0.066666667", "0.066666666", "0.4")
    assert weights(on_days(0, 1, 2, 3, 4), Model.U_SHAPED) == expected


def test_the_half_life_is_what_the_caller_says() -> None:
    assert weights(on_days(0, 30), Model.TIME_DECAY, 30 * DAY) == decimals("0.333333333", "0.666666667")


@pytest.mark.parametrize("parts", [(), (Decimal(0),), (Decimal(2), Decimal(-1))])
def test_there_are_no_shares_of_nothing(parts: Sequence[Decimal]) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        shares(Decimal(1), parts)


def test_half_a_cent_is_not_shared_out() -> None:
    with pytest.raises(ValueError, match="whole number"):
        shares(Decimal("0.005"), [Decimal(1)])


moments = st.integers(0, 400 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
models = st.sampled_from(Model)
half_lives = st.floats(0.1, 3_650).map(lambda days: timedelta(days=days))
amounts = st.decimals(0, 10_000_000, places=2)
touches = st.lists(
    st.builds(
        Touch,
        at=moments,
        campaign_id=st.sampled_from([WEBINAR, EVENT, ADVERT]),
        kind=st.sampled_from(["created", "email_opened"]),
        lead_id=st.just(LEAD),
        via=st.just("lead"),
    ),
    max_size=30,
)


def deal_of(found: Sequence[Touch], amount: Decimal = Decimal(50_000), **changes: Any) -> TouchedDeal:
    """As the read model gives it: touches by time, then by campaign."""
    in_order = tuple(sorted(found, key=lambda touch: (touch.at, touch.campaign_id, touch.kind)))
    told: dict[str, Any] = {"status": "open", "currency": "USD", "opened_at": START + 401 * DAY} | changes
    return TouchedDeal(deal_id=DEAL, account_id=ACCOUNT, amount=amount, touches=in_order, **told)


deals = st.lists(
    st.builds(
        deal_of,
        touches,
        amounts,
        status=st.sampled_from(["open", "won", "lost"]),
        currency=st.sampled_from(["USD", "EUR"]),
    ),
    max_size=15,
)


@for_all(st.lists(moments, min_size=1, max_size=200).map(sorted), models, half_lives)
def test_weights_add_up_to_exactly_one_and_none_is_negative(
    times: list[datetime], model: Model, half: timedelta
) -> None:
    found = weights(times, model, half)
    assert (len(found), sum(found), min(found) >= 0) == (len(times), 1, True)


@for_all(moments, models, half_lives)
def test_of_a_single_touch_all_models_say_the_same(time: datetime, model: Model, half: timedelta) -> None:
    assert weights([time], model, half) == (1,)


@for_all(st.lists(moments, min_size=2, max_size=50).map(sorted), half_lives)
def test_a_later_touch_never_weighs_less_by_decay(times: list[datetime], half: timedelta) -> None:
    found = weights(times, Model.TIME_DECAY, half)
    unit = Decimal("0.000000001")  # of equal touches the earlier one may have the unit that rounding left
    assert all(later - earlier >= -unit for earlier, later in pairwise(found))


@for_all(touches, amounts, models, half_lives, st.randoms())
def test_the_order_of_recording_does_not_matter(
    found: list[Touch], amount: Decimal, model: Model, half: timedelta, random: Any
) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    one, other = Attribution(model, half), Attribution(model, half)
    one.count([deal_of(found, amount)])
    other.count([deal_of(shuffled, amount)])
    assert (one.campaigns, one.untouched) == (other.campaigns, other.untouched)


@for_all(touches.filter(bool), amounts, models)
def test_the_touches_of_a_deal_share_all_of_its_amount(found: list[Touch], amount: Decimal, model: Model) -> None:
    deal = deal_of(found, amount)
    assert sum(amounts_of(deal, weights_of(deal, model, HALF_LIFE))) == amount


@for_all(deals, models, half_lives)
def test_for_each_currency_credits_and_what_is_untouched_add_up_to_all_revenue(
    found: list[TouchedDeal], model: Model, half: timedelta
) -> None:
    attribution = Attribution(model, half)
    attribution.count(found)
    for currency, total in attribution.total.items():
        of_currency = [credit for (_, its), credit in attribution.campaigns.items() if its == currency]
        parts = [*of_currency, *([attribution.untouched[currency]] if currency in attribution.untouched else [])]
        mine = [deal for deal in found if deal.currency == currency]
        won = sum((deal.amount for deal in mine if deal.status == "won"), Decimal(0))
        pipeline = sum((deal.amount for deal in mine if deal.status != "lost"), Decimal(0))
        assert sum(part.won_revenue for part in parts) == total.won_revenue == won
        assert sum(part.pipeline for part in parts) == total.pipeline == pipeline
        assert sum(part.weight for part in parts) == total.deals == len(mine)


def test_a_campaign_that_touched_twice_is_credited_with_both_and_counts_the_deal_once() -> None:
    found = [
        Touch(at, campaign, "created", LEAD, "lead")
        for at, campaign in zip(on_days(0, 1, 2), (WEBINAR, EVENT, WEBINAR), strict=True)
    ]
    attribution = Attribution(Model.U_SHAPED, HALF_LIFE)
    attribution.count([deal_of(found, status="won")])
    webinar, event = attribution.campaigns[WEBINAR, "USD"], attribution.campaigns[EVENT, "USD"]
    assert (webinar.deals, webinar.weight, webinar.won_revenue) == (1, Decimal("0.8"), Decimal(40_000))
    assert (event.deals, event.weight, event.won_revenue) == (1, Decimal("0.2"), Decimal(10_000))


CREATED = LeadCreated(lead_id=LEAD, campaign_id=WEBINAR, campaign_name="Q4 Product Webinar")


def engaged(kind: EngagementKind, at_campaign_id: UUID | None = None) -> LeadEngaged:
    return LeadEngaged(lead_id=LEAD, campaign_id=WEBINAR, kind=kind, occurred_at=NOW, at_campaign_id=at_campaign_id)


def test_an_engagement_may_be_part_of_another_campaign_than_the_one_that_found_the_lead() -> None:
    attended = engaged(EngagementKind.ATTENDED)
    elsewhere = engaged(EngagementKind.ATTENDED, EVENT)
    given(lead, CREATED).when(EngageLead(LEAD, EngagementKind.ATTENDED, NOW, campaign_id=WEBINAR)).then(attended)
    given(lead, CREATED, attended).when(EngageLead(LEAD, EngagementKind.ATTENDED, NOW)).then()
    given(lead, CREATED, attended).when(EngageLead(LEAD, EngagementKind.ATTENDED, NOW, campaign_id=EVENT)).then(
        elsewhere
    )


def test_touches_are_kept_with_the_campaign_they_are_part_of_and_leaving_one_is_kept_too() -> None:
    rows = project(
        touches_of_leads,
        recorded(engaged(EngagementKind.EMAIL_CLICKED), version=2),
        recorded(LeadJoinedCampaign(lead_id=LEAD, campaign_id=EVENT, import_id=IMPORT), version=3),
        recorded(engaged(EngagementKind.ATTENDED, EVENT), version=4),
        recorded(LeadImportUndone(lead_id=LEAD, import_id=IMPORT, left=EVENT), version=5),
        recorded(LeadImportUndone(lead_id=LEAD, import_id=IMPORT), version=6),
    )
    assert [(row["version"], row["kind"], row["campaign_id"]) for row in rows] == [
        (2, "email_clicked", WEBINAR),
        (3, "joined", EVENT),
        (4, "attended", EVENT),
        (5, "left", EVENT),
    ]
