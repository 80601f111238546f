"""Which files were imported, and how far is each? The counts of a running import are in `import_progress`."""

from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, Table, Text, Uuid

from nexa_chassis.domain import Recorded
from nexa_chassis.read_models import Put, ReadModel
from nexa_contracts.marketing import LeadImportCompleted, LeadImportReverted, LeadImportStarted
from nexa_marketing.lead_import.events import (
    DryRunStarted,
    FileReceived,
    ImportCancelled,
    ImportOpened,
    ImportPaused,
    ImportResumed,
    RevertPreviewed,
    RevertStarted,
)
from nexa_marketing.tables import metadata

imports = Table(
    "imports",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("version", Integer),
    Column("campaign_id", Uuid),
    Column("filename", Text),
    Column("status", Text),
    Column("size", BigInteger),
    Column("sha256", Text),
    Column("dry_runs", Integer),
    Column("opened_at", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Column("legs", Integer),
    Column("revert_previews", Integer),
    Column("reverted_at", DateTime(timezone=True)),
    Index("imports_opened_idx", "opened_at", "import_id"),
)


def project(fact: Recorded) -> Iterator[Put]:
    event = fact.event
    match event:
        case ImportOpened():
            opened = {"campaign_id": event.campaign_id, "filename": event.filename, "opened_at": fact.time}
            values: dict[str, object] = {"status": "open", "dry_runs": 0, **opened}
        case FileReceived():
            values = {"status": "uploaded", "size": event.size, "sha256": event.sha256}
        case DryRunStarted():
            values = {"dry_runs": event.run}
        case LeadImportStarted():
            values = {"status": "running", "started_at": fact.time}
        case LeadImportCompleted():
            values = {"status": "cancelled" if event.cancelled else "completed", "completed_at": fact.time}
        case ImportPaused():
            values = {"status": "paused"}
        case ImportResumed():
            values = {"status": "running", "legs": event.leg}
        case ImportCancelled():
            values = {"status": "cancelling", "legs": event.leg}
        case RevertPreviewed():
            values = {"revert_previews": event.run}
        case RevertStarted():
            values = {"status": "reverting"}
        case LeadImportReverted():
            values = {"status": "reverted", "reverted_at": fact.time}
        case _:
            return
    yield Put(imports, {"import_id": event.import_id}, {"version": fact.version, **values})


import_list = ReadModel(
    name="import_list",
    tables=(imports,),
    on=(
        ImportOpened,
        FileReceived,
        DryRunStarted,
        LeadImportStarted,
        ImportPaused,
        ImportResumed,
        ImportCancelled,
        LeadImportCompleted,
        RevertPreviewed,
        RevertStarted,
        LeadImportReverted,
    ),
    project=project,
)
