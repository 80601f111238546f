"""A deal and what led to it: the moments at which a campaign touched somebody, before the deal was opened."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Touch:
    """`kind`: created or imported (the campaign found the lead), joined (another one reached it), or how it engaged.

    An import is one touch of a lead, whatever its columns tell of engagement: attended, opened and downloaded score, but have
    no time of their own, and a file with more columns is not to weigh more. A later file of the campaign is no further one.
    """

    at: datetime
    campaign_id: UUID
    kind: str
    lead_id: UUID
    via: str


@dataclass(frozen=True, slots=True)
class TouchedDeal:
    """A deal as known then, its touches in order."""

    deal_id: UUID
    account_id: UUID
    status: str
    amount: Decimal
    currency: str
    opened_at: datetime
    touches: tuple[Touch, ...]
