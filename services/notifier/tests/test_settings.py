"""Settings that cannot be meant are told at the start, not by a worker that fails again and again."""

import os
import subprocess
import sys

import pytest

from nexa_chassis.main import MISCONFIGURED
from nexa_notifier.settings import MailSettings


@pytest.mark.parametrize("text", ["0", "-5", "many", "0.5", ""])
@pytest.mark.parametrize("name", ["NEXA_MAIL_MARKETING_RATE", "NEXA_SMTP_CONNECTIONS"])
def test_what_is_no_number_from_one_up_is_refused_by_its_name(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(ValueError, match=f"{name}: '{text}' is no whole number from 1 up"):
        MailSettings.from_environment()


def test_a_process_does_not_start_with_a_rate_of_none() -> None:
    given = {
        "NEXA_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "NEXA_KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "NEXA_MAIL_MARKETING_RATE": "0",
    }
    command = [sys.executable, "-m", "nexa_notifier", "tick"]
    ended = subprocess.run(command, env=os.environ | given, capture_output=True, text=True, timeout=60)
    assert ended.returncode == MISCONFIGURED
    assert ended.stderr == "NEXA_MAIL_MARKETING_RATE: '0' is no whole number from 1 up.\n"
