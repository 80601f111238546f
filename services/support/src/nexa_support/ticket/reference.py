"""What people call a ticket by: `T-` and ten characters in Crockford's base32, of the ticket's id."""

from uuid import UUID

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10


def reference_of(ticket_id: UUID) -> str:
    """The last 50 bits of the id, which are random in every version of UUID that is used here."""
    bits = ticket_id.int
    return "T-" + "".join(ALPHABET[(bits >> 5 * place) & 31] for place in reversed(range(LENGTH)))
