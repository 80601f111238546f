"""An import as its events tell it: opened, uploaded, running or held, completed, taken back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from uuid import UUID

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadImportCompleted, LeadImportReverted, LeadSourceKind
from nexa_marketing.lead_import.csv_format import CsvFormat
from nexa_marketing.lead_import.date_order import DateOrder
from nexa_marketing.lead_import.events import (
    DryRunCancelled,
    DryRunStarted,
    FileReceived,
    ImportCancelled,
    ImportOpened,
    ImportPaused,
    ImportResumed,
    MappingChosen,
    Reading,
    RevertPreviewed,
    RevertStarted,
)
from nexa_marketing.lead_import.mapping import Choices, ColumnPlan, settled_plan


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
    """The file as it lies in the store; `first_rows` are shown as samples, `date_orders` are those its columns tell."""

    upload_id: UUID
    size: int
    stored: int
    sha256: str
    format: CsvFormat
    first_rows: tuple[tuple[str, ...], ...] = ()
    date_orders: Mapping[str, DateOrder] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    """Waits for its file."""

    order: Order


@dataclass(frozen=True)
class Uploaded:
    """Has its file and waits for the start. `dry_plan`: how the dry run of this file reads it, None before the first
    and once it was cancelled.
    """

    order: Order
    file: StoredFile
    dry_runs: int = 0
    dry_plan: ColumnPlan | None = None


@dataclass(frozen=True)
class Running:
    """Its rows are being imported, by this plan. `leg` counts how often it went on after a stop."""

    order: Order
    file: StoredFile
    plan: ColumnPlan
    leg: int = 0


@dataclass(frozen=True)
class Paused:
    """Somebody held it; it goes on where it stands."""

    order: Order
    file: StoredFile
    plan: ColumnPlan
    leg: int


@dataclass(frozen=True)
class Cancelling:
    """No further row is imported; what has been is about to be counted."""

    order: Order
    file: StoredFile
    plan: ColumnPlan
    leg: int


@dataclass(frozen=True)
class Completed:
    """Each row is accounted for, or each until it was cancelled. `previews` counts the looks at what a revert would do."""

    order: Order
    file: StoredFile
    plan: ColumnPlan
    cancelled: bool = False
    previews: int = 0


@dataclass(frozen=True)
class Reverting:
    """What it did is being undone."""

    order: Order
    file: StoredFile
    plan: ColumnPlan


@dataclass(frozen=True)
class Reverted:
    """What it did is undone, as far as nobody had built on it."""

    order: Order
    file: StoredFile
    plan: ColumnPlan


Begun: TypeAlias = Running | Paused | Cancelling | Completed | Reverting | Reverted
LeadImport: TypeAlias = NoImport | Opened | Uploaded | Begun


def evolve(state: LeadImport, event: Event) -> LeadImport:
    match state, event:
        case NoImport(), ImportOpened():
            return Opened(_order_of(event))
        case ((Opened(order) | Uploaded(order)), FileReceived()):
            return Uploaded(order, _file_of(event), state.dry_runs if isinstance(state, Uploaded) else 0)
        case Uploaded(), DryRunStarted():
            return replace(state, dry_runs=event.run, dry_plan=_plan_of(event))
        case Uploaded(), DryRunCancelled():
            return replace(state, dry_plan=None)
        case Uploaded(order, file), MappingChosen():
            return Running(order, file, _plan_of(event))
        case Running(order, file, plan, leg), ImportPaused():
            return Paused(order, file, plan, leg)
        case Paused(order, file, plan), ImportResumed(leg=leg):
            return Running(order, file, plan, leg)
        case ((Running(order, file, plan) | Paused(order, file, plan)), ImportCancelled(leg=leg)):
            return Cancelling(order, file, plan, leg)
        case ((Running(order, file, plan) | Cancelling(order, file, plan)), LeadImportCompleted(cancelled=cancelled)):
            return Completed(order, file, plan, cancelled)
        case Completed(), RevertPreviewed(run=run):
            return replace(state, previews=run)
        case Completed(order, file, plan), RevertStarted():
            return Reverting(order, file, plan)
        case Reverting(order, file, plan), LeadImportReverted():
            return Reverted(order, file, plan)
        case _:
            return state


def _order_of(event: ImportOpened) -> Order:
    return Order(
        import_id=event.import_id,
        campaign_id=event.campaign_id,
        filename=event.filename,
        source_label=event.source_label,
        source_kind=event.source_kind,
        choices=Choices(event.fields, _keys_of(event), event.constants, event.mode, event.joins, event.date_order),
        encoding=event.encoding,
        separator=event.separator,
    )


def _file_of(event: FileReceived) -> StoredFile:
    form = CsvFormat(event.encoding, event.separator, event.newline, event.columns, event.first_row, event.first_line)
    return StoredFile(
        event.upload_id, event.size, event.stored, event.sha256, form, event.first_rows, event.date_orders
    )


def _plan_of(event: Reading) -> ColumnPlan:
    return settled_plan(event.fields, _keys_of(event), event.constants, event.mode, event.joins, event.date_order)


def _keys_of(event: ImportOpened | Reading) -> tuple[str, ...]:
    return event.match_keys or ((event.match_key,) if event.match_key else ())
