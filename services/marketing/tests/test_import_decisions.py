"""What an import decides, from its opening to its revert."""

from uuid import UUID

import pytest

from nexa_chassis.testing import given
from nexa_contracts.envelope import Event
from nexa_contracts.marketing import LeadImportCompleted, LeadImportReverted, LeadImportStarted, LeadSourceKind
from nexa_marketing.lead_import.commands import (
    CancelImport,
    CompleteImport,
    CompleteRevert,
    Counts,
    ImportCommand,
    OpenImport,
    PauseImport,
    ReceiveFile,
    ResumeImport,
    RevertCounts,
    RevertImport,
    StartImport,
)
from nexa_marketing.lead_import.csv_format import CsvFormat, ReceivedFile
from nexa_marketing.lead_import.decisions import lead_import
from nexa_marketing.lead_import.events import (
    DryRunStarted,
    FileReceived,
    ImportCancelled,
    ImportOpened,
    ImportPaused,
    ImportResumed,
    MappingChosen,
    RevertPreviewed,
    RevertStarted,
)
from nexa_marketing.lead_import.mapping import Choices
from nexa_marketing.lead_import.state import Order

CAMPAIGN, IMPORT, OTHER = UUID(int=1), UUID(int=3), UUID(int=5)
NAME = "Q4 Product Webinar"

ORDER = Order(IMPORT, CAMPAIGN, "leads.csv", "Webinar Q4", LeadSourceKind.WEBINAR, Choices())
OPENED = ImportOpened(
    import_id=IMPORT,
    campaign_id=CAMPAIGN,
    filename="leads.csv",
    source_label="Webinar Q4",
    source_kind=LeadSourceKind.WEBINAR,
    fields={},
    constants={},
)


def file(*columns: str) -> FileReceived:
    form = CsvFormat("utf-8", ",", "\n", columns, 10, 2)
    return FileReceived(
        import_id=IMPORT, upload_id=OTHER, size=99, stored=99, sha256="abc", first_rows=(), **vars(form)
    )


STARTED = LeadImportStarted(
    import_id=IMPORT, campaign_id=CAMPAIGN, campaign_name=NAME, filename="leads.csv", match_key="Email"
)
CHOSEN = MappingChosen(
    import_id=IMPORT, fields={"Email": "email", "Hat": None}, match_key="Email", match_keys=("Email",), constants={}
)


def start(dry_run: bool = False, **choices: str) -> StartImport:
    return StartImport(IMPORT, NAME, Choices(match_keys=tuple(choices.values())), dry_run)


def test_an_import_is_opened_gets_its_file_and_starts() -> None:
    given(lead_import).when(OpenImport(IMPORT, ORDER)).then(OPENED)
    given(lead_import, OPENED).when(OpenImport(IMPORT, ORDER)).then()
    form = CsvFormat("utf-8", ",", "\n", ("Email", "Hat"), 10, 2)
    received = ReceivedFile(99, "abc", 99, form, b"")
    given(lead_import, OPENED).when(ReceiveFile(IMPORT, OTHER, received, ())).then(file("Email", "Hat"))
    given(lead_import, OPENED, file("Email", "Hat")).when(start()).then(CHOSEN, STARTED)


def test_an_import_without_a_file_or_a_way_to_tell_leads_apart_does_not_start() -> None:
    given(lead_import, OPENED).when(start()).then_refused(rule="import.no_file")
    given(lead_import, OPENED, file("Id", "Hat")).when(start()).then_refused(rule="import.no_match_key")


def test_an_import_runs_once_but_dry_as_often_as_wanted() -> None:
    dry = DryRunStarted(
        import_id=IMPORT, run=1, fields=CHOSEN.fields, match_key="Email", match_keys=("Email",), constants={}
    )
    uploaded = (OPENED, file("Email", "Hat"))
    given(lead_import, *uploaded).when(start(dry_run=True)).then(dry)
    given(lead_import, *uploaded, dry).when(start()).then(CHOSEN, STARTED)
    given(lead_import, *uploaded, CHOSEN, STARTED).when(start()).then_refused(rule="import.started")


RUNNING = (OPENED, file("Email", "Hat"), CHOSEN, STARTED)


def test_a_completed_import_counts_every_row_once() -> None:
    counts = Counts(created=500, updated=1, duplicate=2, rejected=5, blank=3)
    completed = LeadImportCompleted(
        import_id=IMPORT,
        campaign_id=CAMPAIGN,
        campaign_name=NAME,
        total=508,
        created=500,
        updated=1,
        duplicate=2,
        rejected=5,
    )
    given(lead_import, *RUNNING).when(CompleteImport(IMPORT, NAME, counts)).then(completed)
    given(lead_import, *RUNNING, completed).when(CompleteImport(IMPORT, NAME, counts)).then()


PAUSED, RESUMED = ImportPaused(import_id=IMPORT), ImportResumed(import_id=IMPORT, leg=1)
CANCELLED = ImportCancelled(import_id=IMPORT, leg=1)
DONE = LeadImportCompleted(
    import_id=IMPORT, campaign_id=CAMPAIGN, campaign_name=NAME, total=1, created=1, updated=0, duplicate=0, rejected=0
)
STOPPED = DONE.model_copy(update={"cancelled": True})
REVERTED = LeadImportReverted(
    import_id=IMPORT, campaign_id=CAMPAIGN, campaign_name=NAME, withdrawn=3, restored=2, conflicts=1, converted=1
)


def test_a_running_import_is_held_and_goes_on() -> None:
    given(lead_import, *RUNNING).when(PauseImport(IMPORT)).then(PAUSED)
    given(lead_import, *RUNNING, PAUSED).when(PauseImport(IMPORT)).then()
    given(lead_import, *RUNNING, PAUSED).when(ResumeImport(IMPORT, 1)).then(RESUMED)
    given(lead_import, *RUNNING, PAUSED, RESUMED).when(ResumeImport(IMPORT, 1)).then()
    given(lead_import, *RUNNING, PAUSED, RESUMED).when(CompleteImport(IMPORT, NAME, Counts(created=1))).then(DONE)


def test_a_request_that_saw_an_earlier_stretch_is_refused() -> None:
    paused_again = (*RUNNING, PAUSED, RESUMED, PAUSED)
    given(lead_import, *paused_again).when(ResumeImport(IMPORT, 1)).then_refused(rule="import.moved_on")
    given(lead_import, *RUNNING, PAUSED, RESUMED).when(CancelImport(IMPORT, 1)).then_refused(rule="import.moved_on")


@pytest.mark.parametrize("before", [RUNNING, (*RUNNING, PAUSED)])
def test_a_cancelled_import_completes_with_what_it_has_done(before: tuple[Event, ...]) -> None:
    given(lead_import, *before).when(CancelImport(IMPORT, 1)).then(CANCELLED)
    given(lead_import, *before, CANCELLED).when(CancelImport(IMPORT, 1)).then()
    given(lead_import, *before, CANCELLED).when(CompleteImport(IMPORT, NAME, Counts(created=1))).then(STOPPED)


@pytest.mark.parametrize("command", [PauseImport(IMPORT), ResumeImport(IMPORT, 1), CancelImport(IMPORT, 1)])
def test_only_what_runs_can_be_held_or_stopped(command: ImportCommand) -> None:
    given(lead_import, OPENED).when(command).then_refused(rule="import.not_started")
    given(lead_import, *RUNNING, DONE).when(command).then_refused(rule="import.ended")


@pytest.mark.parametrize("ended", [(DONE,), (CANCELLED, STOPPED)])
def test_an_import_that_came_to_its_end_is_looked_at_and_reverted_once(ended: tuple[Event, ...]) -> None:
    looked = RevertPreviewed(import_id=IMPORT, run=1)
    started = RevertStarted(import_id=IMPORT)
    given(lead_import, *RUNNING, *ended).when(RevertImport(IMPORT, preview=True)).then(looked)
    given(lead_import, *RUNNING, *ended, looked).when(RevertImport(IMPORT)).then(started)
    counts = RevertCounts(withdrawn=3, restored=2, conflicts=1, converted=1, unchanged=9)
    reverting = (*RUNNING, *ended, looked, started)
    given(lead_import, *reverting).when(RevertImport(IMPORT)).then()
    given(lead_import, *reverting).when(CompleteRevert(IMPORT, NAME, counts)).then(REVERTED)
    given(lead_import, *reverting, REVERTED).when(CompleteRevert(IMPORT, NAME, counts)).then()
    given(lead_import, *reverting).when(RevertImport(IMPORT, preview=True)).then_refused(rule="import.reverted")


def test_what_has_not_ended_is_not_reverted() -> None:
    given(lead_import, OPENED).when(RevertImport(IMPORT)).then_refused(rule="import.not_started")
    given(lead_import, *RUNNING).when(RevertImport(IMPORT)).then_refused(rule="import.running")
    given(lead_import, *RUNNING, PAUSED).when(RevertImport(IMPORT)).then_refused(rule="import.running")
