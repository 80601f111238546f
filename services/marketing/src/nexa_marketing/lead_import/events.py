"""Private facts of an import."""

from uuid import UUID

from pydantic import Field

from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadSourceKind
from nexa_marketing.lead_import.date_order import DateOrder
from nexa_marketing.lead_import.mapping import ImportMode


class ImportOpened(Event):
    """Somebody is about to send a file of leads for a campaign. The rest is what they said of it."""

    import_id: UUID
    campaign_id: UUID
    filename: str
    source_label: str
    source_kind: LeadSourceKind
    fields: dict[str, str]
    match_key: str | None = None
    match_keys: tuple[str, ...] = ()
    constants: dict[str, str]
    mode: ImportMode | None = None
    joins: dict[str, str] = Field(default_factory=dict)
    date_order: DateOrder | None = None
    encoding: str | None = None
    separator: str | None = None


class FileReceived(Event):
    """The file is in the store, under its upload's id; a later upload takes its place."""

    import_id: UUID
    upload_id: UUID
    size: int
    stored: int
    sha256: str
    encoding: str
    separator: str
    newline: str
    columns: tuple[str, ...]
    first_row: int
    first_line: int
    first_rows: tuple[tuple[str, ...], ...]
    date_orders: dict[str, DateOrder] = Field(default_factory=dict)


class Reading(Event):
    """How the rows are read: the field of every column, None where it is an attribute.

    `match_key` is the first of `match_keys`, and the only one in events that are older than these.
    """

    import_id: UUID
    fields: dict[str, str | None]
    match_key: str
    match_keys: tuple[str, ...] = ()
    constants: dict[str, str]
    mode: ImportMode = ImportMode.BOTH
    joins: dict[str, str] = Field(default_factory=dict)
    date_order: DateOrder = DateOrder.MONTH_FIRST


class DryRunStarted(Reading):
    """Every row is judged, nothing is written. `run` counts the dry runs of this import."""

    run: int


class DryRunCancelled(Event):
    """No further row is judged by this dry run."""

    import_id: UUID
    run: int


class MappingChosen(Reading):
    """How the rows are read in the import that starts now."""


class ImportPaused(Event):
    """Somebody held the import; it stays where it stands."""

    import_id: UUID


class ImportResumed(Event):
    """It goes on. `leg` numbers the stretch that begins, so that what is left of an earlier one knows it is over."""

    import_id: UUID
    leg: int


class ImportCancelled(Event):
    """No further row is imported."""

    import_id: UUID
    leg: int


class RevertPreviewed(Event):
    """Somebody asked what a revert would do. `run` counts these looks."""

    import_id: UUID
    run: int


class RevertStarted(Event):
    """What the import did is undone from now on."""

    import_id: UUID
