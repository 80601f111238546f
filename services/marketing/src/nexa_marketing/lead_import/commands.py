"""What can be asked of an import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from nexa_marketing.lead_import.csv_format import ReceivedFile
from nexa_marketing.lead_import.date_order import DateOrder
from nexa_marketing.lead_import.mapping import Choices
from nexa_marketing.lead_import.state import Order


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
    date_orders: Mapping[str, DateOrder] = field(default_factory=dict)


@dataclass(frozen=True)
class StartImport:
    """Import the rows, or judge them only (`dry_run`). `choices` are laid over those of the opening."""

    import_id: UUID
    campaign_name: str
    choices: Choices
    dry_run: bool = False


@dataclass(frozen=True)
class PauseImport:
    import_id: UUID


@dataclass(frozen=True)
class ResumeImport:
    """Go on. `leg` is the number of the stretch that begins, one above the last."""

    import_id: UUID
    leg: int


@dataclass(frozen=True)
class CancelImport:
    """Import no further row, or judge none in a dry run. `leg` is the number of the stretch that counts what has been done."""

    import_id: UUID
    leg: int


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


@dataclass(frozen=True)
class RevertImport:
    """Undo what the import did, or only find out what that would be (`preview`)."""

    import_id: UUID
    preview: bool = False


@dataclass(frozen=True)
class RevertCounts:
    """Leads by what a revert did to them. One with conflicts may have been restored in other fields: it counts in both."""

    withdrawn: int = 0
    restored: int = 0
    conflicts: int = 0
    converted: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class CompleteRevert:
    import_id: UUID
    campaign_name: str
    counts: RevertCounts


ImportCommand: TypeAlias = (
    OpenImport
    | ReceiveFile
    | StartImport
    | PauseImport
    | ResumeImport
    | CancelImport
    | CompleteImport
    | RevertImport
    | CompleteRevert
)
