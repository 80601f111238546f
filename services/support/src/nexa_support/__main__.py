"""`python -m nexa_support [serve|react|relay|tick|migrate|admin …]`; no argument runs all in one process."""

from nexa_chassis.main import run
from nexa_support.app import support

run(support)
