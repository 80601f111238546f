"""An import: opened, its file received, tried dry as often as wanted, run once, held or stopped, completed, taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from nexa_chassis.domain import Aggregate, NotFound, Refused
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadImportCompleted, LeadImportReverted, LeadImportStarted
from nexa_contracts.topics import LEAD_IMPORT
from nexa_marketing.lead_import.commands import (
    CancelImport,
    CompleteImport,
    CompleteRevert,
    ImportCommand,
    OpenImport,
    PauseImport,
    ReceiveFile,
    ResumeImport,
    RevertImport,
    StartImport,
)
from nexa_marketing.lead_import.events import (
    DryRunCancelled,
    DryRunStarted,
    FileReceived,
    ImportCancelled,
    ImportOpened,
    ImportPaused,
    ImportResumed,
    MappingChosen,
    RevertPreviewed,
    RevertStarted,
)
from nexa_marketing.lead_import.interpret import check_constants
from nexa_marketing.lead_import.mapping import Choices, ColumnPlan, plan_columns
from nexa_marketing.lead_import.state import (
    Cancelling,
    Completed,
    LeadImport,
    NoImport,
    Opened,
    Order,
    Paused,
    Reverted,
    Reverting,
    Running,
    Uploaded,
    evolve,
)


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
        case ReceiveFile(), _:
            raise Refused("The import has been started; open another one for another file.", rule="import.started")
        case StartImport(), Opened():
            raise Refused("The import has no file yet; send it first.", rule="import.no_file")
        case StartImport(), Uploaded():
            return _started(command, state)
        case StartImport(), _:
            raise Refused("The import has been started already.", rule="import.started")
        case ((PauseImport() | ResumeImport() | CancelImport()), _):
            return _steered(command, state)
        case CompleteImport(), Running() | Cancelling():
            return [_completed(command, state)]
        case CompleteImport(), _:
            return []
        case RevertImport(), _:
            return _revert_asked(command, state)
        case CompleteRevert(), Reverting():
            return [_reverted(command, state)]
        case CompleteRevert(), _:
            return []
    raise AssertionError(f"No decision for {type(command).__name__}")


def _steered(command: PauseImport | ResumeImport | CancelImport, state: LeadImport) -> Sequence[Event]:
    """Asking for what is so already changes nothing."""
    match command, state:
        case CancelImport(), Uploaded(dry_runs=run, dry_plan=plan) if plan is not None:
            return [DryRunCancelled(import_id=command.import_id, run=run)]
        case _, NoImport() | Opened() | Uploaded():
            raise Refused("The import has not been started.", rule="import.not_started")
        case (PauseImport(), Paused()) | (ResumeImport(), Running()) | (CancelImport(), Cancelling()):
            return []
        case PauseImport(), Running():
            return [ImportPaused(import_id=command.import_id)]
        case ResumeImport(leg=leg), Paused(leg=last) if leg == last + 1:
            return [ImportResumed(import_id=command.import_id, leg=leg)]
        case CancelImport(leg=leg), (Running(leg=last) | Paused(leg=last)) if leg == last + 1:
            return [ImportCancelled(import_id=command.import_id, leg=leg)]
        case _, Running() | Paused():
            raise Refused("The import has moved on meanwhile; look where it stands.", rule="import.moved_on")
        case _:
            raise Refused("The import has come to its end; it can be reverted.", rule="import.ended")


def _revert_asked(command: RevertImport, state: LeadImport) -> Sequence[Event]:
    match state:
        case Completed(previews=previews) if command.preview:
            return [RevertPreviewed(import_id=command.import_id, run=previews + 1)]
        case Completed():
            return [RevertStarted(import_id=command.import_id)]
        case Reverting() | Reverted() if command.preview:
            raise Refused("The import is reverted already; its report says what that did.", rule="import.reverted")
        case Reverting() | Reverted():
            return []
        case Running() | Paused() | Cancelling():
            raise Refused("The import has not come to its end; cancel it first.", rule="import.running")
        case _:
            raise Refused("The import has not been started: there is nothing to revert.", rule="import.not_started")


def plan_of(state: Uploaded, choices: Choices) -> ColumnPlan:
    """What the columns mean after these choices. Raises Refused for an unknown column or field."""
    file = state.file
    return plan_columns(file.format.columns, file.first_rows, choices.over(state.order.choices), file.date_orders)


def _opened(order: Order) -> ImportOpened:
    return ImportOpened(
        import_id=order.import_id,
        campaign_id=order.campaign_id,
        filename=order.filename,
        source_label=order.source_label,
        source_kind=order.source_kind,
        fields=dict(order.choices.fields),
        match_key=next(iter(order.choices.match_keys), None),
        match_keys=order.choices.match_keys,
        constants=dict(order.choices.constants),
        mode=order.choices.mode,
        joins=dict(order.choices.joins),
        date_order=order.choices.date_order,
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
        date_orders=dict(command.date_orders),
        **vars(received.format),
    )


def _started(command: StartImport, state: Uploaded) -> Sequence[Event]:
    plan = plan_of(state, command.choices)
    if not plan.match_keys:
        columns = ", ".join(repr(column) for column in state.file.format.columns)
        message = (
            f"No column holds e-mail addresses; name those that tell leads apart as match_keys. There are {columns}."
        )
        raise Refused(message, rule="import.no_match_key")
    check_constants(plan.constants)
    reading = _reading(command.import_id, plan)
    if command.dry_run:
        return [DryRunStarted(**reading, run=state.dry_runs + 1)]
    order = state.order
    return [
        MappingChosen(**reading),
        LeadImportStarted(
            import_id=command.import_id,
            campaign_id=order.campaign_id,
            campaign_name=command.campaign_name,
            filename=order.filename,
            match_key=", ".join(plan.match_keys),
        ),
    ]


def _reading(import_id: UUID, plan: ColumnPlan) -> dict[str, Any]:
    return {
        "import_id": import_id,
        "fields": plan.fields,
        "match_key": plan.match_keys[0],
        "match_keys": plan.match_keys,
        "constants": dict(plan.constants),
        "mode": plan.mode,
        "joins": dict(plan.joins),
        "date_order": plan.date_order,
    }


def _completed(command: CompleteImport, state: Running | Cancelling) -> LeadImportCompleted:
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
        cancelled=isinstance(state, Cancelling),
    )


def _reverted(command: CompleteRevert, state: Reverting) -> LeadImportReverted:
    counts = command.counts
    return LeadImportReverted(
        import_id=command.import_id,
        campaign_id=state.order.campaign_id,
        campaign_name=command.campaign_name,
        withdrawn=counts.withdrawn,
        restored=counts.restored,
        conflicts=counts.conflicts,
        converted=counts.converted,
    )


lead_import: Aggregate[ImportCommand, LeadImport] = Aggregate(
    name="lead_import",
    key="import_id",
    commands=(
        OpenImport,
        ReceiveFile,
        StartImport,
        PauseImport,
        ResumeImport,
        CancelImport,
        CompleteImport,
        RevertImport,
        CompleteRevert,
    ),
    initial=NoImport(),
    evolve=evolve,
    decide=decide,
    topic=LEAD_IMPORT,
    private=(
        ImportOpened,
        FileReceived,
        DryRunStarted,
        DryRunCancelled,
        MappingChosen,
        ImportPaused,
        ImportResumed,
        ImportCancelled,
        RevertPreviewed,
        RevertStarted,
    ),
)
