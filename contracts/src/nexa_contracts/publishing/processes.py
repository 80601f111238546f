"""A choreography as it is written down once: who reacts to what, what comes of it, by when, and what if not."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Annotated, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from nexa_contracts.topics import Topic

EventType = Annotated[str, Field(pattern=r"^nexa\.[a-z]+\.[A-Za-z]+\.v\d+$")]
Duration = Annotated[str, Field(pattern=r"^\d+[smhd]$", examples=["24h"])]
Reactions: TypeAlias = Mapping[str, Set[str]]
"""The event types that each service reacts to."""


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Written):
    """Something a service does because of an event, by itself or by a person's hand."""

    name: str
    owner: str = Field(description="The service it happens in.")
    by: str | None = Field(
        default=None, description="The person who does it; without one the service does it by itself."
    )
    after: tuple[EventType, ...] = Field(description="What it follows; empty only where a person begins the process.")
    publishes: tuple[EventType, ...] = Field(min_length=1, description="What can come of it.")
    deadline: Duration = Field(description="How long after its trigger it has to be done.")
    compensation: str = Field(description="What happens if it is not done, or has to be undone.")


class End(_Written):
    """A way in which the process can come to rest."""

    name: str
    after: tuple[EventType, ...]


class ProcessDescription(_Written):
    id: str = Field(pattern=r"^[a-z_]+$")
    title: str
    purpose: str
    trigger: EventType = Field(description="The event that begins one run of the process.")
    steps: tuple[Step, ...]
    ends: tuple[End, ...]


def faults(process: ProcessDescription, topics: Iterable[Topic], reactions: Reactions) -> list[str]:
    """Where the description and the code say different things, one sentence each.

    `reactions`: for each service whose code is at hand, the types it reacts to; a service that is missing is a fault too.
    """
    owners = {topic.type_of(model): topic.service for topic in topics for model in topic.events}
    return [*_of_events(process, owners), *_of_flow(process), *_of_code(process, reactions)]


def _of_events(process: ProcessDescription, owners: Mapping[str, str]) -> Iterator[str]:
    for name, types in [*((step.name, (*step.after, *step.publishes)) for step in process.steps), *_ends(process)]:
        for type_name in types:
            if type_name not in owners:
                yield f"{name}: {type_name} is no published event"
    for step in process.steps:
        for type_name in step.publishes:
            if owners.get(type_name, step.owner) != step.owner:
                yield f"{step.name}: {type_name} is {owners[type_name]}'s to publish, not {step.owner}'s"


def _of_flow(process: ProcessDescription) -> Iterator[str]:
    published = {type_name for step in process.steps for type_name in step.publishes}
    for name, types in [
        *((step.name, step.after) for step in process.steps),
        *_ends(process),
        ("trigger", (process.trigger,)),
    ]:
        for type_name in types:
            if type_name not in published:
                yield f"{name}: waits for {type_name}, which no step publishes"
    for name, count in Counter(step.name for step in process.steps).items():
        if count > 1:
            yield f"{name}: {count} steps have this name"
    for step in process.steps:
        if not step.after and step.by is None:
            yield f"{step.name}: nothing begins it; name its trigger, or the person who does it"


def _of_code(process: ProcessDescription, reactions: Reactions) -> Iterator[str]:
    for step in process.steps:
        if step.by is not None:
            continue
        if step.owner not in reactions:
            yield f"{step.name}: there is no service {step.owner}"
            continue
        for type_name in step.after:
            if type_name not in reactions[step.owner]:
                yield f"{step.name}: {step.owner} has no reaction and no read model on {type_name}"


def _ends(process: ProcessDescription) -> list[tuple[str, tuple[str, ...]]]:
    return [(end.name, end.after) for end in process.ends]


def short(type_name: str) -> str:
    """`LeadScored` of `nexa.scoring.LeadScored.v1`; later versions keep their number."""
    name, version = type_name.split(".")[2:]
    return name if version == "v1" else f"{name} {version}"


def map_of(process: ProcessDescription) -> str:
    """The process as a Mermaid flowchart: a box per service, an arrow per event from who publishes it to who reacts."""
    ids = {step.name: f"s{number}" for number, step in enumerate(process.steps, 1)}
    lines = ["flowchart LR"]
    for owner in dict.fromkeys(step.owner for step in process.steps):
        lines.append(f'  subgraph {owner}["{owner}"]')
        lines += [f"    {ids[step.name]}{_shape(step)}" for step in process.steps if step.owner == owner]
        lines.append("  end")
    ends = {end.name: f"e{number}" for number, end in enumerate(process.ends, 1)}
    lines += [f'  {ends[end.name]}(["{end.name}"])' for end in process.ends]
    targets = [
        *((ids[step.name], step.after) for step in process.steps),
        *((ends[end.name], end.after) for end in process.ends),
    ]
    for step in process.steps:
        for target, types in targets:
            events = [short(type_name) for type_name in step.publishes if type_name in types]
            if events and target != ids[step.name]:
                lines.append(f'  {ids[step.name]} -- "{"<br/>".join(events)}" --> {target}')
    return "\n".join(lines)


def _shape(step: Step) -> str:
    return f'[/"{step.name}<br/><i>{step.by}</i>"/]' if step.by else f'["{step.name}"]'


def page_of(process: ProcessDescription, source: str) -> str:
    """The process as a page: its map, its steps as a table, its ends."""
    rows = [
        "| {name} | {owner} | {on} | {publishes} | {deadline} | {compensation} |".format(
            name=step.name,
            owner=f"{step.owner}, {step.by}" if step.by else step.owner,
            on=", ".join(map(short, step.after)) or "—",
            publishes=", ".join(map(short, step.publishes)),
            deadline=step.deadline,
            compensation=step.compensation,
        )
        for step in process.steps
    ]
    return "\n".join(
        [
            f"# {process.title}",
            "",
            f"Generated from `{source}`; change that file and run `python contracts/tools/generate.py`.",
            "",
            process.purpose,
            "",
            f"A run of it begins with {short(process.trigger)}. Slanted boxes are done by a person, the others by a service.",
            "",
            "```mermaid",
            map_of(process),
            "```",
            "",
            "| step | owner | follows | publishes | within | if not |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "It comes to rest in one of these ways:",
            "",
            *(f"- {end.name}: {', '.join(map(short, end.after))}" for end in process.ends),
            "",
        ]
    )
