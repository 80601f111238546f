"""Publishing a version of a series. What was published never changes; the same content again publishes nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from urllib.parse import urlsplit
from uuid import UUID

from nexa_chassis.domain import Aggregate, Refused
from nexa_contracts.marketing import (
    NURTURE_LETTER,
    NURTURE_TEMPLATES,
    NurtureSeriesPublished,
    NurtureStep,
    StepCondition,
)
from nexa_contracts.topics import NURTURE_SERIES
from nexa_marketing.nurture.series import BUILT_IN, INSTEAD, PLACEHOLDER, Series

MOST_STEPS = 50


@dataclass(frozen=True)
class NoSeries:
    """Nothing was published under this id."""


Published: TypeAlias = NoSeries | Series


@dataclass(frozen=True)
class PublishSeries:
    """`draft` has the number of the version it is to be: what somebody else published meanwhile is not passed over."""

    series_id: UUID
    draft: Series


def decide(command: PublishSeries, state: Published, now: datetime) -> Sequence[NurtureSeriesPublished]:
    draft = command.draft
    check(draft)
    known = in_force(draft.name, state)
    if known is not None and says_the_same(draft, known):
        return []
    if draft.version != (known.version + 1 if known is not None else 1):
        message = f"Another version of {draft.name} was published meanwhile; look at the preview once more."
        raise Refused(message, rule="series.version")
    return [NurtureSeriesPublished(series_id=command.series_id, **vars(draft))]


def says_the_same(draft: Series, known: Series) -> bool:
    return replace(draft, version=known.version, in_flight=known.in_flight) == known


def in_force(name: str, state: Published) -> Series | None:
    """The newest version, the built-in one where nothing was published since."""
    if isinstance(state, Series):
        return state
    return BUILT_IN if name == BUILT_IN.name else None


def check(draft: Series) -> None:
    """Raises Refused naming the first step and field that is not right."""
    if not 0 < len(draft.steps) <= MOST_STEPS:
        raise Refused(f"A series has 1 to {MOST_STEPS} steps.", rule="series.steps", field="steps")
    twice = [key for key, count in Counter(step.key for step in draft.steps).items() if count > 1]
    if twice:
        raise Refused(f"Two steps have the key {twice[0]!r}.", rule="series.key", field="steps")
    first = draft.steps[0]
    if first.condition is not StepCondition.ALWAYS:
        raise _wrong(0, "condition", "the first step has no mail before it that a condition could be about")
    for place, step in enumerate(draft.steps):
        if place and step.delay_hours < 1:
            raise _wrong(place, "delay_hours", "a step comes at least an hour after the one before")
        _check_words(place, step)


def _check_words(place: int, step: NurtureStep) -> None:
    if step.template not in NURTURE_TEMPLATES:
        raise _wrong(place, "template", f"there is no template {step.template!r}; take {', '.join(NURTURE_TEMPLATES)}")
    words = {"subject": step.subject, "text": step.text}
    if step.template != NURTURE_LETTER:
        own = {**words, "link": step.link, "link_label": step.link_label}
        for name in (name for name, said in own.items() if said):
            raise _wrong(place, name, f"only {NURTURE_LETTER} has words of the series' own")
        return
    for name, said in words.items():
        if not said or not said.strip():
            raise _wrong(place, name, "a letter needs one")
        for placeholder in PLACEHOLDER.findall(said):
            if placeholder not in INSTEAD:
                known = ", ".join(f"{{{each}}}" for each in INSTEAD)
                raise _wrong(place, name, f"{{{placeholder}}} is not known; there are {known}")
    if step.link is not None and (
        urlsplit(step.link).scheme not in ("http", "https") or not urlsplit(step.link).netloc
    ):
        raise _wrong(place, "link", "a link begins with https:// or http:// and names a host")


def _wrong(place: int, name: str, what: str) -> Refused:
    return Refused(f"Step {place + 1}, {name}: {what}.", rule=f"series.{name}", field=f"steps.{place}.{name}")


def evolve(state: Published, event: NurtureSeriesPublished) -> Published:
    return series_of(event)


def series_of(event: NurtureSeriesPublished) -> Series:
    return Series(**{name: getattr(event, name) for name in Series.__dataclass_fields__})


series_publication: Aggregate[PublishSeries, Published] = Aggregate(
    name="nurture_series",
    key="series_id",
    commands=(PublishSeries,),
    initial=NoSeries(),
    evolve=evolve,
    decide=decide,
    topic=NURTURE_SERIES,
)
