"""`python -m nexa_success [serve|react|relay|tick|migrate|admin …]`; no argument runs all in one process."""

from nexa_chassis.main import run
from nexa_success.app import success

run(success)
