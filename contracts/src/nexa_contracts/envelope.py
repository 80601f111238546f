"""The envelope every published event travels in, and the base of the events themselves."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue


@dataclass(frozen=True)
class Personal:
    """Marks personal data: `Annotated[str, Personal()]`. Such a field is never a key, a header or an id."""


class Event(BaseModel):
    """A fact of the domain, past and immutable. Readers pass over fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    schema_version: ClassVar[int] = 1


def event_name(model: type[Event]) -> str:
    """The name in the event's type: the class name without the suffix of a later version (`DealClosedWonV2`)."""
    version = model.schema_version
    return model.__name__.removesuffix(f"V{version}") if version > 1 else model.__name__


class Envelope(BaseModel):
    """A CloudEvent 1.0 in structured JSON, with the extensions that make a stream of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(description="`<subject>@<streamversion>`, unique within the source.", examples=["lead-0b5c…@1"])
    source: str = Field(description="`/nexa/<service>`.", examples=["/nexa/marketing"])
    type: str = Field(description="`nexa.<service>.<Name>.v<n>`.", examples=["nexa.marketing.LeadCreated.v1"])
    subject: str = Field(description="The stream, `<aggregate>-<uuid>`.")
    time: datetime = Field(description="When it happened.")
    recordedtime: datetime = Field(description="When it was recorded.")
    datacontenttype: Literal["application/json"] = "application/json"
    streamversion: int = Field(ge=1, description="Place in the stream, from 1.")
    prevversion: int | None = Field(
        default=None, description="Version of the stream's published event before this one; absent on the first."
    )
    correlationid: str = Field(description="The process this belongs to.")
    causationid: str | None = Field(default=None, description="Id of the event that led to this one.")
    actor: str = Field(description="Who did it: a person's subject or `system:<service>.<reaction>`.")
    traceparent: str | None = Field(default=None, description="W3C trace context.")
    data: JsonValue
