"""How was each bug when, and was it open then?"""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Boolean, Column, DateTime, Index, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Change, Put, ReadModel
from nexa_contracts.support import (
    BugChanged,
    BugDeclined,
    BugFixed,
    BugOpened,
    BugReopened,
    BugTriaged,
)
from nexa_support.tables import metadata

DEPENDENCY = re.compile(r"\b(dependenc(y|ies)|third[- ]party)\b", re.IGNORECASE)
"""Said of a bug, its cause lies in what the product is built on."""

turns = Table(
    "bug_turns",
    metadata,
    Column("bug_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", DateTime(timezone=True)),
    Column("title", Text),
    Column("severity", Text),
    Column("feature", Text),
    Column("open", Boolean),
    Column("is_dependency", Boolean),
    Column("recurred", Boolean),
    Index("bug_turns_at_idx", "at"),
)
"""A bug as it was from an event on; null: as it was before."""


def project(fact: Recorded) -> Iterator[Change]:
    event: Any = fact.event
    about = {"severity": event.severity.value, "feature": event.feature}
    turn = {"at": fact.time, "title": event.title, **about, **_turned(fact)}
    yield Put(turns, {"bug_id": event.bug_id, "version": fact.version}, turn)


def _turned(fact: Recorded) -> dict[str, object]:
    match fact.event:
        case BugOpened(title=title, description=description):
            return {"open": True, "is_dependency": DEPENDENCY.search(f"{title} {description}") is not None}
        case BugChanged(title=title, description=description):
            return {"is_dependency": DEPENDENCY.search(f"{title} {description}") is not None}
        case BugTriaged():
            return {"open": True}
        case BugReopened(recurred=recurred):
            return {"open": True, "recurred": recurred}
        case _:
            return {"open": False}


bug_course = ReadModel(
    name="bug_course",
    tables=(turns,),
    on=(BugOpened, BugTriaged, BugChanged, BugFixed, BugReopened, BugDeclined),
    project=project,
)
