"""A stream as it stood at a time, by what was recorded and by what had happened."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from nexa_chassis.clock import FixedClock
from nexa_chassis.history import AsOf, facts_of, facts_since, load_as_of
from nexa_chassis.origin import Origin

from .conftest import Shop
from .shop import AddItems, BasketOpened, ItemAdded, NoBasket, OpenBasket, OpenedBasket, basket

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def told(a_shop: Shop) -> tuple[Shop, object]:
    """Opened on Monday, tea on Tuesday; on Thursday somebody enters that jam went in on Monday evening."""
    basket_id = uuid4()
    for day, command, happened in (
        (0, OpenBasket(basket_id, "anna"), None),
        (1, AddItems(basket_id, ("tea",)), None),
        (3, AddItems(basket_id, ("jam",)), MONDAY + timedelta(hours=9)),
    ):
        store = a_shop.store(clock=FixedClock(MONDAY + day * DAY))
        await store.execute([command], Origin("anna", "visit", time=happened))
    return a_shop, basket_id


@pytest.mark.parametrize(
    ("as_of", "items", "version"),
    [
        (AsOf(), ("tea", "jam"), 3),
        (AsOf(recorded=MONDAY + 2 * DAY), ("tea",), 2),
        (AsOf(recorded=MONDAY), (), 1),
        (AsOf(happened=MONDAY + timedelta(hours=12)), ("jam",), 3),
        (AsOf(happened=MONDAY + 4 * DAY), ("jam", "tea"), 3),
        (AsOf(recorded=MONDAY + 2 * DAY, happened=MONDAY + timedelta(hours=12)), (), 1),
    ],
)
async def test_the_state_follows_what_counts(
    told: tuple[Shop, object], as_of: AsOf, items: tuple[str, ...], version: int
) -> None:
    a_shop, basket_id = told
    loaded = await load_as_of(a_shop.store(), basket, basket_id, as_of)  # type: ignore[arg-type]
    assert (loaded.state, loaded.version) == (OpenedBasket(basket_id, items), version)


async def test_before_its_first_event_a_stream_is_not_there(told: tuple[Shop, object]) -> None:
    a_shop, basket_id = told
    loaded = await load_as_of(a_shop.store(), basket, basket_id, AsOf(recorded=MONDAY - DAY))  # type: ignore[arg-type]
    assert (loaded.state, loaded.version) == (NoBasket(), 0)


async def test_looking_back_leaves_the_present_state_as_it_is(told: tuple[Shop, object]) -> None:
    a_shop, basket_id = told
    store = a_shop.store()
    await load_as_of(store, basket, basket_id, AsOf(recorded=MONDAY))  # type: ignore[arg-type]
    assert (await store.load(basket, basket_id)).version == 3  # type: ignore[arg-type]


async def test_changes_since_a_time_are_those_recorded_after_it_page_by_page(told: tuple[Shop, object]) -> None:
    a_shop, basket_id = told
    stream = f"basket-{basket_id}"
    assert [type(fact.event) for fact in await facts_of(a_shop.store(), stream)] == [BasketOpened, ItemAdded, ItemAdded]
    since = await facts_since(a_shop.store(), stream, MONDAY)
    assert [fact.version for fact in since] == [2, 3]
    assert [fact.version for fact in await facts_since(a_shop.store(), stream, MONDAY, limit=1)] == [2]
    assert [fact.version for fact in await facts_since(a_shop.store(), stream, MONDAY, after=2)] == [3]
