"""The e-mail series that leads are enrolled in, as versioned data. A published version never changes; add the next one."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Step:
    """One mail: `delay` after the mail before it, the first one after the enrolment."""

    number: int
    delay: timedelta
    template: str


@dataclass(frozen=True)
class Series:
    name: str
    version: int
    steps: tuple[Step, ...]

    def step(self, number: int) -> Step | None:
        return self.steps[number - 1] if 1 <= number <= len(self.steps) else None


WEBINAR_FOLLOWUP = Series(
    name="Webinar_Followup_Series",
    version=1,
    steps=(
        Step(1, timedelta(0), "webinar_followup_1.v1"),
        Step(2, timedelta(days=3), "webinar_followup_2.v1"),
        Step(3, timedelta(days=7), "webinar_followup_3.v1"),
    ),
)

ALL_SERIES = (WEBINAR_FOLLOWUP,)
_BY_VERSION = {(series.name, series.version): series for series in ALL_SERIES}
_LATEST = {series.name: series for series in sorted(ALL_SERIES, key=lambda series: series.version)}


def series_of(name: str, version: int) -> Series:
    """Raises KeyError for a version that was never published."""
    return _BY_VERSION[name, version]


def latest(name: str) -> Series:
    return _LATEST[name]
