"""`python -m nexa_notifier [serve|react|relay|tick|migrate|admin …]`; no argument runs all in one process."""

import sys

from nexa_chassis.main import MISCONFIGURED, run
from nexa_notifier.app import notifier
from nexa_notifier.settings import MailSettings

try:
    MailSettings.from_environment()
except ValueError as error:
    print(error, file=sys.stderr)
    sys.exit(MISCONFIGURED)
run(notifier)
