"""The e-mail series that leads are enrolled in, as versioned data. A published version never changes; the next one is added."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from nexa_chassis.domain import derive
from nexa_contracts.marketing import CompanySize, InFlight, LeadSourceKind, NurtureStep, SeriesEntry
from nexa_contracts.values import Because, Candidate

WEBINAR_FOLLOWUP = "Webinar_Followup_Series"
ENTRY_RULE = "a Low lead enters the first series, by rank, that takes it"

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
INSTEAD = {"first_name": "there", "company": "your company", "campaign_name": ""}
"""What a letter may name of its reader, and what stands there if it is not known."""


def series_id_of(name: str) -> UUID:
    return derive("nurture-series", name)


def fill(words: str, known: Mapping[str, str | None]) -> str:
    """The words with what they name of the reader filled in."""
    return PLACEHOLDER.sub(lambda found: known.get(found[1]) or INSTEAD[found[1]], words)


@dataclass(frozen=True)
class Series:
    """One version of a series. Fields as in `NurtureSeriesPublished`."""

    name: str
    version: int
    steps: tuple[NurtureStep, ...]
    entry: SeriesEntry = SeriesEntry()
    rank: int = 100
    reentry_days: int | None = None
    accepts: bool = True
    in_flight: InFlight = InFlight.FINISH

    def step(self, number: int) -> NurtureStep | None:
        return self.steps[number - 1] if 1 <= number <= len(self.steps) else None

    def next_after(self, passed: Sequence[str]) -> int | None:
        """Number of the step that comes next for who has passed these, also in another version; None if none does.

        It is the first one behind the last of them that this version has, and none that was passed before.
        """
        keys = [step.key for step in self.steps]
        start = next((keys.index(key) + 1 for key in reversed(passed) if key in keys), 0)
        return next((place + 1 for place in range(start, len(keys)) if keys[place] not in passed), None)

    def delay_of(self, number: int) -> timedelta:
        return timedelta(hours=self.steps[number - 1].delay_hours)


@dataclass(frozen=True)
class Ending:
    """An enrolment that the lead had before, in the series of that name."""

    series: str
    at: datetime


@dataclass(frozen=True)
class Entrant:
    """What the entry rules look at."""

    lead_id: UUID
    campaign_id: UUID
    source_kind: LeadSourceKind = LeadSourceKind.OTHER
    company_size: CompanySize = CompanySize.UNKNOWN
    before: tuple[Ending, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """All published versions of all series, by name and version."""

    versions: Mapping[str, Mapping[int, Series]] = field(default_factory=dict)

    def version(self, name: str, version: int) -> Series:
        """Raises KeyError for a version that was never published."""
        return self.versions[name][version]

    def latest(self) -> Iterator[Series]:
        """The newest version of each series, in the order in which they are asked whether they take a lead."""
        newest = (versions[max(versions)] for versions in self.versions.values())
        return iter(sorted(newest, key=lambda series: (series.rank, series.name)))

    def with_version(self, series: Series) -> "Catalogue":
        known = self.versions.get(series.name, {})
        return Catalogue({**self.versions, series.name: {**known, series.version: series}})


def choose(catalogue: Catalogue, entrant: Entrant, now: datetime) -> tuple[Series, Because] | None:
    """The series that this lead enters now, and why that one; None if none takes it."""
    answers = [(series, why_not(series, entrant, now)) for series in catalogue.latest()]
    taken = next((series for series, refusal in answers if refusal is None), None)
    if taken is None:
        return None
    candidates = tuple(
        Candidate(
            id=str(series_id_of(series.name)),
            name=series.name,
            taken=series is taken,
            reason=refusal or ("takes it" if series is taken else f"stands behind {taken.name}"),
        )
        for series, refusal in answers
    )
    facts = {"source_kind": entrant.source_kind.value, "company_size": entrant.company_size.value}
    return taken, Because(rule=ENTRY_RULE, rule_version=taken.version, facts=facts, candidates=candidates)


def why_not(series: Series, entrant: Entrant, now: datetime) -> str | None:
    """Why the series does not take this lead; None if it does."""
    entry = series.entry
    if not series.accepts:
        return "takes nobody any more"
    if entry.source_kinds and entrant.source_kind not in entry.source_kinds:
        return f"not for leads whose source is {entrant.source_kind.value}"
    if entry.company_sizes and entrant.company_size not in entry.company_sizes:
        return f"not for companies of size {entrant.company_size.value}"
    if entry.campaigns and entrant.campaign_id not in entry.campaigns:
        return "not for leads of this campaign"
    ends = [ending.at for ending in entrant.before if ending.series == series.name]
    if not ends:
        return None
    if series.reentry_days is None:
        return "has had it before"
    again = max(ends) + timedelta(days=series.reentry_days)
    return f"may have it again from {again:%Y-%m-%d}" if now < again else None


BUILT_IN = Series(
    name=WEBINAR_FOLLOWUP,
    version=1,
    steps=(
        NurtureStep(key="1", delay_hours=0, template="webinar_followup_1.v1"),
        NurtureStep(key="2", delay_hours=72, template="webinar_followup_2.v1"),
        NurtureStep(key="3", delay_hours=168, template="webinar_followup_3.v1"),
    ),
    rank=1_000,
)
BUILT_IN_CATALOGUE = Catalogue().with_version(BUILT_IN)
