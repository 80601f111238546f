"""What this service alone keeps of the versions an account ran."""

from uuid import UUID

from pydantic import AwareDatetime

from nexa_contracts.envelope import Event


class VersionNoted(Event):
    """A report that leaves the present version as it is: an older one heard of late, or one that confirms it."""

    account_id: UUID
    version: str
    since: AwareDatetime
