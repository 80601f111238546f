"""`python -m nexa_sales [serve|react|relay|tick|migrate|admin …]`; no argument runs all in one process."""

from nexa_chassis.main import run
from nexa_sales.app import sales

run(sales)
