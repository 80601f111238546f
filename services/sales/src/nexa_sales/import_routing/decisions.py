"""An import is reported routed once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nexa_contracts.sales import ImportRouted, RepCount
from nexa_sales.import_routing.state import Reported, Unreported


@dataclass(frozen=True, kw_only=True)
class ReportImportRouted:
    import_id: UUID
    campaign_id: UUID
    campaign_name: str
    reps: tuple[RepCount, ...]
    waiting: int
    nurture: int
    total: int


def decide(command: ReportImportRouted, state: Unreported | Reported, now: datetime) -> Sequence[ImportRouted]:
    match state:
        case Reported():
            return []
        case Unreported():
            return [
                ImportRouted(
                    import_id=command.import_id,
                    campaign_id=command.campaign_id,
                    campaign_name=command.campaign_name,
                    reps=command.reps,
                    waiting=command.waiting,
                    nurture=command.nurture,
                    total=command.total,
                )
            ]
