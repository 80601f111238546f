"""Answers that say no: problem+json (RFC 9457)."""

from collections.abc import Mapping, Sequence

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

PROBLEM_TYPE = "application/problem+json"


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


class Problem(Exception):
    """Raised anywhere below a route, it becomes the answer."""

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
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = kind
        self.title = title
        self.rule = rule
        self.errors = errors
        self.headers = dict(headers or {})

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
