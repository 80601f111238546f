"""The e-mail series over HTTP: what is published, what a new version would do, and publishing it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call, allow
from nexa_chassis.schema import jobs as jobs_table
from nexa_contracts.marketing import InFlight, NurtureStep, SeriesEntry
from nexa_marketing.api.bodies import Body
from nexa_marketing.api.campaigns import Marketer
from nexa_marketing.nurture.moving import job_of, move_to
from nexa_marketing.nurture.preview import Group, preview
from nexa_marketing.nurture.publishing import PublishSeries, check, in_force, says_the_same, series_publication
from nexa_marketing.nurture.series import Series, series_id_of
from nexa_marketing.read_models.nurture_list import enrolments
from nexa_marketing.read_models.nurture_series import catalogue_of

routes = APIRouter(tags=["nurture series"])

Manager = Annotated[Call, Depends(allow("marketing_manager"))]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$", examples=["Webinar_Followup_Series"])]


class StepBody(NurtureStep):
    """One mail. Only the letter has words of its own."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    subject: str | None = Field(
        default=None,
        max_length=200,
        description="Subject of the letter; may name {first_name}, {company}, {campaign_name}.",
    )
    text: str | None = Field(
        default=None, max_length=20_000, description="Text of the letter, paragraphs apart by an empty line."
    )
    link: str | None = Field(default=None, max_length=2_000, description="Where the letter's link leads.")
    link_label: str | None = Field(default=None, max_length=200, description="What the link is called.")


class EntryBody(SeriesEntry):
    model_config = ConfigDict(extra="forbid")


class SeriesBody(Body):
    """A series as it is to be. Steps keep their keys from version to version: who got a mail never gets it again."""

    steps: list[StepBody] = Field(min_length=1, max_length=50)
    entry: EntryBody = EntryBody()
    rank: int = Field(default=100, ge=0, le=1_000_000, description="Where several series take a lead, the lowest does.")
    reentry_days: int | None = Field(
        default=None, ge=1, le=3_650, description="Days after its end until a lead may enter again; null is never."
    )
    accepts: bool = Field(default=True, description="Whether leads enter it at all.")

    def draft(self, name: str, version: int, in_flight: InFlight = InFlight.FINISH) -> Series:
        return Series(
            name=name,
            version=version,
            steps=tuple(NurtureStep.model_validate(step.model_dump()) for step in self.steps),
            entry=SeriesEntry.model_validate(self.entry.model_dump()),
            rank=self.rank,
            reentry_days=self.reentry_days,
            accepts=self.accepts,
            in_flight=in_flight,
        )


class PublishBody(SeriesBody):
    in_flight: InFlight = Field(
        description="What becomes of those who are in an older version: finish there, move to this one, or stop."
    )


class Moving(BaseModel):
    """How far those in flight have come on their way to the newest version."""

    status: str = Field(description="active, finished or failed")
    done: int
    left: int


class SeriesView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    version: int
    steps: list[NurtureStep]
    entry: SeriesEntry
    rank: int
    reentry_days: int | None
    accepts: bool
    in_flight: InFlight


class SeriesPage(SeriesView):
    active: dict[int, int] = Field(description="How many are in it now, by version.")
    moving: Moving | None = None


class GroupView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    series_version: int
    passed: list[str] = Field(description="Keys of the steps they have behind them.")
    people: int
    goes_on_with: str | None = Field(description="The step `move` leads them to; null if it ends the series.")
    mailed_at_once: int = Field(description="Those of them whose next mail would be overdue, and go out at once.")
    waiting_for_address: int


class MovePreview(BaseModel):
    ends: int = Field(description="Those who would be through with the series.")
    mailed_at_once: int
    mailed_later: int
    waiting_for_address: int
    groups: list[GroupView]


class PreviewView(BaseModel):
    """What each choice would do to those who are in the series now."""

    version: int = Field(description="The version this would be.")
    in_flight: int
    finish: int = Field(description="How many would finish in the version they are in.")
    move: MovePreview
    stop: int = Field(description="How many would get no further mail.")
    added: list[str] = Field(description="Keys of steps that the version in force does not have.")
    removed: list[str]
    changed: list[str]


@routes.get("/nurture/series")
async def list_series(call: Marketer) -> list[SeriesPage]:
    """The newest version of each series, in the order in which they are asked whether they take a lead."""
    async with call.query() as connection:
        newest = list((await catalogue_of(connection)).latest())
    return [await _page(call, series) for series in newest]


@routes.get("/nurture/series/{name}")
async def read_series(name: Name, call: Marketer, response: Response) -> SeriesPage:
    """The newest version, how many are in which one, and how far a move has come."""
    series, version = await _in_force(call, name)
    if series is None:
        raise _unknown(name)
    call.etag(response, version)
    return await _page(call, series)


@routes.get("/nurture/series/{name}/versions/{version}")
async def read_version(name: Name, version: int, call: Marketer) -> SeriesView:
    """A series as it was in a version."""
    async with call.query() as connection:
        versions = (await catalogue_of(connection)).versions.get(name, {})
    if version not in versions:
        raise NotFound(f"There is no version {version} of {name}.", rule="series.version")
    return SeriesView.model_validate(versions[version])


@routes.post("/nurture/series/{name}/preview")
async def preview_version(name: Name, body: SeriesBody, call: Marketer) -> PreviewView:
    """What publishing this would do to those in flight. Nothing is written."""
    known, _ = await _in_force(call, name)
    draft = body.draft(name, known.version + 1 if known else 1)
    check(draft)
    async with call.query() as connection:
        found = await preview(connection, draft, call.now)
    move = MovePreview(
        ends=found.ends,
        mailed_at_once=found.mailed_at_once,
        mailed_later=found.mailed_later,
        waiting_for_address=found.waiting_for_address,
        groups=[_group(group) for group in found.groups],
    )
    people = found.people
    differences = _differences(known, draft)
    return PreviewView(version=draft.version, in_flight=people, finish=people, move=move, stop=people, **differences)


@routes.put("/nurture/series/{name}")
async def publish_version(name: Name, body: PublishBody, call: Manager, response: Response) -> SeriesPage:
    """Publish a version: new leads enter it, those in flight do as `in_flight` says. The same again publishes nothing."""
    known, _ = await _in_force(call, name)
    draft = body.draft(name, known.version + 1 if known else 1, body.in_flight)
    jobs = [] if known is not None and says_the_same(draft, known) else move_to(draft)
    await call.execute(PublishSeries(series_id_of(name), draft), jobs=jobs)
    return await read_series(name, call, response)


async def _in_force(call: Call, name: str) -> tuple[Series | None, int]:
    loaded = await call.runtime.store.load(series_publication, series_id_of(name))
    return in_force(name, loaded.state), loaded.version


async def _page(call: Call, series: Series) -> SeriesPage:
    columns = enrolments.c
    active = (
        select(columns.series_version, func.count().label("people"))
        .where(columns.series == series.name, columns.status == "active")
        .group_by(columns.series_version)
    )
    job = select(jobs_table.c.status, jobs_table.c.state).where(jobs_table.c.id == job_of(series.name, series.version))
    async with call.query() as connection:
        by_version = {row.series_version: row.people for row in await connection.execute(active)}
        running = (await connection.execute(job)).first()
    moving = None
    if running is not None:
        left = sum(people for version, people in by_version.items() if version < series.version)
        moving = Moving(status=running.status, done=running.state["done"], left=left)
    return SeriesPage(**SeriesView.model_validate(series).model_dump(), active=by_version, moving=moving)


def _group(group: Group) -> GroupView:
    return GroupView.model_validate({**vars(group), "passed": list(group.passed)})


def _differences(known: Series | None, draft: Series) -> dict[str, Any]:
    before = {step.key: step for step in known.steps} if known else {}
    after = {step.key: step for step in draft.steps}
    return {
        "added": [key for key in after if key not in before],
        "removed": [key for key in before if key not in after],
        "changed": [key for key in after if key in before and after[key] != before[key]],
    }


def _unknown(name: str) -> NotFound:
    return NotFound(f"There is no series {name}; GET /nurture/series lists them.", rule="series.unknown")
