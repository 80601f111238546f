"""An import: opened, its file received, tried dry as often as wanted, run once, completed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from nexa_chassis.domain import Aggregate, NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadImportCompleted, LeadImportStarted, LeadSourceKind
from nexa_contracts.topics import LEAD_IMPORT
from nexa_marketing.lead_import.csv_format import CsvFormat, ReceivedFile
from nexa_marketing.lead_import.events import DryRunStarted, FileReceived, ImportOpened, MappingChosen
from nexa_marketing.lead_import.mapping import Choices, ColumnPlan, plan_columns, settled_plan


@dataclass(frozen=True)
class NoImport:
    """Nothing is known under this id."""


@dataclass(frozen=True)
class Order:
    """What was asked for when the import was opened."""

    import_id: UUID
    campaign_id: UUID
    filename: str
    source_label: str
    source_kind: LeadSourceKind
    choices: Choices
    encoding: str | None = None
    separator: str | None = None


@dataclass(frozen=True)
class StoredFile:
    """The file as it lies in the store; `first_rows` are shown as samples."""

    upload_id: UUID
    size: int
    stored: int
    sha256: str
    format: CsvFormat
    first_rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Opened:
    """Waits for its file."""

    order: Order


@dataclass(frozen=True)
class Uploaded:
    """Has its file and waits for the start."""

    order: Order
    file: StoredFile
    dry_runs: int = 0


@dataclass(frozen=True)
class Running:
    """Its rows are being imported, by this plan."""

    order: Order
    file: StoredFile
    plan: ColumnPlan


@dataclass(frozen=True)
class Completed:
    """Each row is accounted for."""

    order: Order
    file: StoredFile
    plan: ColumnPlan


LeadImport: TypeAlias = NoImport | Opened | Uploaded | Running | Completed


@dataclass(frozen=True)
class OpenImport:
    import_id: UUID
    order: Order


@dataclass(frozen=True)
class ReceiveFile:
    import_id: UUID
    upload_id: UUID
    received: ReceivedFile
    first_rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class StartImport:
    """Import the rows, or judge them only (`dry_run`). `choices` are laid over those of the opening."""

    import_id: UUID
    campaign_name: str
    choices: Choices
    dry_run: bool = False


@dataclass(frozen=True)
class Counts:
    """Rows by what became of them; `blank` lines are no rows."""

    created: int = 0
    updated: int = 0
    duplicate: int = 0
    rejected: int = 0
    blank: int = 0

    @property
    def total(self) -> int:
        return self.created + self.updated + self.duplicate + self.rejected


@dataclass(frozen=True)
class CompleteImport:
    import_id: UUID
    campaign_name: str
    counts: Counts = field(default_factory=Counts)


ImportCommand: TypeAlias = OpenImport | ReceiveFile | StartImport | CompleteImport


def decide(command: ImportCommand, state: LeadImport, now: datetime) -> Sequence[Event]:
    match command, state:
        case OpenImport(order=order), NoImport():
            return [_opened(order)]
        case _, NoImport():
            raise NotFound(f"There is no import {command.import_id}.", rule="import.unknown")
        case OpenImport(), _:
            return []
        case ReceiveFile(), Opened() | Uploaded():
            return [_received(command)]
        case ReceiveFile(), Running() | Completed():
            raise Refused("The import has been started; open another one for another file.", rule="import.started")
        case StartImport(), Opened():
            raise Refused("The import has no file yet; send it first.", rule="import.no_file")
        case StartImport(), Uploaded():
            return _started(command, state)
        case StartImport(), Running() | Completed():
            raise Refused("The import has been started already.", rule="import.started")
        case CompleteImport(), Running():
            return [_completed(command, state)]
        case CompleteImport(), _:
            return []
    raise AssertionError(f"No decision for {type(command).__name__}")


def plan_of(state: Uploaded, choices: Choices) -> ColumnPlan:
    """What the columns mean after these choices. Raises Refused for an unknown column or field."""
    return plan_columns(state.file.format.columns, state.file.first_rows, choices.over(state.order.choices))


def _opened(order: Order) -> ImportOpened:
    return ImportOpened(
        import_id=order.import_id,
        campaign_id=order.campaign_id,
        filename=order.filename,
        source_label=order.source_label,
        source_kind=order.source_kind,
        fields=dict(order.choices.fields),
        match_key=order.choices.match_key,
        constants=dict(order.choices.constants),
        encoding=order.encoding,
        separator=order.separator,
    )


def _received(command: ReceiveFile) -> FileReceived:
    received = command.received
    return FileReceived(
        import_id=command.import_id,
        upload_id=command.upload_id,
        size=received.size,
        stored=received.stored,
        sha256=received.sha256,
        first_rows=command.first_rows,
        **vars(received.format),
    )


def _started(command: StartImport, state: Uploaded) -> Sequence[Event]:
    plan = plan_of(state, command.choices)
    if plan.match_key is None:
        columns = ", ".join(repr(column) for column in state.file.format.columns)
        message = f"No column holds e-mail addresses; name the column that tells leads apart as match_key. There are {columns}."
        raise Refused(message, rule="import.no_match_key")
    fields, constants = plan.fields, dict(plan.constants)
    if command.dry_run:
        return [
            DryRunStarted(
                import_id=command.import_id,
                run=state.dry_runs + 1,
                fields=fields,
                match_key=plan.match_key,
                constants=constants,
            )
        ]
    order = state.order
    return [
        MappingChosen(import_id=command.import_id, fields=fields, match_key=plan.match_key, constants=constants),
        LeadImportStarted(
            import_id=command.import_id,
            campaign_id=order.campaign_id,
            campaign_name=command.campaign_name,
            filename=order.filename,
            match_key=plan.match_key,
        ),
    ]


def _completed(command: CompleteImport, state: Running) -> LeadImportCompleted:
    counts = command.counts
    return LeadImportCompleted(
        import_id=command.import_id,
        campaign_id=state.order.campaign_id,
        campaign_name=command.campaign_name,
        total=counts.total,
        created=counts.created,
        updated=counts.updated,
        duplicate=counts.duplicate,
        rejected=counts.rejected,
    )


def evolve(state: LeadImport, event: Event) -> LeadImport:
    match state, event:
        case NoImport(), ImportOpened():
            return Opened(_order_of(event))
        case ((Opened(order) | Uploaded(order)), FileReceived()):
            return Uploaded(order, _file_of(event), state.dry_runs if isinstance(state, Uploaded) else 0)
        case Uploaded(), DryRunStarted():
            return replace(state, dry_runs=event.run)
        case Uploaded(order, file), MappingChosen():
            return Running(order, file, settled_plan(event.fields, event.match_key, event.constants))
        case Running(order, file, plan), LeadImportCompleted():
            return Completed(order, file, plan)
        case _:
            return state


def _order_of(event: ImportOpened) -> Order:
    return Order(
        import_id=event.import_id,
        campaign_id=event.campaign_id,
        filename=event.filename,
        source_label=event.source_label,
        source_kind=event.source_kind,
        choices=Choices(event.fields, event.match_key, event.constants),
        encoding=event.encoding,
        separator=event.separator,
    )


def _file_of(event: FileReceived) -> StoredFile:
    form = CsvFormat(event.encoding, event.separator, event.newline, event.columns, event.first_row, event.first_line)
    return StoredFile(event.upload_id, event.size, event.stored, event.sha256, form, event.first_rows)


lead_import: Aggregate[ImportCommand, LeadImport] = Aggregate(
    name="lead_import",
    key="import_id",
    commands=(OpenImport, ReceiveFile, StartImport, CompleteImport),
    initial=NoImport(),
    evolve=evolve,
    decide=decide,
    topic=LEAD_IMPORT,
    private=(ImportOpened, FileReceived, DryRunStarted, MappingChosen),
)
