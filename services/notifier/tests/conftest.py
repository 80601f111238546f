"""Where the mails of a test go."""

import pytest

from nexa_local.processes import free_port


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    found = free_port()
    monkeypatch.setenv("NEXA_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("NEXA_SMTP_PORT", str(found))
    monkeypatch.setenv("NEXA_MAIL_FROM", "Nexa CRM <crm@nexa.example>")
    return found
