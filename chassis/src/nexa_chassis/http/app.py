"""The API of a service: its routes, the operator's, and an OpenAPI description that says what really happens."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from nexa_chassis.domain import Refused
from nexa_chassis.http.call import Admission
from nexa_chassis.http.door import Door
from nexa_chassis.http.identity import KeySet, Verifier
from nexa_chassis.http.operations import operations
from nexa_chassis.http.problems import PROBLEM_TYPE, FieldError, ProblemDetails, problem_of
from nexa_chassis.runtime import Runtime
from nexa_chassis.service import Service
from nexa_chassis.status import Vitals
from nexa_chassis.telemetry import current_traceparent

PROBLEM = {"$ref": "#/components/schemas/ProblemDetails"}
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
ALWAYS = {"500": "A defect; the problem names the trace.", "503": "Not now; send it again after Retry-After seconds."}
KEYED = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Any text of yours, new for each new request; the same request sent again with it is done once.",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag you saw; if it has changed since, nothing is done and the answer is 412.",
}


def create_app(service: Service, runtime: Runtime, vitals: Vitals | None = None, *, routes: bool = True) -> FastAPI:
    """The ASGI application of the service; without `routes`, only the operator's addresses.

    What a request works with lives in `app.state`: runtime, verifier of tokens, vitals.
    """
    app = FastAPI(
        title=f"Nexa {service.name}",
        version="1",
        redoc_url=None,
        separate_input_output_schemas=False,
        max_body_size=None,  # the door limits bodies, so that the answer is a problem like any other
        telemetry={"tracing": False, "metrics": False, "logs": False},  # the door's one span tells as much, cheaper
    )
    app.state.runtime = runtime
    app.state.vitals = vitals or Vitals(runtime)
    app.state.verifier = Verifier(KeySet(runtime.settings.jwks_file), runtime.settings.issuer)
    for error in (HTTPException, RequestValidationError, Refused):
        app.add_exception_handler(error, _answer)
    routers = (*(service.routes if routes else ()), operations())
    # Not include_router: that keeps the router as a level of its own, through which every request is matched twice. And
    # in front of the framework's own routes, which every request would be compared with first.
    app.router.routes[:0] = [route for router in routers for route in router.routes]
    app.add_middleware(
        Door,
        service=service.name,
        body_limit=runtime.settings.body_limit,
        most_in_flight=runtime.settings.most_in_flight,
    )
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(described(), app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
    return app


async def _answer(_: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if problem is None:
        raise error
    traceparent = current_traceparent()
    return problem.response(traceparent[3:35] if traceparent else None)


def _complete(document: dict[str, Any], app: FastAPI) -> dict[str, Any]:
    """What the framework cannot know: how callers show who they are, the headers of commands, and the problems."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    details = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    details.pop("$defs", None)
    schemas["ProblemDetails"] = details
    schemas["FieldError"] = FieldError.model_json_schema()
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            operation = document.get("paths", {}).get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _describe(operation, method, _admission(route.dependant))
    return document


def _describe(operation: dict[str, Any], method: str, admission: Admission | None) -> None:
    problems = dict(ALWAYS)
    if "422" in operation["responses"]:
        problems["422"] = "The input is not valid; `errors` names each field."
    if admission is not None:
        operation["security"] = [{"bearer": []}]
        if admission.roles:
            operation["x-roles"] = sorted(admission.roles)
        problems |= {"401": "No valid bearer token.", "403": "The token lacks the role."}
    if admission is not None and method in WRITES:
        operation.setdefault("parameters", []).extend([KEYED, IF_MATCH])
        problems |= {
            "400": "The Idempotency-Key is missing or unusable.",
            "409": "Refused; `rule` names the rule.",
            "412": "Changed since the version in If-Match.",
            "413": "The body is too large.",
            "429": "Too many requests; wait Retry-After seconds.",
        }
    if "{" in str(operation.get("operationId", "")) or any(p["in"] == "path" for p in operation.get("parameters", ())):
        problems["404"] = "There is nothing under that id."
    for status, description in problems.items():
        operation["responses"][status] = {"description": description, "content": {PROBLEM_TYPE: {"schema": PROBLEM}}}


def _admission(dependant: Dependant) -> Admission | None:
    return next((found for found in _admissions(dependant)), None)


def _admissions(dependant: Dependant) -> Iterator[Admission]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Admission):
            yield dependency.call
        yield from _admissions(dependency)
