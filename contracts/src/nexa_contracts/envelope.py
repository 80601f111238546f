"""The envelope every published event travels in, and the base of the events themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, JsonValue
from pydantic.json_schema import JsonSchemaValue


@dataclass(frozen=True)
class Personal:
    """Marks personal data: `Annotated[str, Personal()]`. Such a field is never a key, a header or an id.

    In the JSON Schema it stands as `"x-personal": true`, for readers that are not written in Python.
    """

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core_schema), "x-personal": True}


class Event(BaseModel):
    """A fact of the domain, past and immutable. Readers pass over fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: ClassVar[int] = 1


def event_name(model: type[Event]) -> str:
    """The name in the event's type: the class name without the suffix of a later version (`DealClosedWonV2`)."""
    version = model.schema_version
    return model.__name__.removesuffix(f"V{version}") if version > 1 else model.__name__


class Envelope(BaseModel):
    """A CloudEvent 1.0 in structured JSON, with the extensions that make a stream of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = Field(default="1.0", description="Version of the CloudEvents specification.")
    id: str = Field(
        description="`<subject>@<streamversion>`, unique within the source.",
        examples=["lead-a1d1c3f0-6f1e-5a4b-9a54-0d2f6b6f3c01@3"],
    )
    source: str = Field(description="The service that owns the event, `/nexa/<service>`.", examples=["/nexa/marketing"])
    type: str = Field(description="`nexa.<service>.<Name>.v<n>`.", examples=["nexa.marketing.LeadCreated.v1"])
    subject: str = Field(
        description="The stream, `<aggregate>-<uuid>`; its id is the record's key.",
        examples=["lead-a1d1c3f0-6f1e-5a4b-9a54-0d2f6b6f3c01"],
    )
    time: datetime = Field(description="When it happened.")
    recordedtime: datetime = Field(description="When it was recorded; later than `time` for what was entered late.")
    datacontenttype: Literal["application/json"] = Field(default="application/json", description="Form of `data`.")
    streamversion: int = Field(ge=1, description="Place in the stream, from 1; private events of the owner count too.")
    prevversion: int | None = Field(
        default=None,
        description="Version of the stream's published event before this one; absent on the first. "
        "A reader that has handled another version than this has a gap.",
    )
    correlationid: str = Field(
        description="The process this belongs to: the same from the first cause to the last effect."
    )
    causationid: str | None = Field(
        default=None, description="Id of the event that led to this one; absent where a person or a clock began it."
    )
    actor: str = Field(description="Who did it: a person's subject or `system:<service>.<reaction>`.")
    traceparent: str | None = Field(default=None, description="W3C trace context of what recorded it.")
    data: JsonValue = Field(description="The event itself, as the schema of its type says.")
