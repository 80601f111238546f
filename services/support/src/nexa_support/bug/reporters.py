"""Who reports a bug: the tickets, and which of them are the same customer's, who is told once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from nexa_contracts.support import Requester


@dataclass(frozen=True)
class Reporters:
    """`first`: for each linked ticket the first one of its customer; `known`: the same by a hash of the address or contact.

    Nobody can be read from what is kept here.
    """

    first: Mapping[UUID, UUID] = field(default_factory=dict)
    known: Mapping[str, UUID] = field(default_factory=dict)

    def linked(self, ticket_id: UUID, requester: Requester) -> "Reporters":
        marks = _marks(requester)
        met = tuple(dict.fromkeys(self.known[mark] for mark in marks if mark in self.known))
        mine = met[0] if met else ticket_id
        first = {**self.first, ticket_id: mine}
        known = {**self.known, **dict.fromkeys(marks, mine)}
        if len(met) > 1:  # an address and a contact turn out to be one customer's
            first = {key: mine if of in met else of for key, of in first.items()}
            known = {mark: mine if of in met else of for mark, of in known.items()}
        return Reporters(first, known)

    def unlinked(self, ticket_id: UUID) -> "Reporters":
        """Its customer stays known: what they have been told, they have been told."""
        return Reporters({key: first for key, first in self.first.items() if key != ticket_id}, self.known)


def _marks(requester: Requester) -> tuple[str, ...]:
    contact = f"contact {requester.contact_id}" if requester.contact_id else ""
    email = f"address {requester.email.casefold()}" if requester.email else ""
    return tuple(hashlib.sha256(mark.encode()).hexdigest()[:20] for mark in (contact, email) if mark)
