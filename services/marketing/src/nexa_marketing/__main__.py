"""`python -m nexa_marketing [serve|react|relay|tick|migrate|admin …]`; no argument runs all in one process."""

from nexa_chassis.main import run
from nexa_marketing.app import marketing

run(marketing)
