"""The onboarding template over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from nexa_chassis.domain import NotFound
from nexa_chassis.http.call import Call
from nexa_contracts.success import Priority, Role
from nexa_contracts.success import TemplateTask as Task
from nexa_success.aggregates import onboarding_template
from nexa_success.api.access import Manager, Reader
from nexa_success.api.bodies import Body
from nexa_success.read_models.onboarding_templates import template_of
from nexa_success.template.decisions import ChangeTemplate
from nexa_success.template.state import TEMPLATE_ID, Template

routes = APIRouter(tags=["onboarding template"])

Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class TaskBody(Body):
    key: str = Field(pattern="^[a-z][a-z0-9_]{0,63}$", description="Names the task; unique in the template.")
    day: int = Field(ge=0, le=3650, description="Due so many days after the deal was won.")
    title: Title = Field(examples=["Hold kickoff meeting"])
    priority: Priority = Priority.NORMAL
    owner: Role = Field(default=Role.CSM, description="csm or implementation_specialist.")
    proved_by: str | None = Field(
        default=None,
        description="What proves it done: csm_assigned, welcome_mail_sent, kickoff_scheduled, kickoff_held, note_read.",
    )


class TemplateBody(Body):
    """The whole template, as it is to be."""

    tasks: list[TaskBody] = Field(min_length=1, max_length=200)
    due_in_days: int = Field(default=30, ge=1, le=3650)
    kickoff_in_days: int = Field(default=3, ge=0, le=365)
    agenda: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] = "Review timeline, roles, deliverables"
    training_documents: list[Title] = Field(default_factory=list, max_length=50)


class TemplateView(BaseModel):
    version: int
    tasks: list[Task]
    due_in_days: int
    kickoff_in_days: int
    agenda: str
    training_documents: list[str]


@routes.get("/onboarding-template")
async def read_template(call: Reader, response: Response) -> TemplateView:
    """The template in force: new onboardings begin with it."""
    return await _in_force(call, response)


@routes.get("/onboarding-template/versions/{version}")
async def read_version(version: int, call: Reader) -> TemplateView:
    """The template as it was in a version; onboardings that began with it keep it."""
    async with call.query() as connection:
        found = await template_of(connection, version)
    if found is None:
        raise NotFound(f"The template has no version {version}.", rule="template.version")
    return _view(found)


@routes.put("/onboarding-template")
async def change_template(body: TemplateBody, call: Manager, response: Response) -> TemplateView:
    """Publish a new version. Onboardings that run keep the one they began with."""
    await call.execute(
        ChangeTemplate(
            tasks=tuple(Task.model_validate(task.model_dump()) for task in body.tasks),
            due_in_days=body.due_in_days,
            kickoff_in_days=body.kickoff_in_days,
            agenda=body.agenda,
            training_documents=tuple(body.training_documents),
        )
    )
    return await _in_force(call, response)


async def _in_force(call: Call, response: Response) -> TemplateView:
    loaded = await call.runtime.store.load(onboarding_template, TEMPLATE_ID)
    call.etag(response, loaded.version)
    return _view(loaded.state)


def _view(template: Template) -> TemplateView:
    return TemplateView(
        version=template.version,
        tasks=list(template.tasks),
        due_in_days=template.due_in_days,
        kickoff_in_days=template.kickoff_in_days,
        agenda=template.agenda,
        training_documents=list(template.training_documents),
    )
