"""The public form: anybody may report something, without a login, with a browser or a program."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from nexa_chassis.http.call import Call, public
from nexa_chassis.http.limits import body_limit, rate_limit
from nexa_chassis.http.problems import FieldError, Problem
from nexa_chassis.telemetry import current_traceparent
from nexa_support.api.form_page import form_page, thanks_page
from nexa_support.intake.files import taken_files
from nexa_support.intake.form import Form, submit
from nexa_support.intake.parts import MailFile, media_type, safe_filename
from nexa_support.ticket.reference import reference_of

routes = APIRouter(tags=["public form"])

Visitor = Annotated[Call, Depends(public)]

LARGEST_FORM = 25_000_000
MOST_PARTS = 100
THANKS = "Thank you, we have received your message."
few_forms = rate_limit(5, 60)


class FormAnswer(BaseModel):
    message: str
    reference: str = Field(description="What to call the ticket by.")


def _documented() -> dict[str, Any]:
    schema = Form.model_json_schema()
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    with_files = {**schema, "properties": {**schema["properties"], "files": files}}
    content = {
        "application/x-www-form-urlencoded": {"schema": schema},
        "multipart/form-data": {"schema": with_files},
    }
    return {"requestBody": {"required": True, "content": content}}


@routes.get("/public/tickets", response_class=Response)
async def show_form(call: Visitor) -> Response:
    """The form as a page."""
    return form_page()


@routes.post(
    "/public/tickets",
    status_code=202,
    response_model=FormAnswer,
    dependencies=[Depends(body_limit(LARGEST_FORM))],
    openapi_extra=_documented(),
)
async def submit_form(request: Request, call: Visitor) -> Response:
    """Report something as a form. The same form sent again is the same ticket. At most five a minute from one place.

    Who accepts `text/html` is answered with a page.
    """
    filled: dict[str, str] = {}
    shows_pages = "text/html" in request.headers.get("accept", "")
    try:
        await few_forms(request)
        reference = await _taken(request, call, filled)
    except HTTPException as error:
        if not shows_pages:
            raise
        page = form_page(filled, getattr(error, "errors", ()), said=str(error.detail), status=error.status_code)
        page.headers.update(error.headers or {})
        return page
    if shows_pages:
        return thanks_page(THANKS, reference)
    return JSONResponse(FormAnswer(message=THANKS, reference=reference).model_dump(), 202)


async def _taken(request: Request, call: Call, filled: dict[str, str]) -> str:
    """The reference of the ticket; of a program that filled in the hidden field, one that leads nowhere."""
    async with request.form(max_files=MOST_PARTS, max_fields=MOST_PARTS) as data:
        filled |= {name: value for name, value in data.items() if isinstance(value, str)}
        files = [file async for file in _files(data)]
    form = _checked(filled, files)
    ticket_id = form.ticket_id(f"{call.now:%Y-%m-%d}", files)
    if not form.website:
        await submit(call.runtime, form, ticket_id, files, actor=call.actor, traceparent=current_traceparent())
    return reference_of(ticket_id)


async def _files(data: FormData) -> AsyncIterator[MailFile]:
    for upload in data.getlist("files"):
        if isinstance(upload, UploadFile) and (upload.filename or upload.size):
            name = safe_filename(upload.filename or "") or "file"
            yield MailFile(name, media_type(upload.content_type or ""), await upload.read())


def _checked(filled: Mapping[str, str], files: list[MailFile]) -> Form:
    """Raises Problem with each field that is not as it should be."""
    errors = [FieldError(field="body.files", message=each) for each in taken_files(files)[1]]
    try:
        form = Form.model_validate(filled)
    except ValidationError as error:
        errors = [*_said_of(error), *errors]
    if errors:
        fields = ", ".join(dict.fromkeys(each.field for each in errors))
        raise Problem(422, f"Not valid: {fields}.", kind="invalid", title="Invalid input", errors=errors)
    return form


def _said_of(error: ValidationError) -> Iterator[FieldError]:
    for each in error.errors(include_url=False):
        place = ".".join(["body", *(str(part) for part in each["loc"])])
        yield FieldError(field=place, message=each["msg"].removeprefix("Value error, "))
