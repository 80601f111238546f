"""Who asks: bearer tokens (EdDSA), verified against a key set."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """The subject of a verified token and the roles it grants."""

    subject: str
    roles: frozenset[str]
