"""What is generated from the models, the processes and the services' code is committed as it would be generated now."""

import subprocess
import sys
from pathlib import Path


def test_the_committed_files_are_what_would_be_generated(contracts: Path) -> None:
    command = [sys.executable, str(contracts / "tools" / "generate.py"), "--check"]
    check = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert check.returncode == 0, (
        f"run `python contracts/tools/generate.py` and commit what it writes:\n{check.stdout}{check.stderr}"
    )


def test_every_event_stands_in_the_catalogue_with_its_owner_consumers_and_personal_fields(contracts: Path) -> None:
    page = (contracts.parent / "docs" / "events.md").read_text()
    section = page[page.index("### LeadCreated") : page.index("### LeadUpdated")]
    assert "owner marketing, topic `nexa.marketing.lead.v1`, key `lead_id`" in section
    assert "`scoring.score_lead`" in section
    assert "personal: `email`, `first_name`, `last_name`, `phone`, `title`, `attributes`" in section
    assert '"dana.reyes@acme.example"' in section
