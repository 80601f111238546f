from nexa_chassis.main import run
from nexa_scoring.app import scoring

run(scoring)
