"""Answers that say no: problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence

import orjson
import psycopg
from fastapi import Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import exc
from starlette.exceptions import HTTPException

from nexa_chassis.conflicts import ConcurrencyConflict, IdempotencyMismatch, VersionMismatch
from nexa_chassis.domain import NotFound, Refused

PROBLEM_TYPE = "application/problem+json"
RETRY_SECONDS = "1"
AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
    TimeoutError,
    ConnectionError,
)
UNSTORABLE = (psycopg.DataError, exc.DataError)
TITLES = {
    400: ("bad-request", "Bad request"),
    404: ("not-found", "Not found"),
    405: ("method", "Method not allowed"),
    415: ("media-type", "Unsupported media type"),
}


class FieldError(BaseModel):
    """One thing wrong with the input; `field` is its place, e.g. `body.contacts.0.email`."""

    field: str
    message: str


class ProblemDetails(BaseModel):
    """The body of every answer that is not a success."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:nexa:problem:refused"])
    title: str
    status: int
    detail: str
    rule: str | None = Field(default=None, description="Stable name of the rule that was broken.")
    errors: list[FieldError] | None = Field(default=None, description="What is wrong with which field.")
    trace_id: str | None = Field(default=None, description="Names the trace; quote it when you ask about this answer.")


class Problem(HTTPException):
    """Raised anywhere below a route, it becomes the answer.

    An HTTPException, because the framework lets only those through where it reads the body.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str,
        title: str,
        rule: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.status = status
        self.kind = kind
        self.title = title
        self.rule = rule
        self.errors = errors

    def response(self, trace_id: str | None = None) -> Response:
        body: dict[str, object] = {
            "type": f"urn:nexa:problem:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.rule is not None:
            body["rule"] = self.rule
        if self.errors:
            body["errors"] = [error.model_dump() for error in self.errors]
        if trace_id is not None:
            body["trace_id"] = trace_id
        return Response(orjson.dumps(body), self.status, self.headers, PROBLEM_TYPE)


def problem_of(error: Exception) -> Problem | None:
    """What this error means to the caller; None for one that is nobody's fault but ours."""
    match error:
        case Problem():
            return error
        case NotFound():
            return Problem(404, error.message, kind="not-found", title="Not found", rule=error.rule)
        case Refused(field=None):
            return Problem(409, error.message, kind="refused", title="Refused", rule=error.rule)
        case Refused():
            return _invalid([FieldError(field=str(error.field), message=error.message)], error.message, rule=error.rule)
        case RequestValidationError():
            return _invalid([FieldError(field=_place(item["loc"]), message=item["msg"]) for item in error.errors()])
        case VersionMismatch():
            return _version_mismatch(error)
        case IdempotencyMismatch():
            return _key_reused()
        case ConcurrencyConflict():
            return _conflict()
        case HTTPException():
            return _of_framework(error)
    return _of_database(error)


def _of_database(error: Exception) -> Problem | None:
    if isinstance(error, AWAY) or (isinstance(error, exc.DBAPIError) and error.connection_invalidated):
        return unavailable("The database does not answer just now; nothing was changed unless this very call was.")
    if isinstance(error, psycopg.errors.UniqueViolation):
        return Problem(
            409,
            "Something with these values is there already.",
            kind="refused",
            title="Refused",
            rule=f"unique.{error.diag.constraint_name}",
        )
    if isinstance(error, UNSTORABLE):
        return _invalid([], "A value of the request cannot be stored, for example a zero character in a text.")
    return None


def unavailable(detail: str) -> Problem:
    """Not now: 503. The caller may send the same request with the same Idempotency-Key again."""
    return Problem(
        503,
        f"{detail} Send it again with the same Idempotency-Key.",
        kind="unavailable",
        title="Temporarily unavailable",
        headers={"retry-after": RETRY_SECONDS},
    )


def internal(trace_id: str | None) -> Response:
    """What a defect of ours looks like from outside: a trace to quote, and nothing else."""
    return Problem(
        500,
        "Something went wrong here. The operator finds it under the trace id.",
        kind="internal",
        title="Internal error",
    ).response(trace_id)


def _invalid(errors: Sequence[FieldError], detail: str | None = None, rule: str | None = None) -> Problem:
    fields = ", ".join(dict.fromkeys(error.field for error in errors))
    return Problem(
        422, detail or f"Not valid: {fields}.", kind="invalid", title="Invalid input", rule=rule, errors=errors
    )


def _version_mismatch(error: VersionMismatch) -> Problem:
    return Problem(
        412,
        f"Changed meanwhile: the request expected version {error.expected}, it is at {error.actual}. Read it again.",
        kind="precondition",
        title="Precondition failed",
        headers={"etag": f'"{error.actual}"'},
    )


def _key_reused() -> Problem:
    return Problem(
        422,
        "This Idempotency-Key was used before with another request. Take a new key for a new request.",
        kind="idempotency-key",
        title="Idempotency key reused",
        rule="idempotency_key.reused",
    )


def _conflict() -> Problem:
    return Problem(
        409,
        "Others kept changing the same thing at the same time. Send the request again.",
        kind="conflict",
        title="Conflict",
        rule="concurrency",
        headers={"retry-after": RETRY_SECONDS},
    )


def _of_framework(error: HTTPException) -> Problem:
    kind, title = TITLES.get(error.status_code, ("http", "Not possible"))
    detail = {
        404: "There is nothing at this address.",
        405: f"The method is not allowed here; {', '.join(sorted((error.headers or {}).values())) or 'others'} may be.",
    }.get(error.status_code, str(error.detail))
    return Problem(error.status_code, detail, kind=kind, title=title, headers=error.headers)


def _place(location: Sequence[object]) -> str:
    return ".".join(str(part) for part in location)
