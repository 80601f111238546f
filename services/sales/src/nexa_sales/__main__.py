from nexa_chassis.main import run
from nexa_sales.app import sales

run(sales)
