"""What this service alone knows of a churn alert."""

from uuid import UUID

from nexa_contracts.envelope import Event


class AlertOwnerChanged(Event):
    """Somebody else is responsible for the account, and so for its alert."""

    alert_id: UUID
    csm_id: UUID | None
