from counting.app import counting
from nexa_chassis.main import run

run(counting)
